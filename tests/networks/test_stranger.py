"""A saved model as somebody without Thaw meets it: whole folders, and folders that are broken in every usual way."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from tests.networks import tiny
from tests.networks.keras import tiny_vision
from thaw.heads.head import Head
from thaw.networks.keras import stranger as keras_stranger
from thaw.networks.loading import load_model, open_network
from thaw.networks.stranger import Answer, ask, environment, foreign_code, largest_difference
from thaw.networks.torch import stranger as torch_stranger
from thaw.records import Modality

CLASSES = ("bad", "good")
LONG = " ".join(["film", "good"] * 40)
TEXTS = [*tiny.texts(20)[0], LONG, "", "não 好 \u202e {{$}}"]
IMAGES = tiny_vision.images(6)[0]

Folder = Callable[[], Path]


def file_of(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, **options)
    return file.getvalue()


def clear_image() -> bytes:
    """A picture with transparency, which plain decoding shows otherwise than over white."""
    return file_of(Image.new("RGBA", (40, 40), (200, 10, 10, 30)), format="PNG")


def turned_photo() -> bytes:
    """A JPEG that its EXIF turns by a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(5).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    return file_of(Image.fromarray(pixels), format="JPEG", exif=exif)


def with_head(modality: Modality, network: Path, rows: Sequence[Any], folder: Path) -> Path:
    """The network saved under a head of two classes whose logits are of the order of 1."""
    opened = open_network(modality, str(network), folder, input_size=32)
    (folder / "encoded").mkdir()
    depth = len(opened.blocks)
    features = opened.features(opened.encode(rows, folder / "encoded"), [depth])[depth]
    weights = np.random.default_rng(0).normal(size=(features.shape[1], 2)) / max(1e-9, float(np.abs(features).max()))
    opened.set_head(Head(((weights.astype(np.float32), np.array([0.1, -0.2], np.float32)),)))
    opened.save(folder / "model", CLASSES)
    return folder / "model"


@pytest.fixture(scope="module")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("text")
    return with_head("text", tiny.text_folder(root / "network"), TEXTS, root)


@pytest.fixture(scope="module")
def image_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("image")
    network = tiny_vision.plain_folder(root / "network", tiny_vision.backbone("vit"))
    return with_head("image", network, IMAGES, root)


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    return lambda folder: Path(shutil.copytree(folder, tmp_path / "copy"))


def scored(model: Path, rows: Sequence[Any], scratch: Path) -> np.ndarray:
    (scratch / "scored").mkdir()
    network = load_model(model)
    return network.logits(network.encode(rows, scratch / "scored"))


def test_a_text_model_loads_and_gives_the_same_logits(text_model: Path, tmp_path: Path) -> None:
    found = ask(text_model, "text", TEXTS, tmp_path)
    assert (found.error, found.missing, found.unexpected) == ("", (), ())
    assert found.classes == CLASSES
    assert [TEXTS[row] for row in found.apart] == [LONG]
    difference = largest_difference(found, scored(text_model, TEXTS, tmp_path))
    assert difference is not None
    assert difference < 1e-5


def test_an_image_model_loads_and_gives_the_same_logits(image_model: Path, tmp_path: Path) -> None:
    rows = [*IMAGES, turned_photo(), clear_image()]
    found = ask(image_model, "image", rows, tmp_path)
    assert (found.error, found.missing, found.unexpected) == ("", (), ())
    assert found.classes == CLASSES
    assert found.apart == (len(rows) - 1,)
    plain = found.model_copy(update={"logits": found.logits[:-1]})
    difference = largest_difference(plain, scored(image_model, rows[:-1], tmp_path))
    assert difference is not None
    assert difference < 1e-4


def text_answer(model: Path) -> Answer:
    return Answer.model_validate(torch_stranger.answer(str(model), TEXTS))


def image_answer(model: Path, tmp_path: Path) -> Answer:
    paths = [tmp_path / f"{row}.png" for row in range(len(IMAGES))]
    for path, image in zip(paths, IMAGES, strict=True):
        path.write_bytes(image)
    return Answer.model_validate(keras_stranger.answer(str(model), list(map(str, paths))))


