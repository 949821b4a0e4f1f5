"""FreeSWITCH's events become calls, whatever bytes a connection is cut at, and however often it is made again."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from stream.errors import RingboardError
from stream.sources.freeswitch.live import FreeSwitch, check, source_of
from stream.sources.freeswitch.machine import EVENTS, Machine
from stream.sources.live_source import LostError
from stream.web.source_metrics import SourceMetrics
from tests.esl_server import PASSWORD, EslServer, channel_event, event_bytes
from tests.floor_in_memory import FloorInMemory
from tests.read_source import settings_of

if TYPE_CHECKING:
    from stream.events.refusal import Refused

T = 1_780_300_800
NOW = 1000 * (T + 7200)
NUMBER = "0639980001"

Event = dict[str, Any]


def ids(call: int) -> tuple[str, str]:
    a, b = (f"{half}{call:07x}-0000-4000-8000-000000000000" for half in "ab")
    return a, b


def dialled(
    call: int, at: float, *, answer: float | None, end: float, number: str = NUMBER, **more: Any
) -> list[Event]:
    """Tell a rep's call from the beginning to the end, both legs."""
    a, b = ids(call)
    near = {"Caller_Caller_ID_Number": "1002", "Caller_Destination_Number": number, "Caller_Context": "default"}
    events = [
        channel_event("CHANNEL_CREATE", a, at, call=a, Call_Direction="inbound", **near),
        channel_event("CHANNEL_CREATE", b, at + 1, call=a, Call_Direction="outbound", Other_Leg_Unique_ID=a, **near),
    ]
    if answer is not None:
        joined = {"Bridge_A_Unique_ID": a, "Bridge_B_Unique_ID": b, "Other_Leg_Unique_ID": b}
        events.append(channel_event("CHANNEL_BRIDGE", a, answer, call=a, **joined, **near))
    cause = more.pop("cause", "NORMAL_CLEARING" if answer else "USER_BUSY")
    for uuid, start, direction in ((b, at + 1, "outbound"), (a, at, "inbound")):
        moments = {
            "variable_start_uepoch": round(1e6 * start),
            "variable_answer_uepoch": round(1e6 * answer) if answer else 0,
            "variable_end_uepoch": round(1e6 * end),
        }
        events.append(
            channel_event(
                "CHANNEL_HANGUP_COMPLETE", uuid, end, call=a, Call_Direction=direction, Hangup_Cause=cause,
                **moments, **near, **(more if uuid == b else {}),
            )
        )  # fmt: skip
    return events


def waits(call: int, at: float, *, answered: bool) -> list[Event]:
    """Tell of a caller who waits for 15 s in a queue, and is answered or hangs up."""
    a, _ = ids(call)
    near = {"Caller_Caller_ID_Number": NUMBER, "Caller_Destination_Number": "0100000000", "Caller_Context": "public"}
    queue = {"Event_Subclass": "callcenter::info", "CC_Queue": "support@default", "CC_Member_Session_UUID": a}
    joined = {"CC_Member_Joined_Time": int(at + 2)}
    action = (
        {"CC_Action": "bridge-agent-start", "CC_Agent": "1003@default"}
        if answered
        else {"CC_Action": "member-queue-end", "CC_Cause": "Cancel", "CC_Cancel_Reason": "BREAK_OUT"}
    )
    left = {"variable_cc_queue_answered_epoch": int(at + 17), "variable_cc_agent": "1003@default"} if answered else {}
    return [
        channel_event("CHANNEL_CREATE", a, at, call=a, Call_Direction="inbound", **near),
        channel_event("CUSTOM", a, at + 2, call=a, CC_Action="member-queue-start", **queue, **joined),
        channel_event("CUSTOM", a, at + 17, call=a, **queue, **joined, **action),
        channel_event(
            "CHANNEL_HANGUP_COMPLETE", a, at + 60, call=a, Call_Direction="inbound", Hangup_Cause="NORMAL_CLEARING",
            variable_start_epoch=int(at), variable_answer_epoch=int(at + 1), variable_end_epoch=int(at + 60),
            variable_cc_queue="support@default", variable_cc_queue_joined_epoch=int(at + 2),
            variable_cc_queue_canceled_epoch=0 if answered else int(at + 17), **left, **near,
        ),
    ]  # fmt: skip


