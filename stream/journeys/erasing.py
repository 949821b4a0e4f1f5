"""
Erasing a person: the record that asks for it, and how it takes a journey out and leaves what the journey counted for.

From that record on, what was known of a key is a journey of its own, its *past*, and the key begins anew. What was
sent on before the record and still comes belongs to the past. A past counts as the journey did, so nothing that is
counted depends on the moment at which it goes; but what a limit was still to decide at the moment of the record is
decided no more: nobody can call whom nobody knows. It goes when nothing more belongs to it: the record has been read in
every topic that it was written to, and the person's other journeys have sent all they had to send to this one. First
each lead says so to its numbers, then each number to its leads. After that only a mark with the moment stays, for as
long as a journey would. What comes after the record and is not younger is beyond the horizon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from stream.events.refusal import Reason, Refused
from stream.journeys.batch import CUSTOMER, LEAD, NUMBER, SEPARATOR, Draft
from stream.journeys.passing import messages
from stream.kpi.facts import Erased

if TYPE_CHECKING:
    from stream.journeys.batch import Batch
    from stream.journeys.partition_state import Send
    from stream.journeys.store import Journeys

ERASED: Final = "person.erased"
KINDS: Final[dict[str, bytes]] = {"lead": LEAD, "number": NUMBER, "customer": CUSTOMER}
PARTNERS: Final[dict[bytes, bytes]] = {LEAD: NUMBER, NUMBER: LEAD}
_OF_TOPIC: Final = SEPARATOR  # stands before a topic among what a mark waits for: no journey's name begins so
_SEPARATOR: Final = SEPARATOR.encode()
(_OF_A_PAST,) = _SEPARATOR  # as a number, which is found in bytes in a fraction of the time


class Erasure(msgspec.Struct, tag_field="type", tag=ERASED, frozen=True, kw_only=True):
    """
    The record that erases what is known of the `kind` of journey called `name` up to `at` (ms).

    `others` are the person's numbers, for a lead, and leads, for a number. It stands in all of `topics`. All records of
    one erasing have one `id`.
    """

    id: str
    at: int
    kind: Literal["lead", "number", "customer"]
    name: str
    others: tuple[str, ...] = ()
    topics: tuple[str, ...]

    @property
    def key(self) -> bytes:
        """The key of the journey."""
        return KINDS[self.kind] + self.name.encode()


encode_erasure = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Erasure).decode


def read_erasure(value: bytes) -> Erasure | None:
    """Return the erasure that a record of the events holds, None where it holds none."""
    try:
        erasure = _decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return erasure if erasure.id and erasure.name and erasure.topics else None


def past_key(key: bytes, erasure: str) -> bytes:
    """Return the key of the past of the journey `key`, which the erasure of that id has made."""
    return key + _SEPARATOR + erasure.encode()


def is_past(key: bytes) -> bool:
    """Return whether it is the key of a past."""
    return _OF_A_PAST in key


def name_of(key: bytes) -> str:
    """Return the name of the lead, number or customer whose journey, or past, has this key."""
    name = key[1:]
    return (name.partition(_SEPARATOR)[0] if _OF_A_PAST in name else name).decode()


class Erasing:
    """Erases in the journeys of one partition; what numbers and leads say to each other goes to the topic `links`."""

    def __init__(self, journeys: Journeys, links: str) -> None:
        self._journeys = journeys
        self._links = links

    def take(self, erasure: Erasure, topic: str, batch: Batch) -> None:
        """Take the record of an erasure from `topic`. Raises Refused where it was not written to that topic."""
        if topic not in erasure.topics:
            raise Refused(Reason.WRONG_TOPIC, "topics", "topics: none of them is this one, in which the record stands")
        draft = batch.draft(erasure.key, self._journeys)
        mark = _mark(draft, erasure.id)
        if mark is not None and mark.done:
            return
        if mark is None or not mark.waits:  # else it has been read in another topic
            draft = self._set_apart(draft, erasure.id, batch)
            waits = (*(_OF_TOPIC + one for one in erasure.topics), *erasure.others)
            # Of two erasings the later one in the log is the later one: each past has what came before it.
            at = max([erasure.at, *(one.at + 1 for one in _marks(draft) if one.waits or one.done)])
            mark = Erased(at, erasure.id, waits, mark.heard if mark else ())
            if past_key(draft.key, erasure.id) in batch.drafts:
                self._past(draft, mark, batch)
        self._keep(draft, _having_heard(mark, _OF_TOPIC + topic), batch)

    def hear(self, draft: Draft, said: Erased, batch: Batch) -> None:
        """Take what another journey of the person has said: that nothing comes from it any more."""
        mark = _mark(draft, said.id) or Erased(said.at, said.id)
        if not mark.done:
            for who in said.heard:
                mark = _having_heard(mark, who)
            self._keep(draft, mark, batch)

    def route(self, draft: Draft, topic: str, at: int, batch: Batch) -> Draft | None:
        """
        Return the journey, or its past, that a fact of the moment `at` belongs to; None where it is too late.

        In `topic` it is too late after the record of the erasure, whether the past is still there or not.
        """
        for mark in sorted(_marks(draft), key=lambda one: one.at):
            if at <= mark.at and (mark.waits or mark.done):
                if mark.done or _OF_TOPIC + topic in mark.heard:
                    return None
                return self._past(draft, mark, batch)
        return draft

    def _past(self, draft: Draft, mark: Erased, batch: Batch) -> Draft:
        """Return the past of a journey, which knows by the mark's moment when it ended."""
        past = batch.draft(past_key(draft.key, mark.id), self._journeys)
        if mark.id not in past.known:
            past.known[mark.id] = Erased(mark.at, mark.id)
            past.latest = max(past.latest, mark.at)
            past.replaced = True
        return past

    def advance(self, batch: Batch) -> tuple[list[Send], list[bytes]]:
        """
        Advance the erasures that `batch` has touched.

        Returns what to send after all that these journeys send in it, and the pasts that go with it.
        """
        sends: list[Send] = []
        gone: list[bytes] = []
        for key in sorted(batch.erasing):
            draft = batch.draft(key, self._journeys)
            for mark in _marks(draft):
                if mark.waits and not mark.done:
                    self._advance(draft, mark, batch, sends, gone)
        return sends, gone

    def _advance(self, draft: Draft, mark: Erased, batch: Batch, sends: list[Send], gone: list[bytes]) -> None:
        key = draft.key
        heard = set(mark.heard)
        others = [one for one in mark.waits if one[:1] != _OF_TOPIC]
        past = past_key(key, mark.id)
        if not {one for one in mark.waits if one[:1] == _OF_TOPIC} <= heard or self._ahead(past, batch):
            return
        complete = heard.issuperset(mark.waits)
        if not mark.said and (complete or key[:1] == LEAD):
            word = Erased(mark.at, mark.id, (), (name_of(key),))
            for other in others:
                sends += messages(self._links, PARTNERS[key[:1]], other, [word])
            mark = msgspec.structs.replace(mark, said=True)
        if complete:
            mark = Erased(mark.at, mark.id, (), (), said=True, done=True)
            for earlier in _marks(draft):
                if earlier.done and earlier.at <= mark.at:
                    del draft.known[earlier.id]
            gone.append(past)
            batch.count("journeys_erased")
        self._keep(draft, mark, batch)

    def _ahead(self, past: bytes, batch: Batch) -> bool:
        """Return whether something in a past lies ahead of the clock: it has to count before it goes."""
        return (past in batch.drafts or self._journeys.get(past) is not None) and batch.draft(
            past, self._journeys
        ).latest > batch.now

    @staticmethod
    def _keep(draft: Draft, mark: Erased, batch: Batch) -> None:
        draft.known[mark.id] = mark
        draft.latest = max(draft.latest, mark.at)
        draft.replaced = draft.erased = True
        batch.erasing.add(draft.key)

    @staticmethod
    def _set_apart(draft: Draft, erasure: str, batch: Batch) -> Draft:
        """Make what is known of a journey its past, and return its new beginning, which has the marks."""
        key = draft.key
        anew = Draft(key, None)
        anew.was_live = draft.was_live
        anew.erased = draft.erased
        for mark in _marks(draft):
            anew.known[mark.id] = draft.known.pop(mark.id)
        batch.drafts[key] = anew
        if draft.known:
            for facts in (draft.before, draft.added):
                facts[:] = [fact for fact in facts if type(fact) is not Erased]
            draft.key = past_key(key, erasure)
            draft.was_live = draft.erased = False
            draft.replaced = True
            batch.drafts[draft.key] = draft
        return anew


def _marks(draft: Draft) -> list[Erased]:
    return [fact for fact in draft.known.values() if type(fact) is Erased] if draft.erased else []


def _mark(draft: Draft, erasure: str) -> Erased | None:
    fact: Any = draft.known.get(erasure)
    return fact if type(fact) is Erased else None


def _having_heard(mark: Erased, who: str) -> Erased:
    return mark if who in mark.heard else msgspec.structs.replace(mark, heard=(*mark.heard, who))
