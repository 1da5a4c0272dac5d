import io
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image

from thaw.data.shards import Rows, read_rows, write_shards
from thaw.records import Dataset, Evaluation, Forgetting, Modality, Split
from thaw.report.evaluation import forgotten, gap, page
from thaw.steps.evaluate.scoring import Rival, score

FORGOTTEN = Forgetting(task="one thing from another", before=0.8, after=0.655, refitted=0.6, examples=200)
HOSTILE = '<script>alert("1")</script>'


def dataset(folder: Path, modality: Modality, classes: tuple[str, ...], rows: int) -> Dataset:
    """A test split of `rows` rows on disk; nothing in the others."""
    rng = np.random.default_rng(0)

    def content(row: int) -> bytes:
        if modality == "text":
            return f"{HOSTILE} row {row}: a film that is long, quiet and never once dull. {'more ' * 80}".encode()
        file = io.BytesIO()
        shade = rng.integers(0, 255, 3, dtype=np.uint8)
        pixels = np.clip(np.linspace(0, 90, 40 * 64).reshape(40, 64, 1) + shade, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()

    labels = rng.integers(len(classes), size=rows)
    stored = [(f"{row:064x}", int(labels[row]), content(row), f"row {row}") for row in range(rows)]
    names = write_shards(stored, modality, folder, "test")
    counts = cast(dict[Split, tuple[int, ...]], {"test": tuple(np.bincount(labels, minlength=len(classes)).tolist())})
    return Dataset(
        modality=modality,
        classes=classes,
        counts=counts,
        shards={"test": tuple(str(folder / name) for name in names)},
        fingerprint="ab" * 32,
        source="made up",
        split_given=False,
        duplicates=0,
        leaked=0,
        rejected=0,
        rejected_uri="",
    )


def logits_of(rows: Rows, classes: int, skill: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(len(rows), classes))
    return noise + skill * np.eye(classes)[rows.labels]


def evaluation(data: Dataset, folder: Path, rival: bool = True) -> Evaluation:
    rows = read_rows(data, ("test",), folder)
    classes = len(data.classes)
    baselines = {
        "Majority class": np.zeros(len(rows), int),
        "TF-IDF, logistic regression": logits_of(rows, classes, 1.8, 1).argmax(axis=1),
    }
    answers = logits_of(rows, classes, 2.4, 2).argmax(axis=1) if rival else None
    against = Rival("9f" * 32, answers, "No champion to compare with: this would be the first release.")
    return score(
        rows,
        logits_of(rows, classes, 3.0),
        data,
        "cd" * 32,
        baselines,
        against,
        trained=np.arange(400) % 20 > 0,
        forgetting=FORGOTTEN,
    )


class Tags(HTMLParser):
    VOID = frozenset(("meta", "img"))

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.sources: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("classes", [2, 12, 50, 300])
@pytest.mark.parametrize("rival", [True, False])
def test_a_page_is_whole_small_and_loads_nothing(tmp_path: Path, classes: int, rival: bool) -> None:
    data = dataset(tmp_path, "text", tuple(f"class {index}" for index in range(classes)), 900)
    document = page(evaluation(data, tmp_path, rival), data)
    tags = Tags(document)
    assert not tags.open
    assert not tags.sources
    assert len(document) < 600_000
    assert "nan" not in document
    assert ("Against the champion" in document) == rival


def test_class_names_and_rows_stay_text(tmp_path: Path) -> None:
    data = dataset(tmp_path, "text", (HOSTILE, '"><img src=x onerror=alert(1)>', "plain\x00"), 200)
    tags = Tags(page(evaluation(data, tmp_path), data))
    assert "script" not in tags.seen
    assert "img" not in tags.seen


def test_mistaken_images_are_inside_the_page(tmp_path: Path) -> None:
    data = dataset(tmp_path, "image", ("cat", "dog", "owl"), 200)
    result = evaluation(data, tmp_path)
    tags = Tags(page(result, data))
    assert len(tags.sources) == len(result.mistakes) > 3
    assert all(source.startswith("data:image/jpeg;base64,") for source in tags.sources)
    assert sum(map(len, tags.sources)) < 200_000


def test_without_the_shards_the_page_is_there_without_pictures(tmp_path: Path) -> None:
    data = dataset(tmp_path, "image", ("cat", "dog"), 60)
    result = evaluation(data, tmp_path)
    gone = data.model_copy(update={"shards": {"test": (str(tmp_path / "gone.parquet"),)}, "fingerprint": "ef" * 32})
    tags = Tags(page(result, gone))
    assert not tags.sources
    assert tags.seen.count("figure") == len(result.mistakes)


def test_the_gap_between_training_and_test_rows_is_a_sentence(tmp_path: Path) -> None:
    result = evaluation(dataset(tmp_path, "text", ("a", "b"), 100), tmp_path)
    assert (result.train_accuracy, result.train_examples) == (0.95, 400)
    wide = result.model_copy(update={"accuracy": 0.868})
    assert "95.0% of 400 training rows" in gap(wide)
    assert "86.8% of the test rows: a gap of 8.2 points" in gap(wide)
    for accuracy in (0.95, 0.97):
        assert "carries over whole" in gap(result.model_copy(update={"accuracy": accuracy}))


def test_what_tuning_cost_elsewhere_is_on_the_page(tmp_path: Path) -> None:
    data = dataset(tmp_path, "text", ("a", "b"), 100)
    result = evaluation(data, tmp_path)
    document = page(result, data)
    assert "What tuning cost elsewhere" in document
    for shown in ("80.0%", "65.5%", "−14.5", "60.0%", "one thing from another", "forget part of what it knew"):
        assert shown in document
    assert gap(result) in document
    gone = page(result.model_copy(update={"forgetting": None}), data)
    assert "Not measured: the pretrained network was not at hand" in gone
    assert "65.5%" not in gone


@pytest.mark.parametrize(
    ("after", "refitted", "verdict"),
    [
        (0.85, 0.85, "cost nothing"),
        (0.8, 0.1, "cost nothing"),
        (0.79, 0.79, "may be chance"),
        (0.72, 0.1, "may be chance"),
        (0.71, 0.8, "moved the features"),
        (0.1, 0.72, "moved the features"),
        (0.1, 0.71, "forget part of what it knew"),
    ],
)
def test_what_chance_would_explain_is_not_called_forgetting(after: float, refitted: float, verdict: str) -> None:
    """Two standard errors of a fall from 80% are 8.50 points at 72% and 8.55 at 71%, of 200 rows each."""
    assert verdict in forgotten(FORGOTTEN.model_copy(update={"after": after, "refitted": refitted}))