def day() -> list[Event]:
    """Tell of ten calls, one after the other and over each other, with a heartbeat now and then."""
    calls = [dialled(n, T + 20 * n, answer=T + 20 * n + 8, end=T + 20 * n + 8 + 5 * n) for n in range(1, 9)]
    calls += [dialled(9, T + 200, answer=None, end=T + 205), waits(10, T + 300, answered=True)]
    beats = [[channel_event("HEARTBEAT", "", T + 30 * n, call="") for n in range(4)]]
    every = [event for some in calls + beats for event in some]
    return sorted(every, key=lambda event: int(event["Event-Date-Timestamp"]))


def taken(events: list[Event]) -> list[Event]:
    machine = Machine(settings_of())
    told = [one for event in events for one in machine.take(event)]
    assert machine.open_calls == 0
    assert machine.missed == 0
    return told


def calls_of(told: list[Event]) -> dict[str, Event]:
    calls = {event["call"]: event for event in told if event["type"] == "call.ended"}
    assert len(calls) == len({event["id"] for event in told if event["type"] == "call.ended"})
    return calls


# the machine


def test_both_legs_of_a_call_are_one_attempt_answered_when_the_far_one_is() -> None:
    told = taken(dialled(1, T, answer=T + 10.5, end=T + 50.25, variable_campaign="spring", variable_amd_result="HUMAN"))
    started, answered, talking, ended, after = told
    assert (started["type"], started["direction"], started["number"], started["rep"]) == (
        "call.started", "outbound", NUMBER, "1002",
    )  # fmt: skip
    assert (answered["type"], answered["at"], answered["call"]) == ("call.answered", 1000 * T + 10_500, started["call"])
    assert (talking["state"], after["state"], after["rep"]) == ("talking", "available", "1002")
    assert (ended["talk_s"], ended["ring_s"], ended["at"]) == (39.75, 10.5, 1000 * T + 50_250)
    assert (ended["campaign"], ended["amd"], ended["call"]) == ("spring", "human", ids(1)[0])


def test_a_call_that_nobody_answers_says_why() -> None:
    (ended,) = [event for event in taken(dialled(1, T, answer=None, end=T + 9)) if event["type"] == "call.ended"]
    assert (ended["disposition"], ended["talk_s"]) == ("busy", 0)


@pytest.mark.parametrize(("answered", "outcome"), [(True, "answered"), (False, "abandoned")])
def test_a_caller_in_a_queue_is_told_once_when_it_happens(answered: bool, outcome: str) -> None:
    told = taken(waits(1, T, answered=answered))
    assert Counter(event["type"] for event in told)["queue.joined"] == 1
    (left,) = [event for event in told if event["type"] == "queue.left"]
    assert (left["outcome"], left["wait_s"], left["queue"], left["at"]) == (outcome, 15, "support", 1000 * (T + 17))
    (ended,) = [event for event in told if event["type"] == "call.ended"]
    assert (ended["direction"], ended["number"], ended["queue"]) == ("inbound", NUMBER, "support")
    assert (ended.get("rep"), ended["talk_s"]) == (("1003", 43) if answered else (None, 0))


def test_the_states_of_agents_are_those_of_reps() -> None:
    machine = Machine(settings_of(freeswitch_reps={"1003": "rep-03"}))

    def state(after: int, action: str, **more: str) -> list[tuple[str, str]]:
        headers = {"Event_Subclass": "callcenter::info", "CC_Action": action, "CC_Agent": "1003@default", **more}
        told = machine.take(channel_event("CUSTOM", "", T + after, call="", **headers))
        return [(event["rep"], event["state"]) for event in told]

    assert state(0, "agent-status-change", CC_Agent_Status="Available") == [("rep-03", "available")]
    assert state(1, "agent-state-change", CC_Agent_State="Receiving") == [("rep-03", "ringing")]
    assert state(2, "agent-state-change", CC_Agent_State="In a queue call") == [("rep-03", "talking")]
    assert state(3, "agent-status-change", CC_Agent_Status="On Break") == [("rep-03", "paused")]
    assert state(4, "agent-state-change", CC_Agent_State="Waiting") == [("rep-03", "paused")]
    assert state(5, "agent-offering") == []
    assert machine.unused == {"agent-offering": 1}


