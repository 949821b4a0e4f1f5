"""What the benches of mappings send becomes a call each: else their figures would be of something else."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from benchmarks.mappings.calls import MAPPING, OF_A_DIALLER, posted, write_csv
from stream.events.reading import read_mapping
from stream.mapping.loading import mapping_of
from stream.sources.mapped import Mapped
from stream.sources.reading import Read

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_800_000_000_000


def test_each_post_is_a_call_of_its_own() -> None:
    mapping = mapping_of(tomllib.loads(MAPPING))
    events = [event for number in range(24) for event in mapping.events_of(posted(number))]
    for event in events:
        read_mapping(event, received_ms=NOW_MS, ahead_ms=0)
    assert len({event["id"] for event in events}) == 24
    assert events[1]["talk_s"] == 63.0
    assert {event["team"] for event in events} == {f"team-{n}" for n in range(4)}


def test_each_row_is_a_call_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    write_csv(path, 500)
    with path.open("rb") as file:
        told = [
            one.event for one in Mapped(mapping_of(tomllib.loads(OF_A_DIALLER))).read(file) if isinstance(one, Read)
        ]
    for event in told:
        assert not isinstance(event, bytes)
        read_mapping(event, received_ms=NOW_MS, ahead_ms=0)
    assert len(told) == 500
