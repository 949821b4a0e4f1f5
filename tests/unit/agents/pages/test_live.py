"""What goes on now: reps by the state they are in, and queues with the callers who wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agents.pages import messages, streams
from agents.pages.live import LiveAnswers
from stream.kpi.reading import Filters
from stream.kpi.service import REP_REMEMBERED
from tests.engine_in_memory import EngineInMemory
from tests.unit.agents.pages.conftest import MINUTE, NOON, NOW, a_floor
from tests.unit.agents.pages.test_access import TOKENS, bearer
from tests.unit.agents.pages.test_stream_and_page import next_message

if TYPE_CHECKING:
    from tests.floor_in_memory import FloorInMemory
    from tests.unit.agents.pages.conftest import Client, Serve

HOUR = 60 * MINUTE


def state(rep: str, minutes: float, is_now: str, **more: Any) -> dict[str, Any]:
    at = NOW - round(minutes * MINUTE)
    return {"id": f"{rep}-{at}", "type": "rep.state", "at": at, "rep": rep, "state": is_now, "team": "north", **more}


def joined(call: str, seconds: int, queue: str = "sales") -> dict[str, Any]:
    return {"id": f"j-{call}", "type": "queue.joined", "at": NOW - seconds * 1000, "call": call, "queue": queue}


def left(call: str, seconds: int, outcome: str, wait_s: float, queue: str = "sales") -> dict[str, Any]:
    told = {"id": f"l-{call}", "type": "queue.left", "at": NOW - seconds * 1000, "call": call, "queue": queue}
    return {**told, "outcome": outcome, "wait_s": wait_s}


def ended(call: str, rep: str, seconds: int, queue: str = "sales") -> dict[str, Any]:
    placed = NOW - seconds * 1000
    told = {"id": f"e-{call}", "type": "call.ended", "direction": "inbound", "call": call, "number": "01 99 00 12 34"}
    answer = {"placed_at": placed, "answered_at": placed + 5000, "at": placed + 60_000, "wait_s": 5, "talk_s": 55}
    return {**told, **answer, "queue": queue, "rep": rep, "team": "north", "campaign": "Spring"}


async def told_by(client: Client, path: str, **headers: str) -> dict[str, Any]:
    async with client.get(path, headers=headers) as response:
        assert response.status == 200, await response.text()
        return dict(await response.json())


async def test_reps_come_by_state_who_is_in_it_for_longest_first(serve: Serve) -> None:
    floor = a_floor().feed(
        [
            state("bob", 90, "paused", reason="lunch"),
            state("eve", 5, "paused"),
            state("kim", 12, "talking", team="south"),
            state("max", 300, "available"),
            state("sam", 800, "offline"),
            state("joe", (REP_REMEMBERED + HOUR) / MINUTE, "offline"),
        ]
    )
    client = await serve(floor)
    answer = await told_by(client, "/api/v1/reps")
    assert [(rep["rep"], rep["state"], rep["in_state_s"]) for rep in answer["reps"]] == [
        ("ada", "available", 3600.0),
        ("kim", "talking", 720.0),
        ("bob", "paused", 5400.0),
        ("eve", "paused", 300.0),
        ("sam", "offline", 48_000.0),
        ("max", "unknown", 18_000.0),
    ]
    assert answer["states"] == {
        "available": 1, "ringing": 0, "talking": 1, "wrap_up": 0, "paused": 2, "offline": 1, "unknown": 1
    }  # fmt: skip
    assert answer["reps"][2] == {
        "rep": "bob", "team": "north", "state": "paused", "since": "2026-03-18T10:30:30.250+01:00",
        "in_state_s": 5400.0, "reason": "lunch",
    }  # fmt: skip
    assert answer["filters"] == {"campaign": None, "team": None, "rep": None}
    assert answer["as_of"] == NOON.isoformat(timespec="milliseconds")
    south = await told_by(client, "/api/v1/reps?team=south")
    assert [rep["rep"] for rep in south["reps"]] == ["kim"]
    assert sum(south["states"].values()) == 1
    first = await told_by(client, "/api/v1/reps?limit=2")
    assert (len(first["reps"]), first["left_out"], first["states"]) == (2, 4, answer["states"])
    assert [rep["rep"] for rep in (await told_by(client, "/api/v1/reps?rep=eve"))["reps"]] == ["eve"]


async def test_a_state_that_is_heard_again_goes_on_since_it_began(serve: Serve) -> None:
    floor = a_floor().feed(
        [
            *(state("bob", minutes, "paused") for minutes in (400, 170, 100, 40, 1)),  # across hours, and with a gap
            state("eve", 50, "available"),
            *(state("eve", minutes, "paused", reason="lunch") for minutes in (45, 30)),
            state("eve", 20, "paused", reason="meeting"),
            state("kim", 10, "talking"),
        ]
    )
    client = await serve(floor)

    async def lasted() -> dict[str, float]:
        return {rep["rep"]: rep["in_state_s"] / 60 for rep in (await told_by(client, "/api/v1/reps"))["reps"]}

    assert await lasted() == {"ada": 60, "bob": 400, "eve": 20, "kim": 10}
    floor.feed([state("bob", 120, "available"), state("kim", 15, "talking")])  # late facts correct it
    assert await lasted() == {"ada": 60, "bob": 100, "eve": 20, "kim": 15}
    floor.restart()
    assert await lasted() == {"ada": 60, "bob": 100, "eve": 20, "kim": 15}


async def test_who_is_heard_of_again_after_hours_has_not_been_in_that_state_all_the_time(serve: Serve) -> None:
    client = await serve(a_floor().feed([state("bob", 300, "paused"), state("bob", 30, "paused")]))
    (bob,) = (await told_by(client, "/api/v1/reps?rep=bob"))["reps"]
    assert bob["in_state_s"] == 30 * 60


async def test_queues_have_who_waits_and_how_the_day_went(serve: Serve) -> None:
    floor = a_floor().feed(
        [
            joined("C10", 95),
            joined("C11", 20, "support"),
            *(event for call in ("A1", "A2") for event in (joined(call, 600), left(call, 590, "answered", 10))),
            joined("A3", 600), left("A3", 540, "answered", 60),
            joined("A4", 600), left("A4", 500, "abandoned", 100),
            joined("A5", 3 * 24 * 3600, "weekend"), left("A5", 3 * 24 * 3600 - 5, "answered", 5, "weekend"),
            joined("A6", 600), ended("A6", "ada", 600),
            state("bob", 5, "talking"),
        ]
    )  # fmt: skip
    client = await serve(floor)
    answer = await told_by(client, "/api/v1/queues")
    assert [(one["queue"], one["waiting"], one["oldest_wait_s"]) for one in answer["queues"]] == [
        ("sales", 2, 95.0),
        ("support", 1, 20.0),
        ("weekend", 0, None),
    ]
    assert (answer["waiting"], answer["answer_within_s"], answer["window"]) == (3, 20.0, "today")
    sales, support, weekend = answer["queues"]
    assert {name: sales[name] for name in ("offered", "answered", "abandoned", "timed_out")} == {
        "offered": 7, "answered": 4, "abandoned": 1, "timed_out": 0
    }  # fmt: skip
    assert sales["oldest_since"] == "2026-03-18T11:58:55.250+01:00"
    assert sales["reps"] == {"logged_in": 1, "available": 1}
    assert support["reps"] is weekend["reps"] is None
    level, abandoned = sales["kpis"]["service_level"], sales["kpis"]["abandon_rate"]
    assert (level["numerator"], level["denominator"]) == (3, 5)
    assert (abandoned["numerator"], abandoned["denominator"]) == (1, 5)
    assert support["kpis"]["service_level"]["value"] is None
    week = await told_by(client, "/api/v1/queues?window=7d&limit=1")
    assert (len(week["queues"]), week["left_out"]) == (1, 2)
    whole = floor.kpis("today")
    assert level["value"] == whole["service_level"]["value"]  # no other queue had a call today


async def test_while_a_part_is_missing_what_is_known_is_listed_and_nothing_is_counted(serve: Serve) -> None:
    floor = a_floor().feed([state("bob", 5, "paused")])
    engine = EngineInMemory(floor)
    engine.state_of["events", 1] = "recovering"
    client = await serve(floor, engine)
    reps, queues = [await told_by(client, f"/api/v1/{name}") for name in ("reps", "queues")]
    assert reps["complete"] is queues["complete"] is False
    assert [rep["rep"] for rep in reps["reps"]] == ["ada", "bob"]
    assert set(reps["states"].values()) == {None}
    (sales,) = queues["queues"]
    assert sales["oldest_wait_s"] == 60.0
    assert sales["waiting"] is queues["waiting"] is sales["offered"] is sales["kpis"]["abandon_rate"]["value"] is None


@pytest.mark.parametrize(("path", "error"), [
    ("/api/v1/reps?campaign=Spring", "campaign: no such parameter; use team, rep, limit"),
    ("/api/v1/queues?team=north", "team: no such parameter; use window, limit"),
    ("/api/v1/queues?window=2h", "window: a string of 2 characters that is no window; use one of 5m, 15m"),
    ("/api/v1/stream?live=reps,calls", "live: a string of 10 characters that names something else; use reps,queues or"),
])  # fmt: skip
async def test_what_cannot_be_is_refused_by_its_name(path: str, error: str, serve: Serve) -> None:
    async with (await serve(a_floor())).get(path) as response:
        assert response.status == 400
        assert (await response.json())["error"].startswith(error)


async def test_a_token_of_a_team_sees_its_reps_alone_and_no_queue(serve: Serve) -> None:
    floor = a_floor(tokens=TOKENS).feed([state("kim", 12, "talking", team="south")])
    client = await serve(floor)
    answer = await told_by(client, "/api/v1/reps", **bearer("north"))
    assert [rep["rep"] for rep in answer["reps"]] == ["ada"]
    assert answer["filters"]["team"] == "north"
    for path, name in (
        ("/api/v1/reps?team=south", "north"),
        ("/api/v1/queues", "north"),
        ("/api/v1/stream?live=queues", "north"),
        ("/api/v1/reps", "spring"),
        ("/api/v1/stream?live=reps", "spring"),
    ):
        async with client.get(path, headers=bearer(name)) as response:
            assert response.status == 403, path
    async with client.get("/api/v1/stream?live=reps", headers=bearer("north")) as response:
        assert [rep["rep"] for rep in (await next_message(response, "reps"))["reps"]] == ["ada"]


async def test_the_stream_sends_what_goes_on_to_who_asks_for_it_and_when_it_changes(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LEAST_PAUSE_S", 0.05)
    floor = a_floor()
    client = await serve(floor)
    async with client.get("/api/v1/stream?live=reps,queues&campaign=Spring") as response:
        reps, queues = await next_message(response, "reps"), await next_message(response, "queues")
        assert reps == {**await told_by(client, "/api/v1/reps"), "behind": 0}
        assert queues == await told_by(client, "/api/v1/queues")
        floor.feed([state("bob", 5, "paused")])
        assert [rep["rep"] for rep in (await next_message(response, "reps"))["reps"]] == ["ada", "bob"]
        floor.feed([joined("C12", 30, "support")])
        changed = await next_message(response, "queues")
        assert [one["queue"] for one in changed["queues"]] == ["sales", "support"]


async def test_walls_that_show_other_windows_are_sent_the_same_reps_made_once(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    make = LiveAnswers.reps
    monkeypatch.setattr(LiveAnswers, "reps", lambda *given: made.append(given[1]) or make(*given))  # type: ignore[func-returns-value]
    monkeypatch.setattr(streams, "LEAST_PAUSE_S", 0.05)
    floor = a_floor()
    client = await serve(floor)
    async with (
        client.get("/api/v1/stream?live=reps&window=1h&leads=5") as one,
        client.get("/api/v1/stream?live=reps&window=today&campaign=Spring") as two,
    ):
        for viewer in (one, two):
            await next_message(viewer, "reps")
        floor.feed([state("bob", 5, "paused")])
        for viewer in (one, two):
            assert len((await next_message(viewer, "reps"))["reps"]) == 2
    floors = [id(floor_now) for floor_now in made]
    assert len(made) - len(set(floors)) <= 1  # the second viewer's first look is by itself


def test_what_is_large_waits_for_a_heartbeat_and_what_has_only_grown_older_is_not_sent(floor: FloorInMemory) -> None:
    wanted = messages.Wanted("today", Filters(), 0, ("reps",))
    view = streams.View(wanted)
    viewer = streams.Viewer()
    view.viewers.add(viewer)

    class Now:
        def __init__(self, seen: int, size: int) -> None:
            self.message = messages.Message(seen, b"%d" % seen + b" " * size)

        def messages(self, _: messages.Wanted) -> dict[str, messages.Message]:
            return {"reps": self.message}

    def shown(seen: int, size: int, *, beating: bool = False) -> bytes:
        view.show(Now(seen, size), beating=beating)  # type: ignore[arg-type]
        return viewer.take().replace(b": still here\n\n", b"").strip()

    assert shown(1, 20_000) == b"1"  # the first is sent at once
    assert shown(2, 20_000) == b""
    assert shown(2, 20_000, beating=True) == b"2"
    assert shown(2, 20_000, beating=True) == b""
    assert shown(3, 10) == b"3"
    assert shown(3, 10) == b""
