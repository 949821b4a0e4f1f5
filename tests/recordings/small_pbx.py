"""
A small Asterisk that plays invented calls, and writes what a real one would: manager's events, CEL, CDR, queue log.

It knows channels, Local pairs, bridges and queues as far as the calls that are played need them.
"""

from __future__ import annotations

import csv
import heapq
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SYSTEM = "pbx1"
UNKNOWN = "<unknown>"
_STATES = {"0": "Down", "4": "Ring", "5": "Ringing", "6": "Up", "7": "Busy"}
_TICK_S = 0.00002  # between two things that happen one after the other
_DISPOSITIONS = {"BUSY": "BUSY", "CONGESTION": "CONGESTION", "NOANSWER": "NO ANSWER"}


@dataclass(eq=False)
class Channel:
    """One channel, as the manager's events describe it."""

    name: str
    unique: str
    linked: str
    context: str
    exten: str
    state: str = "0"
    number: str = UNKNOWN
    caller: str = UNKNOWN
    connected: str = UNKNOWN
    account: str = ""
    app: str = ""
    data: str = ""
    dial_status: str = ""
    born: float = 0.0
    answered: float | None = None

    def headers(self, prefix: str = "") -> dict[str, Any]:
        headers = {
            "Channel": self.name, "ChannelState": self.state, "ChannelStateDesc": _STATES[self.state],
            "CallerIDNum": self.number, "CallerIDName": self.caller, "ConnectedLineNum": self.connected,
            "AccountCode": self.account, "Context": self.context, "Exten": self.exten, "Uniqueid": self.unique,
            "Linkedid": self.linked,
        }  # fmt: skip
        return {f"{prefix}{name}": value for name, value in headers.items()}


