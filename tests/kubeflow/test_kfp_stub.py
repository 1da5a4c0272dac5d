"""The stub and the models it checks with are the published interface; without the spec beside the checkout, skipped."""

import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import kfp_server_api
import pytest
from kfp_stub import BASE, ROUTES, Stub, faults

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "kfp_api_v2beta1.swagger.json"


@pytest.fixture(scope="module")
def spec() -> dict:
    if not SPEC.exists():
        pytest.skip("no copy of the Kubeflow Pipelines API specification beside the checkout")
    return json.loads(SPEC.read_text())


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_route_is_in_the_specification(spec: dict, route: tuple[str, str]) -> None:
    method, path = route
    query, body, answer = ROUTES[route]
    operation = spec["paths"][BASE + path][method.lower()]
    parameters = operation.get("parameters", [])
    assert set(query) == {each["name"] for each in parameters if each["in"] == "query"}
    assert body == next(
        (
            _model(each["schema"]["$ref"]) if each["in"] == "body" else each["name"]
            for each in parameters
            if each["in"] in ("body", "formData")
        ),
        "",
    )
    schema = operation["responses"]["200"]["schema"]
    assert answer == (_model(schema["$ref"]) if "$ref" in schema else schema["type"])


def test_models_have_the_fields_of_the_specification(spec: dict) -> None:
    used = {each for _, body, answer in ROUTES.values() for each in (body, answer) if each.startswith("V2")}
    for name in used | {"V2beta1PipelineTaskDetail", "V2beta1RuntimeConfig", "V2beta1Trigger", "V2beta1CronSchedule"}:
        fields = spec["definitions"][name.replace("V2beta1", "v2beta1")]["properties"]
        assert set(getattr(kfp_server_api, name).attribute_map.values()) == set(fields), name


def _model(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return name[0].upper() + name[1:]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"display_name": "a", "colour": "red"}, "body.colour is not a field of V2beta1Run"),
        ({"display_name": 1}, "body.display_name is 1 where str belongs"),
        ({"state": "DONE"}, "body.state is 'DONE', not one of"),
        ({"runtime_config": {"params": {}}}, "body.runtime_config.params is not a field of V2beta1RuntimeConfig"),
        ({"state_history": [{"state": "RUNNING", "x": 1}]}, "body.state_history[0].x is not a field"),
    ],
)
def test_faults_are_found_at_every_depth(body: dict, fault: str) -> None:
    assert faults(body, "V2beta1Run", "body")[0].startswith(fault)


def test_numbers_pass_for_text_only_where_the_client_is_known_to_send_them() -> None:
    assert faults({"max_concurrency": 1}, "V2beta1RecurringRun", "body") == []
    assert faults({"recurring_run_id": 1}, "V2beta1RecurringRun", "body") != []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/experiments", {"display_name": "e", "colour": "red"}),
        ("GET", "/experiments?colour=red", None),
        ("PUT", "/experiments", {}),
        ("GET", "/colours", None),
    ],
)
def test_what_is_against_the_interface_is_refused_and_kept(method: str, path: str, body: dict | None) -> None:
    with Stub() as stub:
        data = None if body is None else json.dumps(body).encode()
        with pytest.raises(HTTPError, match=r"40[04]"):
            urlopen(Request(stub.url + BASE + path, data, method=method))
        assert len(stub.violations) == 1
