"""
A small floor on an invented Asterisk: what is played there, and the recording that comes of it.

`python -m tests.recordings.small_floor` writes it anew into `asterisk_recorded`.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.recordings.small_pbx import SmallPbx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.recordings.small_pbx import Channel

HERE: Final = Path(__file__).parent / "asterisk_recorded"
BEGAN: Final = 1_767_600_000  # 2026-01-05 08:00 UTC
ANSWERS, BUSY, CONGESTED, SILENT, MACHINE = range(5)
GIVES_UP_S: Final = 15  # how long an attempt rings
QUEUE_S: Final = 20  # how long the queues keep a caller
MEMBER_S: Final = 6  # how long a queue rings a rep
PAUSE_S: Final = 1
WITHIN_S: Final = 0.4  # nothing happens at whole seconds

# When, whom (the last digits), by whom, for which campaign, what the number does, how long it rings, and is talked.
ATTEMPTS: Final = (
    (0, "0101", "107", "beta", MACHINE, 4, 33),
    (2, "0102", "104", "alpha", ANSWERS, 3, 45),
    (5, "0103", "105", "alpha", SILENT, 4, 20),
    (9, "0104", "106", "beta", BUSY, 2, 8),
    (12, "0105", "106", "alpha", ANSWERS, 2, 12),
    (21, "0106", "108", "beta", CONGESTED, 3, 22),
    (24, "0107", "108", "beta", ANSWERS, 5, 34),
    (28, "0108", "105", "alpha", ANSWERS, 1, 4),
    (31, "0109", "106", "alpha", MACHINE, 2, 9),
    (47, "0110", "105", "beta", SILENT, 1, 6),
    (52, "0111", "107", "alpha", ANSWERS, 4, 38),
    (55, "0112", "104", "alpha", BUSY, 1, 31),
    (58, "0113", "104", "alpha", CONGESTED, 4, 17),
    (61, "0114", "106", "beta", ANSWERS, 3, 7),
)
# When, who (the last digits), into which queue, who answers there after how long, and how long they stay in all.
CALLERS: Final = (
    (1, "0201", "inbound", "101", 0, 5),
    (3, "0202", "hard", None, None, 27),
    (7, "0203", "inbound", "102", 4, 16),
    (10, "0204", "hard", None, None, 3),
    (18, "0205", "inbound", "101", 2, 30),
    (30, "0206", "hard", None, None, 11),
    (44, "0207", "hard", None, None, 24),
    (49, "0208", "inbound", "102", 5, 9),
    (57, "0209", "inbound", "101", 0, 41),
)


def truth() -> list[dict[str, Any]]:
    """Return what is played, in the order in which it begins."""
    began = BEGAN + WITHIN_S
    played: list[dict[str, Any]] = [
        {"way": "out", "started": began + at, "number": f"+3363998{number}", "rep": rep, "campaign": campaign,
         "kind": kind, "ring": ring, "talk": talk}
        for at, number, rep, campaign, kind, ring, talk in ATTEMPTS
    ] + [
        {"way": "in", "started": began + at, "number": f"+3319900{number}", "queue": queue, "rep": rep,
         "wait": wait, "patience": stays}
        for at, number, queue, rep, wait, stays in CALLERS
    ]  # fmt: skip
    return sorted(played, key=lambda one: (one["started"], one["number"]))


def recording() -> dict[str, bytes]:
    """Return the files of the recording, by name."""
    pbx, played = SmallPbx(BEGAN), truth()
    ways = {"out": attempt, "in": caller}
    pbx.play([(one["started"], ways[one["way"]](pbx, one, number)) for number, one in enumerate(played)])
    return {**pbx.files(), "truth.json": ("[\n" + ",\n".join(map(json.dumps, played)) + "\n]\n").encode()}


def attempt(pbx: SmallPbx, one: dict[str, Any], action: int) -> Iterator[float]:
    """Call a rep's telephone, which picks up at once, and let it dial the prospect."""
    rep, number = one["rep"], one["number"]
    phone, phone_runs = pbx.local(rep, "reps")
    _picks_up(pbx, phone, phone_runs, number=rep, name=f"Rep {rep}", account=one["campaign"])
    _originated(pbx, phone, action, "outbound", number)
    since, phone.answered = pbx.now, pbx.now
    pbx.runs(phone, "Dial", f"Local/{number}@prospects/n,{GIVES_UP_S},g", context="outbound", exten=number)
    line, far = pbx.local(number, "prospects", of=phone)
    pbx.identify(line, number, f"Rep {rep}", connected=rep, account=one["campaign"])
    pbx.identify(far, rep, f"Rep {rep}", connected=number, account=one["campaign"])
    pbx.joined(line, far)
    pbx.dial(phone, line, f"{number}@prospects/n")
    if one["kind"] in {ANSWERS, MACHINE}:
        pbx.state(line, "5")
        yield one["ring"]
        yield from _talk(pbx, one, phone, line, far)
        since = pbx.now
    else:
        yield from _nobody(pbx, one["kind"], phone, line, far, since=since)
        since = pbx.now
    pbx.asked_to_end(phone, softly=True)
    pbx.cdr(phone, since=since, app="Hangup")
    pbx.asked_to_end(phone_runs)
    pbx.hang_up(phone, source="dialplan/builtin")
    pbx.cdr(phone_runs, since=phone_runs.born)
    pbx.hang_up(phone_runs, last=True)


