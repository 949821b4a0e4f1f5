"""A worker counts as ended only when its port refuses connections."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from agents.peers.failure_detector import REFUSED_TIMES, FailureDetector, probe
from stream.web.networks import Networks
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable


class Group:
    """Workers by name, with their addresses and members, and who was taken out."""

    def __init__(self, **urls: str) -> None:
        self.others = {name: (url, f"member-{name}") for name, url in urls.items()}
        self.out: list[str] = []

    async def take_out(self, member: str) -> None:
        self.out.append(member)

    def watched_by(self, own: str) -> FailureDetector:
        return FailureDetector(own, lambda: self.others, self.take_out, Networks())


async def listen(port: int) -> asyncio.Server:
    return await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_port_where_nobody_listens_any_more_ends_its_worker_once() -> None:
    port = free_port()
    server = await listen(port)
    group = Group(b=f"http://127.0.0.1:{port}")
    detector = group.watched_by("a")
    watching = asyncio.create_task(detector.watch())
    await until(lambda: "b" in detector._refused)
    assert group.out == []
    server.close()
    await server.wait_closed()
    await until(lambda: group.out)
    for _ in range(REFUSED_TIMES):
        await detector._check("b", *group.others["b"])
    assert group.out == ["member-b"]
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def test_one_that_never_answered_is_left_to_the_group() -> None:
    """Its address may be wrong, and it would be taken out again and again."""
    url = f"http://127.0.0.1:{free_port()}"
    group = Group(b=url)
    detector = group.watched_by("a")
    for _ in range(3 * REFUSED_TIMES):
        await detector._check("b", url, "member-b")
    assert group.out == []


async def test_one_that_answers_in_between_lives() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    group = Group(b=url)
    detector = group.watched_by("a")
    for _ in range(4):
        server = await listen(port)
        await detector._check("b", url, "member-b")
        server.close()
        await server.wait_closed()
        for _ in range(REFUSED_TIMES - 1):
            await detector._check("b", url, "member-b")
    assert group.out == []


async def test_only_a_refusal_says_that_nobody_listens() -> None:
    assert await probe("http://no-such-host.invalid:1", Networks()) is None
    assert await probe("http://127.0.0.1:99999", Networks()) is None
    assert await probe(f"http://127.0.0.1:{free_port()}", Networks()) is False


async def test_an_address_outside_the_networks_is_not_probed() -> None:
    connected: list[object] = []

    async def connect(*where: object) -> tuple[Any, Any]:
        connected.append(where)
        raise ConnectionRefusedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "open_connection", connect)
        assert await probe("http://192.0.2.1:6066", Networks()) is None
        assert connected == []
        assert await probe("http://192.0.2.1:6066", Networks(["192.0.2.0/24"])) is False
    assert connected == [("192.0.2.1", 6066)]


def test_each_watches_the_next_few_and_all_are_watched() -> None:
    names = [f"w{number}" for number in range(7)]
    group = Group(**dict.fromkeys(names, "http://127.0.0.1:1"))
    watched: list[str] = []
    for name in names:
        others = {other: value for other, value in group.others.items() if other != name}
        neighbours = FailureDetector(name, dict, group.take_out, Networks())._neighbours(others)
        assert len(neighbours) == 3
        watched += neighbours
    assert sorted(watched) == sorted(names * 3)


def test_a_worker_known_to_have_ended_is_passed_over() -> None:
    group = Group(**dict.fromkeys("bcdef", "http://127.0.0.1:1"))
    detector = group.watched_by("a")
    detector._refused = {"b": REFUSED_TIMES, "c": 0}
    assert detector._neighbours(group.others) == ["c", "d", "e"]
