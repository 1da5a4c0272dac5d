"""Names that columns commonly have for what they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

LABELS = (
    ("label", "labels"),
    ("class", "target", "category", "cls"),
    ("y", "classes", "targets", "categories", "sentiment", "intent", "emotion", "topic", "polarity", "stance", "genre"),
    ("label_name", "class_name", "class_label", "label_text", "gold_label", "category_name", "fine_label", "tag"),
    ("class_index", "class_id", "label_id", "category_id", "label_idx"),
    ("rating", "stars", "score", "toxic", "toxicity", "spam", "hate", "is_spam", "language", "type", "outcome"),
)
"""Likely ones first. Two of one line, where both may be the label, are a question."""
TEXTS = (
    ("text", "texts", "txt"),
    (
        *("sentence", "content", "review", "document", "body", "tweet", "comment", "message", "question", "utterance"),
        *("query", "post", "article", "passage", "review_text", "comment_text", "review_body", "text_content", "input"),
        *("sms", "email", "news", "abstract", "transcript", "sentences", "reviews", "documents", "tweets", "comments"),
    ),
    ("description", "title", "headline", "subject", "summary", "caption", "name"),
)
IMAGES = (
    *("image", "img", "picture", "photo", "images", "file", "path", "file_name", "filename", "filepath", "file_path"),
    *("image_path", "image_file", "image_name", "img_path", "image_id", "id_code"),
)
SPLITS = ("split", "set", "subset", "partition", "fold", "data_split", "dataset_split")
NO_TEXTS = (
    *IMAGES,
    "id",
    "ids",
    "idx",
    "index",
    "uuid",
    "guid",
    "key",
    "url",
    "link",
    "user",
    "username",
    "author",
    "date",
)
"""Columns of other strings, which are taken for texts only when the user says so."""
BOXES = (
    *("bbox", "bboxes", "box", "boxes", "bounding_box", "bounding_boxes", "xmin", "x_min", "ymin", "y_min", "xmax"),
    *("x_max", "objects", "segmentation", "keypoints", "annotations"),
)


def plain(name: str) -> str:
    """A name as the lists here write it.

    >>> plain(" Review Text "), plain("ClassLabel"), plain("class-id")
    ('review_text', 'class_label', 'class_id')
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s._-]+", "_", parted).lower()


def is_role_name(name: str) -> bool:
    """Whether a table's header might say so."""
    known = {*sum(LABELS, ()), *sum(TEXTS, ()), *IMAGES, *SPLITS, *BOXES, "id", "index", "idx", "date", "user", "url"}
    return plain(name) in known


def in_tiers(tiers: Sequence[Sequence[str]], columns: Sequence[str]) -> list[list[str]]:
    """The columns that each line of names has, in its order; nested ones by the last part of their name."""
    by_name: dict[str, str] = {}
    for spelled in (plain, lambda column: column.strip().lower(), lambda column: plain(re.split("[./]", column)[-1])):
        for column in columns:
            by_name.setdefault(spelled(column), column)
    return [list(dict.fromkeys(by_name[name] for name in tier if name in by_name)) for tier in tiers]
