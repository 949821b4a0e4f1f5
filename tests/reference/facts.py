"""The distinct, visible facts of a log, and which of several stands."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Event = Mapping[str, Any]
TIME_FIELDS = ("at", "placed_at", "answered_at", "from", "to")
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
    """Each event once, times in ms: of several with one id on one key, the first in the log."""
    seen = set()
    facts = []
    for event in map(plain, events):
        name = (key(event), event["id"])
        if name not in seen:
            seen.add(name)
            facts.append(event)
    return facts


def when(event: Event) -> tuple[int, str]:
    return event["at"], event["id"]


def latest(events: Iterable[Event]) -> Event | None:
    """The one with the latest `at`, then the greatest id."""
    return max(events, key=when, default=None)


def earliest(events: Iterable[Event]) -> Event | None:
    """The one with the earliest `at`, then the smallest id."""
    return min(events, key=when, default=None)


class Facts:
    """All that is known at `as_of`: what lies ahead of it counts as if it had not come yet."""

    def __init__(self, events: Sequence[Event], as_of: int) -> None:
        self.as_of = as_of
        self.all = [event for event in distinct(events) if event["at"] <= as_of]

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
