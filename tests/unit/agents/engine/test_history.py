"""History waits for live events: it is taken in small portions, and only a few partitions fold it at once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from agents.engine.batch import Batch
from agents.engine.counters import EngineCounters
from agents.engine.history_limiter import FEWEST, FOLD_S, MOST, HistoryLimiter
from agents.engine.inbox import HISTORY_READ, Gap, Inbox, Portion

if TYPE_CHECKING:
    from collections.abc import Iterable


def batch(topic: str, start: int, end: int, offsets: Iterable[int] | None = None) -> Batch:
    found = range(start, end) if offsets is None else offsets
    return Batch(topic, 0, start, end, 0, end, [cast("Any", SimpleNamespace(offset=offset)) for offset in found])


def inbox() -> Inbox:
    return Inbox(0, {"live": 0, "past": 0}, EngineCounters(), history=("past",))


def test_what_is_live_is_never_taken_with_history() -> None:
    box = inbox()
    box.put(batch("past", 0, 10))
    assert not box
    assert box.history
    assert box.held == 0
    assert box.take() is None
    box.put(batch("live", 0, 3))
    assert box
    assert box.held == 3
    found = box.take()
    assert isinstance(found, Portion)
    assert found.topic == "live"
    past = box.take_history(100)
    assert isinstance(past, Portion)
    assert (past.topic, past.end, len(past.records)) == ("past", 10, 10)


def test_history_is_taken_a_little_at_a_time_and_whole_in_the_end() -> None:
    box = inbox()
    end = 507
    with_gaps = [offset for offset in range(end) if offset % 9]  # markers stand in between
    box.put(batch("past", 0, end // 2, [o for o in with_gaps if o < end // 2]))
    box.put(batch("past", end // 2, end, [o for o in with_gaps if o >= end // 2]))
    taken: list[int] = []
    while box.history:
        found = box.take_history(50)
        assert isinstance(found, Portion)
        assert 0 < len(found.records) <= 50
        taken += [record.offset for record in found.records]
        box.offsets["past"] = found.end
    assert taken == with_gaps
    assert box.offsets["past"] == end
    assert box.room("past") == HISTORY_READ


def test_of_history_little_is_read_at_once() -> None:
    """All partitions are read in one go, and what is live is read after that."""
    box = inbox()
    assert box.room("past") == HISTORY_READ < box.room("live")
    box.put(batch("past", 0, 2 * HISTORY_READ))
    assert box.room("past") == 0
    assert box.room("live") > 0


def test_what_of_history_was_dropped_on_the_way_is_asked_for_again() -> None:
    box = inbox()
    box.put(batch("past", 5, 8))
    assert box.take_history(100) == Gap("past", 0)
    box.moved("past", 0, 1)
    assert not box.history


def test_only_so_many_fold_history_at_once_and_the_next_is_woken_when_one_ends() -> None:
    limiter = HistoryLimiter(2)
    first, second, third = (asyncio.Event() for _ in range(3))
    for event in (first, second):
        assert limiter.is_free(event)
        assert limiter.acquire()
    assert not limiter.is_free(third)
    assert not limiter.is_free(third)  # asked again, it is woken once all the same
    assert not limiter.acquire()
    limiter.release()
    assert third.is_set()
    assert not first.is_set()
    third.clear()
    assert limiter.acquire()
    limiter.release()
    limiter.release()
    assert not third.is_set()


def test_how_much_is_folded_at_once_follows_the_speed_of_the_machine() -> None:
    limiter = HistoryLimiter()
    assert limiter.records == FEWEST
    for _ in range(30):
        limiter.observe(limiter.records, limiter.records / 40_000)
    assert abs(limiter.records - 40_000 * FOLD_S) <= 1
    for _ in range(30):
        limiter.observe(limiter.records, limiter.records / 1_000_000_000)
    assert limiter.records == MOST
    for _ in range(30):
        limiter.observe(limiter.records, limiter.records / 10)
    assert limiter.records == FEWEST
    limiter.observe(3, 1e-9)  # the last few of a portion say nothing of the machine
    assert limiter.records == FEWEST
