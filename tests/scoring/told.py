"""What a format tells of the calls of a floor: the last word on each, by the id of the call."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stream.sources.formats import FORMATS
from stream.sources.reading import Read, Unreadable
from tests.read_source import settings_of

if TYPE_CHECKING:
    from pathlib import Path

Event = dict[str, Any]

# The files of a floor, and what reads each.
FILES: Final = {
    "ami": ("ami.txt.gz", "asterisk-ami"),
    "cel": ("cel.csv", "asterisk-cel"),
    "cdr": ("cdr.csv", "asterisk-cdr"),
    "cdr-custom": ("cdr-custom.csv", "asterisk-cdr"),
    "queue_log": ("queue_log", "asterisk-queue-log"),
}


@dataclass(slots=True)
class Told:
    """Calls and stays in queues, each once; `refused` are why lines were, `remarks` what the source says of itself."""

    calls: list[Event] = field(default_factory=list)
    stays: list[Event] = field(default_factory=list)
    answers: list[Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def told_by(floor: Path, form: str, setup: dict[str, Any]) -> Told:
    """Return what the file of a format tells under the settings of a set-up."""
    name, reads = FILES[form]
    data = (floor / name).read_bytes()
    data = gzip.decompress(data) if name.endswith(".gz") else data
    source = FORMATS[reads].make(settings_of(**setup))
    latest: dict[tuple[str, str, str], Event] = {}
    told = Told()
    for item in source.read(io.BytesIO(data)):
        if isinstance(item, Unreadable):
            told.refused.append(f"line {item.line}: {item.refused.message}")
        elif isinstance(item, Read) and not isinstance(item.event, bytes):
            event = dict(item.event)
            # Of several events of one kind and call the latest stands.
            key = (
                event["type"],
                str(event.get("call")),
                str(event.get("queue") if event["type"] == "queue.left" else ""),
            )
            if key not in latest or event["at"] >= latest[key]["at"]:
                latest[key] = event
    told.calls = [event for event in latest.values() if event["type"] == "call.ended"]
    told.stays = [event for event in latest.values() if event["type"] == "queue.left"]
    told.answers = [event for event in latest.values() if event["type"] == "call.answered"]
    told.remarks = list(source.remarks)
    return told
