from __future__ import annotations

import io
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.digits import DIGITS
from thaw.data.image_checks import inspect
from thaw.data.minhash import BANDS, candidates, equal_pairs, shingles, signatures
from thaw.data.near_duplicates import copies_to_remove, image_pairs, text_pairs
from thaw.data.thumbnails import DESCRIPTOR

WORDS = [f"{first}{second}" for first in ("ka", "lo", "mir", "ten", "su") for second in ("ra", "vik", "o", "tal", "pe")]
LONG = " ".join(WORDS)


def text(seed: int, words: int = 25) -> str:
    return " ".join(Random(seed).choices(WORDS, k=words))


def pairs(texts: list[str]) -> set[tuple[int, int]]:
    cut = len(texts) // 2
    return {tuple(pair) for pair in text_pairs([pa.array(texts[:cut], pa.string()), pa.array(texts[cut:])]).tolist()}


def test_edited_texts_are_found_and_others_are_not() -> None:
    texts = [text(seed) for seed in range(50)]
    edited = [texts[0].upper(), f"  {texts[1]}\u00a0 ", texts[2] + "!", texts[3].replace(texts[3].split()[5], "x", 1)]
    assert pairs([*texts, *edited]) == {(0, 50), (1, 51), (2, 52), (3, 53)}


def test_short_texts_are_copies_only_when_equal_but_for_case_and_space() -> None:
    assert pairs(["not good", "good", "Go\u200bod ", "great movie", "great movies"]) == {(1, 2)}


def test_a_script_without_spaces() -> None:
    base = "今日は天気がとても良いので公園まで散歩に行きました。花がたくさん咲いていて、とてもきれいでした。"
    assert pairs(
        [base, base[:-2] + "よ。", "まったく別の文章です。昨日は雨が降っていたので家で本を読んでいました。"]
    ) == {(0, 1)}


def test_many_copies_make_pairs_by_their_number_alone() -> None:
    assert len(pairs([LONG] * 500 + ["ok"] * 500)) == 998


@given(st.lists(st.text(max_size=60), max_size=12))
def test_pairs_are_of_rows_in_order_whatever_the_texts(texts: list[str]) -> None:
    found = text_pairs([pa.array([text.encode(errors="replace").decode() for text in texts], pa.string())])
    assert (found[:, 0] < found[:, 1]).all()
    assert found.dtype == np.int64


def test_minima_are_those_of_the_shingles_of_each_text_alone() -> None:
    texts = [LONG.encode(), text(1).encode(), b"five5"]
    data = np.frombuffer(b"".join(texts), np.uint8)
    offsets = np.cumsum([0, *map(len, texts)])
    together = signatures(data, offsets)
    for number, alone in enumerate(texts):
        own = signatures(np.frombuffer(alone, np.uint8), np.array([0, len(alone)]))
        assert (together[number] == own[0]).all()
    assert shingles(np.frombuffer(b"abcdef", np.uint8)).tolist() == [
        int.from_bytes(window, "little") for window in (b"abcde", b"bcdef")
    ]


def test_equal_minima_estimate_the_similarity() -> None:
    one, other = text(1, 60), text(1, 60)[:-60] + text(2, 12)
    sets = [set(shingles(np.frombuffer(each.encode(), np.uint8)).tolist()) for each in (one, other)]
    jaccard = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    data = np.frombuffer((one + other).encode(), np.uint8)
    found = signatures(data, np.array([0, len(one), len(one) + len(other)]))
    assert (found[0] == found[1]).mean() == pytest.approx(jaccard, abs=0.15)
    assert candidates(np.repeat(found[:1], 3, axis=0)).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert found.shape[1] % BANDS == 0


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_rows_of_equal_keys_are_tied_to_the_first(keys: list[int]) -> None:
    first, _ = equal_pairs(np.array(keys, np.uint64))
    expected = {(keys.index(key), row) for row, key in enumerate(keys) if keys.index(key) < row}
    assert {tuple(pair) for pair in first.tolist()} == expected


def picture(seed: int, size: int = 96) -> Image.Image:
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def descriptors(files: list[bytes]) -> np.ndarray:
    found = [inspect(file) for file in files]
    rows = [(each.phash, np.frombuffer(each.thumbnail, np.uint8)) for each in found]
    return np.array(rows, DESCRIPTOR)


def with_hashes(hashes: np.ndarray) -> np.ndarray:
    """Descriptors of one picture under these hashes."""
    found = np.repeat(descriptors([encoded(picture(5))]), len(hashes))
    found["phash"] = hashes
    return found


def image_pairs_of(files: list[bytes]) -> set[tuple[int, int]]:
    return {tuple(pair) for pair in image_pairs(descriptors(files)).tolist()}


def test_compressed_and_resized_images_are_found_and_others_are_not() -> None:
    files = [encoded(picture(seed)) for seed in range(30)]
    copies = [encoded(picture(0), "JPEG", quality=60), encoded(picture(1).resize((140, 140))), files[2]]
    assert image_pairs_of([*files, *copies]) == {(0, 30), (1, 31), (2, 32)}


def test_images_with_many_hashes_that_are_close_make_pairs_by_their_number_alone() -> None:
    hashes = np.random.default_rng(0).permutation(1 << 10)[:800].astype(np.uint64)  # at most 10 bits apart
    found = image_pairs(with_hashes(hashes))
    assert 700 < len(found) <= 16 * 800
    assert len(np.unique(found[:, 1])) > 700


def test_close_hashes_are_found_wherever_they_stand() -> None:
    hashes = np.random.default_rng(1).integers(0, 2**63, 9000, np.uint64)
    planted = {(3, 8999), (100, 300), (4095, 4096)}
    for one, other in planted:
        hashes[other] = hashes[one] ^ np.uint64(0b10110001)
    assert {tuple(pair) for pair in image_pairs(with_hashes(hashes)).tolist()} == planted


def test_digits_of_different_people_are_not_copies() -> None:
    images = (DIGITS[:600].reshape(-1, 8, 8) / DIGITS.max() * 255).astype(np.uint8)
    assert len(image_pairs_of([encoded(Image.fromarray(image)) for image in images])) <= 3


def test_the_training_copy_goes() -> None:
    splits = np.array([0, 2, 0, 1, 0, 0, 0])
    found = copies_to_remove(np.array([[0, 1], [2, 3], [4, 5], [0, 6]]), splits)
    assert found.tolist() == [0, 2, 6], "the last is tied to the test row by way of the first"
    assert copies_to_remove(np.empty((0, 2), np.int64), splits).tolist() == []
