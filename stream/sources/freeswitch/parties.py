"""Who the legs of a call are: the one it began with, telephones of the floor and the outside, which way it went."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from stream.sources.dial_plan.apps import same_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.dial_plan.directions import Directions, Side, Way
    from stream.sources.freeswitch.legs import Leg

# Vanilla's two profiles: telephones register at the one, gateways are reached by the other.
_PROFILE: Final = re.compile(r"sofia/(?P<profile>[^/]+)/(?P<user>[^@/:]*)")
_PROFILES: Final[dict[str, Side]] = {"internal": "inside", "external": "outside", "gateway": "outside"}
_BEFORE_MS: Final = 1000
_AFTER_MS: Final = 2000
_LOOPBACK: Final = "loopback/"
_WAYS: Final[dict[str, Way]] = {"inbound": "inbound", "outbound": "outbound"}
_CALLED: Final = {way: f"it has called the direction {way}" for way in ("inbound", "outbound", "local")}
_CALLED_ELSE: Final = "it has called the direction something else than inbound, outbound or local"


class Went(NamedTuple):
    """Which way a call went, None where it stayed inside or nothing tells; `because` of what, without a number."""

    way: Way | None
    because: str


class Sided(NamedTuple):
    """On which side a party is, None where nothing tells; `by` what the leg says of itself, a profile, or a number."""

    side: Side | None
    by: Literal["itself", "profile", "number"]


def user_of(channel: str) -> str:
    """Return the user, or the number, in the name of a SIP channel; another name as it is."""
    match = _PROFILE.match(channel)
    return match["user"] if match else channel


def is_originated(leg: Leg) -> bool:
    """Return whether a leg was dialled for an application (`&park`): its caller is who was called."""
    return leg.called.startswith("&")


class Parties:
    """Tells who is who by what the legs say of themselves and of each other, and by what is configured."""

    def __init__(self, directions: Directions) -> None:
        self._directions = directions

    def ordered(self, legs: Sequence[Leg]) -> list[Leg]:
        """
        Return the legs with the one that the call began with in front, without those that nobody speaks on.

        That is the first one; of those of one second the one that speaks most for it, for a log of seconds has both
        legs of most calls in the same one.
        """
        spoken = [leg for leg in legs if not leg.channel.startswith(_LOOPBACK)] or list(legs)
        return sorted(
            spoken,
            key=lambda leg: (
                leg.call != leg.uuid, leg.start // 1000, -self._nearness(leg, spoken), leg.start, leg.line,
            ),
        )  # fmt: skip

    def _nearness(self, leg: Leg, legs: Sequence[Leg]) -> int:
        """Return how much speaks for this leg being the one that the others were dialled for."""
        number = self._directions.side_of_number
        others = [one for one in legs if one is not leg]
        score = {True: 6, None: 0, False: -6}[leg.inbound]
        score += 3 * sum(leg.uuid in one.origins for one in others)
        score -= 3 * sum(one.uuid in leg.origins for one in others)
        # A log names the leg that was dialled in the row of the one that it was dialled for.
        score += sum(one.uuid in leg.others for one in others) - sum(leg.uuid in one.others for one in others)
        caller, called = number(leg.caller), number(leg.called)
        score += 2 * (caller == "inside" and called == "outside")
        score += 2 * (self._directions.way_of_context(leg.context) == "inbound")
        return score + (caller == called == "outside")

    def side(self, leg: Leg, number: str) -> Side | None:
        """Return on which side the party of a leg is, whose number is `number`."""
        return self.sided(leg, number).side

    def sided(self, leg: Leg, number: str) -> Sided:
        """
        Return on which side the party of a leg is, and by what.

        A gateway and a telephone that has logged in are known; then the profile tells, except that a line without a
        login at the profile of the telephones has a number for its user.
        """
        if leg.side is not None:
            return Sided(leg.side, "itself")
        match = _PROFILE.match(leg.channel)
        profile = _PROFILES.get(match["profile"]) if match else None
        if match and profile == "inside" and self._directions.side_of_number(match["user"]) == "outside":
            return Sided("outside", "number")
        return Sided(profile, "profile") if profile else Sided(self._directions.side_of_number(number), "number")

    def is_outside(self, leg: Leg) -> bool:
        """Return whether a leg that was dialled reached out to a number, not to a telephone of the floor."""
        side = self.side(leg, leg.called)
        return side == "outside" or (side is None and self._directions.side_of_number(leg.called) == "outside")

    def is_inside(self, leg: Leg) -> bool:
        """Return whether a leg that was dialled reached a telephone of the floor, as far as is known."""
        return self.side(leg, leg.called) == "inside"

    def is_lone_far(self, leg: Leg) -> bool:
        """Return whether this may be a leg that was dialled for another one, of which it does not say which."""
        if leg.origins or leg.others or leg.stay is not None:
            return False
        return leg.inbound is False or (leg.inbound is None and not leg.answered)

    def may_be_for(self, far: Leg, near: Leg) -> bool:
        """Return whether a lone leg may have been dialled for `near`: it lies within it, and has a number of it."""
        if near.inbound is False or far.start < near.start - _BEFORE_MS or far.end > near.end + _AFTER_MS:
            return False
        caller, called = (self._directions.side_of_number(one) for one in (far.caller, far.called))
        if called == "outside":
            # The number may have what its gateway wants before it; its caller is the floor's own number, or the rep.
            told = far.inbound is False or caller == "outside" or far.caller == near.caller
            return told and same_number(far.called, near.called)
        return caller == "outside" and same_number(far.caller, near.caller)

    def way(self, entry: Leg, legs: Sequence[Leg]) -> Went:
        """
        Return which way a call went, by the leg that it began with, and the others.

        In order of worth: the queue; that FreeSWITCH itself dialled the first leg; the configured contexts; the
        direction that the dial plan has given the call; and where its parties are.
        """
        if entry.stay is not None:
            way = self._directions.way_of_queue(entry.stay.queue)
            whose = "name it as a dialler's" if way == "outbound" else "do not name it as a dialler's"
            return Went(way, f"queue: it stood in {entry.stay.queue}, and the settings {whose}")
        goes_out = any(self.is_outside(leg) for leg in legs if leg is not entry and leg.inbound is not True)
        if entry.inbound is False:
            return _placed(goes_out or self._dialled_out(entry))
        if (way_there := self._directions.way_of_context(entry.context)) is not None:
            return Went(way_there, f"context: {entry.context} is a context of {way_there} calls")
        if is_originated(entry):
            return _placed(self._dialled_out(entry))
        if entry.way:
            way_said = _WAYS.get(entry.way) or ("outbound" if goes_out else None)
            return Went(way_said, f"dial plan: {_CALLED.get(entry.way, _CALLED_ELSE)}")
        return self._way_of_parties(entry, legs, goes_out=goes_out)

    def _way_of_parties(self, entry: Leg, legs: Sequence[Leg], *, goes_out: bool) -> Went:
        caller = self.side(entry, entry.caller)
        if caller == "outside":
            return Went("inbound", "parties: who called is outside")
        called_out = any(self._directions.side_of_number(one.called) == "outside" for one in legs)
        if caller is None:
            return Went(None, "parties: nothing tells where who called is")
        if goes_out or called_out:
            return Went("outbound", "parties: who called is inside, and a number of the outside was dialled")
        return Went(None, "parties: who called is inside, and no number of the outside was dialled")

    def _dialled_out(self, entry: Leg) -> bool:
        """Return whether the leg that FreeSWITCH dialled by itself went to a number outside."""
        if is_originated(entry):
            return self._directions.side_of_number(entry.caller) == "outside"
        return self.side(entry, entry.called) == "outside"


def _placed(out: bool) -> Went:
    to = "a number of the outside" if out else "no number of the outside"
    return Went("outbound" if out else None, f"placed: FreeSWITCH itself dialled the first leg, and {to} with it")
