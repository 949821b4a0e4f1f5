"""What one callback of Twilio says of one leg of a call, without the numbers and names in it."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.privacy.identity import Identity

ENDED: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
STATUSES: Final = ENDED | {"queued", "initiated", "ringing", "in-progress", "answered"}
AMD: Final = {"human": "human", "fax": "fax", "unknown": "unknown"}
ROLES: Final = ("customer", "rep")
# What the user's application may put into the address of a callback, which the signature covers.
CONTEXT: Final = ("lead", "campaign", "rep", "team", "queue", "leg")

_SID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_LONGEST_TEXT: Final = 200
_LONGEST_CALL_S: Final = 7 * 86_400
_FEWEST_DIGITS: Final = 7
# A withheld number that Twilio cannot write as a word is the word on a keypad: +266696687 is ANONYMOUS.
_KEYPAD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_SPELT: Final = frozenset(
    "+" + word.translate(_KEYPAD) for word in ("ANONYMOUS", "RESTRICTED", "BLOCKED", "UNKNOWN", "UNAVAILABLE")
)


class Party(msgspec.Struct, frozen=True, omit_defaults=True):
    """An end of a leg: a `number`'s pseudonym, or a `rep` (a client, a SIP address, an extension); or withheld."""

    number: str | None = None
    rep: str | None = None


# What somebody else has written to the log is held to what a callback can say.
_Moment = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800_000)]  # up to the year 9999
_Whole = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One callback: of the leg `sid`, at `at` (ms).

    `status` is the leg's, None in a callback of the answering machine detection, whose result is `amd`. `talked_s`
    stands in the last one. `context` is what the address of the callback said.
    """

    sid: str
    at: _Moment
    parent: str | None = None
    sequence: _Whole | None = None
    status: str | None = None
    direction: str | None = None
    caller: Party | None = None
    called: Party | None = None
    talked_s: _Whole | None = None
    amd: str | None = None
    cause: str | None = None
    context: dict[str, str] = {}

    @property
    def name(self) -> tuple[str, str, int]:
        """What a repeated delivery of the same callback has in common with it."""
        return self.sid, self.status or "amd", -1 if self.sequence is None else self.sequence


def fact_of(form: Mapping[str, str], query: Mapping[str, str], identity: Identity, received_ms: int) -> Fact:
    """
    Return what the fields of a callback and the parameters of its address say.

    Raises Refused where they say nothing of a call; a call of its own without a time happened when it was received.
    """
    sid = _sid(form, "CallSid")
    if sid is None:
        raise Refused(Reason.MISSING_FIELD, "CallSid", "CallSid: missing; a callback of a call names it")
    status = form.get("CallStatus") or None
    if status is not None and status not in STATUSES:
        raise Refused(
            Reason.UNKNOWN_VALUE, "CallStatus", f"CallStatus: {kind_of(status)} that is none of Twilio's statuses"
        )
    parent = _sid(form, "ParentCallSid")
    if parent == sid:
        raise Refused(
            Reason.WRONG_TYPE, "ParentCallSid", "ParentCallSid: the leg itself; it names the leg that dialled it"
        )
    amd = _amd(form.get("AnsweredBy") or None)
    if status is None and amd is None:
        raise Refused(
            Reason.MISSING_FIELD, "CallStatus", "CallStatus: missing, and AnsweredBy too; a callback has one of them"
        )
    return Fact(
        sid=sid,
        at=_time(form.get("Timestamp") or None, received_ms),
        parent=parent,
        sequence=_whole(form, "SequenceNumber", 10**6),
        status="in-progress" if status == "answered" else status,
        direction=_direction(form.get("Direction") or None),
        caller=_party(form.get("From"), identity, sid),
        called=_party(form.get("To"), identity, sid),
        talked_s=_whole(form, "CallDuration", _LONGEST_CALL_S) if status in ENDED else None,
        amd=amd,
        cause=_cause(form.get("SipResponseCode") or None),
        context=_context(query, identity),
    )


def _sid(form: Mapping[str, str], name: str) -> str | None:
    value = form.get(name) or None
    if value is not None and not _SID.fullmatch(value):
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {kind_of(value)}; a SID is up to 64 letters and digits")
    return value


def _whole(form: Mapping[str, str], name: str, most: int) -> int | None:
    value = form.get(name) or None
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < len(str(10 * most)) and int(value) <= most):
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {kind_of(value)}; write a whole number up to {most}")
    return int(value)


def _time(value: str | None, received_ms: int) -> int:
    if value is None:
        return received_ms
    wrong = Refused(Reason.WRONG_TYPE, "Timestamp", f"Timestamp: {kind_of(value)}; Twilio writes times as RFC 2822")
    try:
        time = parsedate_to_datetime(value)
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)  # RFC 2822 writes -0000 for a time in UTC of an unknown place
        moment = int(time.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise wrong from None
    if moment < 0:
        raise wrong
    return moment


def _direction(value: str | None) -> str | None:
    if value is None:
        return None
    return "inbound" if value == "inbound" else "outbound"


def _amd(value: str | None) -> str | None:
    if value is None:
        return None
    return "machine" if value.startswith("machine") else AMD.get(value, "unknown")


def _cause(value: str | None) -> str | None:
    return f"sip {value}" if value is not None and re.fullmatch(r"[1-6][0-9]{2}", value) else None


def _party(value: str | None, identity: Identity, sid: str) -> Party | None:
    if value is None:
        return None
    if value in _SPELT:
        return Party()
    scheme, _, rest = value.partition(":")
    if scheme.lower() == "client" and rest:
        return Party(rep=identity.label(rest)[:_LONGEST_TEXT])
    if scheme.lower() in {"sip", "sips"} and not identity.is_withheld(value):
        user = rest.partition("@")[0].partition(";")[0]
        return Party(rep=_sip_user(user, identity, sid))
    if identity.is_extension(value):
        return Party(rep=value.strip())
    pseudonym = None if identity.is_withheld(value) else identity.pseudonym(value, call=sid)
    return Party(number=pseudonym.value if pseudonym else None)


def _sip_user(user: str, identity: Identity, sid: str) -> str | None:
    """Return the rep at a SIP address: as it stands, but never by what may be a number."""
    if sum(character.isdigit() for character in user) < _FEWEST_DIGITS:
        return identity.label(user)[:_LONGEST_TEXT] or None
    pseudonym = identity.pseudonym(user, call=sid)
    return pseudonym.value if pseudonym else None


def _context(query: Mapping[str, str], identity: Identity) -> dict[str, str]:
    context = {}
    for name in CONTEXT:
        value = query.get(name)
        if not value:
            continue
        if len(value) > _LONGEST_TEXT or not value.isprintable():
            raise Refused(
                Reason.TOO_LONG, name, f"{name}: {kind_of(value)} in the address of the callback; up to {_LONGEST_TEXT}"
            )
        if name == "leg" and value not in ROLES:
            raise Refused(Reason.UNKNOWN_VALUE, name, f"leg: {kind_of(value)}; write {' or '.join(ROLES)}")
        context[name] = identity.of_person(value) if name == "lead" else identity.label(value)[:_LONGEST_TEXT]
    return context
