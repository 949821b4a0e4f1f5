"""The state of a partition of the events topic: the journeys of leads, numbers and customers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from stream.events.reading import Reason, Refused, encode_event, read_event
from stream.journeys.base import JOURNEYS, SLICES, Change, JourneyState
from stream.journeys.batch import CUSTOMER, LEAD, NUMBER, Draft, identity
from stream.journeys.convert import EVENT_COUNTS, LIVE_ONLY, NUMBERED, OF_THE_EVENTS
from stream.journeys.partition_state import Send
from stream.journeys.passing import (
    is_for,
    links_of,
    merge_links,
    merge_shared,
    messages,
    passed_on,
    read_message,
)
from stream.kafka.partitioner import partition_of
from stream.kpi.cells import Owner  # noqa: TC001  msgspec reads the annotations
from stream.kpi.facts import Call, Link, Request, Shared, Verdict
from stream.kpi.leads import Lead, lead_rows, number_rows
from stream.kpi.risks import risk_rows
from stream.kpi.rows import add_difference, add_part
from stream.privacy.identity import PSEUDONYM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.clock import Clock
    from stream.journeys.batch import Batch
    from stream.journeys.convert import Keyed
    from stream.journeys.floor import Floor
    from stream.journeys.partition_state import LogRecord, Staged
    from stream.kpi.cells import Deltas
    from stream.privacy.identity import Identity

UNMAPPED: Final = "unmapped_dispositions"
_CODE: Final = re.compile(r"[\w./:-]([\w ./:-]{0,30}[\w./:-])?")
_MANY_DIGITS: Final = re.compile(r"(?:\d[ ./:-]*){6}")  # what may be a number is shown nowhere
_NO_CODE: Final = "other"
_MOST_CODES: Final = 100
_EVENT_STARTS = b"{"
_is_pseudonym = PSEUDONYM.fullmatch


class WaitingLead(msgspec.Struct, frozen=True):
    """A lead that was requested and that nobody has tried to reach yet; `since` in ms."""

    lead: str
    since: int
    owner: Owner


class EventsState(JourneyState):
    """One partition of the events and of the links beside them."""

    tables: ClassVar[tuple[str, str]] = (JOURNEYS, SLICES)

    def __init__(self, floor: Floor, identity: Identity, clock: Clock, partition: int) -> None:
        super().__init__(floor, identity, clock, partition)
        self._links, self._floor = floor.topics.links.name, floor.topics.floor.name

    def _take(self, topic: str, record: LogRecord, batch: Batch) -> None:
        value = record.value or b""
        if topic == self._links and value[:1] != _EVENT_STARTS:
            self._take_message(record, value, batch)
            return
        event = read_event(value, received_ms=record.timestamp, ahead_ms=self.floor.ahead_ms)
        kind = type(event)
        to_fact = OF_THE_EVENTS.get(kind)
        if to_fact is not None:
            self._take_event(event, to_fact, batch)
        elif kind in LIVE_ONLY:
            batch.kinds.append(kind)
        else:
            raise Refused(Reason.WRONG_TOPIC, "type", f"{EVENT_COUNTS[kind][1]} does not belong to this topic")

    def _take_event(self, event: Any, to_fact: Callable[[Any], Keyed], batch: Batch) -> None:
        if type(event) in NUMBERED and event.number is not None and not _is_pseudonym(event.number):
            event = self._pseudonymised(event, batch)
        kind, name, fact = to_fact(event)
        key = kind + name.encode()
        draft = batch.drafts.get(key)
        if draft is None:
            packed = self.journeys.get(key)
            if packed is None and self._elsewhere(key[1:]):
                batch.count("rerouted")
                batch.sends.append(Send(self._links, key[1:], encode_event(event)))
                return
            draft = batch.drafts[key] = Draft(key, packed)
        batch.kinds.append(type(event))
        batch.moments.append(fact.at)
        known = draft.add(fact, self.floor.journey_events)
        if known:
            batch.count(known)
            return
        if type(fact) is Call:
            if fact.outbound:
                batch.calls[fact.campaign, fact.disposition, fact.machine, fact.answered] += 1
            elif event.queue:
                batch.sends.append(Send(self._floor, fact.call.encode(), encode_event(event), 0))
        elif type(fact) is Verdict and self.rules.disposition(fact.disposition) is None:
            batch.counts[self._unmapped(fact.disposition)] += 1

    def _pseudonymised(self, event: Any, batch: Batch) -> Any:
        """Take a raw number out of an event that was not admitted."""
        batch.count("raw_numbers")
        pseudonym = self.identity.pseudonym(event.number, call=getattr(event, "call", None))
        if pseudonym is None:
            raise Refused(Reason.EXTENSION, "number", "it is an extension that the configuration leaves out")
        return msgspec.structs.replace(event, number=pseudonym.value)

    def _elsewhere(self, key: bytes) -> bool:
        return partition_of(key, self.floor.partitions) != self.partition

    def _close(self, batch: Batch) -> Staged:
        for (campaign, code, machine, answered), number in batch.calls.items():
            disposition = self.rules.disposition(code)
            if code is not None and disposition is None:
                batch.counts[self._unmapped(code)] += number
            outcome = disposition or ("machine" if machine else "answered" if answered else "no_answer")
            batch.counts["attempts", campaign or "", outcome] += number
        return super()._close(batch)

    def _unmapped(self, code: str) -> tuple[str, str]:
        """Return what a code that maps to nothing is counted under: itself if it looks like one, up to a limit."""
        codes = self.floor.unmapped
        if code not in codes:
            if len(codes) >= _MOST_CODES or not _CODE.fullmatch(code) or _MANY_DIGITS.search(code):
                return UNMAPPED, _NO_CODE
            codes.add(code)
        return UNMAPPED, code

    def _take_message(self, record: LogRecord, value: bytes, batch: Batch) -> None:
        try:
            message = read_message(value)
            name = (record.key or b"").decode()
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise Refused(Reason.MALFORMED_LINK, None, "it is no record of links") from error
        if not name or message.kind not in (LEAD, NUMBER):
            raise Refused(Reason.MALFORMED_LINK, None, "it is for no lead and no number")
        if not all(is_for(message.kind, fact) for fact in message.facts):
            raise Refused(Reason.MALFORMED_LINK, None, "it has facts that no number and no lead is sent")
        draft = batch.draft(message.kind + name.encode(), self.journeys)
        full: Refused | None = None
        for fact in message.facts:
            known = draft.known.get(identity(fact))
            try:
                if isinstance(fact, Link):
                    draft.merge(merge_links(known, fact))
                elif isinstance(fact, Shared):
                    draft.merge(merge_shared(known, fact))
                elif (counted_as := draft.add(fact, self.floor.journey_events)) is not None:
                    batch.count(counted_as)
            except Refused as refused:
                full = refused
        if full is not None:
            raise full
        batch.count("passed_on")

    def _differ(self, key: bytes, before: Sequence[Any], after: Sequence[Any], deltas: Deltas) -> Change:
        kind, rules = key[:1], self.rules
        if kind == NUMBER:
            add_difference(number_rows(before, rules) if before else (), number_rows(after, rules), deltas)
            return Change()
        if kind == CUSTOMER:
            add_part(risk_rows(before), risk_rows(after), deltas)
            return Change()
        old, new = Lead(before, rules) if before else None, Lead(after, rules)
        add_difference(lead_rows(old, rules) if old else (), lead_rows(new, rules), deltas)
        return Change(_waiting(key, new), None if old and old.waited is not None else new.waited)

    def _view(self, key: bytes, facts: Sequence[Any]) -> WaitingLead | None:
        """Return the view alone: of a million leads that wait, the numbers need not be made again."""
        return _waiting(key, Lead(facts, self.rules)) if key[:1] == LEAD else None

    def _pass_on(self, draft: Draft, facts: Sequence[Any], batch: Batch) -> None:
        kind, key = draft.key[:1], draft.key[1:].decode()
        topic = self._links
        if kind == LEAD:
            if any(type(fact) is Request for fact in draft.added):
                known = links_of(key, draft.before)
                for number, link in links_of(key, facts).items():
                    if known.get(number) != link:
                        batch.sends.extend(messages(topic, NUMBER, number, [link]))
        elif kind == NUMBER:
            for lead, news in passed_on(key, draft.before, facts, draft.added).items():
                batch.sends.extend(messages(topic, LEAD, lead, news))


def _waiting(key: bytes, lead: Lead) -> WaitingLead | None:
    since = lead.waits_since
    return None if since is None else WaitingLead(key[1:].decode(), since, lead.owner)
