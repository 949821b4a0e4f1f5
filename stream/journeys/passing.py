"""
What journeys send each other, through the topic of links.

A lead sends a link to each number it was requested with; a number passes its calls and verdicts on to its leads, and
sends them word when another lead shares it. All of it may arrive in any order, and more than once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.events.reading import EARLIEST_MS
from stream.journeys.batch import LEAD, NUMBER
from stream.journeys.partition_state import Send
from stream.kpi.facts import Call, Fact, Link, Request, Shared, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_AT_ONCE: Final = 500
_LATEST_MS: Final = 253_402_300_800_000  # the end of the year 9999
_SENT_TO: Final[dict[bytes, frozenset[type]]] = {LEAD: frozenset({Call, Verdict, Shared}), NUMBER: frozenset({Link})}


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


def links_of(lead: str, facts: Iterable[Any]) -> dict[str, Link]:
    """Return the link that `lead`, whose `facts` are in order, sends to each number it was requested with."""
    requests = [fact for fact in facts if type(fact) is Request]
    links: dict[str, Link] = {}
    for request in requests:
        if request.number is not None and request.number not in links:
            first = requests[0]
            links[request.number] = Link(request.at, lead, first.at, first.id, first.campaign)
    return links


def merge_links(known: Link | None, message: Link) -> Link:
    """Return two messages of one link as one, whichever came first."""
    if known is None:
        return message
    standing = min(known, message, key=lambda link: (link.requested_at, link.request))
    return Link(min(known.at, message.at), message.id, standing.requested_at, standing.request, standing.campaign)


def merge_shared(known: Shared | None, message: Shared) -> Shared:
    """Return two messages that one number is shared as one."""
    return message if known is None or message.at < known.at else known


def passed_on(number: str, before: Sequence[Any], facts: Sequence[Any], added: Sequence[Any]) -> dict[str, list[Any]]:
    """
    Return what a number passes on to each of its leads, by lead.

    `before` and `facts` are all that was and is known of the number, `added` what is new.
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
        news = new if link.id in known else everything
        shared = has.get(link.id)
        if shared is not None and shared != had.get(link.id):
            news = [*news, shared]
        if news:
            messages_to[link.id] = news
    return messages_to


def _marked(fact: Any, number: str) -> Any:
    return msgspec.structs.replace(fact, number=number)


def _shared(number: str, facts: Iterable[Any]) -> dict[str, Shared]:
    """Return, for each lead of a number, from when on another was requested with it too."""
    links = sorted((fact for fact in facts if type(fact) is Link), key=lambda link: link.at)
    if len(links) < 2:  # noqa: PLR2004  it takes two to share
        return {}
    first, second = links[0].at, links[1].at
    return {link.id: Shared(second if link is links[0] else first, number) for link in links}
