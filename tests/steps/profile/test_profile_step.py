from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from thaw.records import Dataset, Profile
from thaw.steps.profile import evidence, step


def test_the_profile_tells_what_is_there(texts: Dataset, text_profile: Profile) -> None:
    assert text_profile.dataset == texts.fingerprint
    assert text_profile.rows == {split: texts.rows(split) for split in ("train", "validation", "test")}
    assert text_profile.sample_rows == texts.rows("train") + texts.rows("validation")
    assert sum(text_profile.class_rows) == text_profile.sample_rows
    assert text_profile.metric == "accuracy"
    assert text_profile.extent_unit == "tokens"
    assert text_profile.extent.low >= 4
    assert [probe.depth for probe in text_profile.depths] == [1, 2, 3, 4]
    assert text_profile.depths[-1].block == text_profile.network.blocks[-1].name
    assert text_profile.forward_seconds_per_row > 0
    assert Profile.parse(text_profile.to_json()) == text_profile


def test_labels_of_tested_rows_are_not_read(
    texts: Dataset, text_profile: Profile, tiny_text_model: Path, store: str, tmp_path: Path
) -> None:
    shards = []
    for number, uri in enumerate(texts.shards["test"]):
        table = pq.read_table(uri)
        other = pa.array(1 - table["label"].to_numpy(), table.schema.field("label").type)
        path = tmp_path / f"other-{number}.parquet"
        pq.write_table(table.set_column(table.schema.get_field_index("label"), "label", other), path)
        shards.append(str(path))
    blind = texts.model_copy(update={"shards": {**texts.shards, "test": tuple(shards)}})
    again = step.run(blind, str(tiny_text_model), store, tmp_path)
    assert again.model_dump(exclude={"seconds"}) == text_profile.model_dump(exclude={"seconds"})


def test_a_second_profile_takes_the_features_from_the_store(
    texts: Dataset, text_profile: Profile, tiny_text_model: Path, store: str, tmp_path: Path
) -> None:
    again = step.run(texts, str(tiny_text_model), store, tmp_path)
    changed = {"seconds"}
    assert again.model_dump(exclude=changed) == text_profile.model_dump(exclude=changed)


def test_the_input_itself_tells_what_a_word_tells(text_profile: Profile) -> None:
    assert text_profile.input_baseline > 0.95  # a word tells the classes apart


def test_all_depths_together_tell_what_one_of_them_tells(text_profile: Profile) -> None:
    assert [each.decay for each in text_profile.readouts] == [0.0, 0.7, 1.0]
    assert text_profile.readouts[0].ridge == text_profile.depths[-1].ridge
    assert text_profile.readout.squared_error == min(each.squared_error for each in text_profile.readouts)
    assert text_profile.readouts[-1].ridge >= max(each.ridge for each in text_profile.depths) - 0.05


def test_moments_are_those_of_the_features_along_fixed_directions() -> None:
    features = np.random.default_rng(0).normal(3, 2, (4000, 50)).astype(np.float32)
    mean, deviation = evidence.moments(features)
    assert len(mean) == len(deviation) == evidence.DIRECTIONS
    assert (mean, deviation) == evidence.moments(features)
    shifted, _ = evidence.moments(features + np.float32(1))
    # A shift of every feature by one is a vector of length sqrt(50), which random directions keep about.
    apart = np.sqrt(np.square(np.subtract(shifted, mean)).sum())
    assert 0.6 * np.sqrt(50) < apart < 1.4 * np.sqrt(50)
