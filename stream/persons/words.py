"""What is held of a person in words, and as JSON."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from stream.journeys.erasing import is_past
from stream.kpi import facts as f
from stream.persons.person import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from stream.persons.holdings import Holdings

_STEPS: Final = {f.QUALIFIED_STEP: "qualified", f.WON_STEP: "won", f.LOST_STEP: "lost"}
_RISKS: Final = {f.AT_RISK: "may leave", f.RISK_KEPT: "stays", f.RISK_LOST: "has left"}
NOT_HELD: Final = (
    "the number itself, a name, an address, a recording; no address of the web, no text of a conversation",
    "alerts: Alertmanager has those of leads that wait, by the lead's id, until they end; what was sent stays sent",
    "the sums of the KPIs name nobody; calls in queues and states of reps are kept by call and by rep alone",
)


def words_of(fact: Any) -> str:
    """Return in words what a journey knows by `fact`; each type of fact has its own."""
    said = _SAID[type(fact)](fact)
    by = [f"{name} {value}" for name in ("campaign", "channel", "rep", "team") if (value := getattr(fact, name, None))]
    return " · ".join([said, *by])


def _call(call: f.Call) -> str:
    way = "called" if call.outbound else "called us"
    how = "a machine answered" if call.machine else "answered" if call.answered else "no answer"
    talk = f", {call.talk_ms / 1000:g} s of talk" if call.talk_ms else ""
    verdict = f", {call.disposition}" if call.disposition else ""
    passed = " (known by the number)" if call.number else ""
    return f"{way}: {how}{talk}{verdict}{passed}, call {call.call}"


_SAID: Final[dict[type, Any]] = {
    f.Request: lambda one: "asked to be called" + (", with a number" if one.number else ""),
    f.Assigned: lambda _one: "was given to a rep",
    f.Call: _call,
    f.Verdict: lambda one: f"the call {one.call} was judged {one.disposition}",
    f.Step: lambda one: _STEPS[one.kind] + (f", for the reason {one.reason}" if one.reason else ""),
    f.Consent: lambda one: "agreed to be called" if one.granted else "no longer agrees to be called",
    f.Link: lambda one: f"the lead {one.id} was requested with this number",
    f.Shared: lambda _one: "another lead was requested with the same number",
    f.Merged: lambda one: f"it is the lead {one.into}",
    f.Withdrawn: lambda _one: "it was no lead",
    f.Moved: lambda one: f"as the lead {one.lead}: {words_of(one.fact)}",
    f.Risk: lambda one: _RISKS[one.kind] + (f", for the reason {one.reason}" if one.reason else ""),
    f.Erased: lambda one: "all before was erased" if one.done else "all before is being erased",
}


def as_text(holdings: Holdings, zone: ZoneInfo) -> Iterator[str]:
    """Yield what is held, line by line."""
    person = holdings.person
    yield f"numbers (pseudonyms): {', '.join(sorted(person.numbers)) or 'none'}"
    yield f"leads: {', '.join(sorted(person.leads)) or 'none'}"
    if person.customers:
        yield f"customers: {', '.join(sorted(person.customers))}"
    yield ""
    if not holdings.journeys:
        yield "Nothing is held of them in the state."
    for key, facts in sorted(holdings.journeys.items()):
        kind, name = owner_of(key)
        yield f"{kind} {name}" + (" (being erased)" if is_past(key) else "")
        yield from (f"  {moment(fact.at, zone)}  {words_of(fact)}" for fact in facts)
    yield ""
    if not holdings.records:
        yield "No record of the topics names them."
    for topic, count in sorted(Counter(record.topic for record in holdings.records).items()):
        yield f"{topic}: {count} records, until {_until(holdings, topic, zone)} at the latest"
        for record in holdings.records:
            if record.topic == topic:
                yield f"  partition {record.partition}, offset {record.offset}: {record.what}" + (
                    f" {record.id}" if record.id else ""
                )
    yield ""
    yield from (f"Not held: {one}." for one in NOT_HELD)


def as_json(holdings: Holdings, zone: ZoneInfo) -> dict[str, Any]:
    """Return what is held as an object of JSON."""
    person = holdings.person
    return {
        "numbers": sorted(person.numbers),
        "leads": sorted(person.leads),
        "customers": sorted(person.customers),
        "journeys": [
            {
                "kind": owner_of(key)[0],
                "name": owner_of(key)[1],
                "being_erased": is_past(key),
                "events": [
                    {"at": rfc3339(fact.at, zone), "what": type(fact).__name__.lower(), "words": words_of(fact)}
                    for fact in facts
                ],
            }
            for key, facts in sorted(holdings.journeys.items())
        ],
        "records": [
            {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "at": rfc3339(record.at_ms, zone),
                "what": record.what,
                "id": record.id,
            }
            for record in holdings.records
        ],
        "until": {topic: rfc3339(at, zone) for topic, at in sorted(holdings.until.items())},
        "not_held": list(NOT_HELD),
    }


def remaining(holdings: Holdings, zone: ZoneInfo) -> Iterator[str]:
    """Yield, for each topic, how many records stay in it, until when, and why."""
    for topic, count in sorted(Counter(record.topic for record in holdings.records).items()):
        yield (
            f"{topic}: {count} records stay until {_until(holdings, topic, zone)} at the latest: "
            "Kafka deletes no single record, and takes whole segments away when their retention ends"
        )


def moment(ms: int, zone: ZoneInfo) -> str:
    """Return a moment as people write it, in the floor's time zone."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def rfc3339(ms: int, zone: ZoneInfo) -> str:
    """Return a moment as RFC 3339 has it, in the floor's time zone."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).isoformat(timespec="milliseconds")


def _until(holdings: Holdings, topic: str, zone: ZoneInfo) -> str:
    until = holdings.until.get(topic)
    return "they are deleted by hand" if until is None else moment(until, zone)
