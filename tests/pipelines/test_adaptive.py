"""The compiled graph: what a cluster will do with it."""

import inspect
from pathlib import Path

import pytest
from kfp import dsl, kubernetes

from tests.pipelines.compiled import Compiled
from thaw.pipelines.adaptive import adaptive
from thaw.pipelines.profiling import profiling
from thaw.pipelines.resources import GPU, RESOURCES
from thaw.runtime import containers

IMAGE_OF_INGEST = "{{$.inputs.parameters['pipelinechannel--ingest-image']}}"
STEPS = {
    "current-champion": "current_champion",
    "list-parts": "list_parts",
    "read-part": "ingest",
    "ingest": "ingest",
    "profile-dataset": "profile_dataset",
    "choose-strategy": "choose_strategy",
    "fine-tune": "frozen",
    "fine-tune-2": "partial",
    "fine-tune-3": "lora",
    "fine-tune-4": "full",
    "evaluate": "evaluate",
    "push-model": "push_model",
    "report-outcome": "report_outcome",
}
ACCELERATED = {
    "profile-dataset": ("profile", "1"),
    "choose-strategy": ("choose", "1"),
    "fine-tune": ("frozen", "0"),
    "fine-tune-2": ("partial", "1"),
    "fine-tune-3": ("lora", "1"),
    "fine-tune-4": ("full", "1"),
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return Compiled(adaptive, tmp_path_factory.mktemp("adaptive"))


def test_there_is_a_task_for_every_step_and_every_branch(graph: Compiled) -> None:
    assert set(graph.steps()) == set(STEPS)


@pytest.mark.parametrize("pipeline", [adaptive, profiling])
def test_every_input_is_declared_and_every_producer_waited_for(pipeline: dsl.base_component, tmp_path: Path) -> None:
    assert Compiled(pipeline, tmp_path).faults() == []


def test_the_search_for_faults_finds_what_the_compiler_lets_pass(tmp_path: Path) -> None:
    @dsl.component(base_image="python", install_kfp_package=False)
    def work() -> str:
        return "pool"

    @dsl.pipeline
    def faulty(count: int, kind: str) -> None:
        first = work()
        with dsl.If(first.output == "pool"):
            task = work()
            task.set_accelerator_type(kind).set_accelerator_limit(count)
            kubernetes.set_timeout(task, 1)

    faults = Compiled(faulty, tmp_path).faults()
    assert any("pipelinechannel--count that is no text" in fault for fault in faults)
    assert any("pipelinechannel--kind, which is not declared above it" in fault for fault in faults)


def test_each_branch_runs_on_its_strategy_alone(graph: Compiled) -> None:
    strategy = "inputs.parameter_values['pipelinechannel--choose-strategy-strategy']"
    frozen, partial, lora, full = (graph.condition(step) for step in STEPS if step.startswith("fine-tune"))
    assert frozen == f"{strategy} == 'frozen'"
    assert partial == f"!({frozen}) && {strategy} == 'partial'"
    assert lora == f"!({frozen}) && !({strategy} == 'partial') && {strategy} == 'lora'"
    assert full == f"!({frozen}) && !({strategy} == 'partial') && !({strategy} == 'lora')"


def test_only_a_model_that_passed_is_pushed(graph: Compiled) -> None:
    assert graph.condition("push-model") == "inputs.parameter_values['pipelinechannel--evaluate-passed'] == 'true'"


def test_the_branches_are_joined(graph: Compiled) -> None:
    joined = [
        output["artifactSelectors"]
        for task, _ in graph.tasks.values()
        for output in graph.component(task).get("dag", {}).get("outputs", {}).get("artifacts", {}).values()
        if len(output["artifactSelectors"]) > 1
    ]
    assert [len(selectors) for selectors in joined] == [4, 4]


def test_the_outcome_is_reported_whatever_happens(graph: Compiled) -> None:
    assert graph.tasks["report-outcome"][0]["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"
    within = [where for where in graph.tasks if where.rsplit("/", 1)[-1] in STEPS and where != "report-outcome"]
    assert all(where.startswith("exit-handler-1/") for where in within)


def test_the_champion_is_read_before_anything_is_done(graph: Compiled) -> None:
    assert graph.steps()["ingest"]["dependentTasks"] == ["current-champion", "thaw-read-parts"]


def test_parts_are_read_only_where_there_are_several(graph: Compiled) -> None:
    loop = next(where for where in graph.tasks if where.endswith("/read-part")).rpartition("/")[0]
    assert graph.condition(loop.rpartition("/")[2]) == (
        "int(inputs.parameter_values['pipelinechannel--list-parts-count']) > 1"
    )
    assert graph.tasks[loop][0]["parameterIterator"]["items"] == {"inputParameter": "pipelinechannel--list-parts-parts"}


@pytest.mark.parametrize("step", STEPS)
def test_no_task_uses_the_cache_of_kfp(graph: Compiled, step: str) -> None:
    assert not graph.steps()[step].get("cachingOptions", {}).get("enableCache")


@pytest.mark.parametrize("step", STEPS)
def test_the_container_follows_the_modality(graph: Compiled, step: str) -> None:
    core = ("current-champion", "list-parts", "read-part", "ingest", "push-model", "report-outcome")
    assert graph.container(step)["image"] == (containers.CORE if step in core else IMAGE_OF_INGEST)


@pytest.mark.parametrize(("step", "row"), STEPS.items())
def test_each_task_gets_its_row_of_the_table(graph: Compiled, step: str, row: str) -> None:
    needs, resources, pod = RESOURCES[row], graph.container(step)["resources"], graph.pod(step)
    assert resources["resourceCpuLimit"] == resources["resourceCpuRequest"] == needs.cpu
    assert resources["resourceMemoryLimit"] == resources["resourceMemoryRequest"] == needs.memory
    assert pod["activeDeadlineSeconds"] == str(needs.timeout)
    mounts = [(mount["mountPath"], mount["medium"], mount["sizeLimit"]) for mount in pod.get("emptyDirMounts", [])]
    assert mounts == ([("/dev/shm", "Memory", needs.shared_memory)] if needs.shared_memory else [])
    retry = graph.steps()[step]["retryPolicy"]
    assert retry["maxRetryCount"] == needs.retries
    assert int(retry["backoffMaxDuration"].rstrip("s")) > needs.timeout, "else a long attempt is never repeated"


@pytest.mark.parametrize(("step", "setting"), ACCELERATED.items())
def test_accelerators_are_parameters(graph: Compiled, step: str, setting: tuple[str, str]) -> None:
    name, count = setting
    accelerator = graph.container(step)["resources"]["accelerator"]
    parameters = graph.spec["root"]["inputDefinitions"]["parameters"]
    assert accelerator["resourceType"] == f"{{{{$.inputs.parameters['pipelinechannel--{name}_accelerator']}}}}"
    assert accelerator["resourceCount"] == f"{{{{$.inputs.parameters['pipelinechannel--{name}_accelerator_count']}}}}"
    assert parameters[f"{name}_accelerator"]["defaultValue"] == GPU
    assert parameters[f"{name}_accelerator_count"] | {"description": ""} == {
        "defaultValue": count,
        "isOptional": True,
        "parameterType": "STRING",
        "description": "",
    }
    pod = str(graph.pod(step))
    assert f"{name}_node_selector" in pod
    assert f"{name}_tolerations" in pod


def test_only_the_tasks_that_load_a_network_ask_for_accelerators(graph: Compiled) -> None:
    asking = {step for step in STEPS if "accelerator" in graph.container(step)["resources"]}
    assert asking == set(ACCELERATED)


def test_no_parameter_is_a_word_that_yaml_reads_as_something_else(graph: Compiled) -> None:
    odd = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
    assert not odd & {name.lower() for name in graph.spec["root"]["inputDefinitions"]["parameters"]}


def test_every_parameter_is_described_or_is_one_of_a_described_family() -> None:
    families = ("choose", "frozen", "partial", "lora", "full")
    described = inspect.getdoc(adaptive.pipeline_func) or ""
    for name in inspect.signature(adaptive.pipeline_func).parameters:
        family = name.split("_", 1)
        name = f"profile_{family[1]}" if family[0] in families else name
        assert f"    {name}: " in described
