"""What the table lacks, by the recipes' versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.regret import grid, table
from thaw.records import STRATEGIES

CELL = grid.Cell("movie", "minilm-l6", 300, 0)


def lacking(folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: int) -> list[tuple[str, ...]]:
    """Strategies that the grid runs again after the recipe versions in `changed` were raised."""
    versions = table.VERSIONS
    place = {"task": CELL.task, "network": CELL.network, "rows": CELL.rows, "seed": CELL.seed}
    lines = [{**place, "strategy": each, "recipe_version": versions[each]} for each in STRATEGIES]
    (folder / "truth.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setattr(table, "TRUTH", folder / "truth.jsonl")
    monkeypatch.setattr(table, "VERSIONS", versions | changed)
    monkeypatch.setattr(grid, "cells", lambda: iter([(CELL, STRATEGIES)]))
    return [strategies for _, strategies in grid.missing()]


def test_what_is_of_the_current_recipes_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lacking(tmp_path, monkeypatch) == []


def test_where_a_recipe_has_a_new_version_it_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lacking(tmp_path, monkeypatch, lora=table.VERSIONS["lora"] + 1) == [("lora",)]
