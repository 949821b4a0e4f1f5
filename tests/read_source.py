"""Reads bytes by a format of files, as a replay does, and returns what came of them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from stream.configuration import load_settings
from stream.sources.formats import FORMATS
from stream.sources.reading import Read, Unreadable

if TYPE_CHECKING:
    from stream.settings.model import Settings
    from stream.sources.reading import Source

Event = dict[str, Any]


class FileRead(NamedTuple):
    """The events of a file with their lines, the lines that were refused, and the reader afterwards."""

    events: list[Event]
    lines: list[int]
    refused: list[Unreadable]
    source: Source

    def of_type(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["type"] == kind]

    def call(self) -> Event:
        """Return the only call."""
        (event,) = self.of_type("call.ended")
        return event

    def calls(self) -> dict[str, Event]:
        """Return the calls by their id; each is there once."""
        calls = self.of_type("call.ended")
        assert len({call["call"] for call in calls}) == len(calls)
        return {call["call"]: call for call in calls}


def settings_of(**settings: Any) -> Settings:
    return load_settings(**{"pseudonym_key": "a key of the tests, and of nothing else", **settings})


def read_bytes(form: str, data: bytes | str, **settings: Any) -> FileRead:
    source = FORMATS[form].make(settings_of(**settings))
    items = list(source.read(io.BytesIO(data.encode() if isinstance(data, str) else data)))
    read = [item for item in items if isinstance(item, Read)]
    events = [dict(item.event) for item in read if not isinstance(item.event, bytes)]
    assert len(events) == len(read)
    return FileRead(
        events, [item.line for item in read], [item for item in items if isinstance(item, Unreadable)], source
    )
