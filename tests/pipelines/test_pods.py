"""The pods that the compiled pipeline asks for, put together as its driver does, are ones that Kubernetes takes."""

import json
import re
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from kfp import compiler
from kubernetes.utils.quantity import parse_quantity

from thaw.pipelines.adaptive import adaptive

PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['pipelinechannel--(\w[\w-]*)'\]\}\}")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    path: Path = tmp_path_factory.mktemp("compiled") / "adaptive.yaml"
    compiler.Compiler().compile(adaptive, str(path))
    return list(yaml.safe_load_all(path.read_text()))


@pytest.fixture(scope="module")
def pods(compiled: list[dict]) -> dict[str, dict]:
    spec, platform = compiled
    declared = spec["root"]["inputDefinitions"]["parameters"]
    values = {name: each.get("defaultValue", "") for name, each in declared.items()}
    values |= {"ingest-image": values["vision_image"]}  # what ingest would have put out
    settings = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    executors = spec["deploymentSpec"]["executors"]
    return {name: pod(each["container"], settings[name], values) for name, each in executors.items()}


def pod(container: dict, settings: dict, values: dict) -> dict:
    """The pod of one executor, with the defaults of the pipeline's parameters."""

    def given(source: dict) -> object:
        return values[source["componentInputParameter"].removeprefix("pipelinechannel--")]

    def filled(text: str) -> str:
        return PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)

    wanted = container["resources"]
    limits = {"cpu": wanted["resourceCpuLimit"], "memory": wanted["resourceMemoryLimit"]}
    if accelerator := wanted.get("accelerator"):
        limits[filled(accelerator["resourceType"])] = filled(accelerator["resourceCount"])
    mounts = settings.get("emptyDirMounts", [])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "step"},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": int(settings["activeDeadlineSeconds"]),
            "nodeSelector": given(settings["nodeSelector"]["nodeSelectorJson"]) if "nodeSelector" in settings else {},
            "tolerations": [one for each in settings.get("tolerations", []) for one in given(each["tolerationJson"])],
            "containers": [
                {
                    "name": "main",
                    "image": filled(container["image"]),
                    "command": container["command"],
                    "args": container["args"],
                    "resources": {
                        "limits": limits,
                        "requests": {"cpu": wanted["resourceCpuRequest"], "memory": wanted["resourceMemoryRequest"]},
                    },
                    "volumeMounts": [{"name": each["volumeName"], "mountPath": each["mountPath"]} for each in mounts],
                }
            ],
            "volumes": [
                {"name": each["volumeName"], "emptyDir": {"medium": each["medium"], "sizeLimit": each["sizeLimit"]}}
                for each in mounts
            ],
        },
    }


def test_kubernetes_takes_every_pod(pods: dict[str, dict]) -> None:
    version = kubernetes_validate.latest_version().rpartition(".")[0]
    for each in pods.values():
        kubernetes_validate.validate(each, version, strict=True)


def test_requests_equal_limits_and_shared_memory_fits_in(pods: dict[str, dict]) -> None:
    for name, each in pods.items():
        resources = each["spec"]["containers"][0]["resources"]
        for kind, request in resources["requests"].items():
            assert parse_quantity(request) == parse_quantity(resources["limits"][kind]) > 0, name
        memory = parse_quantity(resources["limits"]["memory"])
        shared = sum(parse_quantity(each["emptyDir"]["sizeLimit"]) for each in each["spec"]["volumes"])
        assert shared <= memory / 4, name


def test_accelerators_are_whole_numbers_of_a_named_resource(pods: dict[str, dict]) -> None:
    accelerated = set()
    for name, each in pods.items():
        limits = each["spec"]["containers"][0]["resources"]["limits"]
        counts = [count for kind, count in limits.items() if "/" in kind]
        assert all(count.isdecimal() for count in counts), name
        accelerated |= {name} if counts else set()
    branches = {"exec-fine-tune", "exec-fine-tune-2", "exec-fine-tune-3", "exec-fine-tune-4"}
    assert accelerated == {"exec-profile-dataset", "exec-choose-strategy"} | branches


def test_no_pod_asks_for_more_than_an_ordinary_user_may(compiled: list[dict]) -> None:
    """The namespace enforces Kubernetes' baseline: nothing privileged, nothing of the host's."""
    told = json.dumps(compiled[1])
    assert not re.search("privileged|hostPath|securityContext|runAsUser|capabilities", told, re.IGNORECASE)


def test_every_image_is_named_with_its_version(pods: dict[str, dict]) -> None:
    for name, each in pods.items():
        assert re.search(r"/thaw-(core|vision):\d+\.\d+\.\d+$", each["spec"]["containers"][0]["image"]), name
