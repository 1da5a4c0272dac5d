"""The compiled comparison: what a cluster will do with it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.kubeflow.kfp_stub import Stub
from tests.pipelines.compiled import Compiled
from thaw.cli.main import main
from thaw.pipelines.compare import compare
from thaw.pipelines.resources import RESOURCES
from thaw.runtime import containers

IMAGE_OF_INGEST = "{{$.inputs.parameters['pipelinechannel--ingest-image']}}"
STEPS = {
    "current-champion": "current_champion",
    "list-parts": "list_parts",
    "read-part": "ingest",
    "ingest": "ingest",
    "profile-dataset": "profile_dataset",
    "choose-strategy": "choose_strategy",
    "list-runs": "list_runs",
    "choose-strategy-2": "choose_strategy",
    "fine-tune": "full",
    "evaluate": "evaluate",
    "compare-strategies": "compare_strategies",
}
IN_LOOP = ("choose-strategy-2", "fine-tune", "evaluate")
ACCELERATED = {"profile-dataset": "profile", "choose-strategy": "choose", "fine-tune": "train"}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return Compiled(compare, tmp_path_factory.mktemp("compare"))


def test_every_input_is_declared_and_every_producer_waited_for(graph: Compiled) -> None:
    assert graph.faults() == []
    assert set(graph.steps()) == set(STEPS)


def test_the_runs_are_a_loop_over_what_is_listed_after_the_choice(graph: Compiled) -> None:
    where = next(where for where in graph.tasks if where.endswith("/fine-tune")).rpartition("/")[0]
    loop, _ = graph.tasks[where]
    assert {name.rsplit("/", 1)[-1] for name in graph.tasks if name.startswith(f"{where}/")} == set(IN_LOOP)
    assert loop["parameterIterator"]["items"] == {"inputParameter": "pipelinechannel--list-runs-Output"}
    assert "choose-strategy" in graph.steps()["list-runs"]["dependentTasks"]
    forced = graph.steps()["choose-strategy-2"]["inputs"]["parameters"]
    assert {name for name, given in forced.items() if "parameterExpressionSelector" in given} == {
        "strategy",
        "seed",
        "store",
        "output",
    }
    assert "strategy" not in graph.steps()["choose-strategy"]["inputs"]["parameters"], "the choice is nobody's wish"


def test_a_run_keeps_its_features_and_its_results_to_itself(graph: Compiled) -> None:
    store = graph.steps()["fine-tune"]["inputs"]["parameters"]["store"]
    assert store["parameterExpressionSelector"] == 'parseJson(string_value)["store"]'
    assert "output" not in graph.steps()["fine-tune"]["inputs"]["parameters"], "no copy of each model is kept"


@pytest.mark.parametrize(("step", "row"), STEPS.items())
def test_each_task_gets_its_row_of_the_table_and_the_container_of_the_modality(
    graph: Compiled, step: str, row: str
) -> None:
    needs, container = RESOURCES[row], graph.container(step)
    assert container["resources"]["resourceCpuLimit"] == needs.cpu
    assert container["resources"]["resourceMemoryLimit"] == needs.memory
    assert graph.pod(step)["activeDeadlineSeconds"] == str(needs.timeout)
    assert not graph.steps()[step].get("cachingOptions", {}).get("enableCache")
    core = ("current-champion", "list-parts", "read-part", "ingest", "list-runs", "compare-strategies")
    assert container["image"] == (containers.CORE if step in core else IMAGE_OF_INGEST)


def test_accelerators_are_parameters_of_the_steps_that_load_a_network(graph: Compiled) -> None:
    asking = {step for step in STEPS if "accelerator" in graph.container(step)["resources"]}
    assert asking == set(ACCELERATED)
    for step, name in ACCELERATED.items():
        accelerator = graph.container(step)["resources"]["accelerator"]
        assert accelerator["resourceType"] == f"{{{{$.inputs.parameters['pipelinechannel--{name}_accelerator']}}}}"
        assert f"{name}_tolerations" in str(graph.pod(step))


def test_every_parameter_is_described_or_is_one_of_a_described_family() -> None:
    described = inspect.getdoc(compare.pipeline_func) or ""
    for name in inspect.signature(compare.pipeline_func).parameters:
        family = name.split("_", 1)
        assert f"    {f'profile_{family[1]}' if family[0] in ('choose', 'train') else name}: " in described


def test_it_compiles_by_name(tmp_path: Path) -> None:
    assert main(["compile", "--pipeline", "compare", "--output", str(tmp_path / "c.yaml")]) == 0
    assert next(yaml.safe_load_all((tmp_path / "c.yaml").read_text()))["pipelineInfo"]["name"] == "thaw-compare"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    for name in ("store", "output", "registry"):
        monkeypatch.setenv(f"THAW_{name.upper()}", f"gs://shared/{name}")
    with Stub() as stub:
        yield stub
    assert stub.violations == []


def test_it_can_be_submitted(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["submit", "--pipeline", "compare", "--data", "gs://bucket/Flowers.zip", "--endpoint", stub.url]
    assert main([*asked, "--seeds", "5", "--set", "train_accelerator_count=2"]) == 0
    (run,) = stub.runs.values()
    assert run["display_name"] == "flowers-compare"
    assert run["runtime_config"]["parameters"] == {
        "data": "gs://bucket/Flowers.zip",
        "seeds": 5,
        "store": "gs://shared/store",
        "output": "gs://shared/output/flowers-compare",
        "train_accelerator_count": "2",
    }
    assert main([*asked, "--strategy", "full"]) == 2
    assert "no parameter 'strategy'" in capsys.readouterr().err
