"""Texts of users that look like placeholders, quotes, options or code come through a local run as they are."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kfp import dsl
from kfp.local import io
from kfp.local.orchestrator.enhanced_dag_orchestrator import ConditionEvaluator
from kfp.pipeline_spec.pipeline_spec_pb2 import TaskInputsSpec

from thaw.kubeflow import kfp_patches, local
from thaw.kubeflow.seal import in_expression, sealed, unsealed
from thaw.kubeflow.watcher import Watcher

HOSTILE = [
    "{{$}}",
    "{{$.inputs.parameters['text']}}",
    "{{$.pipeline_job_uuid}}",
    "{{$.outputs.artifacts['made'].path}}",
    "{title}: {body} {{ literal }}",
    "{{workflow.name}} {{=1+1}} ${HOME} $(touch /tmp/no) `id`",
    "/kfp-workspace/data",
    "{{$.workspace_path}}",
    'it\'s "quoted" \\ \\n \\u0041',
    "two\nlines\ttab\r",
    "\x1b[31mred\x1b]0;title\x07",
    "--leading-dash",
    "-",
    "pip install nothing; python3",
    "\u202egnp.exe \U0001f9ca ü 漢",
    "<script>alert(1)</script>{% raw %}{{ 7 * 7 }}",
    "thaw-sealed-6162-sealed",
    "pipelinechannel--text && ||!(",
    "x' or 'a'=='a",
    "",
    " ",
]
PARTS = ["{{", "}}", "$", "'", '"', "\\", "\n", "{{$.inputs.", "-sealed", "thaw-sealed-"]
PLACEHOLDERS = st.sampled_from([*HOSTILE, *PARTS])
TEXTS = st.lists(PLACEHOLDERS | st.text(max_size=8), max_size=4).map("".join)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_a_sealed_value_has_nothing_to_replace_and_opens_as_it_was(value: Any) -> None:
    document = json.dumps(sealed(value))
    assert "{{" not in document
    assert "workspace" not in document
    assert json.loads(unsealed(document)) == value


@given(VALUES, TEXTS)
def test_values_reach_a_command_line_as_they_are(value: Any, path: str) -> None:
    spec = TaskInputsSpec()
    spec.parameters["text"].component_input_parameter = "text"
    spec.parameters["run"].runtime_value.constant.string_value = "{{$.pipeline_job_uuid}}"
    spec.parameters["joined"].runtime_value.constant.string_value = "a {{$.inputs.parameters['text']}} b"
    store = io.IOStore()
    store.put_parent_input("text", value)
    replaced = {name: function for _, name, function in kfp_patches.replacements(lambda *_: 0, lambda *_: None)}
    arguments = replaced["OrchestratorUtils"].make_task_arguments(spec, store)
    artifact = {"uri": path, "metadata": {"source": path}}
    given_input = {
        "inputs": {"parameterValues": arguments, "artifacts": {"data": {"artifacts": [artifact]}}},
        "outputs": {"outputFile": path, "artifacts": {"made": {"artifacts": [{"uri": path}]}}},
    }
    names = ("pipeline_resource_name", "task_resource_name", "pipeline_root")
    *_, document, function = replaced["replace_placeholders"](
        full_command=["sh", "-c", "code", "{{$}}", "--function"],
        executor_input_dict=given_input,
        unique_pipeline_id="run 7",
        **dict.fromkeys(names, "name"),
    )
    found = json.loads(document)
    assert found["inputs"]["parameterValues"]["text"] == value
    assert found["inputs"]["parameterValues"]["run"] == "run 7"
    if isinstance(value, str):
        assert found["inputs"]["parameterValues"]["joined"] == f"a {value} b"
    assert found["inputs"]["artifacts"]["data"]["artifacts"] == [artifact]
    assert found["outputs"]["artifacts"]["made"]["artifacts"][0]["uri"] == path
    assert function == "--function"


@given(TEXTS, TEXTS)
def test_a_condition_compares_the_very_texts(one: str, other: str) -> None:
    assert eval(f"'{in_expression(one)}'") == one
    store = io.IOStore()
    store.put_parent_input("pipelinechannel--one", one)
    store.put_parent_input("pipelinechannel--other", other)
    condition = "inputs.parameter_values['pipelinechannel--one'] == inputs.parameter_values['pipelinechannel--other']"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ConditionEvaluator, "_resolve_pipeline_channel", staticmethod(kfp_patches.value_in_condition))
        assert ConditionEvaluator.evaluate_condition(condition, store) == (one == other)


step = dsl.component(base_image="any/image:1", install_kfp_package=False)


@step
def read(texts: list, reading: dict, made: dsl.Output[dsl.Artifact]) -> list[dict]:
    import json
    from pathlib import Path

    made.metadata.update(texts=texts, reading=reading)
    Path(made.path).write_text(json.dumps([texts, reading]))
    return [{"name": text, "text": text} for text in texts]


@step
def write(text: str, run: str, made: dsl.Input[dsl.Artifact], output: str) -> None:
    import json
    from pathlib import Path

    with Path(output, "written.jsonl").open("a") as file:
        file.write(json.dumps([text, run, made.metadata, json.loads(Path(made.path).read_text())]) + "\n")


@dsl.pipeline
def passing(texts: list, one: str, other: str, reading: dict, output: str) -> None:
    done = read(texts=texts, reading=reading)
    with dsl.ParallelFor(done.outputs["Output"]) as item:
        write(text=item.text, run=dsl.PIPELINE_JOB_ID_PLACEHOLDER, made=done.outputs["made"], output=output)
    with dsl.If(one == other):
        write(text=one, run=f"{one}!", made=done.outputs["made"], output=output)


def test_a_local_run_passes_everything_on(tmp_path: Path) -> None:
    """A parameter, a JSON object, a loop's items, an artifact's metadata, a condition, a folder's name."""
    texts = ["\n".join(HOSTILE[: len(HOSTILE) // 2]), "\n".join(HOSTILE[len(HOSTILE) // 2 :])]
    reading = {"text_column": HOSTILE[0], "label_column": "\n".join(HOSTILE), "{{$}}": "'"}
    output = tmp_path / "{{$}} it's \"a\" {{$.inputs.parameters['texts']}} \\ \x1b[31m\n python3"
    output.mkdir()
    parameters = {"texts": texts, "one": HOSTILE[8], "other": HOSTILE[8], "reading": reading, "output": str(output)}
    local.run(passing, parameters, Watcher())
    lines = [json.loads(line) for line in (output / "written.jsonl").read_text().splitlines()]
    runs = {text: run for text, run, *_ in lines}
    assert runs.keys() == {*texts, HOSTILE[8]}, "the loop and the condition run in any order"
    assert runs[HOSTILE[8]] == f"{HOSTILE[8]}!"
    assert runs[texts[0]].isdigit()
    assert all(metadata == {"texts": texts, "reading": reading} for _, _, metadata, _ in lines)
    assert all(content == [texts, reading] for *_, content in lines)
