"""The complete training plan of each strategy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...heads.depths import feature_depths
from ...records import STRATEGIES, Dataset, FeatureDepth, HeadKind, Plan, Profile, Strategy
from ...training.recipes import RecipeInputs, partial, recipe
from ...training.recipes.frozen import class_weights

MIN_CLASS_ROWS_TO_VALIDATE = 60
"""Rows a class that may be trained on, on average, below which a validation split would cost more than it tells: its
rows are better trained on, to the end of the schedule (`python -m benchmarks.regret held-out`). A test split that was
given may be of any size, so its rows do not count."""

MIN_VALIDATION_ROWS = 20
"""Rows of a validation split, below which they are trained on too: a score on them is good to ten points. Not
measured."""

MIN_ERROR_REDUCTION = 0.1
"""Share of the last depth's probe error that the best of several depths must remove to mean something."""


@dataclass(frozen=True)
class TrainingOptions:
    """What the user asked of the training, whichever strategy it is."""

    train_from: str = ""
    head: HeadKind = "linear"
    max_seconds: float = 0.0
    augment: bool = False
    seed: int = 0


def training_plans(dataset: Dataset, profile: Profile, options: TrainingOptions) -> dict[Strategy, Plan]:
    """A plan for each strategy that the network supports."""
    if options.augment and profile.modality != "image":
        raise InputError("--augment crops and mirrors images, and these are texts", "leave it out")
    cuts = {
        "frozen": len(profile.network.blocks),
        "partial": partial_cut(profile, options.train_from),
        "lora": 0,
        "full": 0,
    }
    return {
        strategy: plan_of(dataset, profile, strategy, cuts[strategy], options)
        for strategy in STRATEGIES
        if strategy != "lora" or profile.network.supports_lora
    }


def plan_of(dataset: Dataset, profile: Profile, strategy: Strategy, cut: int, options: TrainingOptions) -> Plan:
    """The complete plan of a strategy: its recipe for this many rows and this network, and what to hold out."""
    blocks = profile.network.blocks
    validated = is_validated(dataset.rows("validation"), dataset.rows("train"), len(dataset.classes))
    rows = dataset.rows("train") + (0 if validated else dataset.rows("validation"))
    facts = RecipeInputs(
        rows=rows,
        convolutional=not profile.network.supports_lora,
        parameters=sum(block.parameters for block in blocks),
        validated=validated,
        augment=options.augment,
    )
    return Plan(
        strategy=strategy,
        dataset=dataset.fingerprint,
        network=profile.network.reference,
        modality=profile.modality,
        input_size=profile.network.input_size,
        cut=cut,
        cut_block=blocks[cut].name if cut < len(blocks) else "",
        head=options.head,
        feature_depths=readout_depths(profile) if strategy == "frozen" and options.head == "linear" else (),
        metric=profile.metric,
        validate_split=validated,
        training=None if strategy == "frozen" else recipe(strategy)(facts),
        class_weights=balancing_weights(profile),
        seed=options.seed,
        max_seconds=options.max_seconds or None,
    )


def readout_depths(profile: Profile) -> tuple[FeatureDepth, ...]:
    """The depths that a linear head on the frozen network reads: those of the best probe, which is linear too."""
    return feature_depths([each.depth for each in profile.depths], profile.readout.decay)


def is_validated(validation: int, train: int, classes: int) -> bool:
    """Whether so many rows of the validation split are worth stopping on."""
    return validation >= MIN_VALIDATION_ROWS and validation + train >= MIN_CLASS_ROWS_TO_VALIDATE * classes


def partial_cut(profile: Profile, train_from: str) -> int:
    """Blocks below the named one, or below where training pays by the probes."""
    names = [block.name for block in profile.network.blocks]
    if train_from in names:
        return names.index(train_from)
    if train_from:
        raise InputError(f"the network has no block {train_from}", f"take one of {', '.join(names)}")
    return partial.default_cut(len(names), best_depth(profile))


def best_depth(profile: Profile) -> int:
    """The depth of the best probe, or the last where no other removes more than MIN_ERROR_REDUCTION of its error."""
    last, best = profile.depths[-1], max(profile.depths, key=lambda probe: (probe.ridge, probe.depth))
    share = (best.ridge - last.ridge) / max(1 - last.ridge, 1e-6)
    return best.depth if share > MIN_ERROR_REDUCTION else last.depth


def balancing_weights(profile: Profile) -> tuple[float, ...]:
    """A weight for each class where the metric counts classes alike; empty where it counts rows."""
    return class_weights(np.array(profile.class_rows)) if profile.metric == "balanced_accuracy" else ()
