"""The profile as a page."""

from __future__ import annotations

import pytest

from tests.report.parsed import Parsed
from thaw.records import (
    BlockInfo,
    ClassRecall,
    CurvePoint,
    DepthProbe,
    Findings,
    InputDifference,
    Metric,
    NetworkInfo,
    Profile,
    Quantiles,
    Readout,
    SplitShift,
    Suspect,
)
from thaw.report.profile import floor_score, page
from thaw.report.wording_profile import shift_sentences


def findings(suspects: int = 2) -> Findings:
    rows = [
        Suspect(
            row=f"{number:064x}",
            source=f"films.csv row {number}",
            label="bad",
            kind="outlier" if number % 2 else "label",
            claimed_by="" if number % 2 else "good",
            margin=0.9,
            excerpt=f"A film, number {number}",
        )
        for number in range(suspects)
    ]
    hardest = ClassRecall(name="bad", rows=812, recall=0.61, low=0.57, high=0.64, taken_for="good")
    return Findings(
        suspect_labels=70,
        outliers=4,
        suspects=tuple(rows),
        file="suspects.parquet",
        hardest=(hardest,),
        unfit=12,
        unfit_share=0.0086,
    )


def shift(p_value: float = 0.001) -> SplitShift:
    words = InputDifference(name="words", trained=12.5, tested=19.25, effect=0.8, p_value=p_value)
    return SplitShift(rows=140, trained_rows=560, auc=0.83, p_value=p_value, inputs=(words,))


def profile(blocks: int = 7, curve: int = 4, name: str = "encoder.layer") -> Profile:
    scores = [0.55 + 0.04 * depth - 0.004 * depth**2 for depth in range(1, blocks + 1)]
    return Profile(
        dataset="ab" * 32,
        modality="text",
        network=NetworkInfo(
            reference=f"{name}/all-minilm-l6-v2",
            fingerprint="cd" * 32,
            blocks=tuple(BlockInfo(name=f"{name}.{i}", parameters=3_200_000) for i in range(blocks)),
            supports_lora=True,
            input_size=128,
        ),
        metric="accuracy",
        rows={"train": 1400, "validation": 300, "test": 300},
        classes=2,
        rows_per_class=Quantiles(low=812, q25=850, median=850, q75=888, q98=888, high=888),
        class_rows=(812, 888),
        imbalance=1.09,
        majority=0.52,
        duplicates=0.004,
        leaked=3,
        rejected=1,
        label_noise=0.043,
        extent=Quantiles(low=3, q25=14, median=24, q75=33, q98=58, high=74),
        extent_unit="tokens",
        sample_rows=1400,
        depths=tuple(
            DepthProbe(depth=i + 1, block=f"{name}.{i}", width=384, ridge=score, ridge_error=0.012, knn=score - 0.07)
            for i, score in enumerate(scores)
        ),
        readouts=(
            Readout(decay=0.0, ridge=scores[-1], ridge_error=0.012, squared_error=0.42),
            Readout(decay=0.7, ridge=scores[-1] + 0.04, ridge_error=0.012, squared_error=0.40),
        ),
        input_baseline=0.61,
        moments=((0.1, -0.2), (0.9, 1.1)),
        curve=tuple(CurvePoint(rows=100 * 2**i, score=0.6 + 0.04 * i) for i in range(curve)),
        forward_seconds_per_row=0.0121,
        mean_length=0.21,
        device="CPU, 2 cores",
        seconds=31.5,
        findings=findings(),
        shift=shift(),
    )


@pytest.mark.parametrize(("blocks", "curve"), [(1, 0), (2, 1), (7, 4), (57, 5)])
def test_every_depth_and_point_is_drawn(blocks: int, curve: int) -> None:
    document = page(profile(blocks, curve))
    assert Parsed(document).count("circle") == 2 * blocks + curve
    assert "nan" not in document


def test_the_best_depth_is_named_and_stands_out() -> None:
    parsed = Parsed(page(profile()))
    assert parsed.count("text", "halo name") == 1
    assert parsed.values.count("6.5") == 1, "a radius"
    best = max(profile().depths, key=lambda probe: probe.ridge)
    assert best.block in parsed.text


def test_numbers_of_the_record_are_on_the_page() -> None:
    text = " ".join(Parsed(page(profile())).text)
    for number in ("2,000", "1,400 train, 300 validation, 300 test", "52.0%", "67.4%", "61.0%", "22.4 M", "12.1 ms"):
        assert number in text


@pytest.mark.parametrize(("metric", "floor"), [("accuracy", 0.52), ("balanced_accuracy", 0.5)])
def test_the_floor_is_what_the_largest_class_scores(metric: Metric, floor: float) -> None:
    assert floor_score(profile().model_copy(update={"metric": metric})) == floor


def test_every_suspect_is_shown_with_its_source_and_what_is_wrong() -> None:
    parsed = Parsed(page(profile()))
    text = " ".join(parsed.text)
    assert parsed.count("figure") == 2
    for shown in ("films.csv row 0", "films.csv row 1", "A film, number 0", "suspects.parquet", "70", "57.0–64.0%"):
        assert shown in text


def test_a_profile_without_findings_has_no_section_of_them() -> None:
    old = profile().model_copy(update={"findings": None})
    assert Parsed(page(old)).count("figure") == 0
    assert Parsed(page(old)).count("section") < Parsed(page(profile())).count("section")


def test_pictures_of_suspects_are_on_the_page() -> None:
    picture = "data:image/jpeg;base64,AA=="
    row = findings().suspects[0].row
    assert Parsed(page(profile(), thumbnails={row: picture})).sources == [picture]


def test_a_difference_of_the_tested_rows_is_said_where_it_is_no_chance() -> None:
    different, alike = (shift_sentences(shift(p_value)) for p_value in (0.001, 0.5))
    assert len(different) == 2
    assert "19.2" in different[1]
    assert len(alike) == 1
    assert alike[0] != different[0]
    assert shift_sentences(shift(), "time")[0] != different[0]
