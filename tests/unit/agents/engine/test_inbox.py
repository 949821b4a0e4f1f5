"""What the inbox of a partition yields when batches were dropped, read twice, or hold only markers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.engine.batch import READ_RECORDS, Batch
from agents.engine.counters import EngineCounters
from agents.engine.inbox import BATCH_RECORDS, Gap, Inbox, Portion


def batch(start: int, end: int, *, offsets: list[int] | None = None, moves: int = 0, topic: str = "t") -> Batch:
    found = range(start, end) if offsets is None else offsets
    records = [cast("Any", SimpleNamespace(offset=offset)) for offset in found]
    return Batch(topic, 0, start, end, moves, end, records)


def inbox(following: int = 0) -> Inbox:
    return Inbox(0, {"t": following}, EngineCounters())


def offsets_of(found: Portion | Gap | None) -> list[int]:
    assert isinstance(found, Portion)
    return [record.offset for record in found.records]


def taken(box: Inbox) -> list[int]:
    """Take a portion, and move on as a runner does after its commit."""
    found = box.take()
    numbers = offsets_of(found)
    assert isinstance(found, Portion)
    box.offsets[found.topic] = found.end
    return numbers


def test_batches_that_follow_each_other_are_taken_together() -> None:
    box = inbox()
    box.put(batch(0, 3))
    box.put(batch(3, 5))
    assert taken(box) == [0, 1, 2, 3, 4]
    assert box.take() is None


def test_what_was_applied_already_is_cut_off() -> None:
    box = inbox(following=4)
    box.put(batch(0, 3))
    box.put(batch(2, 6))
    assert taken(box) == [4, 5]


def test_markers_within_and_after_a_read_are_passed_in_silence() -> None:
    box = inbox()
    box.put(batch(0, 6, offsets=[1, 4]))
    box.put(batch(6, 7, offsets=[]))
    assert taken(box) == [1, 4]
    assert box.offsets == {"t": 7}
    assert box._counters.gaps_accepted == 0


def test_a_read_of_markers_only_moves_the_next_offset() -> None:
    box = inbox(following=6)
    box.put(batch(6, 7, offsets=[]))
    assert taken(box) == []
    assert box.offsets == {"t": 7}


def test_a_batch_that_begins_too_late_asks_to_read_again_from_the_next_offset() -> None:
    box = inbox(following=2)
    box.put(batch(5, 8))
    assert box.take() == Gap("t", 2)


def test_after_reading_again_nothing_is_missing_and_what_was_read_before_the_move_is_ignored() -> None:
    box = inbox(following=2)
    box.put(batch(5, 8))
    assert isinstance(box.take(), Gap)
    box.moved("t", 2, moves=1)
    box.put(batch(8, 9, moves=0))
    box.put(batch(2, 6, moves=1))
    assert taken(box) == [2, 3, 4, 5]
    box.put(batch(6, 9, moves=1))
    assert taken(box) == [6, 7, 8]
    assert box._counters.gaps_accepted == 0


def test_what_the_topic_no_longer_has_is_accepted_as_a_gap_and_counted_once() -> None:
    box = inbox(following=2)
    box.put(batch(5, 8))
    assert isinstance(box.take(), Gap)
    box.moved("t", 2, moves=1)
    box.put(batch(5, 8, moves=1))
    assert taken(box) == [5, 6, 7]
    assert box._counters.gaps_accepted == 1


def test_a_second_gap_is_looked_into_like_the_first() -> None:
    box = inbox(following=2)
    box.put(batch(5, 8))
    box.take()
    box.moved("t", 2, moves=1)
    box.put(batch(5, 8, moves=1))
    taken(box)
    box.put(batch(10, 12, moves=1))
    assert box.take() == Gap("t", 8)


def test_what_lies_before_a_gap_is_folded_first() -> None:
    box = inbox()
    box.put(batch(0, 2))
    box.put(batch(5, 6))
    assert taken(box) == [0, 1]
    assert box.take() == Gap("t", 2)


def test_topics_take_turns() -> None:
    box = Inbox(0, {"a": 0, "b": 0}, EngineCounters())
    for start in (0, BATCH_RECORDS):
        box.put(batch(start, start + BATCH_RECORDS, topic="a"))
    box.put(batch(0, 1, topic="b"))
    order = []
    while isinstance(found := box.take(), Portion):
        order.append(found.topic)
        box.offsets[found.topic] = found.end
    assert order == ["a", "b", "a"]


def test_there_is_room_until_two_reads_wait() -> None:
    box = inbox()
    assert box.room("t") == READ_RECORDS
    box.put(batch(0, 2 * READ_RECORDS))
    assert box.room("t") == 0
    taken(box)
    assert box.room("t") == READ_RECORDS


@given(st.data())
@pytest.mark.slow
def test_whatever_is_dropped_or_read_twice_every_record_is_folded_once_and_in_order(data: st.DataObject) -> None:
    """A reader that drops batches, but goes where it is told, against a log with markers in it."""
    log = [offset for offset in range(60) if data.draw(st.booleans(), label=f"{offset} is a record")]
    box, place, moves, folded = inbox(), 0, 0, []
    for _ in range(1000):
        if box.offsets["t"] == 60:
            break
        if place < 60:
            end = min(60, place + data.draw(st.integers(1, 9), label="read"))
            if not data.draw(st.booleans(), label="dropped") or moves:
                box.put(batch(place, end, offsets=[o for o in log if place <= o < end], moves=moves))
            place = end
        elif not box:
            # The reader has read everything and the last batch was dropped: the next record would show it.
            break
        found = box.take()
        if isinstance(found, Gap):
            moves, place = moves + 1, found.offset
            box.moved("t", found.offset, moves)
        elif found is not None:
            folded += offsets_of(found)
            box.offsets["t"] = found.end
    while isinstance(found := box.take(), Portion):
        folded += offsets_of(found)
        box.offsets["t"] = found.end
    assert folded == [offset for offset in log if offset < box.offsets["t"]]
    assert box._counters.gaps_accepted == 0