def _picks_up(pbx: SmallPbx, phone: Channel, phone_runs: Channel, *, number: str, name: str, account: str = "") -> None:
    for half in (phone, phone_runs):
        pbx.identify(half, number, name, connected=number, account=account)
    pbx.joined(phone, phone_runs)
    pbx.dial(None, phone, f"{phone.exten}@{phone.context}/n")
    pbx.up(phone_runs, "Answer")
    pbx.up(phone, "AppDial2", "(Outgoing Line)")
    pbx.dial_end(None, phone, "ANSWER")


def _originated(pbx: SmallPbx, phone: Channel, action: int, context: str, exten: str) -> None:
    pbx.tell(
        "OriginateResponse", None, ActionID=f"play-{action}", Response="Success", Channel=phone.name, Context=context,
        Exten=exten, Reason="4", Uniqueid=phone.unique, CallerIDNum=phone.number,
    )  # fmt: skip


def _talk(pbx: SmallPbx, one: dict[str, Any], phone: Channel, line: Channel, far: Channel) -> Iterator[float]:
    """Let the prospect, or a machine, pick up, and hang up after the talk."""
    pbx.up(far, "Answer")
    pbx.up(line, "AppDial", "(Outgoing Line)")
    pbx.dial_end(phone, line, "ANSWER")
    answered, line.exten = pbx.now, ""
    bridge = pbx.bridge(line, phone)
    if one["kind"] == MACHINE:
        yield 0.5
        pbx.tell("UserEvent", far, kind="user", UserEvent="AMD", AMDStatus="MACHINE")
    yield one["talk"] - (pbx.now - answered)
    far.app, far.data = "", ""
    pbx.asked_to_end(far, softly=True)
    pbx.cdr(far, since=far.born, answered=far.answered, app="Hangup")
    pbx.asked_to_end(line)
    pbx.hang_up(far, source="dialplan/builtin")
    pbx.unbridge(bridge, line, 1)
    pbx.hang_up(line)
    pbx.unbridge(bridge, phone, 0)
    pbx.cdr(phone, since=phone.answered or phone.born, answered=answered, to=line)
    pbx.stops(phone)


