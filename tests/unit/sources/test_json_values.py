"""JSON is read by the line, or as one document where it is one; what is wrong in lines costs a line."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from stream.sources import json_values
from stream.sources.json_values import values
from stream.sources.reading import Unreadable

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


def test_a_document_that_is_too_large_is_read_by_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "MOST_BYTES", 20)
    text = json.dumps(LEADS, indent=2)
    assert [data.decode() for _, data in read(text)] == text.split("\n")
