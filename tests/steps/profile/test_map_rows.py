from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.report.test_profile import findings, profile
from thaw.data.shards import read_rows
from thaw.records import Dataset
from thaw.report.feature_map import MapRow
from thaw.report.profile import page
from thaw.steps.ingest import step as ingest
from thaw.steps.profile import input_features, map_rows


def rows_of(dataset: Dataset, scratch: Path) -> tuple[MapRow, ...]:
    sample = read_rows(dataset, ("train",), scratch)
    found = findings(0)
    places = np.random.default_rng(0).normal(size=(len(sample), 2))
    inputs = input_features.features(dataset.modality, sample.raw)
    return map_rows.map_rows(sample, dataset, found, places, inputs)


def test_a_row_says_what_it_is_and_where_it_comes_from(texts: Dataset, tmp_path: Path) -> None:
    sample = read_rows(texts, ("train",), tmp_path)
    drawn = rows_of(texts, tmp_path)
    assert len(drawn) == len(sample)
    assert {row.label for row in drawn} == set(texts.classes)
    assert all(sample.source[place] in row.title for place, row in enumerate(drawn))
    assert not any(row.image for row in drawn)


def test_a_page_of_many_images_is_small(image_folder: Callable[..., Path], store: str, tmp_path: Path) -> None:
    dataset = ingest.run(str(image_folder(classes=2, rows=40, size=64)), store, tmp_path)
    drawn = rows_of(dataset, tmp_path)
    assert all(row.image.startswith("data:image/jpeg;base64,") for row in drawn)
    many = (drawn * map_rows.MAX_ROWS)[: map_rows.MAX_ROWS]
    suspect = "data:image/jpeg;base64," + "A" * 12_000
    shown = findings(48)
    record = profile().model_copy(update={"findings": shown})
    document = page(record, dataset, {each.row: suspect for each in shown.suspects}, many)
    assert len(document) < 3_000_000


def test_at_most_so_many_rows_are_drawn_and_suspects_among_them(texts: Dataset, tmp_path: Path) -> None:
    sample = read_rows(texts, ("train",), tmp_path)
    many = sample.take(np.arange(3000) % len(sample))
    wanted = sample.ids[7]
    chosen = map_rows.chosen(many, {wanted})
    assert len(chosen) == map_rows.MAX_ROWS
    assert np.isin([place for place, row in enumerate(many.ids) if row == wanted], chosen).all()
