"""Labels: their names in every type, those that stand for none, and tables of other tasks."""

from __future__ import annotations

import decimal
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.steps.ingest.tables.opened import lines, read
from thaw.errors import InputError

NUMBERS = [row % 2 for row in range(30)]


def parquet(labels: Any, features: dict[str, Any] | None = None) -> bytes:
    table = pa.table({"text": [f"text {row}" for row in range(len(labels))], "label": labels})
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "labels",
    [
        pa.array(NUMBERS, pa.int8()),
        pa.array(NUMBERS, pa.float32()),
        pa.array([bool(each) for each in NUMBERS]),
        pa.array([decimal.Decimal(f"{each}.00") for each in NUMBERS]),
        pa.array([str(each) for each in NUMBERS]).dictionary_encode(),
        pa.array([f"{each}.0" for each in NUMBERS], pa.large_string()),
        pa.array([str(each).encode() for each in NUMBERS]),
        pa.array([("False", "TRUE")[each] for each in NUMBERS]),
        pa.array([[each] for each in NUMBERS]),
    ],
    ids=str,
)
def test_a_label_has_one_name_in_every_type(labels: pa.Array) -> None:
    found = read(parquet(labels), "x.parquet")
    assert found.labels == [str(each) for each in NUMBERS]


@pytest.mark.parametrize("labels", [("true", "half-true"), ("1.0", "1.0a"), ("007", "7x"), ("no", "yes")])
def test_names_that_are_no_numbers_stay(labels: tuple[str, str]) -> None:
    assert set(read("text,label\n" + lines(labels=labels)).labels) == set(labels)


@pytest.mark.parametrize("missing", ["", "  ", "nan", "N/A", "None", "null", "NaN", "<NA>"])
def test_a_label_that_stands_for_none_is_refused(missing: str) -> None:
    found = read("text,label\n" + lines(20) + f"lost,{missing}\n")
    assert found.kinds == {"x.csv:22": "label"}
    assert set(found.labels) == {"pos", "neg"}


def test_labels_are_stripped_and_texts_are_not() -> None:
    found = read("text,label\n" + "".join(f"  text {row} , pos {row % 2} \n" for row in range(20)))
    assert found.contents[0] == "  text 0 "
    assert found.labels[:2] == ["pos 0", "pos 1"]


def test_names_of_the_schema() -> None:
    feature = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}
    found = read(parquet([0, 1, -1, None, 7] * 4, feature), "x.parquet")
    assert found.labels == ["neg", "pos"] * 4
    assert found.table.class_names == ("neg", "pos")
    assert found.table.reading.class_names == "schema"
    assert set(found.kinds.values()) == {"label"}
    assert len(found.refused) == 12


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ("text,label\n" + lines(labels=("a;b", "b;c", "a", "c;a")), "several labels a row"),
        ("text,label\n" + lines(labels=("\"['a', 'b']\"", "['a']")), "several labels a row"),
        (
            "text,a,b,c\n" + "".join(f"text {n},{n % 2},{n // 2 % 2},{n // 3 % 2}\n" for n in range(30)),
            "several labels",
        ),
        (
            "comment,toxic,obscene\n" + "".join(f"t {n},{n % 2},{n // 2 % 2}\n" for n in range(30)),
            "several labels a row",
        ),
        ("text,label\n" + "".join(f"text {n},{n * 1.37:.2f}\n" for n in range(90)), "numbers to predict"),
        ("text,price,label\n" + "".join(f"text {n},1,{n * 977}\n" for n in range(90)), "numbers to predict"),
        ("text,label\n" + "".join(f"text {n},id-{n}\n" for n in range(90)), "another label in nearly every row"),
        ("image,xmin,ymin,label\n" + "".join(f"{n}.png,1,2,{n % 2}\n" for n in range(30)), "bounding boxes"),
    ],
)
def test_what_is_no_classification_is_said(table: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as raised:
        read(table)
    assert "one label" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_lists_of_labels() -> None:
    with pytest.raises(InputError, match="several labels a row"):
        read("".join(json.dumps({"text": f"text {row}", "label": ["a", "b"]}) + "\n" for row in range(20)), "x.jsonl")


@pytest.mark.parametrize(
    "labels", [tuple("12345"), ("0.5", "1.0", "1.5"), tuple(map(str, range(10))), ("a, b", "c; d")]
)
def test_classes_are_not_taken_for_another_task(labels: tuple[str, ...]) -> None:
    quoted = tuple(f'"{label}"' for label in labels)
    assert len(set(read("text,label\n" + lines(90, labels=quoted)).labels)) == len(labels)
