"""One call as its channel events show it: its parties, its way, whom somebody outside talked to; and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stream.sources.asterisk.cel_channels import is_party
from stream.sources.asterisk.ids import nth
from stream.sources.canonical import event, whole_second
from stream.sources.dial_plan import names

if TYPE_CHECKING:
    from collections.abc import Collection

    from stream.sources.asterisk.bridges import Met
    from stream.sources.asterisk.cel_happened import Happened
    from stream.sources.asterisk.cel_parties import Parties
    from stream.sources.asterisk.cel_stays import Stay
    from stream.sources.asterisk.cel_way import CallWay
    from stream.sources.dial_plan.ways import Ways

SOURCE: Final = "asterisk-cel"


@dataclass(slots=True)
class Call:
    """What happened in a call, who its parties are, and which way it went."""

    happened: Happened
    parties: Parties
    way: CallWay
    ways: Ways

    @property
    def id(self) -> str:
        """What the call is called: the Linkedid of its channels."""
        return self.happened.rows[0].linked

    def heard(self, *who: str) -> list[Met]:
        """Return whom these channels heard, and when."""
        return self.happened.meetings.heard(who, self.happened.channels, _speaks)

    def talks(self, who: Collection[str]) -> list[Met]:
        """Return when those outside heard a rep; `others` are the reps alone."""
        return [
            met._replace(others=frozenset(reps)) for met in self.heard(*who) if (reps := self.parties.reps(met, who))
        ]

    def first_rep(self, talks: list[Met]) -> str | None:
        """Return the first rep of some talks."""
        return next((rep for met in talks for name in sorted(met.others) if (rep := self.parties.rep(name))), None)

    def account(self, until: int) -> str:
        """
        Return the account code that names the campaign: the last that the dial plan has set until then.

        One that is the telephone's own name is none.
        """
        own = {one.name_parts.peer for one in self.happened.channels.values()}
        mine = {self.way.entry.name, *self.way.who, *(ring.row.channel for ring in self.way.rings)}
        set_here = [row for row in self.happened.rows if row.account and row.account not in own]
        fits = [row for row in set_here if row.channel in mine and row.at <= until]
        return (fits[-1] if fits else set_here[0]).account if set_here else ""

    def stay(self, stay: Stay, place: int) -> list[dict[str, Any]]:
        """Return that a caller joined a queue, and how they left it."""
        name = f"{self._name()}:{place}"
        call = nth(self.id, stay.number)
        known = {"call": call, "queue": stay.queue, "queued_as": stay.queued_as if stay.queued_as != call else None}
        left = {**known, "outcome": stay.outcome, "wait_s": stay.wait_s}
        return [
            event("queue.joined", stay.joined, SOURCE, name, **known),
            event("queue.left", stay.left, SOURCE, name, **left),
        ]

    def ended(self, end: int, count: int, *, call_id: str, context: str, **fields: Any) -> dict[str, Any]:
        """Return that the call, or an attempt of it, has ended; `count` are its events, which tell versions apart."""
        answered = fields["answered_at"]
        until = answered if answered is not None else end
        return event(
            "call.ended",
            whole_second(end, not_before=max(answered or 0, fields["placed_at"])),
            SOURCE,
            f"{self.id}:{end}:{count:05}",
            call=call_id,
            campaign=self.ways.directions.campaign(
                account=self.account(until), queue=fields.get("queue") or "", context=context
            ),
            **fields,
        )

    def _name(self) -> str:
        return f"{self.id}:{self.happened.end}:{len(self.happened.rows):05}"


def _speaks(channel: str) -> bool:
    return is_party(names.channel(channel))
