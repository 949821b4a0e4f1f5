"""The same calls from several formats of one Asterisk at once count once, whichever they are."""

from __future__ import annotations

import random
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from tests.floor_in_memory import FloorInMemory
from tests.read_source import read_bytes
from tests.scoring.setup import SETUPS
from tests.scoring.told import FILES
from tests.shared_data import SHARED, Recording, recordings
from tests.unit.sources.asterisk.one_floor import CDR, CEL, MANAGER, QUEUE_LOG, SETUP
from tests.unit.sources.asterisk.recorded_totals import FLOOR

if TYPE_CHECKING:
    from collections.abc import Mapping

Event = dict[str, Any]

FORMATS = ("ami", "cel", "cdr", "queue_log")
COMBINATIONS = [some for size in (1, 2, 3, 4) for some in combinations(FORMATS, size)]
RICHER = Recording("outside", SHARED / "asterisk_recorded2")
SMALL = recordings(FLOOR)[0]
OURS: Mapping[str, bytes] = {"ami": MANAGER, "cel": CEL, "cdr": CDR, "queue_log": QUEUE_LOG}


@cache
def told(recorded: Recording | None, form: str) -> list[Event]:
    name, reads = FILES[form]
    if recorded is None:
        return read_bytes(reads, OURS[form], **SETUP).events
    setup = SETUPS["yes"] if recorded is RICHER else {}
    return read_bytes(reads, recorded.read_bytes(name.removesuffix(".gz")), **setup).events


def counted(recorded: Recording | None, forms: tuple[str, ...]) -> tuple[int, int]:
    """Return the attempts and the stays in queues, whichever of `forms` is read first."""
    events = [event for form in forms for event in told(recorded, form)]
    found = set()
    for order in (events, random.Random(len(forms)).sample(events, len(events))):
        floor = FloorInMemory(clock=FixedClock(max(event["at"] for event in events) + 1000)).feed(order)
        assert not floor.refused
        kpis = floor.kpis("7d")
        found.add((kpis["contact_rate"]["denominator"], kpis["abandon_rate"]["denominator"]))
    ((attempts, stays),) = found
    return attempts, stays


@pytest.mark.parametrize("forms", COMBINATIONS, ids="+".join)
def test_a_dialled_line_and_a_caller_handed_on_into_a_queue_count_once(forms: tuple[str, ...]) -> None:
    assert counted(None, forms) == (1, 2)


@pytest.mark.parametrize("forms", COMBINATIONS, ids="+".join)
def test_the_small_floor_counts_once(forms: tuple[str, ...]) -> None:
    assert counted(SMALL, forms) == (0 if forms == ("queue_log",) else 14, 9)


@pytest.mark.skipif(not RICHER.folder.exists(), reason="the recording is not there")
@pytest.mark.parametrize("forms", COMBINATIONS, ids="+".join)
def test_a_floor_of_every_scenario_counts_once(forms: tuple[str, ...]) -> None:
    assert counted(RICHER, forms) == (7 if forms == ("queue_log",) else 98, 63)
