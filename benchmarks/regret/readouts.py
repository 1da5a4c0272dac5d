"""What a frozen network's head gains by reading several depths, by being the mean of two regressions, and by not
blowing up what hardly moves: on the truth table's tasks.

All of this is settled here, so no row of a test split has a say: each head is fitted on a draw of a task's pool and
scored on HELD others of it. Prints the mean scores, and keeps those of each draw in `results/regret/readouts.json`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from ..training.results import machine, now
from .table import RESULTS
from .workers import lines_of

if TYPE_CHECKING:
    from thaw.heads.head import Fit

FILE = RESULTS / "readouts.json"
SIZES = (300, 1000)
HELD_OUT_ROWS = 800
SEED = 0


def main() -> None:
    """`python -m benchmarks.regret.readouts TASK NETWORK`: a line for each size."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from .tasks import drawn_and_held

    task, network = sys.argv[1:]
    for size in SIZES:
        if found := drawn_and_held(task, size, SEED, HELD_OUT_ROWS):
            line = {"task": task, "network": network, "rows": size, **scores(task, network, *found)}
            print(json.dumps(line), file=sys.__stdout__, flush=True)


def scores(task: str, network: str, drawn: list[tuple[Any, str]], held: list[tuple[Any, str]]) -> dict[str, Any]:
    """Accuracy on the held-out rows of a ridge head by decay, the decay that the drawn rows alone would settle, and
    what each kind of head makes of that one."""
    from thaw.heads.depths import depth_weights
    from thaw.heads.ridge import predict, probe
    from thaw.heads.standardisation import StandardisedFeatures
    from thaw.metrics import scores as metrics
    from thaw.steps.profile.probes import DECAYS

    _, labels = np.unique([label for _, label in [*drawn, *held]], return_inverse=True)
    of = features(task, network, [content for content, _ in [*drawn, *held]])
    classes, rows, weights = int(labels.max()) + 1, len(drawn), np.ones(len(drawn))
    found, errors = {}, {}
    for decay in (0.0, *DECAYS):
        read = depth_weights(len(of), decay)
        parts = of[-len(read) :]
        scaling = StandardisedFeatures(*(part[:rows] for part in parts), weights=read).standardisation
        scaled = scaling.apply(np.hstack(parts))
        fitted = probe(scaled[:rows], labels[:rows], classes, weights, metrics.accuracy)
        outputs = predict(scaled[:rows], labels[:rows], classes, weights, fitted.l2, scaled[rows:])
        found[str(decay)] = round(metrics.accuracy(labels[rows:], outputs.argmax(1)), 4)
        errors[str(decay)] = fitted.squared_error
    settled = min(errors, key=lambda each: errors[each])
    return {"scores": found, "settled": settled, "heads": heads_of(of, rows, labels, float(settled))}


def heads_of(of: list[np.ndarray], rows: int, labels: np.ndarray, decay: float) -> dict[str, dict[str, float]]:
    """Accuracy and log loss on the held-out rows of each kind of head; `blown up` is the mean without MIN_SCALE."""
    from thaw.heads import standardisation
    from thaw.metrics import scores as metrics

    fits = regressions(of, rows, labels, decay)
    with mock.patch.object(standardisation, "MIN_SCALE", 0.0):
        fits["blown up"] = regressions(of, rows, labels, decay)["mean"]
    read = np.hstack(of if decay else of[-1:])[rows:]
    found = {}
    for kind, fit in fits.items():
        logits = fit.head.logits(read)
        score = metrics.accuracy(labels[rows:], logits.argmax(1))
        found[kind] = {"score": round(score, 4), "log_loss": round(metrics.log_loss(labels[rows:], logits), 4)}
    return found


def regressions(of: list[np.ndarray], rows: int, labels: np.ndarray, decay: float) -> dict[str, Fit]:
    """Each kind of head on the first `rows` rows."""
    from thaw.heads import linear
    from thaw.heads.depths import depth_weights
    from thaw.heads.fit import limit_threads
    from thaw.heads.standardisation import StandardisedFeatures

    read = depth_weights(len(of), decay)
    scaled = StandardisedFeatures(*(part[:rows] for part in of[-len(read) :]), weights=read)
    with limit_threads():
        both = linear.Regressions(scaled, labels[:rows], int(labels.max()) + 1, np.ones(rows), SEED, "accuracy")
        logistic, ridge = both.logistic(), both.ridge()
    return {"logistic": logistic, "ridge": ridge, "mean": linear.mean(logistic, ridge)}


def features(task: str, network: str, raw: list[Any]) -> list[np.ndarray]:
    """Features of each profiled depth, from the input up, (rows, width)."""
    from thaw.networks.loading import extents, open_network
    from thaw.steps.profile.sample import spaced_depths

    from .networks import folder_of
    from .tasks import TASKS

    modality, reference = TASKS[task].modality, str(folder_of(network))
    with tempfile.TemporaryDirectory() as work:
        sizes = extents(modality, reference, raw, Path(work))
        extent = np.median(sizes) if modality == "image" else np.quantile(sizes, 0.98)
        opened = open_network(modality, reference, Path(work), extent=float(extent))
        of = opened.features(opened.encode(raw, Path(work)), spaced_depths(len(opened.blocks)))
    return [of[depth] for depth in sorted(of)]


def measure() -> None:
    from .networks import NETWORKS
    from .tasks import ALL

    pairs = [
        (task.name, network) for task in ALL for network, modality in NETWORKS.items() if modality == task.modality
    ]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        lines = [line for found in pool.map(lambda pair: lines_of("readouts", *pair), pairs) for line in found]
    FILE.write_text(json.dumps({"date": now(), "machine": machine(), "draws": lines}, indent=1) + "\n")
    print(table(lines))


def table(lines: list[dict[str, Any]]) -> str:
    from .networks import NETWORKS

    groups: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        groups[NETWORKS[line["network"]], line["rows"]].append(line)
    kinds = tuple(lines[0]["heads"])
    printed = ["scores of a ridge head, then of each kind of head on the settled depths with its log loss"]
    printed.append(
        f"{'modality':<10}{'rows':>6}{'draws':>7}{'last depth':>12}{'settled':>9}" + "".join(f"{k:>14}" for k in kinds)
    )
    for (modality, rows), part in sorted(groups.items()):
        last = np.mean([each["scores"]["0.0"] for each in part])
        settled = np.mean([each["scores"][each["settled"]] for each in part])
        text = f"{modality:<10}{rows:>6}{len(part):>7}{100 * last:>12.1f}{100 * settled:>9.1f}"
        for kind in kinds:
            score, loss = (np.mean([each["heads"][kind][name] for each in part]) for name in ("score", "log_loss"))
            text += f"{100 * score:>8.1f}  {loss:.2f}"
        printed.append(text)
    return "\n".join(printed)


if __name__ == "__main__":
    main()
