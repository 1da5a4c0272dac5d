"""Which task gets which CPU, memory, accelerator, timeout and retries on a cluster.

A table to edit: requests equal limits, so that a pod is the last to be evicted, and the rows are what the steps need
with networks of up to about 100 million parameters. Locally none of it applies.
"""

from __future__ import annotations

from dataclasses import dataclass

from kfp import dsl, kubernetes

HOUR = 3600

GPU = "nvidia.com/gpu"
"""Kubernetes' name of the resource that a device plugin offers."""
ANY_NODE: dict[str, str] = {}
NO_TAINTS: list[dict] = []
NO_OPTIONS: dict[str, str] = {}
"""The default of a parameter that takes options as one JSON object."""


@dataclass(frozen=True)
class Resources:
    cpu: str
    memory: str
    timeout: int
    """Seconds that a pod may run."""
    retries: int
    """Lost nodes and full ones come back; what a step kept in the store (datasets, features, checkpoints) is not made
    again."""
    shared_memory: str = ""
    """Size of /dev/shm, counted in `memory`: worker processes hand batches over in it. Kubernetes gives 64 MiB."""


RESOURCES = {
    "current_champion": Resources(cpu="500m", memory="1Gi", timeout=HOUR // 4, retries=3),
    "list_parts": Resources(cpu="500m", memory="1Gi", timeout=HOUR // 4, retries=3),
    "ingest": Resources(cpu="2", memory="8Gi", timeout=4 * HOUR, retries=2),
    "profile_dataset": Resources(cpu="4", memory="16Gi", timeout=2 * HOUR, retries=3, shared_memory="2Gi"),
    "choose_strategy": Resources(cpu="4", memory="16Gi", timeout=2 * HOUR, retries=3, shared_memory="2Gi"),
    "frozen": Resources(cpu="8", memory="16Gi", timeout=8 * HOUR, retries=5, shared_memory="2Gi"),
    "partial": Resources(cpu="8", memory="24Gi", timeout=24 * HOUR, retries=5, shared_memory="4Gi"),
    "lora": Resources(cpu="8", memory="32Gi", timeout=24 * HOUR, retries=5, shared_memory="4Gi"),
    "full": Resources(cpu="8", memory="48Gi", timeout=48 * HOUR, retries=5, shared_memory="8Gi"),
    "evaluate": Resources(cpu="4", memory="16Gi", timeout=4 * HOUR, retries=3, shared_memory="2Gi"),
    "push_model": Resources(cpu="1", memory="2Gi", timeout=HOUR, retries=3),
    "report_outcome": Resources(cpu="500m", memory="1Gi", timeout=HOUR // 4, retries=3),
    "list_runs": Resources(cpu="500m", memory="1Gi", timeout=HOUR // 4, retries=3),
    "compare_strategies": Resources(cpu="1", memory="2Gi", timeout=HOUR // 4, retries=3),
}

BACKOFF = {"backoff_duration": "60s", "backoff_factor": 2, "backoff_max_duration": f"{72 * HOUR}s"}
"""Between retries. The longest duration counts from the first start of a task, so it covers the longest timeout."""

THREADS = ("OMP_NUM_THREADS", "THAW_DECODERS")
"""Libraries count the cores of the node, of which a pod may have few: more threads than cores stand in each other's
way."""

KEEP_SECONDS = 7 * 24 * HOUR
"""The workflow of a finished run stays this long."""


def set_resources(task: dsl.PipelineTask, row: str) -> dsl.PipelineTask:
    """Give a task its row of the table."""
    needs = RESOURCES[row]
    task.set_caching_options(False)
    task.set_cpu_request(needs.cpu).set_cpu_limit(needs.cpu)
    task.set_memory_request(needs.memory).set_memory_limit(needs.memory)
    for variable in THREADS:
        task.set_env_variable(variable, needs.cpu if needs.cpu.isdigit() else "1")
    task.set_retry(needs.retries, **BACKOFF)
    kubernetes.set_timeout(task, needs.timeout)
    if needs.shared_memory:
        kubernetes.empty_dir_mount(
            task, volume_name="shm", mount_path="/dev/shm", medium="Memory", size_limit=needs.shared_memory
        )
    return task


def accelerate(
    task: dsl.PipelineTask, kind: str, count: str, node_selector: dict[str, str], tolerations: list[dict]
) -> None:
    """Let the pipeline's parameters say which accelerator a task gets, and where it runs.

    Inside a group of tasks KFP forwards only the inputs that a task has registered, and its compiler does not miss
    the others. The count is text, because from a number the server reads nothing.
    """
    task.set_accelerator_type(kind).set_accelerator_limit(count)
    task.register_pipeline_channels([kind, count])
    kubernetes.add_node_selector_json(task, node_selector)
    kubernetes.add_toleration_json(task, tolerations)
