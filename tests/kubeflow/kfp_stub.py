"""A strict stub of the Kubeflow Pipelines REST API on a loopback port: real sockets, state in memory.

It knows only the routes below, refuses query and body fields that the API does not declare, and holds its own answers
to the same models (those of kfp-server-api; test_kfp_stub.py compares the routes with its generated client).
Whatever a client does against the interface is kept in `violations`. Its refusals use the server's codes and words.
"""

from __future__ import annotations

import email
import json
import re
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import kfp_server_api
import yaml

BASE = "/apis/v2beta1"
LIST = ("page_token", "page_size", "sort_by", "filter")
ROUTES: dict[tuple[str, str], tuple[tuple[str, ...], str, str]] = {
    # method, path: query fields, body model, answer model
    ("GET", "/healthz"): ((), "", "V2beta1GetHealthzResponse"),
    ("GET", "/experiments"): ((*LIST, "namespace"), "", "V2beta1ListExperimentsResponse"),
    ("POST", "/experiments"): ((), "V2beta1Experiment", "V2beta1Experiment"),
    ("GET", "/pipelines"): ((*LIST, "namespace"), "", "V2beta1ListPipelinesResponse"),
    ("POST", "/pipelines"): ((), "V2beta1Pipeline", "V2beta1Pipeline"),
    ("POST", "/pipelines/upload_version"): (
        ("name", "display_name", "pipelineid", "description", "tags"),
        "uploadfile",
        "V2beta1PipelineVersion",
    ),
    ("GET", "/pipelines/{pipeline_id}/versions"): (LIST, "", "V2beta1ListPipelineVersionsResponse"),
    ("POST", "/runs"): (("experiment_id",), "V2beta1Run", "V2beta1Run"),
    ("GET", "/runs/{run_id}"): (("experiment_id",), "", "V2beta1Run"),
    ("GET", "/recurringruns"): ((*LIST, "namespace", "experiment_id"), "", "V2beta1ListRecurringRunsResponse"),
    ("POST", "/recurringruns"): ((), "V2beta1RecurringRun", "V2beta1RecurringRun"),
    ("DELETE", "/recurringruns/{recurring_run_id}"): (("propagation_policy",), "", "object"),
}
NUMBERS_FOR_TEXT = ("max_concurrency",)  # int64 is text in JSON, but kfp.Client sends a number
JSON_TYPES: dict[str, Any] = {"str": str, "int": int, "bool": bool, "float": (int, float), "datetime": str}
PARAMETER_TYPES = {
    "NUMBER_DOUBLE": (int, float),
    "NUMBER_INTEGER": (int, float),
    "STRING": str,
    "BOOLEAN": bool,
    "LIST": list,
    "STRUCT": dict,
}


class Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def faults(value: Any, kind: str, where: str) -> list[str]:
    """What in a JSON value is not as the API's type `kind` has it: unknown fields, wrong types, unknown enum values."""
    if match := re.fullmatch(r"list\[(.+)\]", kind):
        items = value if isinstance(value, list) else [value]
        return [fault for i, item in enumerate(items) for fault in faults(item, match[1], f"{where}[{i}]")]
    if kind == "object" or kind.startswith("dict("):
        return []
    if kind in JSON_TYPES:
        number = where.rpartition(".")[2] in NUMBERS_FOR_TEXT and isinstance(value, int)
        return [] if isinstance(value, JSON_TYPES[kind]) or number else [f"{where} is {value!r} where {kind} belongs"]
    model = getattr(kfp_server_api, kind)
    if allowed := getattr(model, "allowable_values", None):
        return [] if value in allowed else [f"{where} is {value!r}, not one of {allowed}"]
    types = {model.attribute_map[name]: each for name, each in model.openapi_types.items()}
    unknown = [f"{where}.{field} is not a field of {kind}" for field in value if field not in types]
    known = [(field, each) for field, each in value.items() if field in types]
    return unknown + [fault for field, each in known for fault in faults(each, types[field], f"{where}.{field}")]


