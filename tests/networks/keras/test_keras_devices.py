from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.networks.keras import tiny_vision as tiny

LOSSES = """
import sys
from pathlib import Path
import numpy as np
import tensorflow as tf
folder, scratch, devices, result = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
if devices > 1:
    cpu, = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
from tests.networks import harness
from tests.networks.keras import tiny_vision as tiny
from thaw.networks.keras import open_network
raw, labels = tiny.images(12)
network = open_network("efficientnet", folder, None, None)
assert network.devices.count == devices
examples = network.encode(raw, scratch)
features = harness.headed(network, examples)
kept = network.activations(examples, 2, scratch)
tuner = network.tuner(harness.plan(network, 2, "image", dropout=0.0, batch_size=7, max_grad_norm=0.5))
orders = [np.random.default_rng(seed).permutation(12)[: 7 - seed % 2] for seed in range(6)]
weights = np.linspace(0.5, 1.5, 12)
losses = []
for place, rows in enumerate(orders):
    losses.append(harness.step(tuner, kept.take(rows), labels[rows], weights[rows]))
    if place == 2:
        state = tuner.state_dict()
tuner.load_state_dict(state)
again = [harness.step(tuner, kept.take(rows), labels[rows], weights[rows]) for rows in orders[3:]]
assert again == losses[3:], (again, losses)
np.savez(result, losses=losses, features=features, logits=network.logits(examples))
"""


def test_two_devices_train_as_one_with_the_whole_batch(tmp_path: Path) -> None:
    """Batches of 6 and 7 rows: two devices share 8 places, of which some are padding. BatchNorm is frozen."""
    folder = tiny.plain_folder(tmp_path / "network", tiny.backbone("efficientnet"))
    found = []
    for devices in (1, 2):
        arguments = [str(folder), str(tmp_path), str(devices), str(tmp_path / f"{devices}.npz")]
        subprocess.run([sys.executable, "-c", LOSSES, *arguments], check=True, timeout=200)
        found.append(np.load(arguments[-1]))
    one, two = found
    np.testing.assert_allclose(two["features"], one["features"], atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(two["losses"], one["losses"], atol=1e-4)
    np.testing.assert_allclose(two["logits"], one["logits"], atol=1e-3)
    assert np.ptp(one["losses"]) > 1e-2


def test_several_nodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from thaw.errors import InputError
    from thaw.networks.keras.devices import Devices

    monkeypatch.setenv("PET_NNODES", "1:2")
    with pytest.raises(InputError, match="one node"):
        Devices()
