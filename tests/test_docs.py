"""The documentation: links lead somewhere, the README stays short, and names of modules are modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *(ROOT / "components").glob("*/README.md")])
MAX_README_WORDS = 700
PATH = r"`((?:src|components|pipelines|tests|benchmarks|images|manifests|docs)/[\w./-]+)`"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())]
    local = [target for target in targets if target and "://" not in target]
    assert not [target for target in local if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_in_the_text_exist(page: Path) -> None:
    paths = re.findall(PATH, page.read_text())
    assert not [path for path in paths if not ((ROOT / path).exists() or (page.parent / path).exists())]


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= MAX_README_WORDS