def test_without_weights_it_says_why_in_one_line(
    text_model: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    broken = copy_of(text_model)
    (broken / "model.safetensors").unlink()
    found = ask(broken, "text", TEXTS, tmp_path)
    assert "safetensors" in found.error
    assert found.error == " ".join(found.error.split())
    assert found.logits == ()


def test_an_adapter_alone_is_no_model(text_model: Path, copy_of: Callable[[Path], Path]) -> None:
    broken = copy_of(text_model)
    (broken / "model.safetensors").rename(broken / "adapter_model.safetensors")
    (broken / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    with pytest.raises((OSError, ValueError)):
        text_answer(broken)


def test_a_renamed_tensor_is_missing_and_unexpected(text_model: Path, copy_of: Callable[[Path], Path]) -> None:
    from safetensors.numpy import load_file, save_file

    broken = copy_of(text_model)
    tensors = load_file(broken / "model.safetensors")
    tensors["encoder.foreign"] = tensors.pop("encoder.encoder.layer.0.attention.self.query.weight")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    found = text_answer(broken)
    assert found.missing == ("encoder.encoder.layer.0.attention.self.query.weight",)
    assert found.unexpected == ("encoder.foreign",)


def test_a_tensor_of_another_shape_does_not_load(text_model: Path, copy_of: Callable[[Path], Path]) -> None:
    from safetensors.numpy import load_file, save_file

    broken = copy_of(text_model)
    tensors = load_file(broken / "model.safetensors")
    tensors["head.0.weight"] = np.zeros((3, 32), np.float32)
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(RuntimeError, match="mismatched"):
        text_answer(broken)


def test_swapped_names_of_classes_show(text_model: Path, copy_of: Callable[[Path], Path]) -> None:
    broken = copy_of(text_model)
    config = json.loads((broken / "config.json").read_text())
    config["id2label"] = {"0": "good", "1": "bad"}
    (broken / "config.json").write_text(json.dumps(config))
    assert text_answer(broken).classes == ("good", "bad")


def test_code_that_is_not_ours_is_not_run(text_model: Path, copy_of: Callable[[Path], Path], tmp_path: Path) -> None:
    assert foreign_code(text_model) == []
    broken = copy_of(text_model)
    ran = tmp_path / "ran"
    with (broken / "modeling.py").open("a") as code:
        code.write(f"\nopen({str(ran)!r}, 'w')\n")
    assert "modeling.py" in ask(broken, "text", TEXTS, tmp_path).error
    assert not ran.exists()


def rewritten(model: Path, change: Callable[[Any], None]) -> None:
    """Change the HDF5 file of weights inside `model.keras`."""
    import h5py

    with zipfile.ZipFile(model / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    weights = model / "weights.h5"
    weights.write_bytes(members["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        change(file)
    members["model.weights.h5"] = weights.read_bytes()
    weights.unlink()
    with zipfile.ZipFile(model / "model.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def arrays(file: Any) -> list[str]:
    import h5py

    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names


def test_an_image_model_whose_array_is_renamed_does_not_load(
    image_model: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    broken = copy_of(image_model)
    rewritten(broken, lambda file: file.move(arrays(file)[0], "layers/foreign/vars/0"))
    with pytest.raises((ValueError, KeyError)):
        image_answer(broken, tmp_path)


def test_an_array_that_no_layer_takes_is_unexpected(
    image_model: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    broken = copy_of(image_model)
    rewritten(broken, lambda file: file.create_dataset("layers/foreign/vars/0", data=np.zeros(3)))
    assert image_answer(broken, tmp_path).unexpected == ("layers/foreign/vars/0",)


def test_an_image_model_without_weights_does_not_load(
    image_model: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    broken = copy_of(image_model)
    (broken / "model.keras").unlink()
    with pytest.raises((ValueError, OSError)):
        image_answer(broken, tmp_path)


def test_swapped_classes_of_an_image_model_show(
    image_model: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    broken = copy_of(image_model)
    (broken / "classes.json").write_text('["good", "bad"]')
    assert image_answer(broken, tmp_path).classes == ("good", "bad")


def test_logits_that_are_not_finite_are_no_answer(text_model: Path, copy_of: Callable[[Path], Path]) -> None:
    from safetensors.numpy import load_file, save_file

    broken = copy_of(text_model)
    tensors = load_file(broken / "model.safetensors")
    tensors["head.0.bias"] = np.array([np.nan, 0], np.float32)
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValidationError, match="finite"):
        text_answer(broken)


def test_a_stranger_has_no_thaw(tmp_path: Path) -> None:
    """The script stops at a request that is not there, and has put Thaw out of reach by then."""
    run = f"runpy.run_path({torch_stranger.__file__!r}, run_name='__main__')"
    code = f"import contextlib, runpy, sys; sys.argv[1:] = ['a', 'b']\nwith contextlib.suppress(OSError): {run}\n"
    command = [sys.executable, "-I", "-c", f"{code}import thaw"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(tmp_path), cwd=tmp_path)
    assert "ModuleNotFoundError" in done.stderr
    assert "thaw" in done.stderr.splitlines()[-1]
