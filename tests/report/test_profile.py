from html.parser import HTMLParser

import pytest

from thaw.records import BlockInfo, CurvePoint, DepthProbe, NetworkInfo, Profile, Quantiles, Readout
from thaw.report.profile import page, sections

HOSTILE = '<script>alert("1")</script>'


def profile(blocks: int = 7, curve: int = 4, hostile: str = "encoder.layer") -> Profile:
    scores = [0.55 + 0.04 * depth - 0.004 * depth**2 for depth in range(1, blocks + 1)]
    return Profile(
        dataset="ab" * 32,
        modality="text",
        network=NetworkInfo(
            reference=f"{hostile}/all-minilm-l6-v2",
            fingerprint="cd" * 32,
            blocks=tuple(BlockInfo(name=f"{hostile}.{i}", parameters=3_200_000) for i in range(blocks)),
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
            DepthProbe(depth=i + 1, block=f"{hostile}.{i}", width=384, ridge=score, ridge_error=0.012, knn=score - 0.07)
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
    )


class Tags(HTMLParser):
    VOID = frozenset(("meta", "img", "br", "line", "circle", "rect"))

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not any(name.startswith("on") for name, _ in attributes)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize(("blocks", "curve"), [(1, 0), (2, 1), (7, 4), (57, 5)])
def test_every_depth_and_point_is_drawn(blocks: int, curve: int) -> None:
    document = page(profile(blocks, curve))
    assert not Tags(document).open
    assert document.count("<circle") == 2 * blocks + curve
    assert "nan" not in document


def test_names_of_others_stay_text() -> None:
    document = page(profile(hostile=HOSTILE))
    assert "script" not in Tags(document).seen
    assert "&lt;script&gt;" in document


def test_sections_are_the_page() -> None:
    assert all(part in page(profile()) for part in sections(profile()))


def test_what_all_depths_and_the_input_alone_tell_is_said() -> None:
    document = page(profile())
    assert "All depths side by side score 67.4% (each weighing 0.7 of the one above)" in document
    assert "would read all of them" in document
    assert "The words alone" in document
    assert "61.0%" in document
