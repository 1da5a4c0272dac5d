"""A decision as a page: what was chosen, against what, and why."""

from __future__ import annotations

from ..records import Candidate, Decision, Plan
from .charts import around, around_log, dot, line, plot, text
from .html import bullets, columns, count, duration, escape, heading, percent, section, shell, table

TITLES = {"frozen": "Frozen", "partial": "Partial", "lora": "LoRA", "full": "Full"}
TIMES = [unit * factor for unit in (1, 60, 3600) for factor in (1, 3, 10, 30)]
"""Seconds, minutes and hours to mark on an axis."""


def page(decision: Decision) -> str:
    return shell("How much of the network to train", sections(decision))


def sections(decision: Decision) -> list[str]:
    plan = columns(heading("What is trained") + _plan(decision.plan), heading("How") + _training(decision.plan))
    known = section("What every strategy scored on the nearest known tasks", _known(decision))
    return [_choice(decision), known, section("The plan", plan)]


def _choice(decision: Decision) -> str:
    why = "asked for" if decision.forced else f"preferring {'low cost' if decision.prefer == 'cost' else 'accuracy'}"
    best = next(item for item in decision.candidates if item.strategy == decision.strategy)
    headline = (
        f'<div class="big">{TITLES[decision.strategy]}</div><p class="note">{why}; expected {_metric(decision)} '
        f"{percent(best.score)} (80% interval {_between(best)}) for about {duration(best.cost_seconds)} on "
        f"{escape(decision.cost_device)}</p>"
    )
    reasons = heading("Why") + bullets(decision.reasons)
    flips = heading("What would change it") + bullets(decision.counterfactuals) if decision.counterfactuals else ""
    doubts = heading("What the prediction does not know") + bullets(decision.doubts) if decision.doubts else ""
    picture = heading("Predicted score against cost") + _picture(decision)
    table = _candidates(decision) + _pilots(decision)
    return section("The choice", headline + doubts + columns(picture, reasons + flips) + table)


def _picture(decision: Decision) -> str:
    shown = decision.candidates
    x = around_log([max(item.cost_seconds, 1e-3) for item in shown])
    y = around([end for item in shown for end in (item.low, item.high)], 0, 1)
    marks, names = [], []
    for number, item in enumerate(sorted(shown, key=lambda item: item.cost_seconds)):
        kind = "a" if item.strategy == decision.strategy else ""
        across, low, high = x(item.cost_seconds), 100 - y(item.low), 100 - y(item.high)
        about = f"{TITLES[item.strategy]}: {percent(item.score)} ({_between(item)}), {duration(item.cost_seconds)}"
        marks.append(line(across, low, across, high, f"whisker {kind}"))
        marks.append(dot(across, 100 - y(item.score), kind, 7 if kind else 5, about))
        # Above and below in turn: strategies of like cost stand close together.
        place, dy = (high, -8) if number % 2 == 0 else (low, 17)
        names.append(text(across, place, TITLES[item.strategy], dy=dy, kind=f"halo {'name' if kind else ''}"))
    return plot(
        x,
        y,
        marks + names,
        x_name="cost of training, logarithmic",
        x_label=duration,
        height=260,
        x_ticks=[tick for tick in TIMES if x.low <= tick <= x.high] or None,
        about=f"Predicted {_metric(decision)} against cost of each strategy, with 80% intervals",
    )


def _candidates(decision: Decision) -> str:
    rows = [
        (
            TITLES[item.strategy],
            f"{percent(item.score)}",
            _between(item),
            duration(item.cost_seconds),
            f"{100 * item.expected_loss:.2f}",
        )
        for item in decision.candidates
    ]
    chosen = [item.strategy for item in decision.candidates].index(decision.strategy)
    head = ("Strategy", "Score", "80% interval", "Cost", "Expected loss, points")
    return table(head, rows, numbers=4, chosen=chosen)


def _pilots(decision: Decision) -> str:
    if not decision.pilots:
        return ""
    rows = [
        (
            TITLES[pilot.strategy],
            str(pilot.updates),
            percent(pilot.head_score),
            percent(pilot.score),
            duration(pilot.seconds),
        )
        for pilot in decision.pilots
    ]
    head = ("Strategy", "Steps", "Fitted head, validation", "After the pilot", "Time")
    return heading("Pilots") + table(head, rows, numbers=4)


