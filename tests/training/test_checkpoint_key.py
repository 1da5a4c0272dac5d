from __future__ import annotations

from pathlib import Path

from tests.networks import tiny
from tests.networks.harness import plan
from thaw.networks.loading import open_network
from thaw.training.checkpoint_key import checkpoint_folder, checkpoint_key


def test_what_changes_the_updates_changes_the_folder(tmp_path: Path) -> None:
    network = open_network("text", str(tiny.text_folder(tmp_path / "bert")), tmp_path, input_size=32)
    planned = plan(network, 1, "text")
    others = [planned, planned.model_copy(update={"seed": 4}), planned.model_copy(update={"dataset": "1" * 64})]
    assert len({checkpoint_folder("store", each, network) for each in others}) == 3
    assert checkpoint_folder("store", planned, network) == checkpoint_folder("store", planned.model_copy(), network)


def test_a_pilot_lies_where_its_training_does(tmp_path: Path) -> None:
    network = open_network("text", str(tiny.text_folder(tmp_path / "bert")), tmp_path, input_size=32)
    planned = plan(network, 1, "text")
    folder = checkpoint_folder("gs://store", planned, network)
    assert checkpoint_folder("gs://store", planned.model_copy(update={"start_from": folder}), network) == folder
    assert (
        checkpoint_key(folder)
        == checkpoint_key(checkpoint_folder("other/store", planned, network))
        != checkpoint_key("")
    )
