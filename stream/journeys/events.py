"""The share of the events topic: the journeys of leads, numbers and customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from stream.events import Reason, Refused, encode_event, read_event
from stream.identity import PSEUDONYM
from stream.journeys.base import JOURNEYS, SLICES, JourneyShare
from stream.journeys.batch import CUSTOMER, LEAD, NUMBER, identity
from stream.journeys.convert import LIVE_ONLY, OF_THE_EVENTS
from stream.journeys.passing import (
    links_of,
    merge_links,
    merge_shares,
    messages,
    partition_of,
    passed_on,
    read_message,
)
from stream.kpi.facts import Call, Link, Request, Shared
from stream.kpi.leads import lead_rows, number_rows
from stream.kpi.risks import risk_rows
from stream.kpi.slices import Owner  # noqa: TC001  msgspec reads the annotations
from stream.share import Send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream import events as ev
    from stream.clock import Clock
    from stream.identity import Identity
    from stream.journeys.batch import Batch, Draft
    from stream.journeys.floor import Floor
    from stream.kpi.attempts import Row
    from stream.share import LogRecord

_EVENT_STARTS = b"{"


class WaitingLead(msgspec.Struct, frozen=True):
    """A lead that was requested and that nobody has tried to reach yet; `since` in ms."""

    lead: str
    since: int
    owner: Owner


class EventsShare(JourneyShare):
    """One partition of the events and of the links beside them."""

    tables: ClassVar[tuple[str, str]] = (JOURNEYS, SLICES)

    def __init__(self, floor: Floor, identity: Identity, clock: Clock, partition: int) -> None:
        super().__init__(floor, identity, clock)
        self.partition = partition
        self._delays: list[int | None] = [None, None]  # of the journey at hand, before and after its change

    def _take(self, topic: str, record: LogRecord, batch: Batch) -> None:
        value = record.value or b""
        if topic == self.floor.topics.links.name and value[:1] != _EVENT_STARTS:
            self._take_message(record, value, batch)
            return
        event = read_event(value, received_ms=record.timestamp, ahead_ms=self.floor.ahead_ms)
        self._take_event(event, batch)

    def _take_event(self, event: ev.Event, batch: Batch) -> None:
        name = type(event).__struct_config__.tag
        to_fact = OF_THE_EVENTS.get(type(event))
        if to_fact is None:
            if type(event) not in LIVE_ONLY:
                raise Refused(Reason.WRONG_TOPIC, "type", f"{name} does not belong to this topic")
            batch.count("events", str(name))
            return
        event = self._pseudonymised(event, batch)
        kind, key, fact = to_fact(event)
        packed_key = kind + key.encode()
        if packed_key not in batch.drafts and self.journeys.get(packed_key) is None and self._elsewhere(packed_key[1:]):
            batch.count("rerouted")
            batch.sends.append(Send(self.floor.topics.links.name, packed_key[1:], encode_event(event)))
            return
        batch.count("events", str(name))
        batch.ages.append(max(batch.now - fact.at, 0))
        if not self.add(batch, packed_key, fact):
            return
        if type(fact) is Call:
            self._count_call(fact, event, batch)

    def _pseudonymised(self, event: Any, batch: Batch) -> Any:
        """Take a raw number out of an event that did not come through the door."""
        raw = getattr(event, "number", None)
        if raw is None or PSEUDONYM.fullmatch(raw):
            return event
        batch.count("raw_numbers")
        pseudonym = self.identity.pseudonym(raw, call=getattr(event, "call", None))
        if pseudonym is None:
            raise Refused(Reason.EXTENSION, "number", "it is an extension that the configuration leaves out")
        return msgspec.structs.replace(event, number=pseudonym.value)

    def _elsewhere(self, key: bytes) -> bool:
        return partition_of(key, self.floor.partitions) != self.partition

    def _count_call(self, call: Call, event: Any, batch: Batch) -> None:
        if call.outbound:
            disposition = self.rules.disposition(call.disposition)
            if call.disposition is not None and disposition is None:
                batch.count("unmapped_dispositions")
            outcome = disposition or ("machine" if call.machine else "answered" if call.answered else "no_answer")
            batch.count("attempts", call.campaign or "", outcome)
        elif event.queue:
            batch.sends.append(Send(self.floor.topics.floor.name, call.call.encode(), encode_event(event), 0))

    def _take_message(self, record: LogRecord, value: bytes, batch: Batch) -> None:
        try:
            message = read_message(value)
            name = (record.key or b"").decode()
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise Refused(Reason.MALFORMED_LINK, None, "it is no record of links") from error
        if not name or message.kind not in (LEAD, NUMBER):
            raise Refused(Reason.MALFORMED_LINK, None, "it is for no lead and no number")
        key = message.kind + name.encode()
        for fact in message.facts:
            if isinstance(fact, Link | Shared):
                draft = batch.draft(key, self.journeys)
                known = draft.known.get(identity(fact))
                draft.merge(merge_links(known, fact) if isinstance(fact, Link) else merge_shares(known, fact))
            else:
                self.add(batch, key, fact)
        batch.count("passed_on")

    def _count(self, key: bytes, facts: Sequence[Any], deltas: dict[Row, int], sign: int) -> WaitingLead | None:
        rows: list[Row] = []
        view = None
        kind = key[:1]
        if kind == LEAD:
            lead = lead_rows(facts, self.rules, rows)
            if lead.request and lead.counting:
                self._delays[sign > 0] = lead.counting[0].placed_at - lead.request.at
            since = lead.waits_since
            if since is not None:
                view = WaitingLead(key[1:].decode(), since, lead.owner)
        elif kind == NUMBER:
            number_rows(facts, self.rules, rows)
        elif kind == CUSTOMER:
            risk_rows(facts, self.rules, rows)
        for row in rows:
            deltas[row] = deltas.get(row, 0) + sign
        return view

    def _close_journey(self, draft: Draft, batch: Batch) -> None:
        self._delays = [None, None]
        super()._close_journey(draft, batch)
        before, after = self._delays
        if before is None and after is not None:
            batch.responses.append(after)

    def _pass_on(self, draft: Draft, facts: Sequence[Any], batch: Batch) -> None:
        kind, key = draft.key[:1], draft.key[1:].decode()
        topic = self.floor.topics.links.name
        if kind == LEAD:
            if any(type(fact) is Request for fact in draft.added):
                known = links_of(key, draft.before)
                for number, link in links_of(key, facts).items():
                    if known.get(number) != link:
                        batch.sends.extend(messages(topic, NUMBER, number, [link]))
        elif kind == NUMBER:
            for lead, news in passed_on(key, draft.before, facts, draft.added).items():
                batch.sends.extend(messages(topic, LEAD, lead, news))