def _known(decision: Decision) -> str:
    if decision.neighbours is None:
        return "<p>This network was not among the measured ones, so no known task is named as near.</p>"
    strategies = [item.strategy for item in decision.candidates]
    rows = [
        (
            escape(each.task),
            count(each.rows),
            f"{each.distance:.2f}",
            each.metric.replace("_", " "),
            *(percent(each.scores[strategy]) if strategy in each.scores else "" for strategy in strategies),
        )
        for each in decision.neighbours
    ]
    head = ("Task", "Rows", "Distance", "Metric", *(TITLES[strategy] for strategy in strategies))
    note = (
        '<p class="note">Distance between the features of two datasets; 1 is the median one between two known tasks.'
        "</p>"
    )
    return table(head, rows, numbers=len(head) - 1) + note


def _plan(plan: Plan) -> str:
    trained = f"from {plan.cut_block} up" if plan.cut_block else "the head alone"
    facts = [
        ("Network", plan.network or "the default"),
        ("Trained", trained),
        ("Blocks that stay as they are", plan.cut),
        ("Head", {"linear": "linear", "dense": "1,024 ReLU units, then linear"}[plan.head]),
        ("The head reads", _reads(plan)),
        ("Input", f"{plan.input_size} {'pixels a side' if plan.modality == 'image' else 'tokens at most'}"),
        *_stops(plan),
        ("Class weights", _weights(plan.class_weights)),
        ("Seed", plan.seed),
    ]
    return _facts(facts)


def _stops(plan: Plan) -> list[tuple[str, object]]:
    """Of gradient training: a frozen network begins and ends nowhere."""
    if plan.training is None:
        return []
    held_out = "the validation split" if plan.validate_split else "a fixed number of steps: too few rows to hold out"
    limit = duration(plan.max_seconds) if plan.max_seconds else "none"
    return [("Starts from", plan.start_from or "the fitted head"), ("Stops on", held_out), ("Time limit", limit)]


def _training(plan: Plan) -> str:
    training = plan.training
    if training is None:
        return (
            "<p>The head is fitted in closed form on the features of the frozen network: no gradient step is taken.</p>"
        )
    lora = training.lora
    facts: list[tuple[str, object]] = [
        ("Optimizer", {"adamw": "AdamW", "sgd": "SGD with momentum"}[training.optimizer]),
        ("Augmentation", "random crops and mirror images" if training.augment else "none"),
        ("Rate of the topmost block", f"{training.learning_rate:.3g}"),
        ("Rate of the head", f"{training.head_learning_rate:.3g}"),
        ("Rate, block by block downwards", f"× {training.layer_decay:.3g}"),
        ("Weight decay", f"{training.weight_decay:.3g}"),
        ("Batch", training.batch_size),
        ("Epochs at most", training.epochs),
        ("Warm-up", f"{training.warmup_ratio:.0%} of all steps"),
        ("Patience", f"{training.patience} evaluations" if training.patience else "none"),
        ("Gradient norm at most", f"{training.max_grad_norm:.3g}"),
        ("Dropout before the head", f"{training.dropout:.3g}"),
    ]
    if lora:
        facts.append(("LoRA", f"rank {lora.rank}, alpha {lora.alpha:.3g}, dropout {lora.dropout:.3g}"))
    return _facts(facts)


def _reads(plan: Plan) -> str:
    return ", ".join(f"depth {each.depth} × {each.weight:.2g}" for each in plan.feature_depths) or "the last depth"


def _weights(weights: tuple[float, ...]) -> str:
    return f"{min(weights):.2f} to {max(weights):.2f}" if weights else "equal"


def _facts(facts: list[tuple[str, object]]) -> str:
    return table(("", ""), [(escape(name), escape(value)) for name, value in facts], numbers=0)


def _metric(decision: Decision) -> str:
    return decision.metric.replace("_", " ")


def _between(item: Candidate) -> str:
    return f"{100 * item.low:.1f}–{percent(item.high)}"
