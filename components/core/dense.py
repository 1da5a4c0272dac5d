"""A dense head: one hidden layer of 1,024 ReLU units, trained by Adam on arrays.

The classic top of a frozen VGG16 (Chollet 2016, "Building powerful image classification models").
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .heads import folds_of

UNITS = 1024
RATE = 1e-3
BATCH = 64
L2 = 1e-4
DROPOUT = 0.5
MOST_EPOCHS = 40
PATIENCE = 5

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]


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
    features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, seed: int
) -> Iterator[list[np.ndarray]]:
    """The arrays after each epoch of training, without end."""
    random = np.random.default_rng(seed)
    arrays = initial(features.shape[1], classes, random)
    optimizer = Adam(arrays)
    while True:
        order = random.permutation(len(labels))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            keep = (random.random((len(rows), UNITS), np.float32) >= DROPOUT) / np.float32(1 - DROPOUT)
            optimizer.step(gradients(arrays, features[rows], labels[rows], weights[rows], keep))
        yield arrays


def log_loss(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    of_label = softmax(logits)[np.arange(len(labels)), labels]
    return float(-(weights * np.log(np.maximum(of_label, 1e-12))).mean())


def fit(
    features: np.ndarray, labels: np.ndarray, classes: int, weights: np.ndarray, seed: int
) -> tuple[Layers, float, np.ndarray, np.ndarray]:
    """Two layers on standardised features (rows, width); the L2; a fifth of the rows, held out, and their logits.

    They tell the number of epochs; the head is then trained as long on all rows.
    """
    held = folds_of(labels, 5, seed) == 0
    best, best_epochs, logits = np.inf, 1, np.zeros((int(held.sum()), classes), np.float32)
    training = epochs(features[~held], labels[~held], classes, weights[~held], seed)
    for count, arrays in zip(range(1, MOST_EPOCHS + 1), training, strict=False):
        current = forward(arrays, features[held])
        loss = log_loss(current, labels[held], weights[held])
        if loss < best:
            best, best_epochs, logits = loss, count, current
        if count - best_epochs >= PATIENCE:
            break
    final = epochs(features, labels, classes, weights, seed)
    for _ in range(best_epochs):
        hidden, hidden_bias, output, bias = next(final)
    return ((hidden, hidden_bias), (output, bias)), L2, np.flatnonzero(held), logits
