"""A dense head: one hidden layer of 1,024 ReLU units, trained by Adam on arrays.

The classic top of a frozen VGG16 (Chollet 2016, "Building powerful image classification models"). It is our own, and
not a framework's, so that it fits the same on images and texts, without either engine.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..metrics.scores import row_losses
from .folds import stratified_folds
from .head import Fit, Head
from .standardisation import StandardisedFeatures

UNITS = 1024
LEARNING_RATE = 1e-3
BATCH_SIZE = 64
L2 = 1e-4
DROPOUT = 0.5
MAX_EPOCHS = 40
PATIENCE = 5
MAX_HELD_OUT_ROWS = 4000


class Adam:
    """Adam on a list of arrays, in place (Kingma & Ba 2015, with their constants).

    m ← m + 0.1 (g − m),  v ← v + 0.001 (g² − v)
    w ← w − η √(1 − 0.999^t) / (1 − 0.9^t) · m / (√v + 10⁻⁸)
    """

    def __init__(self, arrays: list[np.ndarray]) -> None:
        self.arrays, self.updates = arrays, 0
        self.first = [np.zeros_like(a) for a in arrays]
        self.second = [np.zeros_like(a) for a in arrays]

    def update(self, gradients: list[np.ndarray]) -> None:
        self.updates += 1
        rate = LEARNING_RATE * np.sqrt(1 - 0.999**self.updates) / (1 - 0.9**self.updates)
        for array, gradient, first, second in zip(self.arrays, gradients, self.first, self.second, strict=True):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            array -= (rate * first / (np.sqrt(second) + 1e-8)).astype(np.float32)


def initial(width: int, classes: int, random: np.random.Generator) -> list[np.ndarray]:
    """Hidden weights and bias, output weights and bias: normal (He 2015), and zeros."""
    hidden = random.normal(0, np.sqrt(2 / width), (width, UNITS)).astype(np.float32)
    output = random.normal(0, np.sqrt(1 / UNITS), (UNITS, classes)).astype(np.float32)
    return [hidden, np.zeros(UNITS, np.float32), output, np.zeros(classes, np.float32)]


def forward(arrays: list[np.ndarray], features: np.ndarray) -> np.ndarray:
    hidden, hidden_bias, output, bias = arrays
    return np.maximum(features @ hidden + hidden_bias, 0) @ output + bias


def gradients(
    arrays: list[np.ndarray], features: np.ndarray, labels: np.ndarray, weights: np.ndarray, keep: np.ndarray
) -> list[np.ndarray]:
    """Gradients of the weighted mean cross-entropy with an L2 penalty; `keep` (rows, UNITS) is the dropout mask.

    Backpropagation in float32: the error of the logits is (softmax − onehot) × weight / rows.
    """
    hidden, hidden_bias, output, bias = arrays
    active = np.maximum(features @ hidden + hidden_bias, 0) * keep
    error = active @ output + bias
    error = np.exp(error - error.max(1, keepdims=True))
    error /= error.sum(1, keepdims=True)
    error[np.arange(len(labels)), labels] -= 1
    error *= (weights / len(labels))[:, None]
    back = (error @ output.T) * keep * (active > 0)
    return [features.T @ back + L2 * hidden, back.sum(0), active.T @ error + L2 * output, error.sum(0)]


def epochs(
    features: StandardisedFeatures, rows: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, seed: int
) -> Iterator[list[np.ndarray]]:
    """The arrays after each epoch of training on the given rows, without end."""
    random = np.random.default_rng(seed)
    arrays = initial(features.width, classes, random)
    optimizer = Adam(arrays)
    while True:
        order = rows[random.permutation(len(rows))]
        for start in range(0, len(order), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            keep = (random.random((len(batch), UNITS), np.float32) >= DROPOUT) / np.float32(1 - DROPOUT)
            optimizer.update(gradients(arrays, features.take(batch), labels[batch], weights[batch], keep))
        yield arrays


def fit(
    features: StandardisedFeatures,
    labels: np.ndarray,
    classes: int,
    weights: np.ndarray,
    seed: int,
    groups: np.ndarray | None = None,
) -> Fit:
    """Two layers on standardised features, and logits of a fifth of the rows, held out.

    The rows held out tell the number of epochs; the head is then trained for as many on all rows.
    """
    held_out, rest = split(labels, seed, groups)
    count, logits = best_epochs(features, labels, classes, weights, seed, held_out, rest)
    training = epochs(features, np.arange(len(labels)), labels, classes, weights, seed)
    for _ in range(count):
        hidden, hidden_bias, output, bias = next(training)
    layers = (features.standardisation.fold(hidden, hidden_bias), (output, bias))
    return Fit(Head(layers), L2, held_out, logits, "dense")


def best_epochs(
    features: StandardisedFeatures,
    labels: np.ndarray,
    classes: int,
    weights: np.ndarray,
    seed: int,
    held_out: np.ndarray,
    rest: np.ndarray,
) -> tuple[int, np.ndarray]:
    """Epochs of training on `rest` with the lowest loss on the rows held out, and their logits then."""
    inputs = features.take(held_out)
    best_loss, best, best_logits = np.inf, 1, np.zeros((len(held_out), classes), np.float32)
    training = epochs(features, rest, labels, classes, weights, seed)
    for count, arrays in zip(range(1, MAX_EPOCHS + 1), training, strict=False):
        logits = forward(arrays, inputs)
        loss = float(np.mean(weights[held_out] * row_losses(labels[held_out], logits)))
        if loss < best_loss:
            best_loss, best, best_logits = loss, count, logits
        if count - best >= PATIENCE:
            break
    return best, best_logits


def split(labels: np.ndarray, seed: int, groups: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Rows to hold out, a fifth but no more than MAX_HELD_OUT_ROWS, and the others, but for the rest of a group."""
    fold = np.flatnonzero(stratified_folds(labels, 5, seed, groups) == 0)
    held_out = np.sort(np.random.default_rng(seed).permutation(fold)[:MAX_HELD_OUT_ROWS])
    return held_out, np.delete(np.arange(len(labels)), held_out if groups is None else fold)
