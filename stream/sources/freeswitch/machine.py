"""What the events of a FreeSWITCH come to, as they happen: which calls are under way, and each one when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stream.events.refusal import Reason, Refused
from stream.sources.canonical import event
from stream.sources.freeswitch.calls import calls_of, directions_of
from stream.sources.freeswitch.legs import Leg, leg_of
from stream.sources.seen import Seen

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Mapping

    from stream.settings.model import Settings

SOURCE: Final = "freeswitch"
EVENTS: Final = (
    "CHANNEL_CREATE", "CHANNEL_BRIDGE", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_UUID", "HEARTBEAT",
    "CUSTOM callcenter::info",
)  # fmt: skip
_LOST_AFTER_MS: Final = 12 * 3_600_000
# What an event says of a channel beside its variables, under the names that these have.
_HEADERS: Final = {
    "uuid": "Unique-ID", "call_uuid": "Channel-Call-UUID", "direction": "Call-Direction",
    "channel_name": "Channel-Name", "caller_id_number": "Caller-Caller-ID-Number",
    "destination_number": "Caller-Destination-Number",
    "context": "Caller-Context", "hangup_cause": "Hangup-Cause", "bleg_uuid": "Other-Leg-Unique-ID",
}  # fmt: skip
_CLOCKS: Final = {"start": "Created", "answer": "Answered", "bridge": "Bridged", "end": "Hangup"}
_STATUS: Final = {
    "Available": "available", "Available (On Demand)": "available", "On Break": "paused", "Logged Out": "offline",
}  # fmt: skip
_STATES: Final = {"Receiving": "ringing", "In a queue call": "talking"}
_LEFT: Final = {"TIMEOUT": "timeout", "NO_AGENT_TIMEOUT": "timeout", "EXIT_WITH_KEY": "timeout"}


@dataclass(slots=True, eq=False)
class _Call:
    """A call under way: the ids of its legs, those that are up, and those that have ended."""

    began: int
    ids: set[str] = field(default_factory=set)
    up: set[str] = field(default_factory=set)
    ended: dict[str, Leg] = field(default_factory=dict)
    started: dict[str, Any] | None = None
    answered: bool = False
    queues: set[str] = field(default_factory=set)


class Machine:
    """
    Takes the events of one FreeSWITCH, in the order it sends them, and returns those of Ringboard.

    An id comes of the call and of what happened to it, so that what is heard twice counts once. `unused` counts what
    says nothing, `missed` the calls whose end was not heard.
    """

    def __init__(self, settings: Settings) -> None:
        directions = directions_of(settings)
        self._seen = Seen()
        self._calls = calls_of(settings, SOURCE, self._seen, live=True)
        self._campaign = directions.campaign_variable
        self._directions = directions
        self._by_id: dict[str, _Call] = {}
        self._over: dict[str, int] = {}
        self._status: dict[str, str] = {}
        self.unused: Counter[str] = self._seen.unused
        self.missed = 0

    @property
    def open_calls(self) -> int:
        """How many calls are under way."""
        return len({id(call) for call in self._by_id.values()})

    def take(self, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what an event comes to; raises Refused where it lacks what it must have."""
        headers = {name: _first(value) for name, value in fields.items()}
        kind = headers.get("Event-Name", "")
        if kind == "CUSTOM" and headers.get("Event-Subclass") == "callcenter::info":
            return list(self._callcenter(headers))
        return list(self._channel(kind, headers)) if kind.startswith("CHANNEL_") else []

    def _channel(self, kind: str, headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        uuid = headers.get("Unique-ID", "")
        if not uuid:
            raise Refused(Reason.MISSING_FIELD, "Unique-ID", "Unique-ID: missing; every event of a channel has one")
        at = _at(headers)
        if kind == "CHANNEL_UUID":
            self._renamed(headers.get("Old-Unique-ID", ""), uuid)
        elif kind == "CHANNEL_HANGUP_COMPLETE":
            yield from self._hung_up(headers, at)
        elif uuid not in self._over:
            call = self._call_of(_ids(headers), at)
            call.up.add(uuid)
            if kind == "CHANNEL_CREATE":
                yield from self._created(call, headers, at)
            elif kind == "CHANNEL_BRIDGE":
                yield from self._bridged(call, at)

    def reconcile(self, channels: Iterable[Mapping[str, Any]], now: int) -> list[dict[str, Any]]:
        """
        Note which channels there are, after a time in which events may have been missed.

        A call none of whose channels is there any more is over: what is known of its legs is sent, and it is counted
        as missed where that is not all.
        """
        there: set[str] = set()
        for channel in channels:
            uuid = str(channel.get("uuid") or "")
            if uuid and uuid not in self._over:
                there.add(uuid)
                born = str(channel.get("created_epoch") or "")
                ids = {uuid, str(channel.get("call_uuid") or "")} - {""}
                self._call_of(ids, 1000 * int(born) if born.isdigit() else now).up.add(uuid)
        gone: list[dict[str, Any]] = []
        for call in list({id(call): call for call in self._by_id.values()}.values()):
            call.up &= there
            if not call.up:
                self.missed += 1
                gone += self._over_with(call, now)
        return gone

    # calls

    def _call_of(self, ids: set[str], at: int) -> _Call:
        found = list({id(self._by_id[one]): self._by_id[one] for one in ids if one in self._by_id}.values())
        call = found[0] if found else _Call(at)
        for other in found[1:]:
            call.ids |= other.ids
            call.up |= other.up
            call.ended |= other.ended
            call.queues |= other.queues
            call.began = min(call.began, other.began)
            call.started = call.started or other.started
            call.answered = call.answered or other.answered
        call.ids |= ids
        for one in call.ids:
            self._by_id[one] = call
        return call

    def _renamed(self, old: str, new: str) -> None:
        call = self._by_id.get(old)
        if call is not None:
            call.up.discard(old)
            call.up.add(new)
            call.ids.add(new)
            self._by_id[new] = call

    def _created(self, call: _Call, headers: Mapping[str, str], at: int) -> Iterator[dict[str, Any]]:
        if call.started is not None:
            return
        fields = {name: headers.get(header, "") for name, header in _HEADERS.items()}
        seconds = str(at // 1000)
        leg = leg_of(0, {**fields, "start_epoch": seconds, "end_epoch": seconds}, campaign=self._campaign)
        way = self._calls.way(leg, [leg])
        if way is None:
            return
        number = leg.called if way == "outbound" else leg.caller
        rep = self._calls.rep_at(leg) if way == "outbound" else None
        whole = leg.call or leg.uuid
        call.started = {"call": whole, "number": number or "anonymous", "direction": way, "rep": rep}
        yield event("call.started", at, SOURCE, whole, **call.started)

    def _bridged(self, call: _Call, at: int) -> Iterator[dict[str, Any]]:
        if call.answered or call.started is None:
            return
        call.answered = True
        fields = {name: value for name, value in call.started.items() if name != "direction"}
        yield event("call.answered", at, SOURCE, str(fields["call"]), **fields)
        yield from self._rep_is(call.started["rep"], "talking", at, str(fields["call"]))

    def _hung_up(self, headers: Mapping[str, str], at: int) -> Iterator[dict[str, Any]]:
        variables = {name[9:]: value for name, value in headers.items() if name.startswith("variable_")}
        own = {name: headers[header] for name, header in _HEADERS.items() if headers.get(header)}
        clocks = {
            f"{name}_uepoch": headers.get(f"Caller-Channel-{header}-Time", "") for name, header in _CLOCKS.items()
        }
        # Both have the same values; a variable can be missing where the channel never got far.
        leg = leg_of(0, {**{k: v for k, v in clocks.items() if v}, **variables, **own}, campaign=self._campaign)
        if leg.uuid in self._over:
            return
        call = self._call_of(leg.keys | _ids(headers), leg.start)
        call.up.discard(leg.uuid)
        call.ended[leg.uuid] = leg
        if not call.up:
            yield from self._over_with(call, at)

    def _over_with(self, call: _Call, at: int) -> Iterator[dict[str, Any]]:
        for one in call.ids:
            if self._by_id.get(one) is call:
                del self._by_id[one]
            self._over[one] = at
        for one in [one for one, ended in self._over.items() if ended < at - _LOST_AFTER_MS]:
            del self._over[one]
        if call.ended:
            for made in self._calls.events(list(call.ended.values())):
                # Its queues have reported it themselves, when it happened.
                if not (made["type"].startswith("queue.") and made["queue"] in call.queues):
                    yield made
        if call.answered and call.started is not None:
            yield from self._rep_is(call.started["rep"], "available", at, str(call.started["call"]))

    # reps and queues

    def _rep_is(self, rep: str | None, state: str, at: int, what: str) -> Iterator[dict[str, Any]]:
        if rep is not None:
            kept = self._status.get(rep, "available")
            state = kept if state == "available" else state
            yield event("rep.state", at, SOURCE, f"{what}:{rep}:{state}", rep=rep, state=state)

    def _callcenter(self, headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        action, at = headers.get("CC-Action", ""), _at(headers)
        agent = headers.get("CC-Agent", "").partition("@")[0]
        rep = self._calls.rep_named(agent) if agent else None
        if action == "agent-status-change" and rep and headers.get("CC-Agent-Status") in _STATUS:
            self._status[rep] = _STATUS[headers["CC-Agent-Status"]]
            yield from self._rep_is(rep, "available", at, f"{at}")
        elif action == "agent-state-change" and rep and headers.get("CC-Agent-State") in {*_STATES, "Waiting"}:
            yield from self._rep_is(rep, _STATES.get(headers["CC-Agent-State"], "available"), at, f"{at}")
        elif action in {"member-queue-start", "bridge-agent-start", "member-queue-end"}:
            yield from self._queue(headers, action, at)
        else:
            self.unused[action or "callcenter::info"] += 1

    def _queue(self, headers: Mapping[str, str], action: str, at: int) -> Iterator[dict[str, Any]]:
        queue, member = headers.get("CC-Queue", "").partition("@")[0], headers.get("CC-Member-Session-UUID", "")
        if not queue or not member or self._directions.way_of_queue(queue) == "outbound" or member in self._over:
            return
        call = self._call_of({member}, at)
        whole = str(call.started["call"]) if call.started else member
        where = {"call": whole, "queue": queue}
        joined = headers.get("CC-Member-Joined-Time", "")
        since = 1000 * int(joined) if joined.isdigit() else at
        wait = max(at - since, 0) / 1000
        name = f"{whole}:{queue}"
        if action == "member-queue-start":
            call.queues.add(queue)
            yield event("queue.joined", at, SOURCE, name, **where)
        elif action == "bridge-agent-start":
            call.queues.add(queue)
            yield event("queue.left", at, SOURCE, name, outcome="answered", wait_s=wait, **where)
        elif headers.get("CC-Cause", "").lower() == "cancel":
            call.queues.add(queue)
            outcome = _LEFT.get(headers.get("CC-Cancel-Reason", "").upper(), "abandoned")
            yield event("queue.left", at, SOURCE, name, outcome=outcome, wait_s=wait, **where)


def _ids(headers: Mapping[str, str]) -> set[str]:
    names = ("Unique-ID", "Channel-Call-UUID", "Other-Leg-Unique-ID", "Bridge-A-Unique-ID", "Bridge-B-Unique-ID")
    return {headers[name] for name in names if headers.get(name)}


def _first(value: Any) -> str:
    """Return a header as text: of one that is repeated, which comes as a list, the first; "" where there is none."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value)


def _at(headers: Mapping[str, str]) -> int:
    stamp = headers.get("Event-Date-Timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 17):  # noqa: PLR2004 - microseconds, for 3000 years
        raise Refused(
            Reason.WRONG_TYPE,
            "Event-Date-Timestamp",
            f"Event-Date-Timestamp: {len(stamp)} characters; microseconds since the epoch stand there",
        )
    return int(stamp) // 1000
