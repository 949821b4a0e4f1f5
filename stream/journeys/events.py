"""The state of a partition of the events topic: the journeys of leads, numbers and customers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from stream.events.reading import Reason, Refused, encode_event, read_event
from stream.events.types import SIMULATED
from stream.journeys.base import JOURNEYS, SLICES, Change, JourneyState
from stream.journeys.batch import CUSTOMER, LEAD, NUMBER, REVISED, Draft
from stream.journeys.convert import EVENT_COUNTS, LIVE_ONLY, NUMBERED, OF_THE_EVENTS
from stream.journeys.erasing import Erasing, is_past, name_of, read_erasure
from stream.journeys.open_limits import OpenLimits
from stream.journeys.partition_state import Send
from stream.journeys.passing import (
    changed_links,
    is_for,
    links_of,
    messages,
    moves,
    passed_on,
    passed_on_by,
    read_message,
    told_without_number,
)
from stream.journeys.store import visible_of
from stream.kafka.partitioner import partition_of
from stream.kpi.cells import Owner  # noqa: TC001  msgspec reads the annotations
from stream.kpi.facts import Call, Erased, Gone, Link, Moved, Request, Shared, Verdict
from stream.kpi.leads import Lead, lead_rows, linked_rows, number_lead, number_rows
from stream.kpi.risks import fading_at, risk_rows
from stream.kpi.rows import add_difference, add_part, decided_until
from stream.privacy.identity import PSEUDONYM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.clock import Clock
    from stream.journeys.batch import Batch
    from stream.journeys.convert import Keyed
    from stream.journeys.floor import Floor
    from stream.journeys.partition_state import LogRecord, Staged
    from stream.kpi.cells import Deltas, Rows
    from stream.kpi.rules import Rules
    from stream.privacy.identity import Identity
    from stream.privacy.labels import Labels

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
        self._erasing = Erasing(self.journeys, self._links)
        self.open_limits = OpenLimits()

    def ready(self) -> None:
        """Build the indexes over what was restored."""
        super().ready()
        now = self.clock.now_ms()
        for key, packed in self.open_limits.candidates(self.journeys.items(), now, self.rules):
            try:
                limit = self._differ(key, (), visible_of(packed), {}).limits[1]
            except Exception as error:  # noqa: BLE001  else no worker would ever start again
                self._fault(error, "what is open")
            else:
                self.open_limits.move(key, None, limit, now)

    def apply(self, staged: Staged) -> None:
        """Make a committed batch visible."""
        super().apply(staged)
        batch: Batch = staged.inner
        for key, before, after in batch.limits:
            self.open_limits.move(key, before, after, batch.now)

    def _take(self, topic: str, record: LogRecord, batch: Batch) -> None:
        value = record.value or b""
        if topic == self._links and value[:1] != _EVENT_STARTS:
            self._take_message(record, value, batch)
            return
        try:
            event = read_event(value, received_ms=record.timestamp, ahead_ms=self.floor.ahead_ms)
        except Refused as refused:
            if refused.reason is not Reason.UNKNOWN_TYPE or not self._take_erasure(topic, value, batch):
                raise
            return
        kind = type(event)
        to_fact = OF_THE_EVENTS.get(kind)
        if to_fact is not None:
            self._take_event(topic, event, to_fact, batch)
        elif kind in LIVE_ONLY:
            batch.kinds.append(kind)
        else:
            raise Refused(
                Reason.WRONG_TOPIC,
                "type",
                f"{EVENT_COUNTS[kind][1]} does not belong to this topic; docs/events.md says to which",
            )

    def _take_event(self, topic: str, event: Any, to_fact: Callable[[Any, Labels], Keyed], batch: Batch) -> None:
        if type(event) in NUMBERED and event.number is not None and not _is_pseudonym(event.number):
            event = self._pseudonymised(event, batch)
        kind, name, fact = to_fact(event, self.labels)
        key = kind + name.encode()
        draft = batch.drafts.get(key)
        if draft is None:
            packed = self.journeys.get(key)
            if packed is None and self._elsewhere(key[1:]):
                batch.count("rerouted")
                self.labels.clean(event)
                batch.sends.append(Send(self._links, key[1:], encode_event(event)))
                return
            draft = batch.drafts[key] = Draft(key, packed)
        batch.kinds.append(type(event))
        batch.moments.append(fact.at)
        if draft.erased:
            routed = self._erasing.route(draft, topic, fact.at, batch)
            if routed is None:
                batch.count("beyond_horizon")
                return
            draft = routed
        known = draft.add(fact, self.floor.journey_events)
        if known:
            batch.count(known)
        if (known is None or known == REVISED) and event.source == SIMULATED:
            draft.simulated = True
        if known is None or known == REVISED:
            self._count(event, fact, batch, new=known is None)
        if type(fact) is Call and event.also_withheld and known != "duplicates":
            batch.sends.extend(told_without_number(self._links, event, self.identity))

    def _count(self, event: Any, fact: Any, batch: Batch, *, new: bool) -> None:
        """Count a fact as this process has handled it, and send an inbound call to its queue; a revised one again."""
        if type(fact) is Call:
            if not fact.outbound:
                if event.queue:
                    self.labels.clean(event)
                    batch.sends.append(Send(self._floor, fact.call.encode(), encode_event(event), 0))
            elif new:
                batch.calls[fact.campaign, fact.disposition, fact.machine, fact.answered] += 1
        elif type(fact) is Verdict and self.rules.disposition(fact.disposition) is None:
            batch.counts[self._unmapped(fact.disposition)] += 1

    def _take_erasure(self, topic: str, value: bytes, batch: Batch) -> bool:
        """Take the record of an erasure, which no source may send; return whether it is one."""
        erasure = read_erasure(value)
        if erasure is None:
            return False
        if self._elsewhere(erasure.name.encode()):
            raise Refused(Reason.WRONG_TOPIC, "name", "name: its key belongs to another partition")
        self._erasing.take(erasure, topic, batch)
        return True

    def _take_due(self, key: bytes, batch: Batch) -> None:
        super()._take_due(key, batch)
        if is_past(key):
            batch.erasing.add(key[:1] + name_of(key).encode())

    def _pseudonymised(self, event: Any, batch: Batch) -> Any:
        """Take a raw number out of an event that was not admitted."""
        batch.count("raw_numbers")
        pseudonym = self.identity.pseudonym(event.number, call=getattr(event, "call", None))
        if pseudonym is None:
            raise Refused(
                Reason.EXTENSION, "number", "number: an extension, which the setting extension_pattern leaves out"
            )
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
        sends, gone = self._erasing.advance(batch) if batch.erasing else ([], [])
        staged = super()._close(batch)
        batch.sends += sends  # after all that these journeys have sent before
        for key in gone:  # what they came to is in the slices
            batch.journeys[key] = batch.live[key] = None
        return staged

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
        draft = whole = batch.draft(message.kind + name.encode(), self.journeys)
        full: Refused | None = None
        for fact in message.facts:
            if isinstance(fact, Erased):
                self._erasing.hear(whole, fact, batch)
                continue
            routed = self._erasing.route(whole, self._links, fact.at, batch) if whole.erased else whole
            if routed is None:
                batch.count("beyond_horizon")
                continue
            draft = routed
            try:
                if isinstance(fact, Link | Shared):
                    draft.merge(fact)
                elif isinstance(fact, Gone):
                    draft.drop(fact.id)
                elif isinstance(fact, Moved):
                    draft.move(fact, self.floor.journey_events)
                elif (counted_as := draft.add(fact, self.floor.journey_events)) is not None:
                    batch.count(counted_as)
            except Refused as refused:
                full = refused
        if full is not None:
            raise full
        batch.count("passed_on")

    def _differ(self, key: bytes, before: Sequence[Any], after: Sequence[Any], deltas: Deltas) -> Change:
        kind, rules = key[:1], self.rules
        if is_past(key):
            old, new = (decided_until(_parts(kind, facts, rules), _end_of(facts)) for facts in (before, after))
            add_difference(old, new, deltas)
            return Change()
        if kind == CUSTOMER:
            add_part(risk_rows(before, rules), risk_rows(after, rules), deltas)
            return Change(limits=(fading_at(before, rules), fading_at(after, rules)))
        lead_of = number_lead if kind == NUMBER else Lead
        was, lead = lead_of(before, rules) if before else None, lead_of(after, rules) if after else None
        add_difference(_rows(was, before, rules), _rows(lead, after, rules), deltas)
        limits = (was.follow_up_limit(rules) if was else None, lead.follow_up_limit(rules) if lead else None)
        if kind == NUMBER or lead is None:
            return Change(limits=limits)
        return Change(_waiting(key, lead), None if was and was.waited is not None else lead.waited, limits)

    def _keep(self, draft: Draft, facts: list[Any]) -> list[Any]:
        """
        Leave out of a lead what numbers passed on to it whose links it has taken back.

        A lead that is another one, or was none, has no links. What a number sent before it heard of that still comes.
        """
        key = draft.key
        if draft.own_ids or key[:1] != LEAD or draft.erased or is_past(key):
            return facts
        links = links_of(name_of(key), facts)
        return [fact for fact in facts if (number := passed_on_by(fact)) is None or number in links]

    def _view(self, key: bytes, facts: Sequence[Any]) -> WaitingLead | None:
        """Return the view alone: of a million leads that wait, the numbers need not be made again."""
        return _waiting(key, Lead(facts, self.rules)) if key[:1] == LEAD and not is_past(key) else None

    def _pass_on(self, draft: Draft, facts: Sequence[Any], batch: Batch) -> None:
        kind, related, topic = draft.key[:1], draft.related, self._links
        if kind == LEAD:
            key = name_of(draft.key)
            if related or any(type(fact) is Request for fact in draft.added):
                for number, link in changed_links(key, draft.before, facts):
                    batch.sends.extend(messages(topic, NUMBER, number, [link]))
            if related:
                for lead, news in moves(key, draft.before, facts):
                    batch.sends.extend(messages(topic, LEAD, lead, news))
        elif kind == NUMBER and not draft.own_ids:  # else it has no links
            key = name_of(draft.key)
            for lead, news in passed_on(key, draft.before, facts, draft.added, draft.lost).items():
                batch.sends.extend(messages(topic, LEAD, lead, news))


def _rows(lead: Lead | None, facts: Sequence[Any], rules: Rules) -> Rows:
    if lead is not None:
        return lead_rows(lead, rules)
    return linked_rows(facts, rules) if facts else ()


def _parts(kind: bytes, facts: Sequence[Any], rules: Rules) -> Rows:
    if kind == CUSTOMER:
        return (risk_rows(facts, rules),)
    if kind == NUMBER:
        return number_rows(facts, rules)
    return lead_rows(Lead(facts, rules), rules)


def _end_of(facts: Sequence[Any]) -> int | None:
    """Return when a past ended; None for what it was before."""
    return next((fact.at for fact in facts if type(fact) is Erased), None)


def _waiting(key: bytes, lead: Lead) -> WaitingLead | None:
    since = lead.waits_since
    return None if since is None else WaitingLead(key[1:].decode(), since, lead.owner)
