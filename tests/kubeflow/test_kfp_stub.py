"""The stub speaks the published interface: that of the client which Kubeflow generates from it and kfp installs."""

import inspect
import json
import re
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import kfp_server_api
import pytest

from tests.kubeflow.kfp_stub import BASE, ROUTES, Stub, faults


class Recorder(kfp_server_api.ApiClient):
    """Keeps what the generated client would send, and sends nothing."""

    def call_api(self, path: str, method: str, path_params: dict, query_params: list, *_: Any, **rest: Any) -> None:
        self.call = (method, path), {name for name, _ in query_params}, rest


def operations() -> dict[tuple[str, str], tuple[set[str], str, str]]:
    """Query fields, body model and answer model by method and path. Each is called with all it can take."""
    found, recorder = {}, Recorder()
    apis = [each for name, each in inspect.getmembers(kfp_server_api, inspect.isclass) if name.endswith("ServiceApi")]
    for api in apis:
        for name, method in inspect.getmembers(cast(Any, api)(recorder), inspect.ismethod):
            if name.endswith("_with_http_info"):
                types = dict(re.findall(r":type ([a-z]\w*): (\S+)", method.__doc__))
                method(**{field: field for field in types if field != "async_req"})
                route, query, rest = recorder.call
                body = types.get(rest["body"] or "", "") or "".join(rest["files"])
                found[route] = query, body, rest["response_type"]
    return found


OPERATIONS = operations()


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_route_is_one_of_the_interface(route: tuple[str, str]) -> None:
    method, path = route
    query, body, answer = ROUTES[route]
    assert OPERATIONS[method, BASE + path] == (set(query), body, answer)


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
