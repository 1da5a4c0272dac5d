"""The report of a whole run: how good the model is, why it was trained so, and on what data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..records import Dataset, Decision, Evaluation, Profile
from . import decision as decisions
from . import evaluation as evaluations
from . import profile as profiles
from .pages import render

NO_THUMBNAILS: Mapping[str, str] = MappingProxyType({})


def page(
    evaluation: Evaluation,
    source: str,
    *,
    decision: Decision | None = None,
    profile: Profile | None = None,
    dataset: Dataset | None = None,
    thumbnails: Mapping[str, str] = NO_THUMBNAILS,
) -> str:
    """The file `report.html`, of the records that are at hand.

    Args:
        evaluation: Scores of the model.
        source: Where the data come from.
        decision: Why the model was trained so.
        profile: What was known of the data.
        dataset: How they were read.
        thumbnails: `data:` URIs of mistaken images, by the content hash of their row.
    """
    sections = {"evaluation.html": evaluations.context(evaluation, thumbnails)}
    if decision:
        sections["decision.html"] = decisions.context(decision)
    if profile:
        sections["profile.html"] = profiles.context(profile, dataset, thumbnails)
    footer = f"Model {evaluation.model} · dataset {evaluation.dataset}"
    return render(f"Model report: {source}", sections, footer)
