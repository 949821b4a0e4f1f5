"""A leg of a call of FreeSWITCH, and how it is made of the variables that its records and its events both carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from stream.events.refusal import Reason, Refused
from stream.sources.dial_plan.apps import Amd, amd_of
from stream.sources.text import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from stream.sources.dial_plan.directions import Side

UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# The applications that are the telephone system's own voice.
VOICEMAIL: Final = frozenset({"voicemail"})
OWN_VOICE: Final = VOICEMAIL | {"playback", "ivr", "play_and_get_digits", "read", "say", "endless_playback", "echo"}
# The leg that this one was dialled for; and others that it has been joined with.
_ORIGINS: Final = ("originating_leg_uuid", "originator", "ent_originate_aleg_uuid", "cc_member_session_uuid")
_OTHERS: Final = (
    *_ORIGINS, "bridge_uuid", "signal_bond", "bleg_uuid", "last_bridge_to", "bridge_uuids",
    "other_loopback_leg_uuid", "other_loopback_from_uuid", "loopback_from_uuid", "loopback_bowout_other_uuid",
    "other_leg_true_id",
)  # fmt: skip
# A channel by a gateway; a telephone that has logged in, or was dialled by the name of its user.
_GATEWAY: Final = ("sip_gateway_name", "sip_gateway")
_LOGGED_IN: Final = "user_name"
_DIALLED: Final = "dialed_user"
_RING_GROUP: Final = ("ring_group_extension", "ring_group_uuid", "caller_destination")
# Who was reached, as the caller's own leg says it.
_REACHED: Final = ("bridge_channel", "last_sent_callee_id_number", "dialed_user", "dialed_extension")
_AMD: Final = ("amd_result", "amd_status", "amd_result_epoch_status")
_NOTHING: Final = frozenset({"", "_undef_"})
_LONGEST: Final = 17  # digits of microseconds since the epoch


class Stay(NamedTuple):
    """
    A caller in a queue of mod_callcenter; times in ms, None where that did not happen.

    `terminated` is when the agent's call with them ended.
    """

    queue: str
    agent: str | None
    joined: int
    answered: int | None
    left: int | None
    reason: str
    terminated: int | None = None


class Leg(NamedTuple):
    """
    One leg; times in ms since the epoch. `bridged` is None where the record does not tell of it, 0 for never.

    It stands on `line` of the file called `where`, which is "" where only one is read. `inbound` as FreeSWITCH sees it:
    whether the leg came to it, or was dialled by it, `origins` being what for. `side` is where its party is, as far as
    the leg itself knows, `way` the direction that a dial plan has given the call. `path` are the numbers that were
    called by it, with the moments (0 where unknown), `reached` what names whoever it was joined with, `reps` who placed
    it, where something but its channel names them.
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
    origins: frozenset[str] = frozenset()
    side: Side | None = None
    way: str = ""
    path: tuple[tuple[str, int], ...] = ()
    reached: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()

    @property
    def keys(self) -> set[str]:
        """Return the ids that this leg and others of its call have in common."""
        return {self.uuid, *self.others} | ({self.call} if self.call else set())


def _unquoted(value: str) -> str:
    """Return the text that `value` is written for, each byte after a % sign; half a surrogate pair is no text."""
    return decoded(unquote_to_bytes(value.encode(errors="replace")))


def leg_of(
    line: int,
    variables: Mapping[str, str],
    *,
    apps: Collection[str] = (),
    encoded: bool = False,
    campaign: str | None = None,
    path: Sequence[tuple[str, int]] = (),
) -> Leg:
    """
    Return the leg that `variables`, the variables of a channel, describe; values may be URL-`encoded`.

    Of all variables, those that calls need are kept, and the one called `campaign`. Raises Refused where one that
    is needed is missing, or is none.
    """

    def text(*names: str) -> str:
        value = next((variables[name] for name in names if variables.get(name)), "")
        value = value if isinstance(value, str) else str(value)
        return (_unquoted(value) if encoded else value).strip()

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
    inbound = {"inbound": True, "outbound": False}.get(text("direction"))
    known_by = _DIALLED if inbound is False else _LOGGED_IN
    others = {other for name in _OTHERS for other in UUID.findall(text(name))} - {uuid}
    amd = next((amd for name in _AMD if (amd := amd_of(text(name))) is not None), None)
    return Leg(
        line=line,
        uuid=uuid,
        call=text("call_uuid"),
        others=frozenset(others),
        inbound=inbound,
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
        origins=frozenset({other for name in _ORIGINS for other in UUID.findall(text(name))} - {uuid}),
        side="outside" if text(*_GATEWAY) else "inside" if text(known_by) else None,
        way=text("call_direction"),
        path=(*path, *((ring_group, 0) for name in _RING_GROUP if (ring_group := text(name)))),
        reached=tuple(name for one in _REACHED if (name := text(one))),
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

    Of the profiles the last is the first that was: what was called then is what counts. A profile may have the moment
    it was made, `profile_created_time`. Raises Refused as `leg_of`.
    """
    first = profiles[-1] if profiles else {}
    known = {name: first[name] for name in ("caller_id_number", "destination_number", "context") if name in first}
    path = [
        (
            _unquoted(called).strip(),
            int(made) // 1000 if made.isascii() and made.isdigit() and len(made) <= _LONGEST else 0,
        )
        for one in reversed(profiles)
        for called, made in ((one.get("destination_number", ""), one.get("profile_created_time", "")),)
        if called
    ]
    return leg_of(line, {**known, **variables}, apps=apps, encoded=True, campaign=campaign, path=path)


def _made(text: str) -> int:
    return int(text) // 1000 if text.isascii() and text.isdigit() and len(text) <= _LONGEST else 0


def _stay(text: Callable[..., str]) -> Stay | None:
    if text("cc_side") == "agent":  # it is the agent's leg, which says whom it was dialled for
        return None
    queue = text("cc_queue").partition("@")[0]
    joined = _moment(text, "cc_queue_joined")
    if not queue or not joined:
        return None
    answered = _moment(text, "cc_queue_answered")
    left = answered or _moment(text, "cc_queue_canceled") or _moment(text, "cc_queue_terminated")
    agent = text("cc_agent").partition("@")[0]
    terminated = _moment(text, "cc_queue_terminated") if answered else 0
    reason = text("cc_cancel_reason").upper()
    return Stay(queue, agent or None, joined, answered or None, left or None, reason, terminated or None)


def _moment(text: Callable[..., str], name: str) -> int:
    """Return the moment of `name` in ms, by its microseconds or its seconds; 0 where it never came."""
    for field, per_ms in ((f"{name}_uepoch", 1000.0), (f"{name}_epoch", 0.001)):
        value = text(field)
        if value in _NOTHING:
            continue
        if not (value.isascii() and value.isdigit() and len(value) <= _LONGEST):
            raise Refused(Reason.WRONG_TYPE, field, f"{field}: {len(value)} characters; a whole number, 0 for never")
        return int(int(value) / per_ms)
    return 0
