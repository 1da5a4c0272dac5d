"""A profile as a page: the data, and what the network already knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from markupsafe import Markup

from ..records import Dataset, DepthProbe, Profile
from .charts import plot
from .feature_map import MapRow, feature_map
from .formats import count, percent
from .pages import render
from .scale import Scale, linear_scale, log_scale
from .svg import dot, line, path, text
from .wording_data import data_sentences
from .wording_profile import finding_sentences

MAX_DEPTH_TICKS = 10


NO_THUMBNAILS: Mapping[str, str] = MappingProxyType({})


def page(
    profile: Profile,
    dataset: Dataset | None = None,
    thumbnails: Mapping[str, str] = NO_THUMBNAILS,
    map_rows: Sequence[MapRow] = (),
) -> str:
    """The page of the step `profile_dataset`. `thumbnails` are `data:` URIs of images by content hash."""
    sections = {"profile.html": context(profile, dataset, thumbnails, map_rows)}
    return render("Profile of the dataset", sections, f"Dataset {profile.dataset}")


def context(
    profile: Profile,
    dataset: Dataset | None = None,
    thumbnails: Mapping[str, str] = NO_THUMBNAILS,
    map_rows: Sequence[MapRow] = (),
) -> dict[str, object]:
    """What `profile.html` shows."""
    return {
        "profile": profile,
        "data": data_sentences(dataset) if dataset else [],
        "finding_sentences": finding_sentences(profile, dataset.split_by if dataset else ""),
        "thumbnails": thumbnails,
        "map": feature_map(map_rows),
        "wide_readouts": [readout for readout in profile.readouts if readout.decay > 0],
        "depth_chart": depth_chart(profile),
        "curve_chart": curve_chart(profile),
    }


def depth_chart(profile: Profile) -> Markup:
    """Score of both probes at every depth, above the score of the largest class alone."""
    probes = profile.depths
    x, y = Scale(probes[0].depth - 0.5, probes[-1].depth + 0.5), _score_scale(profile)
    marks = [
        *_floor(100 - y(floor_score(profile))),
        path([(x(probe.depth), 100 - y(probe.knn)) for probe in probes]),
        path([(x(probe.depth), 100 - y(probe.ridge)) for probe in probes], "accent"),
    ]
    best = max(probes, key=lambda probe: probe.ridge)
    for probe in probes:
        marks += _probe_marks(probe, x, y, 6.5 if probe is best else 4.5)
    every = -(-len(probes) // MAX_DEPTH_TICKS)
    return plot(
        x,
        y,
        [*marks, _best_name(best, x, y)],
        about="Probe score by depth",
        x_name="depth: blocks from the input",
        x_label=count,
        x_ticks=[probe.depth for probe in reversed(probes)][::every],
    )


def curve_chart(profile: Profile) -> Markup:
    """The learning curve of the probe; empty where none was measured."""
    points = profile.curve
    if not points:
        return Markup()
    x, y = log_scale([point.rows for point in points]), linear_scale([point.score for point in points], 0, 1)
    places = [(x(point.rows), 100 - y(point.score)) for point in points]
    dots = [
        dot(*place, "accent", 4.5, f"{count(point.rows)} rows: {percent(point.score)}")
        for place, point in zip(places, points, strict=True)
    ]
    return plot(
        x,
        y,
        [path(places, "accent"), *dots],
        about="Learning curve of the probe",
        x_name="training rows, logarithmic",
        x_label=count,
    )


def floor_score(profile: Profile) -> float:
    """Score of always answering the largest class, in the profile's metric."""
    return profile.majority if profile.metric == "accuracy" else 1 / profile.classes


def _score_scale(profile: Profile) -> Scale:
    scores = [
        score
        for probe in profile.depths
        for score in (probe.ridge - probe.ridge_error, probe.ridge + probe.ridge_error, probe.knn)
    ]
    return linear_scale([*scores, floor_score(profile)], 0, 1)


def _floor(height: float) -> list[Markup]:
    name = text(100, height, "largest class alone", dy=-6, anchor="end", kind="halo")
    return [line(0, height, 100, height, "dash"), name]


def _probe_marks(probe: DepthProbe, x: Scale, y: Scale, radius: float) -> list[Markup]:
    across, name = x(probe.depth), f"{probe.block} (depth {probe.depth})"
    low, high = y(probe.ridge - probe.ridge_error), y(probe.ridge + probe.ridge_error)
    return [
        dot(across, 100 - y(probe.knn), "", 4, f"{name}: knn {percent(probe.knn)}"),
        line(across, 100 - low, across, 100 - high, "whisker", "accent"),
        dot(across, 100 - y(probe.ridge), "accent", radius, f"{name}: ridge {percent(probe.ridge)}"),
    ]


def _best_name(best: DepthProbe, x: Scale, y: Scale) -> Markup:
    across = x(best.depth)
    anchor = "end" if across > 60 else "start" if across < 40 else "middle"
    top = 100 - y(best.ridge + best.ridge_error)
    return text(across, top, best.block, dy=-8, anchor=anchor, kind="halo name")
