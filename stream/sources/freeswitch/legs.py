"""A leg of a call of FreeSWITCH, and how it is made of the variables that its records and its events both carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from stream.events.refusal import Reason, Refused
from stream.sources.dial_plan.apps import Amd, amd_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# The applications that are the telephone system's own voice.
VOICEMAIL: Final = frozenset({"voicemail"})
OWN_VOICE: Final = VOICEMAIL | {"playback", "ivr", "play_and_get_digits", "read", "say", "endless_playback", "echo"}
_OTHERS: Final = (
    "bridge_uuid", "signal_bond", "originating_leg_uuid", "originator", "ent_originate_aleg_uuid", "bleg_uuid",
    "last_bridge_to", "cc_member_session_uuid",
)  # fmt: skip
_AMD: Final = ("amd_result", "amd_status", "amd_result_epoch_status")
_LONGEST: Final = 17  # digits of microseconds since the epoch


class Stay(NamedTuple):
    """A caller in a queue of mod_callcenter; times in ms, None where that did not happen."""

    queue: str
    agent: str | None
    joined: int
    answered: int | None
    left: int | None
    reason: str


class Leg(NamedTuple):
    """
    One leg; times in ms since the epoch. `bridged` is None where the record does not tell of it, 0 for never.

    It stands on `line` of the file called `where`, which is "" where only one is read.
    """

    line: int
    uuid: str
    call: str
    others: frozenset[str]
    inbound: bool | None
    caller: str
    called: str
    context: str
    channel: str
    start: int
    answered: int | None
    bridged: int | None
    end: int
    billsec: float
    cause: str
    code: str
    account: str
    apps: frozenset[str] = frozenset()
    stay: Stay | None = None
    amd: Amd | None = None
    variables: tuple[tuple[str, str], ...] = ()
    where: str = ""

    @property
    def keys(self) -> set[str]:
        """Return the ids that this leg and others of its call have in common."""
        return {self.uuid, *self.others} | ({self.call} if self.call else set())


def leg_of(
    line: int,
    variables: Mapping[str, str],
    *,
    apps: Collection[str] = (),
    encoded: bool = False,
    campaign: str | None = None,
) -> Leg:
    """
    Return the leg that `variables`, the variables of a channel, describe; values may be URL-`encoded`.

    Of all variables, those that calls need are kept, and the one called `campaign`. Raises Refused where one that
    is needed is missing, or is none.
    """

    def text(*names: str) -> str:
        value = next((variables[name] for name in names if variables.get(name)), "")
        value = value if isinstance(value, str) else str(value)
        return (unquote(value) if encoded else value).strip()

    uuid = text("uuid")
    if not UUID.fullmatch(uuid):
        raise Refused(Reason.MISSING_FIELD, "uuid", f"uuid: {len(uuid)} characters; every leg has one, of 36")
    start, end = _moment(text, "start"), _moment(text, "end")
    if not start or not end:
        raise Refused(
            Reason.MISSING_FIELD, "start_epoch", "start_epoch or end_epoch: missing; a leg that ended has both"
        )
    answered = _moment(text, "answer")
    if end < start or (answered and not start <= answered <= end):
        raise Refused(
            Reason.OUT_OF_RANGE,
            "end_epoch",
            "start, answer and end are not in this order; was the clock set meanwhile?",
        )
    direction = text("direction")
    others = {other for name in _OTHERS for other in UUID.findall(text(name))} - {uuid}
    amd = next((amd for name in _AMD if (amd := amd_of(text(name))) is not None), None)
    return Leg(
        line=line,
        uuid=uuid,
        call=text("call_uuid"),
        others=frozenset(others),
        inbound={"inbound": True, "outbound": False}.get(direction),
        caller=text("caller_id_number", "effective_caller_id_number", "sip_from_user"),
        called=text("destination_number", "sip_to_user", "dialed_user"),
        context=text("context", "user_context"),
        channel=text("channel_name"),
        start=start,
        answered=answered or None,
        bridged=_moment(text, "bridge") if "bridge_epoch" in variables or "bridge_uepoch" in variables else None,
        end=end,
        billsec=(end - answered) / 1000 if answered else 0.0,
        cause=text("hangup_cause"),
        code=text("hangup_cause_q850"),
        account=text("accountcode"),
        apps=frozenset(app.lower() for app in (*apps, text("current_application"), text("last_app")) if app),
        stay=_stay(text),
        amd="machine" if text("avmd_detect").upper() == "TRUE" else amd,
        variables=((campaign, text(campaign)),) if campaign and text(campaign) else (),
    )


def leg_of_record(
    line: int,
    variables: Mapping[str, str],
    profiles: Sequence[Mapping[str, str]],
    apps: Collection[str],
    campaign: str | None,
) -> Leg:
    """
    Return the leg that a whole record describes: variables, the caller profiles it had, the applications it ran.

    Of the profiles the last is the first that was: what was called then is what counts. Raises Refused as `leg_of`.
    """
    first = profiles[-1] if profiles else {}
    known = {name: first[name] for name in ("caller_id_number", "destination_number", "context") if name in first}
    return leg_of(line, {**known, **variables}, apps=apps, encoded=True, campaign=campaign)


def _stay(text: Callable[..., str]) -> Stay | None:
    queue = text("cc_queue").partition("@")[0]
    joined = _moment(text, "cc_queue_joined")
    if not queue or not joined:
        return None
    answered = _moment(text, "cc_queue_answered")
    left = answered or _moment(text, "cc_queue_canceled") or _moment(text, "cc_queue_terminated")
    agent = text("cc_agent").partition("@")[0]
    return Stay(queue, agent or None, joined, answered or None, left or None, text("cc_cancel_reason").upper())


def _moment(text: Callable[..., str], name: str) -> int:
    """Return the moment of `name` in ms, by its microseconds or its seconds; 0 where it never came."""
    for field, per_ms in ((f"{name}_uepoch", 1000.0), (f"{name}_epoch", 0.001)):
        value = text(field)
        if not value:
            continue
        if not (value.isascii() and value.isdigit() and len(value) <= _LONGEST):
            raise Refused(Reason.WRONG_TYPE, field, f"{field}: {len(value)} characters; a whole number, 0 for never")
        return int(int(value) / per_ms)
    return 0