def test_what_is_heard_twice_is_told_with_the_same_ids() -> None:
    events = day()
    once, twice = taken(events), taken([event for one in events for event in (one, one)])
    assert {event["id"]: event for event in twice} == {event["id"]: event for event in once}


def test_a_call_whose_end_was_missed_is_over_when_its_channels_are_gone_and_is_counted() -> None:
    machine = Machine(settings_of())
    lasting, lost, half = (dialled(n, T, answer=T + 10, end=T + 60, number=f"063998000{n}") for n in (1, 2, 3))
    for event in [*lasting[:3], *lost[:3], *half[:4]]:
        machine.take(event)
    assert machine.open_calls == 3
    told = machine.reconcile([{"uuid": uuid} for uuid in ids(1)], 1000 * (T + 90))
    # Of one, the far leg had ended: that is told. Of the other nothing is known.
    assert [event["number"] for event in told if event["type"] == "call.ended"] == ["0639980003"]
    assert (machine.missed, machine.open_calls) == (2, 1)
    rest = [one for event in lasting[3:] for one in machine.take(event)]
    assert [event["talk_s"] for event in rest if event["type"] == "call.ended"] == [50]


def test_a_call_that_was_up_before_we_listened_is_told_whole_at_its_end() -> None:
    machine = Machine(settings_of())
    a, b = ids(1)
    assert not machine.reconcile([{"uuid": a, "call_uuid": a}, {"uuid": b, "call_uuid": a}], 1000 * (T + 30))
    told = [one for event in dialled(1, T, answer=T + 10, end=T + 60)[3:] for one in machine.take(event)]
    assert calls_of(told)[a]["talk_s"] == 50


# over a real socket


class Heard:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.metrics = SourceMetrics("freeswitch")
        self.events: list[Event] = []
        self.refused: list[Refused] = []
        self.connections = 0

    def connected(self) -> None:
        self.connections += 1

    def heard(self) -> None:
        self.metrics.heard.inc()

    async def send(self, event: Any, original: bytes | None = None) -> None:  # noqa: ARG002 - as every listener's
        self.events.append(dict(event))

    async def refuse(self, refused: Refused, data: bytes) -> None:  # noqa: ARG002
        self.refused.append(refused)

    async def flush(self) -> None: ...

    @property
    def calls(self) -> int:
        return sum(event["type"] == "call.ended" for event in self.events)

    def value(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"ringboard_source_{name}", {"source": "freeswitch"})


async def listen(server: EslServer, heard: Heard, calls: int, **settings: Any) -> None:
    """Listen, connecting again and again, until so many calls have been told."""
    async with server.listening() as port:
        place = {"freeswitch_host": "127.0.0.1", "freeswitch_port": port, "freeswitch_password": PASSWORD}
        source = source_of(settings_of(**place, **settings), FixedClock(NOW))

        async def again() -> None:
            while True:
                with contextlib.suppress(LostError):
                    await source.listen(heard)

        listening = asyncio.create_task(again())
        try:
            async with asyncio.timeout(60):
                while heard.calls < calls:  # noqa: ASYNC110 - what is waited for tells nobody
                    await asyncio.sleep(0.005)
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


async def test_a_day_over_the_event_socket_comes_to_its_calls_and_its_kpis() -> None:
    server, heard = EslServer([b"".join(event_bytes(event) for event in day())]), Heard()
    await listen(server, heard, 10)
    assert calls_of(heard.events) == calls_of(taken(day()))
    assert server.commands[:2] == [
        f"event plain {' '.join(EVENTS)}",
        "api show channels as json",
    ]
    kpis = FloorInMemory(clock=FixedClock(NOW)).feed(heard.events).kpis("30d")
    assert (kpis["contact_rate"]["numerator"], kpis["contact_rate"]["denominator"]) == (3, 9)
    assert (kpis["answer_rate"]["numerator"], kpis["abandon_rate"]["denominator"]) == (8, 1)
    assert heard.value("open_calls") == 0
    assert heard.value("messages_total") == len(day())


WHOLE = b"".join(event_bytes(event) for event in day())


