"""Sentences of a profile: what is wrong with the rows, and where to look."""

from __future__ import annotations

from ..records import ClassRecall, Findings, InputDifference, Profile, SplitShift
from .formats import count, percent, percent_range

MAX_P = 0.01
"""p-values below say that a difference is no chance."""
EXPECTED = {
    "time": " The newest rows are tested, so that some difference is expected.",
    "group": " Whole groups are tested, so that some difference is expected.",
}


def finding_sentences(profile: Profile, split_by: str = "") -> list[str]:
    """What was found in the sample; empty for a profile of an earlier version. `split_by` is the dataset's."""
    found = profile.findings
    shifted = shift_sentences(profile.shift, split_by) if profile.shift else []
    if not found:
        return shifted
    hardest = [hardest_class(found.hardest[0])] if found.hardest and found.hardest[0].recall < 1 else []
    return [suspects(profile, found), *strange(found), *unfit(profile, found), *hardest, *shifted]


def shift_sentences(shift: SplitShift, split_by: str = "") -> list[str]:
    """Whether tested rows look like those that are trained on, and by what they differ."""
    told = f"(AUC {shift.auc:.2f} on {count(shift.rows)} tested rows, p = {shift.p_value:.3f})"
    if shift.p_value >= MAX_P:
        first = f"The tested rows look like the others: a classifier hardly tells them apart {told}."
    else:
        first = f"The tested rows look different: a classifier tells them apart {told}.{EXPECTED.get(split_by, '')}"
    return [first, *(input_difference(each) for each in shift.inputs if each.p_value < MAX_P)]


def input_difference(each: InputDifference) -> str:
    """One measure in which the tested rows differ."""
    return (
        f"Tested rows differ in {each.name}: {each.tested:.3g} on average and not {each.trained:.3g}, "
        f"{abs(each.effect):.1f} standard deviations apart."
    )


def suspects(profile: Profile, found: Findings) -> str:
    """Labels that are probably wrong."""
    if not found.suspect_labels:
        return f"No label of {count(profile.sample_rows)} sampled rows is in doubt."
    return (
        f"{count(found.suspect_labels)} of {count(profile.sample_rows)} sampled rows have a label that another class "
        f"confidently claims; each is named in {found.file}."
    )


def strange(found: Findings) -> list[str]:
    """Rows unlike all others."""
    return [f"Rows unlike all others: {count(found.outliers)}, named in {found.file}."] if found.outliers else []


def unfit(profile: Profile, found: Findings) -> list[str]:
    """Rows that the network does not read as they are."""
    if not found.unfit:
        return []
    rows, size = f"{percent(found.unfit_share)} of the sampled rows", count(profile.network.input_size)
    if profile.modality == "text":
        return [f"Longer than the {size} tokens that the network reads, so that the end is cut: {rows}."]
    return [f"Smaller than the {size} pixels a side that the network reads, so that they are enlarged: {rows}."]


def hardest_class(each: ClassRecall) -> str:
    """The class that is found least."""
    confused = f", most others are taken for {each.taken_for!r}" if each.taken_for else ""
    return f"Hardest is the class {each.name!r}: {percent(each.recall)} are found ({percent_range(each)}){confused}."


def suspect_sentence(label: str, claimed_by: str, source: str) -> str:
    """One row whose label is in doubt.

    >>> suspect_sentence("bad", "good", "films.csv:12")
    "films.csv:12 is labelled 'bad', looks like 'good'"
    """
    return f"{source} is labelled {label!r}, looks like {claimed_by!r}"