def _nobody(pbx: SmallPbx, kind: int, phone: Channel, line: Channel, far: Channel, *, since: float) -> Iterator[float]:
    """Let the attempt come to nothing: the number is busy, cannot be reached, or rings out."""
    status, cause, app = {
        BUSY: ("BUSY", 17, "Busy"),
        CONGESTED: ("CONGESTION", 34, "Congestion"),
        SILENT: ("NOANSWER", 0, "Wait"),
    }[kind]
    if kind == SILENT:
        yield GIVES_UP_S
    else:
        pbx.state(far, "7")
    pbx.dial_end(phone, line, status)
    pbx.asked_to_end(far, cause=0)
    line.app, line.data = "AppDial", "(Outgoing Line)"
    pbx.hang_up(line, cause=0)
    pbx.asked_to_end(far, softly=True)
    pbx.cdr(far, since=far.born, status=status if kind != SILENT else "", app=app)
    pbx.cdr(phone, since=since, status=status, to=line)
    pbx.stops(phone)
    pbx.hang_up(far, cause=cause)


def caller(pbx: SmallPbx, one: dict[str, Any], action: int) -> Iterator[float]:
    """Let someone call, and wait in a queue until a rep picks up, they give up, or the queue sends them on."""
    queue, number = one["queue"], one["number"]
    line, outside = pbx.local("s", "callers")
    _picks_up(pbx, line, outside, number=number, name="Caller")
    context = {"inbound": "inbound", "hard": "inbound_hard"}[queue]
    _originated(pbx, line, action, context, "s")
    joined = pbx.now
    pbx.runs(line, "Queue", f"{queue},,,,{QUEUE_S}", context=context, exten="s")
    others = pbx.waiting.setdefault(queue, [])
    others.append(line.unique)
    place = str(len(others))
    pbx.log(line, queue, "NONE", "ENTERQUEUE", "", number, place)
    pbx.tell("QueueCallerJoin", line, kind="agent", Queue=queue, Position=place, Count=place)
    if one["rep"]:
        yield from _served(pbx, one, line, outside, joined=joined, place=place)
    else:
        yield from _unserved(pbx, one, line, outside, joined=joined, place=place)


def _rings(pbx: SmallPbx, queue: str, rep: str, context: str, line: Channel) -> tuple[Channel, Channel, dict[str, Any]]:
    """Let a queue ring a rep."""
    member = {"Queue": queue, "Interface": f"Local/{rep}@{context}/n", "MemberName": f"Rep {rep}"}
    phone, phone_runs = pbx.local(rep, context, of=line)
    for half in (phone, phone_runs):
        pbx.identify(half, line.number, "Caller", connected=line.number)
    pbx.joined(phone, phone_runs)
    phone.exten = "s"
    pbx.tell("AgentCalled", line, dest=phone, kind="agent", **member)
    pbx.dial(line, phone, member["Interface"])
    return phone, phone_runs, member


def _leaves(pbx: SmallPbx, line: Channel, queue: str, place: str) -> None:
    pbx.waiting[queue].remove(line.unique)
    pbx.tell("QueueCallerLeave", line, kind="agent", Queue=queue, Position=place, Count=str(len(pbx.waiting[queue])))


def _served(
    pbx: SmallPbx, one: dict[str, Any], line: Channel, outside: Channel, *, joined: float, place: str
) -> Iterator[float]:
    queue, rep = one["queue"], one["rep"]
    phone, phone_runs, member = _rings(pbx, queue, rep, "reps", line)
    yield one["wait"]
    pbx.up(phone_runs, "Answer")
    pbx.up(phone, "AppQueue", "(Outgoing Line)")
    pbx.dial_end(line, phone, "ANSWER")
    held = str(int(pbx.now) - int(joined))
    _leaves(pbx, line, queue, place)
    pbx.log(line, queue, member["MemberName"], "CONNECT", held, phone.unique, one["wait"])
    pbx.tell("AgentConnect", line, dest=phone, kind="agent", **member, HoldTime=held, RingTime=held)
    answered = pbx.now
    bridge = pbx.bridge(phone, line)
    yield one["patience"] - (pbx.now - joined)
    outside.app, outside.data = "", ""
    pbx.asked_to_end(outside, softly=True)
    pbx.cdr(outside, since=outside.born, app="Hangup")
    pbx.asked_to_end(line)
    pbx.hang_up(outside, source="dialplan/builtin")
    talk = str(int(pbx.now) - int(answered))
    pbx.log(line, queue, member["MemberName"], "COMPLETECALLER", held, talk, place)
    pbx.tell(
        "AgentComplete", line, dest=phone, kind="agent", **member, HoldTime=held, TalkTime=talk, Reason="caller"
    )  # fmt: skip
    pbx.unbridge(bridge, line, 1, phone)
    pbx.cdr(line, since=line.born, answered=answered, to=phone)
    pbx.stops(line)
    pbx.hang_up(line)
    pbx.unbridge(bridge, phone, 0)
    pbx.asked_to_end(phone_runs)
    pbx.hang_up(phone)
    pbx.cdr(phone_runs, since=phone_runs.born, answered=phone_runs.answered, app="Wait")
    pbx.hang_up(phone_runs, last=True)
    member |= {"StateInterface": member["Interface"], "Membership": "static", "Status": "1", "Paused": "0"}
    pbx.tell("QueueMemberStatus", None, kind="agent", **member, Wrapuptime="0")


