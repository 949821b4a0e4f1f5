"""
What journeys send each other, through the topic of links.

A lead sends a link to each number it was requested with; a number passes its calls and verdicts on to its leads, and
sends them word when another lead shares it; a lead that is another one moves all that happened to it there; a call
whose number is known says so where those who tell it without have put it. What one journey sends another arrives in the
order in which it was sent; what several send, in any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.events.reading import EARLIEST_MS
from stream.journeys.batch import LEAD, NUMBER
from stream.journeys.partition_state import Send
from stream.kpi.facts import (
    Call,
    Erased,
    Fact,
    Gone,
    Link,
    Merged,
    Moved,
    Request,
    Shared,
    Verdict,
    Withdrawn,
    own_facts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from stream.events.types import CallEnded
    from stream.privacy.identity import Identity

_AT_ONCE: Final = 500
_STAYS: Final = frozenset({Merged, Withdrawn, Shared, Erased})
_LATEST_MS: Final = 253_402_300_800_000  # the end of the year 9999
_SENT_TO: Final[dict[bytes, frozenset[type]]] = {
    LEAD: frozenset({Call, Verdict, Shared, Moved, Gone, Erased}),
    NUMBER: frozenset({Link, Merged, Gone, Erased}),
}


class Message(msgspec.Struct, array_like=True, frozen=True):
    """A record of the topic of links: `facts` for the journey of the record's key, of the `kind` that key is."""

    kind: bytes
    facts: list[Fact]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


def read_message(value: bytes) -> Message:
    """Read a record of the topic of links. Raises msgspec.MsgspecError where it is none."""
    return _decode(value)


def is_for(kind: bytes, fact: Any) -> bool:
    """Return whether `fact` is one that journeys of `kind` are sent, at a moment that there can be."""
    times = (fact.at, fact.requested_at) if type(fact) is Link else (fact.at,)
    return type(fact) in _SENT_TO[kind] and all(EARLIEST_MS <= time <= _LATEST_MS for time in times)


def messages(topic: str, kind: bytes, key: str, facts: Sequence[Any]) -> Iterable[Send]:
    """Write `facts` to the journey of `key`, in records of a bounded size."""
    for start in range(0, len(facts), _AT_ONCE):
        yield Send(topic, key.encode(), _encode(Message(kind, list(facts[start : start + _AT_ONCE]))))


def links_of(lead: str, facts: Sequence[Any]) -> dict[str, Link]:
    """
    Return the link that `lead`, whose `facts` are in order, sends to each number it was requested with.

    A lead that is another one, or was none, has no links.
    """
    if not facts or any(type(fact) is Merged or type(fact) is Withdrawn for fact in facts):
        return {}
    requests = [fact for fact in own_facts(facts) if type(fact) is Request]
    links: dict[str, Link] = {}
    for request in requests:
        if request.number is not None and request.number not in links:
            first = requests[0]
            links[request.number] = Link(request.at, lead, first.at, first.id, first.campaign)
    return links


def changed_links(lead: str, before: Sequence[Any], facts: Sequence[Any]) -> Iterator[tuple[str, Link | Gone]]:
    """Yield what `lead` has to send to the numbers whose links have changed: the link, or that there is none."""
    known, now = links_of(lead, before), links_of(lead, facts)
    for number, link in now.items():
        if known.get(number) != link:
            yield number, link
    for number, link in known.items():
        if number not in now:
            yield number, Gone(link.at, f"Link:{lead}")


def merged_into(facts: Iterable[Any]) -> str | None:
    """Return the lead that the lead of these `facts`, in order, is; None where it is none but itself."""
    return next((fact.into for fact in facts if type(fact) is Merged), None)


def moves(lead: str, before: Sequence[Any], facts: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """
    Yield what a `lead` sends to the lead that it is, or was: all that happened to it, or that this is void.

    `before` and `facts` are all that was and is known of it. What comes to the same is not sent: leads that were merged
    in a circle would go on for ever.
    """
    was, now = merged_into(before), merged_into(facts)
    sent, to_send = (
        [] if into is None else [Moved(fact.at, fact.id, lead, fact) for fact in some if _moves(fact, {lead, into})]
        for into, some in ((was, before), (now, facts))
    )
    left = set(to_send) if was == now else set()
    anew = any(fact not in left for fact in sent)
    if was is not None and anew:
        yield was, [Gone(before[0].at, lead)]
    if now is not None:
        known = set() if anew else set(sent)
        news = [fact for fact in to_send if fact not in known]
        if news:
            yield now, news


def _moves(fact: Any, passed: AbstractSet[str]) -> bool:
    """Return whether `fact` moves on: it happened to the lead, and has not `passed` there already."""
    while type(fact) is Moved:
        if fact.lead in passed:
            return False
        fact = fact.fact
    return type(fact) is Request or (type(fact) not in _STAYS and getattr(fact, "number", None) is None)


def told_without_number(topic: str, event: CallEnded, identity: Identity) -> Iterable[Send]:
    """
    Return what to send of a call that other sources tell without its number: that what they tell is this one.

    It goes to the journey that their call has for want of a number. Nothing where this event is there itself.
    """
    withheld = identity.withheld_in(event.call)
    if event.key() == withheld:
        return ()
    same = Merged(event.at, f"Merged:{event.id}", event.call, event.revision)
    return messages(topic, NUMBER, withheld, [same])


def passed_on(
    number: str, before: Sequence[Any], facts: Sequence[Any], added: Sequence[Any], lost: AbstractSet[str] = frozenset()
) -> dict[str, list[Any]]:
    """
    Return what a number passes on to each of its leads, by lead.

    `before` and `facts` are all that was and is known of the number, `added` what is new. A lead of those that have
    `lost` their link since has let go what it was sent: all of it is sent again, if it is linked again.
    """
    messages_to: dict[str, list[Any]] = {}
    links = [fact for fact in facts if type(fact) is Link]
    if not links:
        return messages_to
    known = {fact.id for fact in before if type(fact) is Link}
    had = _shared(number, before)
    has = _shared(number, facts)
    everything, new = (
        [_marked(fact, number) for fact in some if isinstance(fact, Call | Verdict)] for some in (facts, added)
    )
    for link in links:
        news = new if link.id in known and link.id not in lost else everything
        shared = has.get(link.id)
        if shared != (None if link.id in lost else had.get(link.id)):
            news = [*news, Gone(link.at, f"Shared:{number}") if shared is None else shared]
        if news:
            messages_to[link.id] = news
    return messages_to


def passed_on_by(fact: Any) -> str | None:
    """Return the number that passed `fact` on to a lead's journey; None where it is the lead's own."""
    kind = type(fact)
    if kind is Call or kind is Verdict:
        return fact.number  # type: ignore[no-any-return]
    return fact.id if kind is Shared else None


def _marked(fact: Any, number: str) -> Any:
    return msgspec.structs.replace(fact, number=number)


def _shared(number: str, facts: Iterable[Any]) -> dict[str, Shared]:
    """Return, for each lead of a number, from when on another was requested with it too."""
    links = sorted((fact for fact in facts if type(fact) is Link), key=lambda link: link.at)
    if len(links) < 2:  # noqa: PLR2004  it takes two to share
        return {}
    first, second = links[0].at, links[1].at
    return {link.id: Shared(second if link is links[0] else first, number) for link in links}
