"""Objects of JSON that stand one after the other, on a line each or on many, are read in one pass over the file."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.sources.freeswitch import cdr_json
from stream.sources.reading import Unreadable

RECORDS = [
    {"core-uuid": "a", "variables": {"note": 'braces } ] { in "quotes", and a \\', "list": [1, [2, {"deep": []}]]}},
    {"variables": {"é": "…"}, "app_log": {}},
    {},
]
LINES = [
    *("{", "}", "[", "]", "},{", '"', "\\", '{"a": "', '"b": "}",', '"c": "\\"}"', '"d": {', "1", "tru", "", " ", ","),
    *(json.dumps(record) for record in RECORDS),
    *(json.dumps(record)[:-4] for record in RECORDS[:2]),
    *(json.dumps(record, indent=1) for record in RECORDS),
    json.dumps(RECORDS, indent=2),
    "".join(json.dumps(record) for record in RECORDS),
    "{" + json.dumps(RECORDS[0]) + "}",
]


def read(data: bytes) -> list[tuple[Any, ...]]:
    """Return each object with its bytes, and each refusal with its reason and bytes."""
    return [
        (item.refused.reason, item.data) if isinstance(item, Unreadable) else item[1:]
        for item in cdr_json.records(io.BytesIO(data))
    ]


def read_again_at_each_line(data: bytes) -> list[tuple[Any, ...]]:
    """Return the same in the plain way: at each line, try to decode all that is not an object yet."""
    found: list[tuple[Any, ...]] = []
    text = ""
    for line in data.decode().removesuffix("\n").split("\n"):
        if text and line.startswith('{"core-uuid"'):
            found.append(("malformed_json", text.encode()))
            text = ""
        text = f"{text}\n{line}" if text else line
        while text := text.lstrip("[], \r\n\t"):
            try:
                value, end = json.JSONDecoder().raw_decode(text)
            except ValueError:
                break
            found.append((text[:end].encode(), value))
            text = text[end:]
    return [*found, ("malformed_json", text.encode())] if text else found


@given(st.lists(st.sampled_from(LINES)).map("\n".join))
def test_whatever_lines_a_file_has_its_objects_are_those_that_decoding_again_at_each_line_finds(text: str) -> None:
    assert read(text.encode()) == read_again_at_each_line(text.encode())


@pytest.mark.parametrize("form", [{}, {"indent": 1}, {"indent": None, "separators": (",\n", ":\n")}])
def test_objects_are_read_whole_on_whatever_lines_and_each_has_the_line_that_it_begins_on(form: Any) -> None:
    texts = [json.dumps(record, **form) for record in RECORDS]
    data = ",".join(texts).encode()
    items = [item for item in cdr_json.records(io.BytesIO(data)) if not isinstance(item, Unreadable)]
    assert [value for _, _, value in items] == RECORDS
    assert [raw.decode() for _, raw, _ in items] == texts
    lines = [1 + sum(text.count("\n") for text in texts[:place]) for place in range(len(texts))]
    assert [line for line, _, _ in items] == lines


class CountingDecoder(json.JSONDecoder):
    """Counts how often it decodes, and the characters that it may look at in doing so."""

    def __init__(self) -> None:
        super().__init__()
        self.attempts = self.characters = 0

    def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
        self.attempts += 1
        try:
            value, end = super().raw_decode(s, idx)
        except ValueError:
            self.characters += len(s) - idx
            raise
        self.characters += end - idx
        return value, end


@pytest.mark.parametrize(
    "text",
    [
        '{"core-uuid": "a",\n' + '"a": 1,\n' * 5000,
        '{"core-uuid": "a",\n' + '"a": "}",\n' * 5000 + '"b": 1}\n',
        '{"a": [\n' + "{},\n" * 5000 + "{}]}\n",
        "garbage\n" + "}\n" * 5000,
        '{"a": nothing}\n' + "{}\n" * 5000,
        '{"core-uuid"\n' * 5000,
    ],
    ids=["never ends", "ends late", "many in one", "none begins", "one is wrong", "each is cut"],
)
def test_no_byte_is_decoded_more_than_twice(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = CountingDecoder()
    monkeypatch.setattr(cdr_json, "_DECODER", decoder)
    assert list(cdr_json.records(io.BytesIO(text.encode())))
    assert 0 < decoder.characters <= 2 * len(text)
    assert decoder.attempts <= 2 * text.count("\n") + 2


def test_a_record_that_never_ends_is_refused_once_it_is_larger_than_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdr_json, "_LARGEST", 100)
    text = '{"a": [\n' + "1,\n" * 50 + json.dumps(RECORDS[1])
    cut, *_, whole = read(text.encode())
    assert cut == ("malformed_json", text.encode()[:100])
    assert whole[-1] == RECORDS[1]
