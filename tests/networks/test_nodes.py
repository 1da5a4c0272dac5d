import pytest

from thaw.errors import InputError
from thaw.networks.nodes import require_single_node

NAMES = ("TF_CONFIG", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "PET_NNODES")


def told(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    "environment",
    [
        {"TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}'},
        {"TF_CONFIG": '{"cluster": {"chief": ["a:1"], "worker": ["b:1"]}}'},
        {"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"},
        {"WORLD_SIZE": "2"},
        {"PET_NNODES": "2"},
        {"PET_NNODES": "1:2"},
    ],
)
def test_several_nodes_are_refused(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    told(environment, monkeypatch)
    with pytest.raises(InputError, match="one node"):
        require_single_node()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        dict.fromkeys(NAMES, ""),
        {"TF_CONFIG": '{"cluster": {"worker": ["a:1"], "ps": ["b:1"], "evaluator": ["c:1"]}}'},
        {"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4"},
        {"PET_NNODES": "1"},
        {"PET_NNODES": "1:1"},
    ],
)
def test_one_node_is_not(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    told(environment, monkeypatch)
    require_single_node()