class Stub:
    """Serves at `stub.url` while entered. `token`: the only one accepted. `failing`: the status of every answer."""

    def __init__(
        self, *, multi_user: bool = False, token: str = "", forbidden: str = "", largest_page: int = 200
    ) -> None:
        self.multi_user, self.token, self.forbidden, self.largest_page = multi_user, token, forbidden, largest_page
        self.failing = 0
        self.experiments: list[dict[str, Any]] = []
        self.pipelines: list[dict[str, Any]] = []
        self.versions: list[dict[str, Any]] = []
        self.runs: dict[str, dict[str, Any]] = {}
        self.recurring: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.violations: list[str] = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Stub:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def progress(self, run_id: str, state: str, tasks: dict[str, str], error: str = "") -> None:
        """What the persistence agent would report: the state of a run and of its tasks, by name."""
        details = [
            {
                "run_id": run_id,
                "task_id": f"id-{name}",
                "display_name": name,
                "state": task_state,
                "start_time": _now(i),
            }
            for i, (name, task_state) in enumerate(tasks.items())
        ]
        self.runs[run_id] |= {"state": state, "run_details": {"task_details": details}}
        if error:
            self.runs[run_id]["error"] = {"code": 13, "message": error}

    def answer(self, method: str, target: str, headers: Message, body: bytes) -> tuple[int, dict[str, Any]]:
        url = urlsplit(target)
        upload = "/upload" in url.path
        try:
            self.requests.append(f"{method} {url.path.removeprefix(BASE)}")
            return 200, self._dispatch(method, url.path, dict(parse_qsl(url.query)), headers, body)
        except Refusal as refusal:
            if upload:
                return refusal.status, {"error_message": refusal.message, "error_details": refusal.message}
            return refusal.status, {"error": refusal.message, "code": 3, "message": refusal.message, "details": []}

    def _dispatch(self, method: str, path: str, query: dict[str, str], headers: Message, body: bytes) -> dict[str, Any]:
        if self.failing:
            raise Refusal(self.failing, "the server is not well")
        if self.token and headers["Authorization"] != f"Bearer {self.token}":
            raise Refusal(401, "Unauthenticated")
        route, identifiers = self._route(method, path)
        allowed, body_model, answer_model = ROUTES[route]
        self._hold([f"query field {field} of {route}" for field in query if field not in allowed])
        given = self._body(body_model, headers, body)
        if self.forbidden and self.forbidden in (query.get("namespace"), given.get("namespace")):
            raise Refusal(403, f"User is not authorized in namespace {self.forbidden}")
        with self.lock:
            answer: dict[str, Any] = HANDLERS[route](self, query=query, given=given, **identifiers)
        self._hold(faults(answer, answer_model, "answer"))
        return answer

    def _route(self, method: str, path: str) -> tuple[tuple[str, str], dict[str, str]]:
        for verb, template in ROUTES:
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/:]+)", BASE + template)
            if verb == method and (match := re.fullmatch(pattern, unquote(path))):
                return (verb, template), match.groupdict()
        self.violations.append(f"no such route: {method} {path}")
        raise Refusal(404, "Not Found")

    def _body(self, model: str, headers: Message, body: bytes) -> dict[str, Any]:
        if not model:
            self._hold(["a body where none belongs"] if body else [])
            return {}
        if model == "uploadfile":
            message = email.message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
            parts = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
            self._hold([f"form field {name}" for name in parts if name != "uploadfile"])
            return {"package": parts["uploadfile"].get_payload(decode=True).decode()}
        given: dict[str, Any] = json.loads(body)
        self._hold(faults(given, model, "body"))
        return given

    def _hold(self, found: list[str]) -> None:
        if found:
            self.violations += found
            raise Refusal(400, f"against the interface: {'; '.join(found)}")


