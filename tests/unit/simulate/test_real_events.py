"""An event is real unless its source says that it was simulated; what is no event is not."""

from __future__ import annotations

import pytest

from stream.clock import FixedClock
from stream.simulate.real_events import is_real
from tests.floor_in_memory import FloorInMemory

NOW = 1_767_800_000_000
REQUEST = {"id": "1", "type": "lead.requested", "at": NOW, "lead": "L", "campaign": "c"}


@pytest.mark.parametrize("source", [None, "our-crm", "simulated"])
def test_an_admitted_event_still_says_what_its_source_was(source: str | None) -> None:
    floor = FloorInMemory(clock=FixedClock(NOW))
    floor.append(REQUEST | ({"source": source} if source else {}))
    (record,) = [record for log in floor.logs.values() for record in log]
    assert is_real(record.value) is (source != "simulated")


@pytest.mark.parametrize("value", [None, b"", b"{}", b"junk", b'{"id":"1"}', b"[" * 100_000])
def test_what_is_no_event_is_not_real(value: bytes | None) -> None:
    assert not is_real(value)
