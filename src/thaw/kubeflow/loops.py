"""The loops of a local run: one iteration after the other, in the thread of the command line.

KFP's own runner takes two at a time in threads of their own. Two trainings would share this machine's cores and memory,
and neither Ctrl-C nor a failure would keep the iterations that wait from starting.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kfp.local import executor_output_utils
from kfp.local.orchestrator import enhanced_dag_orchestrator as kfp_loops
from kfp.local.status import Status
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineTaskSpec

Announce = Callable[[str, bool], None]


@contextlib.contextmanager
def one_after_another(announce: Announce) -> Iterator[None]:
    """For the time of the block. `announce` is told the name of each iteration (an item's `name`, or the item) at its
    beginning, False, and at its good end, True."""

    def run(
        self: kfp_loops.ParallelExecutor,
        tasks: Sequence[tuple[str, PipelineTaskSpec]],
        *,
        io_store: Any,
        fail_stack: list[str],
        parallelism_limit: int = 0,
        **of_all: Any,
    ) -> tuple[dict[str, Any], Status]:
        found = {}
        for task, spec in tasks:
            name = _name(spec)
            announce(name, False)
            outputs, status = kfp_loops.execute_task(
                task_name=task, task_spec=spec, io_store=io_store, fail_stack=fail_stack, **of_all
            )
            if status == Status.FAILURE:
                fail_stack.append(task)
                return {}, status
            announce(name, True)
            found[task] = outputs
            for key, output in outputs.items():
                io_store.put_task_output(task, key, output)
        return found, Status.SUCCESS

    original = kfp_loops.ParallelExecutor.execute_parallel_tasks
    kfp_loops.ParallelExecutor.execute_parallel_tasks = run
    try:
        yield
    finally:
        kfp_loops.ParallelExecutor.execute_parallel_tasks = original


def _name(iteration: PipelineTaskSpec) -> str:
    items = [
        executor_output_utils.pb2_value_to_python(given.runtime_value.constant)
        for channel, given in iteration.inputs.parameters.items()
        if channel.endswith("-loop-item")
    ]
    item = items[0] if items else ""
    return str(item.get("name", item)) if isinstance(item, dict) else str(item)