def _now(seconds: int = 0) -> str:
    return datetime.fromtimestamp(1_800_000_000 + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _page(stub: Stub, field: str, records: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """One page of the records that the filter lets through."""
    for predicate in json.loads(query.get("filter") or "{}").get("predicates", []):
        if set(predicate) != {"operation", "key", "stringValue"} or predicate["operation"] not in ("EQUALS", 1):
            raise Refusal(400, f"the stub does not know the filter {predicate}")
        records = [record for record in records if record.get(predicate["key"]) == predicate["stringValue"]]
    start, size = int(query.get("page_token") or 0), min(int(query.get("page_size") or 20), stub.largest_page)
    rest = {"next_page_token": str(start + size)} if start + size < len(records) else {}
    shown = records[start : start + size]
    return ({field: shown} if shown else {}) | {"total_size": len(records)} | rest


def _needs_namespace(stub: Stub, namespace: str | None) -> None:
    if stub.multi_user and not namespace:
        raise Refusal(400, "Invalid input error: Namespace is required in multi-user mode")


def _in(records: list[dict[str, Any]], namespace: str | None) -> list[dict[str, Any]]:
    return [record for record in records if record.get("namespace", "") == (namespace or "")]


def _create(stub: Stub, records: list[dict[str, Any]], given: dict[str, Any], identifier: str) -> dict[str, Any]:
    _needs_namespace(stub, given.get("namespace"))
    given = given | {"display_name": given.get("display_name") or given.get("name", "")}
    if not given["display_name"]:
        raise Refusal(400, "name is required")
    if any(record["display_name"] == given["display_name"] for record in _in(records, given.get("namespace"))):
        raise Refusal(409, f"{given['display_name']} already exists")
    records.append(given | {identifier: str(uuid.uuid4()), "created_at": _now()})
    return records[-1]


def _upload_version(stub: Stub, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    parent = [pipeline for pipeline in stub.pipelines if pipeline["pipeline_id"] == query.get("pipelineid")]
    if not parent:
        raise Refusal(400, "Failed to create a pipeline version")
    name, siblings = query["name"], [v for v in stub.versions if v["pipeline_id"] == parent[0]["pipeline_id"]]
    if any(version["name"] == name for version in siblings):
        raise Refusal(409, "Failed to create a pipeline version")
    documents = list(yaml.safe_load_all(given["package"]))
    if documents[0].get("schemaVersion") != "2.1.0":
        raise Refusal(400, "unknown template format: pipeline spec is invalid")
    version = {"name": name, "display_name": name, "pipeline_version_id": str(uuid.uuid4()), "created_at": _now()}
    stub.versions.append(version | {"pipeline_id": parent[0]["pipeline_id"], "pipeline_spec": documents[0]})
    return stub.versions[-1]


def _check_job(stub: Stub, given: dict[str, Any]) -> None:
    """The server's own checks of a run or a schedule: its experiment, its version, its parameters."""
    if not given.get("display_name"):
        raise Refusal(400, "Invalid input error: The display name is empty")
    if not any(each["experiment_id"] == given.get("experiment_id") for each in stub.experiments):
        raise Refusal(404, f"Experiment {given.get('experiment_id')} not found")
    wanted = given.get("pipeline_version_reference", {}).get("pipeline_version_id")
    version = [each for each in stub.versions if each["pipeline_version_id"] == wanted]
    if not version:
        raise Refusal(404, f"PipelineVersion {wanted} not found")
    declared = version[0]["pipeline_spec"]["root"].get("inputDefinitions", {}).get("parameters", {})
    values = given.get("runtime_config", {}).get("parameters", {})
    for name, parameter in declared.items():
        if name not in values and not parameter.get("isOptional") and "defaultValue" not in parameter:
            raise Refusal(
                400, f"parameter {name} is not optional, yet has neither default value nor user provided value"
            )
        kind = parameter["parameterType"]
        if name in values and not _is(values[name], kind):
            raise Refusal(400, f"input parameter {name} requires type {kind.lower()}, but is not of that type")
    if extra := set(values) - set(declared):
        raise Refusal(400, f"parameter(s) provided are not required by pipeline: {', '.join(sorted(extra))}")


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, PARAMETER_TYPES[kind]) and (kind == "BOOLEAN" or not isinstance(value, bool))


def _create_run(stub: Stub, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    _check_job(stub, given)
    run = given | {"run_id": str(uuid.uuid4()), "state": "PENDING", "created_at": _now()}
    stub.runs[run["run_id"]] = run
    return run


def _get_run(stub: Stub, query: dict[str, str], given: dict[str, Any], run_id: str) -> dict[str, Any]:
    if run_id not in stub.runs:
        raise Refusal(404, f"Run {run_id} not found")
    return stub.runs[run_id]


def _create_recurring(stub: Stub, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    _check_job(stub, given)
    if not 5 <= len(given["trigger"]["cron_schedule"]["cron"].split()) <= 6:
        raise Refusal(400, "Invalid input error: Schedule cron is not a supported format")
    if not 1 <= int(given.get("max_concurrency", 0)) <= 10:
        raise Refusal(400, "Invalid input error: The max concurrency must be between 1 and 10")
    namespace = next(e.get("namespace", "") for e in stub.experiments if e["experiment_id"] == given["experiment_id"])
    record = given | {"recurring_run_id": str(uuid.uuid4()), "namespace": namespace, "status": "ENABLED"}
    stub.recurring.append(record | {"max_concurrency": str(given["max_concurrency"])})
    return stub.recurring[-1]


def _delete_recurring(
    stub: Stub, query: dict[str, str], given: dict[str, Any], recurring_run_id: str
) -> dict[str, Any]:
    kept = [each for each in stub.recurring if each["recurring_run_id"] != recurring_run_id]
    if len(kept) == len(stub.recurring):
        raise Refusal(404, f"Job {recurring_run_id} not found")
    stub.recurring[:] = kept
    return {}


def _list_versions(stub: Stub, query: dict[str, str], given: dict[str, Any], pipeline_id: str) -> dict[str, Any]:
    mine = [version for version in stub.versions if version["pipeline_id"] == pipeline_id]
    return _page(stub, "pipeline_versions", mine, query)


def _list_in_namespace(field: str, records: Callable[[Stub], list[dict[str, Any]]]) -> Callable[..., dict[str, Any]]:
    def handler(stub: Stub, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
        _needs_namespace(stub, query.get("namespace"))
        return _page(stub, field, _in(records(stub), query.get("namespace")), query)

    return handler


HANDLERS: dict[tuple[str, str], Callable[..., dict[str, Any]]] = {
    ("GET", "/healthz"): lambda stub, query, given: {"multi_user": True} if stub.multi_user else {},
    ("GET", "/experiments"): _list_in_namespace("experiments", lambda stub: stub.experiments),
    ("POST", "/experiments"): lambda stub, query, given: _create(stub, stub.experiments, given, "experiment_id"),
    ("GET", "/pipelines"): _list_in_namespace("pipelines", lambda stub: stub.pipelines),
    ("POST", "/pipelines"): lambda stub, query, given: _create(stub, stub.pipelines, given, "pipeline_id"),
    ("POST", "/pipelines/upload_version"): _upload_version,
    ("GET", "/pipelines/{pipeline_id}/versions"): _list_versions,
    ("POST", "/runs"): _create_run,
    ("GET", "/runs/{run_id}"): _get_run,
    ("GET", "/recurringruns"): _list_in_namespace("recurringRuns", lambda stub: stub.recurring),
    ("POST", "/recurringruns"): _create_recurring,
    ("DELETE", "/recurringruns/{recurring_run_id}"): _delete_recurring,
}


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = stub.answer(self.command, self.path, self.headers, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = _serve

        def log_message(self, *_: object) -> None:
            pass

    return Handler
