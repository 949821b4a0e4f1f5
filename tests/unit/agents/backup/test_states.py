"""The states of a back-up: as of one moment, read on from the run before, and read anew where that would not be all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from agents.backup import states
from agents.backup.states import WHOLE_AGAIN_MS, States, StatesReader
from agents.engine.reserved_records import POSITION_KEY, STATE_ID_KEY, position_value, state_id_value
from stream.backup.manifest import Manifest, TopicLog
from stream.backup.segments import Kept, read_segment
from stream.journeys.partition_state import Group
from stream.kafka.topics import Topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping
    from pathlib import Path

    from agents.backup.reader import Place, Reader, Span

NOW = 1_767_800_000_000
A, B = ("a", 0), ("b", 0)
GROUP = Group("events", ("e",), ("first", "second"), 1, lambda _number: cast("Any", None))
CHANGELOGS = {"first": Topic("a", 1, "of its source", {}), "second": Topic("b", 1, "of its source", {})}


class Logs:
    """Two changelogs in memory, in which a transaction may be open, or come between two looks."""

    def __init__(self, state_id: str = "one") -> None:
        self.records: dict[Place, list[Kept]] = {A: [], B: []}
        self.state_id = state_id
        self.looks: list[bool] = []
        self.read_records = 0
        self.put(A, STATE_ID_KEY, state_id_value(state_id))
        self.put(B, STATE_ID_KEY, state_id_value(state_id))

    def put(self, place: Place, key: bytes, value: bytes) -> None:
        self.records[place].append(Kept(len(self.records[place]), NOW, key, value))

    def transaction(self, number: int) -> None:
        """Write one, of two tables and the position."""
        self.put(A, b"journey", b"%d" % number)
        self.put(A, POSITION_KEY, position_value(self.state_id, {"e": number}))
        self.put(B, b"slice", b"%d" % number)

    async def begins(self, places: Iterable[Place]) -> dict[Place, int]:
        return dict.fromkeys(places, 0)

    async def committed_ends(self, places: Iterable[Place]) -> dict[Place, int]:
        return {place: len(self.records[place]) for place in places}

    async def quiet_ends(self, places: Iterable[Place]) -> dict[Place, int]:
        ends = await self.committed_ends(places)
        if self.looks and not self.looks.pop(0):
            del ends[B]
            self.transaction(len(self.records[A]))
        return ends

    async def read(self, spans: Mapping[Place, Span]) -> AsyncGenerator[tuple[Place, list[Kept]]]:
        for place, (first, end) in spans.items():
            self.read_records += max(0, end - first)
            yield place, self.records[place][first:end]


async def run(logs: Logs, folder: Path, before: Manifest | None = None, now_ms: int = NOW) -> Manifest:
    reader = StatesReader(cast("Reader", logs), folder, before, lambda _: None)
    found = await reader.read([GROUP], CHANGELOGS, now_ms)
    return as_manifest(found)


def as_manifest(found: States) -> Manifest:
    topics = {place[0]: TopicLog([log]) for place, log in found.logs.items()}
    return Manifest("f", "00", NOW, topics=topics, cuts=found.cuts)


def latest(folder: Path, manifest: Manifest) -> dict[bytes | None, bytes | None]:
    return {
        record.key: record.value
        for name in ("a", "b")
        for segment in manifest.topics[name].partitions[0].segments
        for record in read_segment(folder, segment)
    }


def is_of_one_moment(folder: Path, manifest: Manifest) -> int:
    """Return how far that state had come; its tables are as of then."""
    (cut,) = manifest.cuts
    values = latest(folder, manifest)
    assert values[b"journey"] == values[b"slice"] == b"%d" % cut.next["e"]
    assert values[POSITION_KEY] == position_value(cut.state_id, cut.next)
    return cut.next["e"]


async def test_a_state_is_looked_at_until_no_transaction_is_open(tmp_path: Path) -> None:
    logs = Logs()
    logs.transaction(1)
    logs.looks = [False, False, False, True]
    found = await run(logs, tmp_path)
    assert is_of_one_moment(tmp_path, found) > 1
    assert (logs.looks, found.cuts[0].state_id) == ([], "one")


async def test_the_next_run_reads_only_what_is_new(tmp_path: Path) -> None:
    logs = Logs()
    for number in range(50):
        logs.transaction(number)
    before = await run(logs, tmp_path)
    logs.transaction(50)
    logs.read_records = 0
    after = await run(logs, tmp_path, before, NOW + 1)
    assert (logs.read_records, is_of_one_moment(tmp_path, after), after.cuts[0].since) == (3, 50, NOW)
    logs.read_records = 0
    assert is_of_one_moment(tmp_path, await run(logs, tmp_path, after)) == 50
    assert logs.read_records == 0


async def test_once_in_a_while_all_is_read_again(tmp_path: Path) -> None:
    logs = Logs()
    logs.transaction(1)
    before = await run(logs, tmp_path)
    logs.transaction(2)
    logs.read_records = 0
    after = await run(logs, tmp_path, before, NOW + WHOLE_AGAIN_MS)
    assert (logs.read_records, after.cuts[0].since) == (8, NOW + WHOLE_AGAIN_MS)
    assert is_of_one_moment(tmp_path, after) == 2


@pytest.mark.parametrize("transactions", [1, 9])
async def test_of_tables_that_were_made_anew_nothing_of_before_stays(tmp_path: Path, transactions: int) -> None:
    logs = Logs()
    for number in range(4):
        logs.transaction(number)
    logs.put(A, b"gone", b"x")
    before = await run(logs, tmp_path)
    anew = Logs("two")
    for number in range(transactions):
        anew.transaction(number)
    after = await run(anew, tmp_path, before)
    assert after.cuts[0].state_id == "two"
    assert is_of_one_moment(tmp_path, after) == transactions - 1
    assert b"gone" not in latest(tmp_path, after)


async def test_where_no_moment_is_found_the_state_of_the_run_before_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = Logs()
    logs.transaction(1)
    before = await run(logs, tmp_path)
    logs.transaction(2)
    monkeypatch.setattr(states, "_QUIET_WITHIN_S", 0.0)
    logs.looks = [False] * 9
    reader = StatesReader(cast("Reader", logs), tmp_path, before, lambda _: None)
    found = await reader.read([GROUP], CHANGELOGS, NOW)
    assert found.of_before == 1
    assert is_of_one_moment(tmp_path, as_manifest(found)) == 1
    fresh = StatesReader(cast("Reader", logs), tmp_path, None, lambda _: None)
    logs.looks = [False] * 9
    assert (await fresh.read([GROUP], CHANGELOGS, NOW)).cuts == []


async def test_nothing_folded_or_a_table_deleted_is_no_state(tmp_path: Path) -> None:
    logs = Logs()
    assert (await run(logs, tmp_path)).cuts == []
    logs.transaction(1)
    logs.records[B] = []
    assert (await run(logs, tmp_path)).cuts == []
