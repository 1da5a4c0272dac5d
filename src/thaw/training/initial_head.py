"""The fitted head that every training starts from, and that a frozen network ends with."""

from __future__ import annotations

from ..heads.fit import fit_head
from ..heads.folds import row_weights
from ..heads.head import Fit
from ..heads.standardisation import StandardisedFeatures
from ..networks.features import cached_features
from ..progress import stage
from ..records import Dataset, FeatureDepth
from ..storage.store import Store
from .inputs import Inputs
from .timer import StageTimer


def fit_and_attach_head(inputs: Inputs, dataset: Dataset, store: str, timer: StageTimer) -> Fit:
    """Fit the head on the training rows (all rows when frozen) and put it on the network."""
    depths = inputs.plan.feature_depths or (FeatureDepth(depth=len(inputs.network.blocks), weight=1.0),)
    with timer.measure("features"):
        features = training_features(inputs, dataset, store, depths)
    with timer.measure("head"), stage("head"):
        fit = fit_on(features, inputs, len(dataset.classes))
        inputs.network.set_head(fit.head, [each.depth for each in depths])
    return fit


def training_features(
    inputs: Inputs, dataset: Dataset, store: str, depths: tuple[FeatureDepth, ...]
) -> StandardisedFeatures:
    """Features of the training rows. They are computed, and cached, for all rows together."""
    cached = cached_features(
        Store(store),
        dataset.fingerprint,
        inputs.network,
        inputs.rows,
        [each.depth for each in depths],
        inputs.examples,
        inputs.scratch,
    )
    parts = (cached.by_depth[each.depth][: len(inputs.training)] for each in depths)
    return StandardisedFeatures(*parts, weights=[each.weight for each in depths])


def fit_on(features: StandardisedFeatures, inputs: Inputs, classes: int) -> Fit:
    """The plan's head on standardised features (training rows, width)."""
    plan, rows = inputs.plan, inputs.rows.take(inputs.training)
    return fit_head(
        features,
        rows.labels,
        classes,
        kind=plan.head,
        weights=row_weights(rows.labels, plan.class_weights, rows.weights),
        seed=plan.seed,
        metric=plan.metric,
        initialises_training=plan.training is not None,
        groups=rows.groups,
    )
