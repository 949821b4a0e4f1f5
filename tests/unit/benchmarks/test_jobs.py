"""The benchmarks fold correctly and send valid events: else their figures would mean nothing."""

from __future__ import annotations

import itertools
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from benchmarks import latency, resources
from benchmarks.peers.job_settings import add, new_cell
from benchmarks.simple.events import (
    BOUNDS,
    PARTITIONS,
    WINDOW_MS,
    Totals,
    differences,
    make,
    totals,
)
from benchmarks.simple.hopping import HoppingState
from benchmarks.simple.state import TABLES, SimpleState
from benchmarks.simple.tables import flat, new_state, read_tables
from benchmarks.simple.totals_file import read_totals, write_totals
from benchmarks.whole.floor import Size, floor_records
from stream.clock import SystemClock
from stream.events.reading import read_event
from stream.events.types import CallEnded
from stream.settings.model import Settings

if TYPE_CHECKING:
    from benchmarks.simple.events import Made

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
JAVA = Path(latency.__file__).with_name("peers") / "KafkaStreamsJob.java"


class Record:
    def __init__(self, partition: int, value: bytes | None) -> None:
        self.partition = partition
        self.offset = 0
        self.timestamp = 0
        self.key: bytes | None = None
        self.value = value


def folded(made: list[Made], size_ms: int, hop_ms: int | None = None, batch: int = 700) -> dict[str, Totals]:
    """Fold as the worker does, partition by partition, each state restored from its changelog half-way."""
    hop = hop_ms or size_ms
    states = []
    for partition in range(PARTITIONS):
        records = [Record(partition, one.value) for one in made if one.partition == partition]
        state = new_state(size_ms, hop)
        log: dict[str, list[tuple[bytes, bytes | None]]] = {table: [] for table in TABLES}
        for first in range(0, len(records), batch):
            staged = state.fold("events", records[first : first + batch])
            for table, changes in staged.changes.items():
                log[table].extend(changes.items())
            state.apply(staged)
            state = new_state(size_ms, hop)
            for table, changed in log.items():
                state.restore(table, changed)
            state.ready()
        states.append(state)
    return flat(read_tables(states))


@pytest.fixture(scope="module")
def made() -> list[Made]:
    return list(make(5000, seed=3))


def test_the_simple_jobs_fold_gives_the_totals_of_a_plain_pass(made: list[Made]) -> None:
    right = totals(one.value for one in made)
    assert differences(folded(made, WINDOW_MS), right) == 0
    assert sum(cell[0] for cell in right["reps"].values()) == len(made)


def test_a_difference_in_one_cell_is_seen(made: list[Made]) -> None:
    right = totals(one.value for one in made)
    wrong = folded(made, WINDOW_MS)
    next(iter(wrong["reps"].values()))[2] += 1
    wrong["campaigns"]["nobody", 0] = new_cell()
    assert differences(wrong, right) == 2


@pytest.mark.parametrize(("hop_ms", "batch"), [(MINUTE_MS, 700), (20 * MINUTE_MS, 5000), (HOUR_MS // 2, 700)])
def test_windows_that_hop_are_those_of_a_plain_pass(made: list[Made], hop_ms: int, batch: int) -> None:
    found = folded(made, HOUR_MS, hop_ms, batch)
    assert differences(found, totals((one.value for one in made), HOUR_MS, hop_ms)) == 0


def test_an_empty_window_is_left_out(made: list[Made]) -> None:
    apart = [one for number, one in enumerate(made) if number % 1250 < 2]  # some hours and a half lie between
    found = folded(apart, HOUR_MS, MINUTE_MS)
    assert differences(found, totals((one.value for one in apart), HOUR_MS, MINUTE_MS)) == 0
    assert 0 < len(found["campaigns"]) < len(folded(made, HOUR_MS, MINUTE_MS)["campaigns"])
    assert folded([], HOUR_MS, MINUTE_MS) == {"campaigns": {}, "reps": {}}


def test_the_slices_of_an_owner_in_one_window_are_one_record(made: list[Made]) -> None:
    records = [Record(0, one.value) for one in made]
    changes = HoppingState(HOUR_MS, MINUTE_MS).fold("events", records).changes
    assert {table: set(cells) for table, cells in changes.items()} == {
        table: set(cells) for table, cells in SimpleState(HOUR_MS).fold("events", records).changes.items()
    }


def test_what_cannot_be_read_is_counted_and_stops_nothing(made: list[Made]) -> None:
    state = SimpleState(WINDOW_MS)
    values: list[bytes | None] = [made[0].value, b"{", None, b'{"at": 1}', made[1].value]
    state.apply(state.fold("events", [Record(0, value) for value in values]))
    assert state.unread == 3
    assert sum(cell[0] for cell in state.tables["campaigns"].values()) == 2


def test_a_cell_of_the_peers_counts_as_the_plain_pass_does() -> None:
    cell = add(add(new_cell(), "human", 30, 60), "unknown", 45, 61)
    assert cell[:5] == [2, 1, 75, 1, 1]


def test_totals_come_back_from_their_file(made: list[Made], tmp_path: Path) -> None:
    right = totals(one.value for one in made)
    write_totals(tmp_path / "totals.json", right)
    assert read_totals(tmp_path / "totals.json") == right


def test_the_job_in_java_has_the_same_bounds() -> None:
    found = re.search(r"BOUNDS = \{([\d, ]+)\}", JAVA.read_text())
    assert found
    assert tuple(int(one) for one in found[1].split(",")) == BOUNDS


def test_the_load_of_the_latency_bench_is_of_events_that_the_worker_takes() -> None:
    now = time.time_ns() // 1_000_000
    kinds = set()
    for key, fields in itertools.islice(latency.events(), 500):
        event = read_event(latency.stamped(fields), received_ms=now, ahead_ms=HOUR_MS)
        assert event.key().encode() == key
        kinds.add(type(event).__name__)
    assert len(kinds) == 4


def test_the_leads_that_are_held_are_requested_and_called() -> None:
    now = time.time_ns() // 1_000_000
    records = list(resources.leads(30, now, 7))
    events = [read_event(value, received_ms=now, ahead_ms=HOUR_MS) for _, _, value in records]
    assert [event.key().encode() for event in events] == [key for _, key, _ in records]
    assert sum(isinstance(event, CallEnded) for event in events) == 30


def test_the_whole_job_is_of_events_of_leads_calls_and_customers_that_lie_behind_now() -> None:
    settings = Settings(pseudonym_key=SecretStr("a key of the benches, and of nothing else"))
    records = floor_records(settings, Size(days=8, reps=3, campaigns=2, leads_per_day=20.0))
    now = SystemClock().now_ms()
    assert {"lead.requested", "call.ended", "call.started"} <= {one.kind for one in records}
    for one in records:
        event = read_event(one.value, received_ms=now, ahead_ms=0)
        assert event.key().encode() == one.key
