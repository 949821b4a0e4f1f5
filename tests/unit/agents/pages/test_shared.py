"""An answer that many ask for at once is made once, and is as fresh for each as one of its own."""

from __future__ import annotations

import asyncio

import pytest

from agents.pages.shared import MOST_KEPT, Shared


class Maker:
    """Makes 1, 2, 3… when it may."""

    def __init__(self) -> None:
        self.made = 0
        self.may = asyncio.Event()

    async def __call__(self) -> int:
        self.made += 1
        number = self.made
        await self.may.wait()
        return number


async def rounds(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_who_asks_while_one_is_made_shares_the_next() -> None:
    shared, make = Shared[int](), Maker()
    first = asyncio.create_task(shared.of("k", make))
    await rounds()
    later = [asyncio.create_task(shared.of("k", make)) for _ in range(100)]
    await rounds()
    assert make.made == 1
    make.may.set()
    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 100
    assert await shared.of("k", make) == 3
    assert not shared._locks
    assert not shared._kept


async def test_different_answers_do_not_wait_for_each_other() -> None:
    shared, slow, fast = Shared[int](), Maker(), Maker()
    fast.may.set()
    waiting = asyncio.create_task(shared.of("slow", slow))
    await rounds()
    assert await shared.of("fast", fast) == 1
    slow.may.set()
    assert await waiting == 1


async def test_an_older_answer_serves_only_who_takes_one_that_old() -> None:
    now = [0.0]
    shared, make = Shared[int](monotonic=lambda: now[0]), Maker()
    make.may.set()
    assert await shared.of("k", make, max_age_s=2) == 1
    now[0] = 2.0
    assert await shared.of("k", make, max_age_s=2) == 1
    assert await shared.of("k", make) == 2
    assert await shared.of("k", make, max_age_s=1) == 3
    for number in range(2 * MOST_KEPT):
        await shared.of(number, make, max_age_s=1)
    assert len(shared._kept) == MOST_KEPT


async def test_an_error_reaches_all_who_wait_and_the_next_is_made_anew() -> None:
    shared = Shared[int]()
    attempts = []

    async def fail() -> int:
        attempts.append(1)
        await asyncio.sleep(0)
        raise ValueError("no")

    answers = await asyncio.gather(*(shared.of("k", fail) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in answers] == [ValueError] * 3
    assert len(attempts) == 1
    with pytest.raises(ValueError, match="no"):
        await shared.of("k", fail)


async def test_who_leaves_takes_the_answer_from_nobody() -> None:
    shared, make = Shared[int](), Maker()
    leaves, stays = (asyncio.create_task(shared.of("k", make)) for _ in range(2))
    await rounds()
    leaves.cancel()
    make.may.set()
    assert await stays == 1


async def test_after_an_answer_the_next_waits_as_long_as_it_took() -> None:
    now = [0.0]
    shared = Shared[int](rest=1.0, monotonic=lambda: now[0])

    async def make() -> int:
        now[0] += 0.01
        return round(now[0] * 100)

    assert await shared.of("k", make) == 1
    assert shared._locks["k"].locked()
    assert await shared.of("k", make) == 2