def _unserved(
    pbx: SmallPbx, one: dict[str, Any], line: Channel, outside: Channel, *, joined: float, place: str
) -> Iterator[float]:
    """Let the queue ring its only rep, who never picks up, for whoever waits first, until the caller is gone."""
    queue, stays = one["queue"], min(one["patience"], QUEUE_S)
    first, since = place == "1", joined
    while (left := stays - (pbx.now - joined)) > 0:
        if not first:
            yield left
            break
        phone, phone_runs, member = _rings(pbx, queue, "103", "busyreps", line)
        rung = min(MEMBER_S, left)
        yield rung
        if rung == MEMBER_S:
            pbx.log(line, queue, member["MemberName"], "RINGNOANSWER", 1000 * MEMBER_S)
            pbx.tell(
                "AgentRingNoAnswer", line, dest=phone, kind="agent", **member, RingTime=str(1000 * MEMBER_S)
            )  # fmt: skip
            pbx.dial_end(line, phone, "NOANSWER")
        pbx.dial_end(line, phone, "CANCEL")
        pbx.cdr(line, since=since, status="NOANSWER", to=phone)
        phone.app, phone.data = "AppQueue", "(Outgoing Line)"
        pbx.asked_to_end(phone_runs, cause=0)
        pbx.hang_up(phone, cause=0)
        pbx.asked_to_end(phone_runs, softly=True)
        pbx.cdr(phone_runs, since=phone_runs.born, status="", app="Wait")
        pbx.hang_up(phone_runs, cause=0)
        yield min(PAUSE_S, max(0.0, stays - (pbx.now - joined)))
        since = pbx.now
    gave_up = one["patience"] < QUEUE_S
    held = str(int(pbx.now) - int(joined))
    if gave_up:
        outside.app, outside.data = "", ""
        pbx.asked_to_end(outside, softly=True)
        pbx.cdr(outside, since=outside.born, app="Hangup")
        pbx.asked_to_end(line)
        pbx.hang_up(outside, source="dialplan/builtin")
    pbx.log(line, queue, "NONE", "ABANDON" if gave_up else "EXITWITHTIMEOUT", place, place, held)
    pbx.tell("QueueCallerAbandon", line, kind="agent", Queue=queue, Position=place, HoldTime=held)
    _leaves(pbx, line, queue, place)
    if gave_up:
        pbx.cdr(line, since=since if first else line.born)
    pbx.stops(line)
    pbx.asked_to_end(line, softly=True)
    if gave_up:
        pbx.hang_up(line, last=True)
        return
    pbx.cdr(line, since=pbx.now, app="Hangup")
    pbx.asked_to_end(outside)
    pbx.hang_up(line, source="dialplan/builtin")
    pbx.cdr(outside, since=outside.born, app="Wait")
    pbx.hang_up(outside, last=True)


def write(folder: Path = HERE) -> None:
    for name, data in recording().items():
        if name == "ami.txt":
            (folder / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))
        else:
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    write()
