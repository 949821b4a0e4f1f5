"""What the legs of one call say together: which way it went, who was reached, how long they talked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stream.sources.canonical import event, whole_second
from stream.sources.dial_plan import names
from stream.sources.dial_plan.directions import DialPlan, Directions
from stream.sources.freeswitch.legs import UUID, VOICEMAIL
from stream.sources.freeswitch.parties import Parties, is_originated, user_of
from stream.sources.freeswitch.settings import FreeSwitchSettings
from stream.sources.freeswitch.talks import Talks, within
from stream.sources.freeswitch.waits import Waits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.settings.model import Settings
    from stream.sources.dial_plan.directions import Way
    from stream.sources.freeswitch.legs import Leg, Stay
    from stream.sources.freeswitch.talks import Span
    from stream.sources.freeswitch.waits import Wait
    from stream.sources.seen import Seen

_WITHHELD: Final = "anonymous"
_DISPOSITIONS: Final = {
    "USER_BUSY": "busy", "NO_ANSWER": "no_answer", "NO_USER_RESPONSE": "no_answer", "ORIGINATOR_CANCEL": "no_answer",
    "ALLOTTED_TIMEOUT": "no_answer", "PICKED_OFF": "no_answer", "LOSE_RACE": "no_answer",
    "NORMAL_CLEARING": "no_answer", "PROGRESS_TIMEOUT": "no_answer",
    "ATTENDED_TRANSFER": "no_answer", "NORMAL_UNSPECIFIED": "no_answer",
}  # fmt: skip
_FAR_ONLY: Final = "leg of a call whose other leg is not there"


def directions_of(settings: Settings) -> Directions:
    """Return the directions of calls by the contexts, queues and variables that the settings name."""
    own = settings.group(FreeSwitchSettings)
    return Directions(
        DialPlan(
            own.freeswitch_outbound_contexts,
            own.freeswitch_inbound_contexts,
            own.freeswitch_outbound_queues,
            own.freeswitch_extension_digits,
            settings.extension_pattern,
            own.freeswitch_campaign_from,
            own.freeswitch_campaign_variable,
            own.freeswitch_campaigns,
            own.freeswitch_reps,
            ring_groups=own.freeswitch_ring_groups,
        )
    )


def calls_of(settings: Settings, source: str, seen: Seen, *, live: bool = False) -> Calls:
    """Return what makes calls of legs, as `settings` have it, as events of `source`; `seen` counts what is left out."""
    return Calls(directions_of(settings), source, seen, live=live)


class Calls:
    """Yields calls from their legs, as events of `source`, by what the floor has configured."""

    def __init__(self, directions: Directions, source: str, seen: Seen, *, live: bool = False) -> None:
        self._directions = directions
        self.parties = Parties(directions)
        self.waits = Waits(directions)
        self._source = source
        self._talks = Talks(self.parties, seen)
        self._seen = seen
        self._live = live

    def events(self, legs: Sequence[Leg]) -> Iterator[dict[str, Any]]:
        """Yield what `legs`, those of one call, come to."""
        ordered = self.parties.ordered(legs)
        entry = ordered[0]
        way = self.parties.way(entry, ordered).way
        if way is None:
            self._left_out(entry)
            return
        yield from self._outbound(entry, ordered) if way == "outbound" else self._inbound(entry, ordered)

    def way(self, entry: Leg, legs: Sequence[Leg]) -> Way | None:
        """Return which way a call went, by the leg that it began with, and the others."""
        return self.parties.way(entry, legs).way

    def _left_out(self, entry: Leg) -> None:
        if entry.inbound is False and self._directions.side_of_number(entry.caller) == "outside":
            self._seen.unused[_FAR_ONLY] += 1
            return
        inside = entry.inbound is False or entry.way == "local" or self.parties.side(entry, entry.caller) == "inside"
        self._seen.undirected(entry.context, inside=inside)

    def rep_at(self, leg: Leg) -> str | None:
        """Return the rep who placed a call from this leg."""
        return self._rep(*leg.reps, leg.channel, leg.caller)

    def rep_named(self, name: str) -> str | None:
        """Return the rep who is called `name` in a queue."""
        return self._rep(name)

    def _rep(self, *candidates: str) -> str | None:
        """Return the rep at the first of these that is configured, an extension or a name."""
        for one in candidates:
            user = user_of(one)
            if user[:1].isalnum() and self._directions.side_of_number(user) != "outside":
                rep = self._directions.rep(names.interface(user))
                if rep is not None:
                    return rep
        return None

    def _rep_in(self, stay: Stay | None, others: Sequence[Leg], entry: Leg) -> str | None:
        """Return the rep whom a caller, or a prospect that a dialler has called, was joined with."""
        agent = (stay.agent if stay else None) or ""
        reached = [leg for leg in others if leg.answered and leg.inbound is not True]
        reached.sort(key=self.parties.is_outside)
        telephones = [name for leg in reached for name in (leg.called, leg.channel)]
        telephones += entry.reached if reached or not others else ()
        if not others:
            telephones += [entry.called, *(called for called, _ in reversed(entry.path))]
        # An agent who is known by an id alone has the name of the telephone that was rung, if the settings have none.
        nameless = UUID.fullmatch(agent) is not None and self._rep(agent) == agent
        return self._rep(*telephones, agent) if nameless else self._rep(agent, *telephones)

    # outbound

    def _outbound(self, entry: Leg, legs: Sequence[Leg]) -> Iterator[dict[str, Any]]:
        outside = self._directions.side_of_number
        others = [leg for leg in legs if leg is not entry]
        far = [leg for leg in others if leg.inbound is not True and self.parties.is_outside(leg)]
        dialled = is_originated(entry) or (
            entry.inbound is False and self.parties.side(entry, entry.called) == "outside"
        )
        dialler = entry.stay is not None or dialled
        if dialler:
            far, numbers = [entry], [entry.caller, user_of(entry.channel), entry.called]
            if not is_originated(entry) and entry.stay is None:
                numbers = numbers[1:] + numbers[:1]
        else:
            far = far or [leg for leg in others if leg.inbound is not True] or others
            numbers = [entry.called, *(leg.called for leg in far)]
        number = next((one for one in numbers if outside(one) == "outside"), numbers[0])
        talks = self._talks.of_queue(entry.stay, entry, others) if entry.stay else self._talks.of_legs(entry, far)
        reps = [leg for leg in others if leg not in far and leg.answered and leg.inbound is not True]
        if talks and (reps or len(far) > 1):
            near = [] if dialler else [(entry.start, entry.end)]
            talks = within(talks, [*near, *((leg.answered or leg.start, leg.end) for leg in reps)])
        amd = next((leg.amd for leg in (*far, *legs) if leg.amd is not None), None)
        failed = far[-1] if far else entry
        voicemail = any(leg.apps & VOICEMAIL for leg in legs)
        rep = (
            self._rep_in(entry.stay, others, entry) if dialler else self._rep(*entry.reps, entry.channel, entry.caller)
        )
        if dialler and rep is None:
            rep = self._rep(*(leg.called for leg in others))
        self._seen.answered += bool(talks)
        self._seen.detects_machines |= amd in {"human", "machine", "fax"}
        # A telephone that FreeSWITCH itself has rung first: the prospect was dialled when the rep was there.
        rung_first = entry.inbound is False and not dialler and bool(far)
        yield self._ended(
            entry,
            legs,
            direction="outbound",
            placed_at=far[0].start if rung_first else entry.start,
            number=number or _WITHHELD,
            talks=talks,
            rep=rep,
            queue=None,
            amd=amd,
            disposition=None if talks else "voicemail" if voicemail else _DISPOSITIONS.get(failed.cause, "failed"),
            hangup_cause=failed.code or None,
        )

    # inbound

    def _inbound(self, entry: Leg, legs: Sequence[Leg]) -> Iterator[dict[str, Any]]:
        stay = entry.stay
        others = [leg for leg in legs if leg is not entry]
        dialled = [leg for leg in others if leg.inbound is not True] or others
        inside = [leg for leg in dialled if leg.answered and not self.parties.is_outside(leg)]
        talks = (
            self._talks.of_queue(stay, entry, others)
            if stay
            else self._talks.of_legs(entry, inside or dialled or [entry])
        )
        if not stay and others:
            talks = within(talks, [(entry.start, entry.end)])
        voicemail = any(leg.apps & VOICEMAIL for leg in legs)
        wait = self.waits.of(entry, talks, voicemail=voicemail)
        if wait is not None:
            yield from self._queue_events(entry, legs, wait)
        yield self._ended(
            entry,
            legs,
            direction="inbound",
            placed_at=entry.start,
            number=entry.caller or _WITHHELD,
            talks=talks,
            rep=self._rep_in(stay, others, entry) if talks else None,
            queue=wait.queue if wait else None,
            amd=None,
            disposition=None if talks else "voicemail" if voicemail else "abandoned",
            hangup_cause=entry.code or None,
            wait_s=(wait.left - wait.joined) / 1000 if wait else None,
        )

    def _queue_events(self, entry: Leg, legs: Sequence[Leg], wait: Wait) -> Iterator[dict[str, Any]]:
        name, call = self._name(entry, legs), entry.call or entry.uuid
        where = {"call": call, "queue": wait.queue}
        wait_s = (wait.left - wait.joined) / 1000
        yield event("queue.joined", wait.joined, self._source, name, **where)
        yield event("queue.left", wait.left, self._source, name, outcome=wait.outcome, wait_s=wait_s, **where)

    # both

    @staticmethod
    def _name(entry: Leg, legs: Sequence[Leg]) -> str:
        """Return what the ids of a call's events begin with; a telling of more legs stands above one of fewer."""
        return f"{entry.call or entry.uuid}:{max(leg.end for leg in legs)}:{len(legs):03}"

    def _ended(self, entry: Leg, legs: Sequence[Leg], *, talks: Sequence[Span], **fields: Any) -> dict[str, Any]:
        end = max(leg.end for leg in legs)
        answered = talks[0][0] if talks else None
        variables = {name: value for leg in reversed(legs) for name, value in leg.variables}
        at = end if self._live else whole_second(end, not_before=max(answered or 0, fields["placed_at"]))
        return event(
            "call.ended",
            at,
            self._source,
            self._name(entry, legs),
            call=entry.call or entry.uuid,
            answered_at=answered,
            talk_s=sum(end - begin for begin, end in talks) / 1000,
            ring_s=((answered or end) - fields["placed_at"]) / 1000 if fields["direction"] == "outbound" else None,
            campaign=self._directions.campaign(
                account=next((leg.account for leg in legs if leg.account), ""),
                queue=fields["queue"] or "",
                context=entry.context,
                variables=variables,
            ),
            **fields,
        )
