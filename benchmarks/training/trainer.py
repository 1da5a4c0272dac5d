"""Hugging Face `Trainer` at its best, and the training stage of Thaw's full fine-tuning: same rows, epochs, evaluation.

Both train for every epoch of the plan at its rate, batch and schedule, and evaluate on the validation rows after each;
Thaw also keeps the best weights, Trainer saves nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from . import thaw_side
from .rows import Line, Row, Runs, ratio_line
from .sides import Clock, Measured, Task
from .workload import folder, labelled, plan_of

WARM = 96
"""Rows."""


def textbook(task: Task) -> Measured:
    """Groups of like length, bfloat16, fused AdamW."""
    plan = plan_of(task.work, "full").training
    assert plan is not None
    task_rows = {split: labelled(task.work, split) for split in ("train", "validation", "test")}
    tokenizer, rows = tokenised(task, task_rows)
    few = dict.fromkeys(("train", "validation"), rows["train"][:WARM])
    build(task, plan, tokenizer, few, 1, folder(task.scratch, "warm")).train()
    epochs = task.options.get("epochs", plan.epochs)
    trainer = build(task, plan, tokenizer, rows, epochs, folder(task.scratch, "run"))
    clock = Clock()
    trainer.train()
    seconds = clock.seconds
    predicted = trainer.predict(rows["test"])  # grouped by length, too: in an order of its own
    scores = [entry["eval_accuracy"] for entry in trainer.state.log_history if "eval_accuracy" in entry]
    details = {"epochs": epochs, "updates": trainer.state.global_step, "validation": scores}
    return Measured(seconds, float((predicted.predictions.argmax(1) == predicted.label_ids).mean()), details)


def tokenised(task: Task, rows: dict[str, Any]) -> tuple[Any, dict[str, list[dict[str, Any]]]]:
    """Token ids and labels of each split, cut at the plan's length as Thaw cuts them."""
    from transformers import AutoTokenizer

    plan = plan_of(task.work, "full")
    tokenizer = AutoTokenizer.from_pretrained(plan.network)
    encoded = {}
    for split, (texts, labels) in rows.items():
        ids = tokenizer(texts, truncation=True, max_length=plan.input_size)["input_ids"]
        encoded[split] = [{"input_ids": i, "label": int(label)} for i, label in zip(ids, labels, strict=True)]
    return tokenizer, encoded


def build(task: Task, plan: Any, tokenizer: Any, rows: dict[str, Any], epochs: int, place: Path) -> Any:
    import torch
    import transformers

    network = plan_of(task.work, "full").network
    classes = len(np.unique(labelled(task.work, "train")[1]))
    transformers.set_seed(0)
    arguments = transformers.TrainingArguments(
        output_dir=str(place),
        num_train_epochs=epochs,
        per_device_train_batch_size=plan.batch_size,
        per_device_eval_batch_size=128,
        learning_rate=plan.learning_rate,
        weight_decay=plan.weight_decay,
        lr_scheduler_type="cosine",
        warmup_steps=plan.warmup_ratio,
        max_grad_norm=plan.max_grad_norm,
        optim="adamw_torch_fused",
        bf16=True,
        use_cpu=not torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        eval_strategy="epoch",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    return transformers.Trainer(
        model=transformers.AutoModelForSequenceClassification.from_pretrained(network, num_labels=classes),
        args=arguments,
        train_dataset=rows["train"],
        eval_dataset=rows["validation"],
        data_collator=transformers.DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8),
        compute_metrics=lambda result: {"accuracy": float((result.predictions.argmax(1) == result.label_ids).mean())},
    )


def thaw(task: Task) -> Measured:
    """Thaw's training, never stopped early."""
    result = thaw_side.train(task, "full", patience=10**6, **task.options.get("changes", {}))
    return Measured(result.details["stages"]["training"], result.accuracy, result.details)


def judge(runs: Runs, facts: dict[str, Any]) -> list[Line]:
    min_ratio = 1.0 if runs["trainer:thaw"][0]["details"]["device"].startswith("cpu") else 1.2
    tests = facts["rows"]["test"]
    return [ratio_line("trainer", runs, "trainer:textbook", "trainer:thaw", min_ratio, "trainer:textbook", tests)]


ROW = Row("trainer", "text", ("trainer:textbook", "trainer:thaw"), judge)
