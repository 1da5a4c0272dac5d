"""One tiny network and one ingested dataset for all tests of the steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.components.core.networks import tiny
from thaw.components.core.contracts import Dataset, Profile
from thaw.components.ingest import step as ingest
from thaw.components.profile_dataset import step as profile_dataset


@pytest.fixture(scope="session")
def tiny_text_model(tmp_path_factory) -> Path:
    return tiny.text_folder(tmp_path_factory.mktemp("tiny-bert"))


@pytest.fixture(scope="session")
def store(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def texts(tmp_path_factory, store) -> Dataset:
    """160 texts of two classes; a word tells them apart."""
    table = tmp_path_factory.mktemp("texts") / "texts.csv"
    rows = zip(*tiny.texts(160), strict=True)
    table.write_text("text,label\n" + "".join(f"{text} {i},{label}\n" for i, (text, label) in enumerate(rows)))
    return ingest.run(str(table), store, tmp_path_factory.mktemp("ingest"))


@pytest.fixture(scope="session")
def text_profile(texts, tiny_text_model, store, tmp_path_factory) -> Profile:
    return profile_dataset.run(texts, str(tiny_text_model), store, tmp_path_factory.mktemp("profile"))