@pytest.mark.parametrize(
    "cut", [1, 17, 60, 61, 400, len(WHOLE) // 3, len(WHOLE) // 2, len(WHOLE) - 300, len(WHOLE) - 1]
)
async def test_cut_at_any_byte_and_resumed_every_call_is_told_once(cut: int) -> None:
    # What was cut is sent again by whoever keeps it; some of what came before is, too.
    events = day()
    ends = list(accumulate(len(event_bytes(event)) for event in events))
    first = sum(end <= cut for end in ends)
    rest = b"".join(event_bytes(event) for event in events[max(first - 3, 0) :])
    up = [[], [uuid for number in range(1, 11) for uuid in ids(number)]]
    server, heard = EslServer([WHOLE[:cut], rest], up), Heard()
    await listen(server, heard, 10)
    assert heard.connections == 2
    assert calls_of(heard.events) == calls_of(taken(events))


async def test_what_ended_while_the_connection_was_lost_is_counted_and_nothing_is_made_up() -> None:
    first, second = (dialled(n, T + n, answer=T + 10, end=T + 60) for n in (1, 2))
    server = EslServer([b"".join(map(event_bytes, first[:3])), b"".join(map(event_bytes, second))], [[], []])
    heard = Heard()
    await listen(server, heard, 1)
    assert calls_of(heard.events).keys() == {ids(2)[0]}
    assert heard.value("calls_reconciled_total") == 1


async def test_an_event_without_its_time_is_refused_and_the_next_one_taken() -> None:
    events = dialled(1, T, answer=T + 10, end=T + 60)
    bad = {**events[2], "Event-Date-Timestamp": "now"}
    server, heard = EslServer([b"".join(map(event_bytes, [bad, *events]))]), Heard()
    await listen(server, heard, 1)
    assert [refused.field for refused in heard.refused] == ["Event-Date-Timestamp"]


async def test_a_wrong_password_is_hopeless_and_is_not_shown() -> None:
    server = EslServer([])
    async with server.listening() as port:
        place = {"freeswitch_host": "127.0.0.1", "freeswitch_port": port, "freeswitch_password": "a wrong one"}
        settings = settings_of(**place)
        with pytest.raises(LostError, match="the password is refused") as lost:
            await FreeSwitch(settings, FixedClock(NOW)).listen(Heard())
        (finding,) = await check(settings, FixedClock(NOW))
    assert lost.value.hopeless
    assert (finding.state, "wrong one" in finding.message) == ("fail", False)


async def test_silence_without_a_heartbeat_is_a_lost_connection() -> None:
    server = EslServer([])
    async with server.listening() as port:
        settings = settings_of(freeswitch_host="127.0.0.1", freeswitch_port=port, freeswitch_password=PASSWORD)
        with pytest.raises(LostError, match="silent for"):
            await FreeSwitch(settings, FixedClock(NOW), silent_s=0.1).listen(Heard())


async def test_a_check_says_how_it_stands() -> None:
    assert await check(settings_of(), FixedClock(NOW)) == []
    (closed,) = await check(
        settings_of(freeswitch_host="127.0.0.1", freeswitch_port=1, freeswitch_password=PASSWORD), FixedClock(NOW)
    )
    assert closed.state == "fail"
    async with EslServer([]).listening() as port:
        settings = settings_of(freeswitch_host="127.0.0.1", freeswitch_port=port, freeswitch_password=PASSWORD)
        (good,) = await check(settings, FixedClock(NOW))
    assert (good.state, good.message) == ("ok", f"logged in at FreeSWITCH at 127.0.0.1:{port}; 0 channels up")


def test_without_a_place_or_a_password_there_is_one_clear_line() -> None:
    with pytest.raises(RingboardError, match="freeswitch_host, freeswitch_password: not set"):
        source_of(settings_of(), FixedClock(NOW))


@pytest.mark.parametrize("action", [[], [[]], ["agent-state-change", "again"], 7, None])
def test_a_header_is_text_whatever_comes_in_its_place(action: object) -> None:
    about = {"Event-Date-Timestamp": "1780301012000000", "CC-Agent": "rep-01", "CC-Agent-State": "Waiting"}
    event = {"Event-Name": "CUSTOM", "Event-Subclass": "callcenter::info", "CC-Action": action, **about}
    events = Machine(settings_of()).take(event)
    assert bool(events) <= (action == ["agent-state-change", "again"])
