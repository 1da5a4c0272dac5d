"""A dense head: one hidden layer of 1,024 ReLU units, trained by Adam on arrays.

The classic top of a frozen VGG16 (Chollet 2016, "Building powerful image classification models").
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .folds import stratified_folds
from .head import Fit, Head
from .standardisation import StandardisedFeatures

UNITS = 1024
RATE = 1e-3
BATCH = 64
L2 = 1e-4
DROPOUT = 0.5
MAX_EPOCHS = 40
PATIENCE = 5
MAX_HELD_OUT = 4000


class Adam:
    """Kingma & Ba 2015, on a list of arrays, in place."""

    def __init__(self, arrays: list[np.ndarray]) -> None:
        self.arrays, self.steps = arrays, 0
        self.first = [np.zeros_like(a) for a in arrays]
        self.second = [np.zeros_like(a) for a in arrays]

    def step(self, gradients: list[np.ndarray]) -> None:
        self.steps += 1
        rate = RATE * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for array, gradient, first, second in zip(self.arrays, gradients, self.first, self.second, strict=True):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            array -= (rate * first / (np.sqrt(second) + 1e-8)).astype(np.float32)


def initial(width: int, classes: int, random: np.random.Generator) -> list[np.ndarray]:
    """Hidden weights and bias, output weights and bias; He 2015 and zeros."""
    hidden = random.normal(0, np.sqrt(2 / width), (width, UNITS)).astype(np.float32)
    output = random.normal(0, np.sqrt(1 / UNITS), (UNITS, classes)).astype(np.float32)
    return [hidden, np.zeros(UNITS, np.float32), output, np.zeros(classes, np.float32)]


def forward(arrays: list[np.ndarray], features: np.ndarray) -> np.ndarray:
    hidden, hidden_bias, output, bias = arrays
    return np.maximum(features @ hidden + hidden_bias, 0) @ output + bias


def softmax(logits: np.ndarray) -> np.ndarray:
    exponent = np.exp(logits - logits.max(1, keepdims=True))
    return exponent / exponent.sum(1, keepdims=True)


def gradients(
    arrays: list[np.ndarray], features: np.ndarray, labels: np.ndarray, weights: np.ndarray, keep: np.ndarray
) -> list[np.ndarray]:
    """Of the weighted mean cross-entropy with an L2 penalty; `keep` (rows, UNITS) is the dropout mask."""
    hidden, hidden_bias, output, bias = arrays
    active = np.maximum(features @ hidden + hidden_bias, 0) * keep
    error = softmax(active @ output + bias)
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
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            keep = (random.random((len(batch), UNITS), np.float32) >= DROPOUT) / np.float32(1 - DROPOUT)
            optimizer.step(gradients(arrays, features.take(batch), labels[batch], weights[batch], keep))
        yield arrays


def log_loss(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    of_label = softmax(logits)[np.arange(len(labels)), labels]
    return float(-(weights * np.log(np.maximum(of_label, 1e-12))).mean())


def fit(features: StandardisedFeatures, labels: np.ndarray, classes: int, weights: np.ndarray, seed: int) -> Fit:
    """Two layers on standardised features; a fifth of the rows, held out, and their logits.

    They tell the number of epochs; the head is then trained as long on all rows.
    """
    held, rest = split(labels, seed)
    inputs = features.take(held)
    best, best_epochs, logits = np.inf, 1, np.zeros((len(held), classes), np.float32)
    training = epochs(features, rest, labels, classes, weights, seed)
    for count, arrays in zip(range(1, MAX_EPOCHS + 1), training, strict=False):
        current = forward(arrays, inputs)
        loss = log_loss(current, labels[held], weights[held])
        if loss < best:
            best, best_epochs, logits = loss, count, current
        if count - best_epochs >= PATIENCE:
            break
    final = epochs(features, np.arange(len(labels)), labels, classes, weights, seed)
    for _ in range(best_epochs):
        hidden, hidden_bias, output, bias = next(final)
    layers = (features.standardisation.fold(hidden, hidden_bias), (output, bias))
    return Fit(Head(layers), L2, held, logits, "dense")


def split(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to hold out, a fifth but no more than MAX_HELD_OUT, and the others."""
    held = np.flatnonzero(stratified_folds(labels, 5, seed) == 0)
    held = np.sort(np.random.default_rng(seed).permutation(held)[:MAX_HELD_OUT])
    return held, np.delete(np.arange(len(labels)), held)
