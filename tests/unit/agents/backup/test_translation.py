"""Where records lie after a restore, and what that changes in those that name a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from agents.backup.translation import Offsets, rejected_again
from stream.backup.appending import Appender
from stream.backup.manifest import Manifest, PartitionLog, TopicLog
from stream.backup.segments import MOST_RECORDS, Kept
from stream.intake.rejected import Rejected, SentAgain, encoded, read_rejected

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = "f.events.v1"


def offsets(folder: Path, kept: list[int], end: int) -> Offsets:
    appender = Appender(folder, (EVENTS, 0), PartitionLog())
    appender.add(Kept(one, 1, b"k", b"{}") for one in kept)
    return Offsets(folder, Manifest("f", "00", 1, topics={EVENTS: TopicLog([appender.finish(end)])}))


def test_an_offset_becomes_the_number_of_records_before_it(tmp_path: Path) -> None:
    kept = [one for one in range(100, 100 + 2 * MOST_RECORDS) if one % 7]  # markers of transactions lie between
    where = offsets(tmp_path, kept, 100 + 2 * MOST_RECORDS)
    for old in (0, 99, 100, 105, 106, 4711, 20_000, 100 + 2 * MOST_RECORDS):
        assert where.new(EVENTS, 0, old) == sum(one < old for one in kept), old
    assert where.new("f.another.v1", 0, 5) == 0


def rejected(offset: int | None, topic: str | None = EVENTS) -> Rejected:
    return Rejected(
        reason="missing", message="m", source="s", at=1, size=1, digest=f"{offset}", encoding="utf-8", data="{",
        topic=topic, partition=None if topic is None else 0, offset=offset,
    )  # fmt: skip


def again(folder: Path, contents: list[Any], folded: int | None) -> list[Any]:
    records = [
        Kept(10 + 2 * number, 1, None, one if isinstance(one, bytes) else encoded(one))
        for number, one in enumerate(contents)
    ]
    where = offsets(folder, [3, 5, 8, 9], 12)
    found = rejected_again(records, where, {} if folded is None else {(EVENTS, 0): folded})
    return [read_rejected(one.value or b"") or one.value for one in found]


def test_a_rejected_record_names_the_place_of_now_and_so_does_that_it_was_sent_again(tmp_path: Path) -> None:
    of_a_file = rejected(17, None)
    contents = [
        rejected(5),
        of_a_file,
        b"?",
        rejected(8),
        SentAgain(sent_again=16, at=7),
        SentAgain(sent_again=2, at=7),
    ]
    moved = [msgspec.structs.replace(rejected(old), offset=new) for old, new in ((5, 1), (8, 2))]
    assert again(tmp_path, contents, 12) == [moved[0], of_a_file, b"?", moved[1], SentAgain(sent_again=3, at=7)]


def test_what_the_workers_will_refuse_again_is_left_out(tmp_path: Path) -> None:
    contents = [rejected(5), rejected(8), SentAgain(sent_again=12, at=7), rejected(3), SentAgain(sent_again=16, at=7)]
    found = again(tmp_path, contents, 8)
    assert [one.offset for one in found[:2]] == [1, 0]
    assert found[2:] == [SentAgain(sent_again=1, at=7)]


def test_of_what_no_state_is_restored_places_stay_as_they_were(tmp_path: Path) -> None:
    assert again(tmp_path, [rejected(5)], None) == [rejected(5)]
