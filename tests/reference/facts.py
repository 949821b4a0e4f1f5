"""The distinct, visible facts of a log, of which lead each is in the end, and which of several stands."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Event = Mapping[str, Any]
TIME_FIELDS = ("at", "placed_at", "answered_at", "from", "to")
CALLS = ("call.ended", "call.disposed")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: int | str) -> int:
    """Milliseconds since the epoch of a time in either form (integer ms, or RFC 3339 with an offset)."""
    if isinstance(value, int):
        return value
    return (datetime.fromisoformat(value) - EPOCH) // timedelta(milliseconds=1)


def plain(event: Event) -> dict[str, Any]:
    """The event with its times in ms and without empty fields."""
    return {name: moment(value) if name in TIME_FIELDS else value for name, value in event.items() if value is not None}


def key(event: Event) -> tuple[str, str]:
    """What the event is about: a customer, a spending campaign, a rep, a queue's call, a lead, else a number."""
    kind = event["type"].partition(".")[0]
    if kind == "customer":
        return "customer", event["customer"]
    if kind == "spend":
        return "campaign", event["campaign"]
    if kind == "rep":
        return "rep", event["rep"]
    if kind == "queue":
        return "call", event["call"]
    if "lead" in event:
        return "lead", event["lead"]
    return "number", event["number"]


def distinct(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Each event once, times in ms: of one id on one key the greatest revision, then the first in the log."""
    standing: dict[Any, dict[str, Any]] = {}
    for event in map(plain, events):
        name = (key(event), event["id"])
        if name not in standing or event.get("revision", 0) > standing[name].get("revision", 0):
            standing[name] = event
    return list(standing.values())


def when(event: Event) -> tuple[int, str, str]:
    return event["at"], event["id"], event.get("named", "")


def latest(events: Iterable[Event]) -> Event | None:
    """The one with the latest `at`, then the greatest id."""
    return max(events, key=when, default=None)


def earliest(events: Iterable[Event]) -> Event | None:
    """The one with the earliest `at`, then the smallest id."""
    return min(events, key=when, default=None)


def merged_into(events: Iterable[Event]) -> dict[str, str]:
    """Each lead that is another one, by its id: the earliest `lead.merged` of a lead stands, whenever that is."""
    merges = [event for event in events if event["type"] == "lead.merged"]
    found = {}
    for lead in {event["lead"] for event in merges}:
        standing = earliest(event for event in merges if event["lead"] == lead)
        assert standing is not None
        found[lead] = standing["into"]
    return found


def in_the_end(lead: str, into: Mapping[str, str]) -> str | None:
    """The lead that a lead is in the end; None where leads were merged in a circle."""
    seen = {lead}
    while lead in into:
        lead = into[lead]
        if lead in seen:
            return None
        seen.add(lead)
    return lead


class Facts:
    """
    All that is known at `as_of`: what lies ahead of it counts as if it had not come yet.

    What says that a lead was none, or another one, holds as soon as it has come: it was so all the time.
    """

    def __init__(self, events: Sequence[Event], as_of: int) -> None:
        self.as_of = as_of
        standing = distinct(events)
        self.spends = [event for event in standing if event["type"] == "spend.recorded"]
        into = merged_into(standing)
        self.withdrawn = {
            event["lead"] for event in standing if event["type"] == "lead.withdrawn" and event["lead"] not in into
        }
        # Who waits in a queue waits there, whatever became of the lead.
        self.came_in = [
            event
            for event in standing
            if event["type"] == "call.ended" and event["direction"] == "inbound" and event["at"] <= as_of
        ]
        self.all: list[dict[str, Any]] = []
        for event in standing:
            if event["at"] > as_of or event["type"] in ("lead.merged", "lead.withdrawn"):
                continue
            if "lead" in event:
                lead = in_the_end(event["lead"], into)
                if lead is None or (lead in self.withdrawn and event["type"] not in CALLS):
                    continue
                self.all.append(event | {"lead": lead, "named": event["lead"]})
            else:
                self.all.append(event)

    def of(self, kind: str, **fields: str) -> list[dict[str, Any]]:
        """The facts of one type whose fields have these values."""
        return [
            event
            for event in self.all
            if event["type"] == kind and all(event.get(name) == value for name, value in fields.items())
        ]

    def of_number(self, kind: str, number: str) -> list[dict[str, Any]]:
        """The facts of one type that name this number and no lead."""
        return [event for event in self.of(kind, number=number) if "lead" not in event]

    def standing_request(self, lead: str) -> Event | None:
        return earliest(self.of("lead.requested", lead=lead))

    def leads_linked_to(self, number: str) -> set[str]:
        """The leads that any request, standing or not, links to the number."""
        return {event["lead"] for event in self.of("lead.requested", number=number)}

    def numbers_linked_to(self, lead: str) -> set[str]:
        return {event["number"] for event in self.of("lead.requested", lead=lead) if "number" in event}
