"""Roles of columns: as said, by name, and by what they hold."""

from __future__ import annotations

import base64
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.steps.ingest.tables.opened import lines, read
from thaw.errors import InputError

IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(80)


def parquet(**columns: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def rows(header: str, line: str, count: int = 30) -> str:
    return header + "\n" + "".join(line.format(row=row, even=row % 2, third=row % 3) + "\n" for row in range(count))


@pytest.mark.parametrize("label", ["label", "Labels", "Sentiment", "y", "CATEGORY", "intent", "Class Label", "target"])
@pytest.mark.parametrize("text", ["text", "Tweet", "review_text", "Body", "sentence", "message"])
def test_common_names(label: str, text: str) -> None:
    found = read(rows(f"{text},{label}", "text {row},{even}"))
    assert found.table.reading.columns == {"text": text, "label": label}
    assert {"text_column", "label_column"} <= set(found.table.reading.guessed)


def test_a_name_counts_only_with_values_of_its_kind() -> None:
    table = rows("document,body,label", "{row},some text {row},{even}")
    assert read(table).table.reading.columns["text"] == "body"
    table = rows("text,set,label", "text {row},set {row},{even}")
    assert "split" not in read(table).table.reading.columns


def test_the_only_column_of_texts() -> None:
    found = read(rows("id,words,target", "a{row},some text {row},{even}"))
    assert found.table.reading.columns["text"] == "words"


@pytest.mark.parametrize("other", ["http://a.b/{row}.png", "photo-{row}.png"])
@pytest.mark.parametrize("name", ["image", "url", "file_name"])
def test_a_text_beside_the_name_of_an_image_stays_a_text(name: str, other: str) -> None:
    found = read(rows(f"text,{name},label", f"text {{row}},{other},{{even}}"))
    assert found.table.modality == "text"
    assert found.contents[0] == "text 0"


def test_images_that_are_there_make_a_table_of_images() -> None:
    table = rows("file_name,text,label", "a\\{row}.png,text {row},{even}")
    found = read(table, load=lambda name: name.encode())
    assert found.table.modality == "image"
    assert found.contents[3]() == b"a/3.png"
    assert read(table, load=lambda name: name.encode(), text_column="text").table.modality == "text"


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:\\a.png", "a/../../b.png"])
def test_image_files_lie_below_the_table(name: str) -> None:
    found = read("image,label\n" + f"{name},pos\n" * 5, load=lambda name: b"")
    with pytest.raises(ValueError, match="does not lie below"):
        found.contents[0]()


def test_images_in_cells() -> None:
    labels = [row % 2 for row in range(20)]
    structs = [{"bytes": IMAGE, "path": None} for _ in labels]
    coded = base64.b64encode(IMAGE).decode()
    tables = {
        "bytes.parquet": parquet(image=[IMAGE] * 20, label=labels),
        "structs.parquet": parquet(img=structs, label=labels),
        "x.jsonl": "".join(json.dumps({"image": {"bytes": coded, "path": "a.png"}, "label": 1}) + "\n" for _ in labels),
        "x.csv": "image,label\n" + f"{coded},1\n" * 20,
        "address.csv": "image,label\n" + f'"data:image/png;base64,{coded}",1\n' * 20,
    }
    for name, table in tables.items():
        found = read(table, name)
        assert found.table.modality == "image"
        assert {read() for read in found.contents} == {IMAGE}, name


def test_a_row_without_an_image() -> None:
    found = read(parquet(image=[*[IMAGE] * 19, None], label=[row % 2 for row in range(20)]), "x.parquet")
    assert found.kinds == {"x.parquet:20": "content"}
    assert len(found.contents) == len(found.labels) == 19


@pytest.mark.parametrize("header", ["question,sentence,label", "left,right,label"])
def test_several_texts_are_a_question(header: str) -> None:
    table = rows(header, "text {row},other {row},{even}")
    second = header.split(",")[1]
    with pytest.raises(InputError, match=r"2 columns of text .*--text-column"):
        read(table)
    assert read(table, text_column=second).contents[1] == "other 1"


def test_several_labels_by_name_are_a_question() -> None:
    with pytest.raises(InputError, match=r"may be the label .class, target.*--label-column"):
        read(rows("text,class,target", "text {row},{even},{third}"))


def test_texts_of_several_columns() -> None:
    table = rows("title,body,stars,label", "T{row},text {row},{third},{even}")
    assert read(table, text_column="title,body").contents[2] == "T2\ntext 2"
    found = read(table, text_column="{title} ({stars}): {body}!")
    assert found.contents[2] == "T2 (2): text 2!"
    assert found.table.reading.columns["text"] == "{title} ({stars}): {body}!"
    numbers = parquet(title=["a", None, None], stars=[1, 2, None], label=[0, 1, 0])
    found = read(numbers, "x.parquet", text_column="{title} {stars}")
    assert found.contents == ["a 1", " 2"]
    assert found.kinds == {"x.parquet:3": "content"}


@pytest.mark.parametrize("text", ["titel", "title,bdy", "{title} {bodi}", "{", "no column at all {}"])
def test_a_column_that_is_not_there(text: str) -> None:
    with pytest.raises(InputError, match=r"no column|cannot be read"):
        read(rows("title,body,label", "T{row},text {row},{even}"), text_column=text)
    with pytest.raises(InputError, match="give --label-column 'label'"):
        read("text,label\n" + lines(), label_column="lable")


def test_a_table_without_a_label() -> None:
    with pytest.raises(InputError, match=r"no label column .its columns: text, mark.*--label-column 'mark'"):
        read(rows("text,mark", "text {row},{even}"))


def test_columns_without_names_are_told_by_their_values() -> None:
    found = read("".join(f"{row},{row % 2},a text {row}\n" for row in range(30)), header="none")
    assert found.table.reading.columns == {"text": "3", "label": "2"}


def test_constants_are_columns() -> None:
    found = read("text\n" + "".join(f"text {row}\n" for row in range(9)), constants={"label": "cat", "split": "test"})
    assert (set(found.labels), set(found.splits)) == ({"cat"}, {"test"})


def test_groups_times_and_weights() -> None:
    header = "text,label,user,day,w"
    table = rows(header, "text {row},{even},u{third},2024-01-0{third}T00:00:00,{third}")
    found = read(table.replace("01-00", "01-03"), group_column="user", time_column="day", weight_column="w")
    assert found.kinds == {f"x.csv:{row}": "value" for row in range(2, 32, 3)}
    assert set(found.groups) == {"u1", "u2"}
    assert set(found.weights) == {1.0, 2.0}
    assert set(found.times) == {1704067200000000, 1704153600000000}
    assert set(found.table.reading.columns) == {"text", "label", "group", "time", "weight"}


@pytest.mark.parametrize(
    "times",
    [
        pa.array([1, 2, 3, None], pa.timestamp("ns")),
        pa.array([1, 2, 3, 2**52], pa.timestamp("s")),
        pa.array([1, 2, 3, None], pa.date32()),
        pa.array([1.5, 2.5, 3.5, float("nan")]),
        pa.array(["2024-01-01", "2024-01-02 10:00", "2024-01-02T12:00:00+01:00", "soon"]),
        pa.array(["1", "2.5", "30", ""]),
    ],
)
def test_times_of_every_kind_ascend(times: pa.Array) -> None:
    table = parquet(text=list("abcd"), label=[0, 1, 0, 1], when=times)
    found = read(table, "x.parquet", time_column="when")
    assert found.times == sorted(found.times)
    assert found.kinds == {"x.parquet:4": "value"}


def test_a_column_that_is_not_needed_may_be_broken() -> None:
    broken = pa.StringArray.from_buffers(4, pa.py_buffer(b"\0\0\0\0" + bytes([1, 0, 0, 0] * 4)), pa.py_buffer(b"\xff"))
    table = parquet(text=list("abcd"), label=[0, 1, 0, 1], note=broken)
    assert read(table, "x.parquet").contents == list("abcd")
    far = pa.array([2**50] * 4, pa.timestamp("ms"))
    assert read(parquet(text=list("abcd"), label=[0, 1, 0, 1], far=far), "x.parquet").contents == list("abcd")


def test_names_of_files_are_not_taken_for_texts() -> None:
    with pytest.raises(InputError, match="no columns of text"):
        read(rows("filename,label", "img_{row},{even}"))
    assert read(rows("filename,label", "img_{row},{even}"), text_column="filename").contents[0] == "img_0"


def test_one_column_cannot_be_both() -> None:
    with pytest.raises(InputError, match="both text and label"):
        read("text,label\n" + lines(), text_column="label", label_column="label")


def test_columns_that_pandas_numbers() -> None:
    found = read(rows("0,1", "text {row},{even}"))
    assert found.table.reading.columns == {"text": "0", "label": "1"}
    assert len(found.contents) == 30
