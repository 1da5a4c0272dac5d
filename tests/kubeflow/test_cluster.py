"""Submit, schedule and watch with the real kfp.Client, over real sockets, against a strict stub of the API."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from kfp import compiler, dsl

from tests.kubeflow.kfp_stub import Stub
from thaw.errors import InputError
from thaw.kubeflow import cluster, run_status
from thaw.kubeflow.endpoint import connect
from thaw.kubeflow.package import upload_once

MANIFESTS = Path(__file__).parents[2] / "manifests"


@dsl.component(base_image="python:3.11-slim", install_kfp_package=False)
def count(data: str, store: str, seed: int) -> int:
    return len(data) + len(store) + seed


@dsl.pipeline(name="thaw-counting")
def counting(data: str, store: str = "", seed: int = 0, head: bool = True, limits: dict = {}) -> None:  # noqa: B006
    count(data=data, store=store, seed=seed)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compiled") / "counting.yaml"
    compiler.Compiler().compile(counting, str(path))
    return path


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KFP_EXISTING_TOKEN", "KF_PIPELINES_UI_ENDPOINT", "THAW_STORE", "THAW_DATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub
    assert stub.violations == []


def parameters_of(stub: Stub, run_id: str) -> dict:
    return stub.runs[run_id]["runtime_config"]["parameters"]


def test_submit_starts_a_run_of_the_uploaded_package(
    stub: Stub, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = cluster.submit(
        stub.url,
        package,
        {"data": "gs://b/d", "seed": 7, "limits": {"a": [1]}},
        name="nightly",
        service_account="runner",
    )
    stored = stub.runs[run.id]
    assert run.url == f"{stub.url}/#/runs/details/{run.id}"
    assert (stored["display_name"], stored["service_account"]) == ("nightly", "runner")
    assert stored["runtime_config"]["parameters"] == {"data": "gs://b/d", "seed": 7, "limits": {"a": [1]}}
    assert [each["display_name"] for each in stub.experiments] == ["thaw"]
    assert stored["experiment_id"] == stub.experiments[0]["experiment_id"]
    assert stub.versions[0]["pipeline_spec"]["pipelineInfo"]["name"] == "thaw-counting"
    assert capsys.readouterr() == ("", "")


def test_texts_arrive_as_they_are(stub: Stub, package: Path) -> None:
    text = 'it\'s "a" \\ {title}: {body}\nline \x1b[31m \u202e ü 漢 $(id) --x <b> %s'
    run = cluster.submit(stub.url, package, {"data": text, "limits": {text: [text]}}, name="nightly")
    assert parameters_of(stub, run.id) == {"data": text, "limits": {text: [text]}}


@pytest.mark.parametrize("value", ["gs://b/{{$}}", {"column": "{{workflow.name}}"}, ["{{=1+1}}"]])
def test_what_a_cluster_would_replace_is_refused(stub: Stub, package: Path, value: object) -> None:
    with pytest.raises(InputError, match="'limits'"):
        cluster.submit(stub.url, package, {"data": "gs://b/d", "limits": value}, name="nightly")
    assert stub.runs == {}


def test_a_package_is_uploaded_once_and_a_changed_one_becomes_a_new_version(
    stub: Stub, package: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        cluster.submit(stub.url, package, {"data": "d"}, name="same")
    changed = tmp_path / "elsewhere.yaml"
    changed.write_text(package.read_text().replace("python:3.11-slim", "python:3.12-slim"))
    cluster.submit(stub.url, changed, {"data": "d"}, name="changed")
    assert [each["name"] for each in stub.pipelines] == ["thaw-counting"]
    names = [each["name"] for each in stub.versions]
    assert len(set(names)) == 2
    assert all(name.startswith("thaw-counting-") for name in names)
    used = [run["pipeline_version_reference"]["pipeline_version_id"] for run in stub.runs.values()]
    assert used[0] == used[1] != used[2]


def test_many_at_once_share_one_pipeline_and_version(package: Path) -> None:
    with Stub() as stub, ThreadPoolExecutor(8) as pool:

        def upload(_: int) -> str:
            with connect(stub.url) as client:
                return upload_once(client, package, "").pipeline_version_id

        versions = set(pool.map(upload, range(16)))
        assert len(versions) == len(stub.pipelines) == len(stub.versions) == 1
        assert stub.violations == []


def test_text_parameters_not_given_come_from_the_environment(
    stub: Stub, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THAW_STORE", "gs://shared/store")
    monkeypatch.setenv("THAW_DATA", "gs://shared/data")
    monkeypatch.setenv("THAW_SEED", "3")
    run = cluster.submit(stub.url, package, {"data": "gs://mine"}, name="r")
    assert parameters_of(stub, run.id) == {"data": "gs://mine", "store": "gs://shared/store"}


def test_the_adaptive_pipeline_runs_with_what_the_manifests_configure(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thaw.pipelines.adaptive import adaptive

    configuration = yaml.safe_load((MANIFESTS / "base" / "configuration.yaml").read_text())["data"]
    for name, value in configuration.items():
        monkeypatch.setenv(name, value)
    package = tmp_path / "adaptive.yaml"
    compiler.Compiler().compile(adaptive, str(package))
    pool = {"full_node_selector": {"pool": "gpu"}, "full_tolerations": [{"key": "gpu", "operator": "Exists"}]}
    given = {"data": "gs://d/reviews.csv", "name": "reviews", **pool}
    run = cluster.submit(stub.url, package, given, name="reviews")
    shared = {name: configuration[f"THAW_{name.upper()}"] for name in ("store", "output", "registry")}
    assert parameters_of(stub, run.id) == {**given, **shared}


def test_several_users_endpoint_keeps_everything_in_the_namespace(package: Path) -> None:
    with Stub(multi_user=True) as stub:
        cluster.submit(stub.url, package, {"data": "d"}, name="r", namespace="team")
        cluster.schedule(stub.url, package, "0 0 2 * * *", {"data": "d"}, name="s", namespace="team")
        cluster.schedule(stub.url, package, "0 0 3 * * *", {"data": "d"}, name="s", namespace="team")
        assert {each["namespace"] for each in (*stub.experiments, *stub.pipelines, *stub.recurring)} == {"team"}
        assert len(stub.recurring) == 1
        with pytest.raises(InputError, match="Namespace is required"):
            cluster.submit(stub.url, package, {"data": "d"}, name="r")
        assert stub.violations == []


def test_schedule_hands_over_cron_and_parameters(stub: Stub, package: Path) -> None:
    made = cluster.schedule(stub.url, package, "0 0  2 * * *", {"data": "d"}, name="nightly", service_account="runner")
    stored = stub.recurring[0]
    assert made.url == f"{stub.url}/#/recurringrun/details/{stored['recurring_run_id']}"
    assert stored["trigger"] == {"cron_schedule": {"cron": "0 0 2 * * *"}}
    assert (stored["mode"], stored["max_concurrency"], stored["no_catchup"]) == ("ENABLE", "1", True)
    assert (stored["service_account"], stored["runtime_config"]["parameters"]) == ("runner", {"data": "d"})


def test_scheduling_a_name_again_replaces_every_earlier_one_and_no_other(package: Path) -> None:
    with Stub(largest_page=2) as stub:
        for name in ("other", "nightly"):
            cluster.schedule(stub.url, package, "0 0 2 * * *", {"data": "d"}, name=name)
        for i in range(5):  # made by hand, as the API allows
            stub.recurring.append(stub.recurring[1] | {"recurring_run_id": f"by-hand-{i}"})
        made = cluster.schedule(stub.url, package, "0 30 4 * * *", {"data": "e"}, name="nightly")
        assert [each["display_name"] for each in stub.recurring] == ["other", "nightly"]
        assert stub.recurring[1]["recurring_run_id"] == made.id
        assert stub.violations == []


def test_a_schedule_of_another_pipeline_with_the_same_name_stays(stub: Stub, package: Path) -> None:
    cluster.schedule(stub.url, package, "0 0 2 * * *", {"data": "d"}, name="data")
    reference = {"pipeline_id": "somebody-elses", "pipeline_version_id": "theirs"}
    foreign = stub.recurring[0] | {"recurring_run_id": "foreign", "pipeline_version_reference": reference}
    stub.recurring.append(foreign)
    cluster.schedule(stub.url, package, "0 0 3 * * *", {"data": "d"}, name="data")
    assert foreign in stub.recurring
    assert len(stub.recurring) == 2


def test_a_refused_schedule_leaves_the_earlier_one(stub: Stub, package: Path) -> None:
    cluster.schedule(stub.url, package, "0 0 2 * * *", {"data": "d"}, name="nightly")
    before = list(stub.recurring)
    with pytest.raises(InputError, match="parameter seed requires type number_integer"):
        cluster.schedule(stub.url, package, "0 0 3 * * *", {"data": "d", "seed": "x"}, name="nightly")
    with pytest.raises(InputError, match="has five fields"):
        cluster.schedule(stub.url, package, "0 3 * * *", {"data": "d"}, name="nightly")
    assert stub.recurring == before


def test_status_lists_the_steps_and_not_the_plumbing(stub: Stub, package: Path) -> None:
    run = cluster.submit(stub.url, package, {"data": "d"}, name="r")
    assert run_status.status(stub.url, run.id) == run_status.RunStatus(run.id, "r", "PENDING", "", run.url, ())
    nodes = {"root-driver": "SUCCEEDED", "root": "RUNNING", "ingest-driver": "SUCCEEDED", "ingest": "SUCCEEDED"}
    stub.progress(run.id, "RUNNING", nodes | {"executor": "SUCCEEDED", "executor(0)": "FAILED", "profile": "RUNNING"})
    now = run_status.status(stub.url, run.id)
    assert (now.state, now.finished) == ("RUNNING", False)
    assert [(task.name, task.state) for task in now.tasks] == [("ingest", "SUCCEEDED"), ("profile", "RUNNING")]


def test_watch_says_each_change_once_and_ends_with_the_run(stub: Stub, package: Path) -> None:
    run = cluster.submit(stub.url, package, {"data": "d"}, name="r")
    steps = [
        ("RUNNING", {"ingest": "RUNNING"}, ""),
        ("RUNNING", {"ingest": "RUNNING"}, ""),
        ("FAILED", {"ingest": "FAILED"}, "out of\nmemory"),
    ]

    def advance() -> None:
        """The run goes one state further each time it is asked for."""
        for seen, step in enumerate(steps):
            while stub.requests.count(f"GET /runs/{run.id}") <= seen:
                time.sleep(0.001)
            time.sleep(0.02)  # the answer is on its way
            stub.progress(run.id, *step)

    threading.Thread(target=advance, daemon=True).start()
    said: list[str] = []
    final = run_status.watch(stub.url, run.id, print_line=said.append, poll_seconds=0.1)
    assert (final.state, final.error) == ("FAILED", "out of memory")
    assert said == [
        "r: pending",
        "ingest: running",
        "r: running",
        "ingest: failed",
        "r: failed (out of memory)",
    ]


def test_token_of_the_environment_is_sent(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Stub(token="right") as stub:
        with pytest.raises(InputError, match=r"401.*KFP_EXISTING_TOKEN"):
            cluster.submit(stub.url, package, {"data": "d"}, name="r")
        monkeypatch.setenv("KFP_EXISTING_TOKEN", "right")
        cluster.submit(stub.url, package, {"data": "d"}, name="r")
        assert len(stub.runs) == 1


def test_pages_may_be_elsewhere(stub: Stub, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KF_PIPELINES_UI_ENDPOINT", "https://kubeflow.example/pipeline/")
    run = cluster.submit(stub.url, package, {"data": "d"}, name="r")
    assert run.url == f"https://kubeflow.example/pipeline/#/runs/details/{run.id}"


def test_forbidden_unknown_and_failing_are_told_apart(package: Path) -> None:
    with Stub(multi_user=True, forbidden="theirs") as stub:
        with pytest.raises(InputError, match=r"forbids it .User is not authorized in namespace theirs"):
            cluster.submit(stub.url, package, {"data": "d"}, name="r", namespace="theirs")
        with pytest.raises(InputError, match="Run 123 not found"):
            run_status.status(stub.url, "123")
        stub.failing = 503
        with pytest.raises(InputError, match="503"):
            run_status.status(stub.url, "123")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "the pipeline's parameter 'data' has no value"),
        (
            {"data": "d", "colour": "red"},
            "has no parameter 'colour': use those it has: data, head, limits, seed, store",
        ),
    ],
)
def test_unknown_and_missing_parameters_never_reach_the_endpoint(
    stub: Stub, package: Path, given: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        cluster.submit(stub.url, package, given, name="r")
    assert stub.requests == []


def test_what_is_no_package_is_refused(stub: Stub, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("kind: Pod\n")
    for path in (tmp_path / "absent.yaml", tmp_path, other):
        with pytest.raises(InputError, match="thaw compile"):
            cluster.submit(stub.url, path, {}, name="r")


@pytest.mark.timeout(60)
def test_endpoint_out_of_reach_fails_at_once(package: Path) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(InputError) as caught:
            cluster.submit(endpoint, package, {"data": "d"}, name="r")
    assert time.monotonic() - started < 5
    assert str(caught.value).startswith(f"{endpoint} cannot be reached (")
    assert "Connection refused" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["", "kubeflow.example", "gs://bucket"])
def test_what_is_no_address_is_refused(package: Path, endpoint: str) -> None:
    with pytest.raises(InputError, match="address"):
        cluster.submit(endpoint, package, {"data": "d"}, name="r")


def test_a_login_page_is_not_taken_for_the_api(package: Path) -> None:
    class Login(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Log in</html>")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Login) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        with pytest.raises(InputError, match="answers"):
            cluster.submit(f"http://127.0.0.1:{server.server_port}", package, {"data": "d"}, name="r")
        server.shutdown()
