"""Amazon Connect's contact events: each tells all that is known by then, so nothing has to be remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.sources.amazon_connect.agents import agent_events, is_agent_event
from stream.sources.amazon_connect.parts import SOURCE, last_part, lowered, part_of, time_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DETAIL_TYPE: Final = "amazon connect contact event"
_OUTBOUND: Final = frozenset({"OUTBOUND", "API", "CALLBACK", "WEBRTC_API"})
_INBOUND: Final = frozenset({"INBOUND", "TRANSFER", "QUEUE_TRANSFER"})
# Of two that tell the whole call the later kind stands: it also knows the work after the call.
_WHOLE: Final = {"DISCONNECTED": 1, "COMPLETED": 2}
_AMD: Final = {
    "HUMAN_ANSWERED": "human",
    "VOICEMAIL_BEEP": "machine",
    "VOICEMAIL_NO_BEEP": "machine",
    "FAX_MACHINE_DETECTED": "fax",
    "UNDETECTED": "unknown",
    "ERROR": "unknown",
    "AMD_UNRESOLVED": "unknown",
    "AMD_UNRESOLVED_SILENCE": "unknown",
    "AMD_ERROR": "unknown",
}
_NOT_REACHED: Final = {
    "SIT_TONE_BUSY": "busy",
    "SIT_TONE_INVALID_NUMBER": "wrong_number",
    "SIT_TONE_DETECTED": "failed",
    "AMD_UNANSWERED": "no_answer",
    "TELECOM_BUSY": "busy",
    "TELECOM_NUMBER_INVALID": "wrong_number",
    "TELECOM_TIMEOUT": "no_answer",
    "TELECOM_UNANSWERED": "no_answer",
    "TELECOM_POTENTIAL_BLOCKING": "failed",
    "TELECOM_ORIGINATOR_CANCEL": "no_answer",
    "TELECOM_PROBLEM": "failed",
    "OUTBOUND_DESTINATION_ENDPOINT_ERROR": "failed",
    "OUTBOUND_RESOURCE_ERROR": "failed",
    "OUTBOUND_ATTEMPT_FAILED": "failed",
}


class AmazonConnect:
    """
    Reads contact events, in EventBridge's envelope or without it, and agent events.

    `names` are those of queues, agents and campaigns, by the last part of the ARN or the id, which stands for itself
    where it has none.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def events(self, payload: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """
        Yield the events of a contact event, nothing for one that is not of a call.

        Raises Refused where it is no contact event.
        """
        event = lowered(payload)
        if isinstance(event, Mapping) and "detail" in event:
            if str(event.get("detail-type", "")).lower() != DETAIL_TYPE:
                raise Refused(
                    Reason.UNKNOWN_TYPE,
                    "detail-type",
                    'detail-type: another one than "Amazon Connect Contact Event"; send these alone',
                )
            event = event["detail"]
        if not isinstance(event, Mapping):
            raise Refused(Reason.WRONG_TYPE, "detail", f"detail: {kind_of(event)}; a contact event is an object")
        if is_agent_event(event):
            yield from agent_events(event, self._names)
        else:
            yield from _Contact(event, self._names).events()


class _Contact:
    """One contact event, its keys written as in `contactId`: the case of their first letters varies."""

    def __init__(self, fields: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._fields = fields
        self._names = names
        self.id = self._text("contactId")
        self.kind = self._text("eventType").upper()

    def events(self) -> Iterator[dict[str, Any]]:
        fields = self._fields
        method = str(fields.get("initiationMethod") or "").upper()
        if str(fields.get("channel") or "VOICE").upper() != "VOICE" or method not in _OUTBOUND | _INBOUND:
            return
        self._outbound = method in _OUTBOUND
        self._began = time_of(fields, "initiationTimestamp")
        queue, agent = self._part("queueInfo"), self._part("agentInfo")
        self._queued = time_of(queue, "enqueueTimestamp")
        self._joined = time_of(agent, "connectedToAgentTimestamp")
        self._queue = self._name(queue.get("queueArn"))
        self._rep = self._name(agent.get("agentArn"))
        if self.kind == "INITIATED" and self._began is not None:
            yield self._event("call.started", self._began, direction=self._direction, **self._who(), **self._about())
        elif self.kind == "QUEUED":
            yield from self._waits()
        elif self.kind in {"CONNECTED_TO_SYSTEM", "CONNECTED_TO_AGENT"}:
            yield from self._connected()
        elif self.kind in _WHOLE:
            yield from self._over()

    def _waits(self) -> Iterator[dict[str, Any]]:
        if not self._outbound and self._queue and self._queued is not None:
            yield self._event("queue.joined", self._queued, queue=self._queue)

    def _connected(self) -> Iterator[dict[str, Any]]:
        answered = self._joined
        if self._outbound and self.kind == "CONNECTED_TO_SYSTEM":
            answered = time_of(self._fields, "connectedToSystemTimestamp")
        elif self._outbound:
            return
        else:
            yield from self._left("answered", self._joined)
        if answered is not None:
            yield self._event("call.answered", answered, rep=self._rep, **self._who())

    def _left(self, outcome: str, at: int | None) -> Iterator[dict[str, Any]]:
        if self._queue and self._queued is not None and at is not None:
            yield self._event(
                "queue.left", at, queue=self._queue, outcome=outcome, wait_s=_seconds(self._queued, at) or 0.0
            )

    def _over(self) -> Iterator[dict[str, Any]]:
        """Yield the whole call. Where it waited and no agent came to it, its caller gave up, or was sent on."""
        ended = time_of(self._fields, "disconnectTimestamp")
        if ended is None:
            raise Refused(
                Reason.MISSING_FIELD, "disconnectTimestamp", "disconnectTimestamp: missing, while the contact is over"
            )
        if not self._outbound:
            yield from self._waits()
            yield from self._left("abandoned" if self._joined is None else "answered", self._joined or ended)
        picked_up = time_of(self._fields, "connectedToSystemTimestamp") if self._outbound else self._joined
        began = min(ended, ended if self._began is None else self._began)
        talk_from = max(picked_up or 0, self._joined or 0) if picked_up and self._joined else None
        answered = picked_up if picked_up is not None and began <= picked_up <= ended else None
        result = str(self._fields.get("answeringMachineDetectionStatus") or "").upper()
        reason = str(self._fields.get("disconnectReason") or "").upper()
        agent = self._part("agentInfo")
        wrapped = _seconds(
            time_of(agent, "afterContactWorkStartTimestamp"), time_of(agent, "afterContactWorkEndTimestamp")
        )
        yield self._event(
            "call.ended",
            ended,
            _WHOLE[self.kind],
            direction=self._direction,
            placed_at=began,
            answered_at=answered,
            talk_s=0.0 if talk_from is None or answered is None else _seconds(talk_from, ended),
            wait_s=None if self._outbound else _seconds(self._queued, self._joined),
            wrap_s=wrapped,
            rep=self._rep,
            amd=_AMD.get(result),
            disposition=_NOT_REACHED.get(result) or (_NOT_REACHED.get(reason) if answered is None else None),
            hangup_cause=reason.lower() or None,
            **self._who(),
            **self._about(),
        )

    def _event(self, kind: str, at: int, rank: int = 0, /, **fields: Any) -> dict[str, Any]:
        part = f"{kind.partition('.')[2] if kind.startswith('call') else kind}{f':{rank}' if rank else ''}"
        known = {name: value for name, value in fields.items() if value is not None}
        return {"id": f"{SOURCE}:{self.id}:{part}", "type": kind, "at": at, "source": SOURCE, "call": self.id, **known}

    @property
    def _direction(self) -> str:
        return "outbound" if self._outbound else "inbound"

    def _who(self) -> dict[str, str]:
        """Return the lead, by a tag of the contact, and the number; a contact that has neither is its own party."""
        lead = self._tag("lead")
        address = self._part("customerEndpoint").get("address")
        number = address if isinstance(address, str) and address.strip() else None if lead else "anonymous"
        return {**({"lead": lead} if lead else {}), **({"number": number} if number else {})}

    def _about(self) -> dict[str, str]:
        campaign = self._tag("campaign") or self._name(self._part("campaign").get("campaignId"))
        queue = None if self._outbound else self._queue
        about = {"campaign": campaign, "team": self._tag("team"), "queue": queue}
        return {name: value for name, value in about.items() if value}

    def _tag(self, name: str) -> str | None:
        value = self._part("tags").get(name)
        return value if isinstance(value, str) and value else None

    def _name(self, arn: Any) -> str | None:
        return last_part(arn, self._names)

    def _part(self, name: str) -> Mapping[str, Any]:
        return part_of(self._fields, name)

    def _text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or not value:
            what = "missing" if value is None else kind_of(value)
            raise Refused(Reason.MISSING_FIELD, name, f"{name}: {what}; a contact event has it as text")
        return value


def _seconds(begin: int | None, end: int | None) -> float | None:
    return None if begin is None or end is None else max(0, end - begin) / 1000
