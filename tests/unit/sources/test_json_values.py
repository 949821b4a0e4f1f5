"""JSON is read by the line, or as one document where it is one; what is wrong in lines costs a line."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from stream.sources import json_stream, json_values
from stream.sources.json_values import values
from stream.sources.reading import Unreadable, WrongFileError

if TYPE_CHECKING:
    from stream.sources.reading import Unreadable as Refusal

LEADS = [{"id": "1", "in": {"a": [1, "]"]}}, {"id": "2"}, {"id": "3"}]


def read(text: str) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes] | Refusal] = list(values(io.BytesIO(text.encode())))
    return [one for one in found if not isinstance(one, Unreadable)]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("\n".join(map(json.dumps, LEADS)), [1, 2, 3]),
        ("\n\n".join(map(json.dumps, LEADS)) + "\n", [1, 3, 5]),
        (json.dumps(LEADS), [1, 1, 1]),
        ("\ufeff" + json.dumps(LEADS, indent=2), [2, 11, 14]),
        ("\n" + "\n".join(json.dumps(one, indent=2) for one in LEADS), [2, 11, 14]),
        ("[\n" + ",\n".join(map(json.dumps, LEADS)) + "\n]\n", [2, 3, 4]),
    ],
)
def test_lines_a_list_and_indented_objects_say_the_same(text: str, at: list[int]) -> None:
    found = read(text)
    assert [json.loads(data) for _, data in found] == LEADS
    assert [line for line, _ in found] == at


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1\n{"id": 2}\n',
        "[1, 2\n{}\n",
        "[]]\n{}",
        '{"a": \n"b"}}\n',
        "[" * 100_000 + "\n{}",
        "x\n{\n}\n",
        "[1]\n[2]\n",
    ],
)
def test_what_is_no_document_is_read_by_the_line(text: str) -> None:
    assert [data.decode() for _, data in read(text)] == text.split("\n")[: len(read(text))]
    assert len(read(text)) == len(text.strip().split("\n"))


def test_an_empty_list_and_an_empty_file_have_no_values() -> None:
    assert read("[]\n") == read("") == read("\n \n") == []


def many(count: int, indent: int | None = 2) -> tuple[list[dict[str, object]], str]:
    records: list[dict[str, object]] = [{"id": n, "in": {"a": [1, "]}é"]}, "x": "y" * 40} for n in range(count)]
    return records, json.dumps(records, indent=indent, ensure_ascii=False)


@pytest.mark.parametrize("indent", [None, 2])
def test_a_large_document_is_read_value_by_value(indent: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "HELD_BYTES", 100)
    monkeypatch.setattr(json_stream, "_CHUNK", 64)
    records, text = many(200, indent)
    found = read(text)
    assert [json.loads(data) for _, data in found] == records
    assert [line for line, _ in found] == [1 if indent is None else 2 + 10 * n for n in range(200)]


def test_no_more_of_a_document_is_held_than_its_largest_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "HELD_BYTES", 100)
    monkeypatch.setattr(json_stream, "_CHUNK", 256)
    _, text = many(200)
    stream = json_stream.JsonStream(io.BytesIO(text.encode()), "", 1)
    assert max(len(stream.text) for _ in stream.values()) < 1000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1]\n[2]\n{}\n", [1, 2, {}]),
        ('{"a": \n1}\n{"b":\n2}\n', [{"a": 1}, {"b": 2}]),
        ("[\n1.25,\n-3\n]\n", [1.25, -3]),
    ],
)
def test_values_one_after_the_other_are_read_however_many(
    text: str, told: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "HELD_BYTES", 10)
    monkeypatch.setattr(json_stream, "_CHUNK", 3)
    assert [json.loads(data) for _, data in read(text * 20)] == told * 20


def test_a_large_file_whose_first_line_is_broken_is_read_by_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "HELD_BYTES", 10)
    text = "\n[broken, 1\n" + '{"a": 1}\n' * 20
    assert [line for line, _ in read(text)] == list(range(2, 23))


def test_a_large_document_that_breaks_costs_what_is_up_to_the_next_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "HELD_BYTES", 100)
    monkeypatch.setattr(json_stream, "_CHUNK", 64)
    records, text = many(50)
    broken = text.replace('"id": 20', '"id": "20')
    found = list(values(io.BytesIO(broken.encode())))
    good = [one for one in found if not isinstance(one, Unreadable)]
    (wrong,) = (one for one in found if isinstance(one, Unreadable))
    assert [json.loads(data)["id"] for _, data in good] == [n for n in range(50) if n != 20]
    told = "the JSON document is broken here, or cut off, and what stands up to the next record was not read; have"
    assert (wrong.line, wrong.refused.message) == (202, f"{told} it written anew")
    cut = list(values(io.BytesIO(json.dumps(records)[:-20].encode())))
    assert len(cut) == 50
    assert isinstance(cut[-1], Unreadable)
    assert "and the rest of it was not read" in cut[-1].refused.message


def test_one_value_beyond_all_bounds_ends_the_file_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "HELD_BYTES", 100)
    monkeypatch.setattr(json_stream, "_CHUNK", 64)
    monkeypatch.setattr(json_stream, "MOST_BYTES", 1000)
    text = json.dumps({"items": many(50)[0]}, indent=1)
    with pytest.raises(
        WrongFileError, match="line 1: a JSON value of more than 64 MiB; have the records written one a"
    ):
        read(text)
