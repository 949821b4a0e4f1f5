"""What the legs of one call say together: which way it went, who was reached, how long they talked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from stream.sources.canonical import event, whole_second
from stream.sources.dial_plan import names
from stream.sources.dial_plan.directions import DialPlan, Directions
from stream.sources.freeswitch.legs import OWN_VOICE, VOICEMAIL
from stream.sources.freeswitch.settings import FreeSwitchSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.settings.model import Settings
    from stream.sources.dial_plan.directions import Side, Way
    from stream.sources.freeswitch.legs import Leg, Stay
    from stream.sources.seen import Seen

_WITHHELD: Final = "anonymous"
_DISPOSITIONS: Final = {
    "USER_BUSY": "busy", "NO_ANSWER": "no_answer", "NO_USER_RESPONSE": "no_answer", "ORIGINATOR_CANCEL": "no_answer",
    "ALLOTTED_TIMEOUT": "no_answer", "PICKED_OFF": "no_answer", "LOSE_RACE": "no_answer",
    "NORMAL_CLEARING": "no_answer", "PROGRESS_TIMEOUT": "no_answer",
    "ATTENDED_TRANSFER": "no_answer", "NORMAL_UNSPECIFIED": "no_answer",
}  # fmt: skip
_TIMEOUTS: Final = frozenset({"TIMEOUT", "NO_AGENT_TIMEOUT", "EXIT_WITH_KEY"})
# Vanilla's two profiles: telephones register at the one, gateways are reached by the other.
_PROFILE: Final = re.compile(r"sofia/(?P<profile>[^/]+)/(?P<user>[^@/]*)")
_PROFILES: Final[dict[str, Side]] = {"internal": "inside", "external": "outside", "gateway": "outside"}


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
        )
    )


class Calls:
    """Yields calls from their legs, as events of `source`, by what the floor has configured."""

    def __init__(self, directions: Directions, source: str, seen: Seen, *, live: bool = False) -> None:
        self._directions = directions
        self._source = source
        self._seen = seen
        self._live = live

    def events(self, legs: Sequence[Leg]) -> Iterator[dict[str, Any]]:
        """Yield what `legs`, those of one call, come to."""
        ordered = sorted(legs, key=lambda leg: (leg.start, leg.inbound is not True, leg.line))
        entry = next((leg for leg in ordered if leg.call == leg.uuid), ordered[0])
        way = self.way(entry, ordered)
        if way is None:
            inside = self._side(entry.channel, entry.caller) == "inside"
            self._seen.undirected(entry.context, inside=inside)
            return
        yield from self._outbound(entry, ordered) if way == "outbound" else self._inbound(entry, ordered)

    def way(self, entry: Leg, legs: Sequence[Leg]) -> Way | None:
        """Return which way a call went, by the leg that it began with, and the others."""
        if entry.stay is not None:
            return self._directions.way_of_queue(entry.stay.queue)
        way = self._directions.way_of_context(entry.context)
        if way is not None:
            return way
        caller = self._side(entry.channel, entry.caller)
        if self._is_originated(entry):
            return "outbound" if self._directions.side_of_number(entry.caller) == "outside" else None
        if caller == "outside":
            return "inbound"
        called = [entry.called, *(leg.called for leg in legs)]
        goes_out = any(self._directions.side_of_number(one) == "outside" for one in called)
        return "outbound" if caller == "inside" and goes_out else None

    @staticmethod
    def _is_originated(leg: Leg) -> bool:
        """Return whether a leg was dialled for an application (`&park`): its caller is who was called."""
        return leg.called.startswith("&")

    def _side(self, channel: str, number: str) -> Side | None:
        match = _PROFILE.match(channel)
        if match and match["profile"] in _PROFILES:
            return _PROFILES[match["profile"]]
        return self._directions.side_of_number(number)

    def rep_at(self, leg: Leg) -> str | None:
        """Return the rep who placed a call from this leg."""
        return self._rep(leg.channel, leg.caller)

    def rep_named(self, name: str) -> str | None:
        """Return the rep who is called `name` in a queue."""
        return self._rep(name)

    def _rep(self, *candidates: str) -> str | None:
        """Return the rep at the first of these that is an extension or a name."""
        for one in candidates:
            user = match["user"] if (match := _PROFILE.match(one)) else one
            if user and self._directions.side_of_number(user) != "outside":
                rep = self._directions.rep(names.interface(user))
                if rep is not None:
                    return rep
        return None

    # outbound

    def _outbound(self, entry: Leg, legs: Sequence[Leg]) -> Iterator[dict[str, Any]]:
        outside = self._directions.side_of_number
        dialler = entry.stay is not None or self._is_originated(entry)
        others = [leg for leg in legs if leg is not entry]
        far = [entry] if dialler else [leg for leg in others if self._far(leg)] or others
        numbers = [entry.caller] if dialler else [entry.called, *(leg.called for leg in far)]
        number = next((one for one in numbers if outside(one) == "outside"), numbers[0])
        talks = self._talks(entry, far)
        if entry.stay is not None and entry.stay.answered is None:
            talks = []
        amd = next((leg.amd for leg in (*far, *legs) if leg.amd is not None), None)
        failed = far[-1] if far else entry
        voicemail = any(leg.apps & VOICEMAIL for leg in legs)
        agent = entry.stay.agent if entry.stay else None
        rep = (
            self._rep(agent or "", *(leg.called for leg in others))
            if dialler
            else self._rep(entry.channel, entry.caller)
        )
        self._seen.answered += bool(talks)
        self._seen.detects_machines |= amd in {"human", "machine", "fax"}
        # A telephone that FreeSWITCH itself has rung first: the prospect was dialled when the rep was there.
        rung_first = entry.inbound is False and far[0] is not entry if far else False
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

    def _far(self, leg: Leg) -> bool:
        return self._directions.side_of_number(leg.called) == "outside" or self._side(leg.channel, "") == "outside"

    def _talks(self, entry: Leg, far: Sequence[Leg]) -> list[tuple[int, int]]:
        """Return when somebody was talked to: by the answered far legs, or by what the only one says of itself."""
        others = [leg for leg in far if leg is not entry]
        if others:
            spans = [(leg.answered, leg.end) for leg in others if leg.answered and not leg.apps & VOICEMAIL]
        elif entry.bridged is not None and not self._is_originated(entry):
            spans = [(max(entry.bridged, entry.answered), entry.end)] if entry.bridged and entry.answered else []
        else:
            own_voice = entry.apps & OWN_VOICE and "bridge" not in entry.apps
            spans = [(entry.answered, entry.end)] if entry.answered and not own_voice else []
            self._seen.unsure += bool(spans) and not entry.apps
        union: list[tuple[int, int]] = []
        for begin, end in sorted(spans):
            if union and begin <= union[-1][1]:
                union[-1] = (union[-1][0], max(union[-1][1], end))
            else:
                union.append((begin, end))
        return union

    # inbound

    def _inbound(self, entry: Leg, legs: Sequence[Leg]) -> Iterator[dict[str, Any]]:
        stay = entry.stay
        others = [leg for leg in legs if leg is not entry]
        talks = self._talks(entry, others or [entry])
        if stay is not None:
            talks = [(stay.answered, entry.end)] if stay.answered else []
            yield from self._stay(entry, legs, stay)
        reached = next((leg for leg in others if leg.answered), None)
        names_of_rep = [stay.agent or ""] if stay else []
        if reached is not None:
            names_of_rep += [reached.called, reached.channel]
        elif not others:
            names_of_rep.append(entry.called)
        voicemail = any(leg.apps & VOICEMAIL for leg in legs)
        yield self._ended(
            entry,
            legs,
            direction="inbound",
            placed_at=entry.start,
            number=entry.caller or _WITHHELD,
            talks=talks,
            rep=self._rep(*names_of_rep) if talks else None,
            queue=stay.queue if stay else None,
            amd=None,
            disposition=None if talks else "voicemail" if voicemail else "abandoned",
            hangup_cause=entry.code or None,
            wait_s=((stay.left or entry.end) - stay.joined) / 1000 if stay else None,
        )

    def _stay(self, entry: Leg, legs: Sequence[Leg], stay: Stay) -> Iterator[dict[str, Any]]:
        left = stay.left or entry.end
        outcome = "answered" if stay.answered else "timeout" if stay.reason in _TIMEOUTS else "abandoned"
        name, call = self._name(entry, legs), entry.call or entry.uuid
        where = {"call": call, "queue": stay.queue}
        yield event("queue.joined", stay.joined, self._source, name, **where)
        yield event(
            "queue.left", left, self._source, name, outcome=outcome, wait_s=(left - stay.joined) / 1000, **where
        )

    # both

    @staticmethod
    def _name(entry: Leg, legs: Sequence[Leg]) -> str:
        """Return what the ids of a call's events begin with; a telling of more legs stands above one of fewer."""
        return f"{entry.call or entry.uuid}:{max(leg.end for leg in legs)}:{len(legs):03}"

    def _ended(
        self, entry: Leg, legs: Sequence[Leg], *, talks: Sequence[tuple[int, int]], **fields: Any
    ) -> dict[str, Any]:
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
