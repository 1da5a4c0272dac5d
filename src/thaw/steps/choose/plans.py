"""The complete training plan of each strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from ...errors import InputError
from ...heads.depths import feature_depths
from ...records import STRATEGIES, Dataset, FeatureDepth, HeadKind, Plan, Profile, Strategy
from ...training.recipes import RecipeInputs, partial, recipe
from ...training.recipes.frozen import class_weights

ROWS_FOR_VALIDATION = 60
"""Rows a class that may be trained on, on average, below which a validation split would cost more than it tells: its
rows are better trained on, to the end of the schedule (`python -m benchmarks.regret held-out`). A test split that was
given may be of any size, so its rows do not count."""

LEAST_VALIDATION = 20
"""Rows of a validation split, below which they are trained on too: a score on them is good to ten points. Not
measured."""

DEPTH_SLACK = 0.1
"""Share of the last depth's probe error that the best of several depths may remove and mean nothing."""


@dataclass(frozen=True)
class Wishes:
    """What the user asked of the training, whichever strategy it is."""

    train_from: str = ""
    head: str = "linear"
    max_seconds: float = 0.0
    augment: bool = False
    seed: int = 0


def plans(dataset: Dataset, profile: Profile, wishes: Wishes) -> dict[Strategy, Plan]:
    """A plan for each strategy that the network supports."""
    if wishes.head not in get_args(HeadKind):
        raise InputError(f"there is no head {wishes.head}", f"take one of {', '.join(get_args(HeadKind))}")
    if wishes.augment and profile.modality != "image":
        raise InputError("--augment crops and mirrors images, and these are texts", "leave it out")
    cuts = {"frozen": len(profile.network.blocks), "partial": cut_of(profile, wishes.train_from), "lora": 0, "full": 0}
    return {
        strategy: plan_of(dataset, profile, strategy, cuts[strategy], wishes)
        for strategy in STRATEGIES
        if strategy != "lora" or profile.network.supports_lora
    }


def plan_of(dataset: Dataset, profile: Profile, strategy: Strategy, cut: int, wishes: Wishes) -> Plan:
    blocks = profile.network.blocks
    validated = validates(dataset.rows("validation"), dataset.rows("train"), len(dataset.classes))
    rows = dataset.rows("train") + (0 if validated else dataset.rows("validation"))
    facts = RecipeInputs(
        rows=rows,
        convolutional=not profile.network.supports_lora,
        parameters=sum(block.parameters for block in blocks),
        validated=validated,
        augment=wishes.augment,
    )
    return Plan(
        strategy=strategy,
        dataset=dataset.fingerprint,
        network=profile.network.reference,
        modality=profile.modality,
        input_size=profile.network.input_size,
        cut=cut,
        cut_block=blocks[cut].name if cut < len(blocks) else "",
        head=wishes.head,  # type: ignore[arg-type]
        feature_depths=reads(profile) if strategy == "frozen" and wishes.head == "linear" else (),
        metric=profile.metric,
        validate_split=validated,
        training=None if strategy == "frozen" else recipe(strategy)(facts),
        class_weights=skew(profile),
        seed=wishes.seed,
        max_seconds=wishes.max_seconds or None,
    )


def reads(profile: Profile) -> tuple[FeatureDepth, ...]:
    """What a linear head on the frozen network takes: the probes that tell are linear too."""
    return feature_depths([each.depth for each in profile.depths], profile.readout.decay)


def validates(validation: int, train: int, classes: int) -> bool:
    """Whether so many rows of the validation split are worth stopping on."""
    return validation >= LEAST_VALIDATION and validation + train >= ROWS_FOR_VALIDATION * classes


def cut_of(profile: Profile, train_from: str) -> int:
    names = [block.name for block in profile.network.blocks]
    if train_from in names:
        return names.index(train_from)
    if train_from:
        raise InputError(f"the network has no block {train_from}", f"take one of {', '.join(names)}")
    return partial.default_cut(len(names), best_depth(profile))


def best_depth(profile: Profile) -> int:
    """The depth of the best probe, or the last where no other removes more than DEPTH_SLACK of its error."""
    last, best = profile.depths[-1], max(profile.depths, key=lambda evidence: (evidence.ridge, evidence.depth))
    share = (best.ridge - last.ridge) / max(1 - last.ridge, 1e-6)
    return best.depth if share > DEPTH_SLACK else last.depth


def skew(profile: Profile) -> tuple[float, ...]:
    import numpy as np

    return class_weights(np.array(profile.class_rows)) if profile.metric == "balanced_accuracy" else ()