@dataclass
class SmallPbx:
    """What it has written so far; `now` is its clock."""

    now: float
    messages: list[str] = field(default_factory=lambda: ["Asterisk Call Manager/13.0.0\r\n"])
    cel_rows: list[list[str]] = field(default_factory=list)
    cdr_rows: list[list[str | int | None]] = field(default_factory=list)
    queue_log: list[str] = field(default_factory=list)
    waiting: dict[str, list[str]] = field(default_factory=dict)
    _born: int = 700
    _pairs: int = 0x160
    _bridges: int = 0

    def play(self, calls: list[tuple[float, Iterator[float]]]) -> None:
        """Play calls beside each other: each begins at its moment, and yields how long nothing happens in it."""
        due = [(at, number, call) for number, (at, call) in enumerate(calls)]
        heapq.heapify(due)
        while due:
            at, number, call = heapq.heappop(due)
            self.now = max(self.now, at)
            wait = next(call, None)
            if wait is not None:
                heapq.heappush(due, (self.now + wait, number, call))

    # channels

    def local(self, exten: str, context: str, of: Channel | None = None) -> tuple[Channel, Channel]:
        """Bring the two halves of a Local channel into being, in the call of another channel or as the first."""
        self._pairs += 1
        halves: list[Channel] = []
        for half, state in ((1, "0"), (2, "4")):
            self._born += 1
            unique = f"{SYSTEM}-{int(self.now)}.{self._born}"
            linked = of.linked if of else halves[0].unique if halves else unique
            name = f"Local/{exten}@{context}-{self._pairs:08x};{half}"
            halves.append(Channel(name, unique, linked, context, exten, state, born=self.now))
        for one in halves:
            self.cel("CHAN_START", one)
        for one in halves:
            self.tell("Newchannel", one)
        return halves[0], halves[1]

    def identify(self, one: Channel, number: str, caller: str, *, connected: str = UNKNOWN, account: str = "") -> None:
        one.number, one.caller = number, caller
        self.tell("NewCallerid", one, CID_CallingPres="0 (Presentation Allowed, Not Screened)")
        if account:
            one.account = account
            self.tell("NewAccountCode", one, OldAccountCode="")
        one.connected = connected
        self.tell("NewConnectedLine", one)

    def joined(self, one: Channel, two: Channel) -> None:
        halves = {**one.headers("LocalOne"), **two.headers("LocalTwo")}
        self.tell("LocalBridge", None, **halves, Context=one.context, Exten=one.exten, LocalOptimization="No")

    def state(self, one: Channel, state: str) -> None:
        one.state = state
        self.tell("Newstate", one)

    def up(self, one: Channel, app: str, data: str = "") -> None:
        one.app, one.data, one.answered = app, data, self.now
        self.cel("ANSWER", one)
        self.state(one, "6")

    def runs(self, one: Channel, app: str, data: str, *, context: str, exten: str) -> None:
        """Have a channel run an application of the dial plan."""
        one.app, one.data, one.context, one.exten = app, data, context, exten
        self.cel("APP_START", one)

    def stops(self, one: Channel) -> None:
        self.cel("APP_END", one)
        one.app, one.data = "AppDial2", "(Outgoing Line)"

    def dial(self, dialler: Channel | None, dialled: Channel, string: str) -> None:
        self.tell("DialBegin", dialler, dest=dialled, DialString=string)

    def dial_end(self, dialler: Channel | None, dialled: Channel, status: str) -> None:
        if dialler is not None:
            dialler.dial_status = status
        self.tell("DialEnd", dialler, dest=dialled, DialStatus=status)

    def bridge(self, *channels: Channel) -> str:
        self._bridges += 1
        bridge = f"00000000-0000-4000-8000-{self._bridges:012x}"
        self.tell("BridgeCreate", None, BridgeUniqueid=bridge, BridgeTechnology="simple_bridge", BridgeNumChannels="0")
        for number, one in enumerate(channels, 1):
            self._bridged(
                "BRIDGE_ENTER",
                "BridgeEnter",
                one,
                bridge=bridge,
                number=number,
                peer=channels[0] if number > 1 else None,
            )
        return bridge

    def unbridge(self, bridge: str, one: Channel, left: int, peer: Channel | None = None) -> None:
        self._bridged("BRIDGE_EXIT", "BridgeLeave", one, bridge=bridge, number=left, peer=peer)
        if left == 0:
            self.tell(
                "BridgeDestroy", None, BridgeUniqueid=bridge, BridgeTechnology="simple_bridge", BridgeNumChannels="0"
            )

    def _bridged(self, kind: str, event: str, one: Channel, *, bridge: str, number: int, peer: Channel | None) -> None:
        extra = {"bridge_id": bridge, "bridge_technology": "simple_bridge"}
        self.cel(kind, one, extra, peer.name if peer else "")
        self.tell(event, one, BridgeUniqueid=bridge, BridgeTechnology="simple_bridge", BridgeNumChannels=str(number))

    def asked_to_end(self, one: Channel, *, cause: int = 16, softly: bool = False) -> None:
        self.tell("SoftHangupRequest" if softly else "HangupRequest", one, Cause=str(cause))

    def hang_up(self, one: Channel, *, cause: int = 16, source: str = "", last: bool = False) -> None:
        self.cel("HANGUP", one, {"hangupcause": cause, "hangupsource": source, "dialstatus": one.dial_status})
        self.cel("CHAN_END", one)
        if last:
            self.cel("LINKEDID_END", one)
        self.tell("Hangup", one, Cause=str(cause), Cause_txt="Normal Clearing" if cause == 16 else "Unknown")

    # what is written

    def tell(
        self, event: str, one: Channel | None, *, dest: Channel | None = None, kind: str = "call", **more: Any
    ) -> None:
        """Write an event of the manager interface."""
        self.now += _TICK_S
        headers = {"Event": event, "Privilege": f"{kind},all", "Timestamp": f"{self.now:.6f}", "SystemName": SYSTEM}
        headers |= one.headers() if one else {}
        headers |= dest.headers("Dest") if dest else {}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        self.messages.append("".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n")

    def cel(self, kind: str, one: Channel, extra: Mapping[str, object] | None = None, peer: str = "") -> None:
        """Write a row of channel event logging."""
        self.now += _TICK_S
        number, caller = ("", "") if one.number == UNKNOWN else (one.number, one.caller)
        self.cel_rows.append(
            [kind, f"{self.now:.6f}", caller, number, "", one.exten, one.context, one.name, one.app, one.data,
             one.account, one.unique, one.linked, "", peer,
             json.dumps(extra, separators=(",", ":")) if extra else ""]
        )  # fmt: skip

    def cdr(
        self,
        one: Channel,
        *,
        since: float,
        status: str = "ANSWER",
        to: Channel | None = None,
        answered: float | None = None,
        app: str | None = None,
    ) -> None:
        """Write a record of a call: of `one` since a moment, alone or dialling `to`."""
        answer = since if answered is None and one.answered is not None else answered
        self.cdr_rows.append(
            [one.account, one.number, one.exten, one.context, f'"{one.caller}" <{one.number}>', one.name,
             to.name if to else "", one.app if app is None else app, one.data if app is None else "",
             _clock(since), None if answer is None else _clock(answer), _clock(self.now),
             int(self.now - since), 0 if answer is None else int(self.now - answer),
             _DISPOSITIONS.get(status, "ANSWERED" if answer is not None else "FAILED"), "DOCUMENTATION",
             one.unique, ""]
        )  # fmt: skip

    def log(self, one: Channel, queue: str, who: str, verb: str, *values: object) -> None:
        """Write a line of the queue log."""
        self.queue_log.append("|".join(map(str, (int(self.now), one.unique, queue, who, verb, *values))))

    def files(self) -> dict[str, bytes]:
        """Return what it has written, by the name of the file."""
        return {
            "ami.txt": "".join(self.messages).encode(),
            "cel.csv": _csv(self.cel_rows),
            "cdr.csv": _csv(self.cdr_rows),
            "queue_log": "".join(f"{line}\n" for line in self.queue_log).encode(),
        }


def _clock(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d %H:%M:%S")


def _csv(rows: list[list[str]] | list[list[str | int | None]]) -> bytes:
    """Write rows as Asterisk does: texts in quotes, numbers without, and of what is not known nothing."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    for row in rows:
        writer.writerow(_Nothing() if cell is None else cell for cell in row)
    return out.getvalue().encode()


class _Nothing(float):
    """What is written as an empty cell without quotes."""

    def __str__(self) -> str:
        return ""

    __repr__ = __str__
