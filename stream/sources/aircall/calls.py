"""One call of Aircall, as its event `call.ended` has it, without the names of people in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused

SOURCE: Final = "aircall"
_DIRECTIONS: Final = ("inbound", "outbound")  # what is posted may be no text
_REASON: Final = re.compile(r"[a-z_]{1,60}")
_LONGEST_ID: Final = 10**18
_LATEST_S: Final = 10**11  # what is later is meant as milliseconds, or absurd


def call_ended(data: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """
    Return the whole call that the `data` of a `call.ended` describe; raises Refused where they do not.

    `names` are those of users, numbers and teams, by their id, which stands for itself where it has none. What people
    have called them stays out: it may be a person's name.
    """
    if not isinstance(data, Mapping):
        raise Refused(Reason.WRONG_TYPE, "data", f"data: {kind_of(data)}; a call is an object")
    call = _id(data.get("id"))
    if call is None:
        raise Refused(Reason.MISSING_FIELD, "id", f"id: {kind_of(data.get('id'))}; a call has a whole number for an id")
    direction = data.get("direction")
    if direction not in _DIRECTIONS:
        raise Refused(Reason.UNKNOWN_VALUE, "direction", f"direction: {kind_of(direction)}; write inbound or outbound")
    placed, ended, answered = _moment(data, "started_at"), _moment(data, "ended_at"), _answer(data)
    wait_s = None if answered is None else max(0, answered - placed) / 1000
    reason = data.get("missed_call_reason")
    known = {
        "answered_at": answered,
        "talk_s": 0.0 if answered is None else max(0, ended - answered) / 1000,
        "wait_s" if direction == "inbound" else "ring_s": wait_s,
        "rep": _name(data.get("user"), names),
        "campaign": _name(data.get("number"), names),
        "team": _name(_first(data.get("teams")), names),
        "hangup_cause": reason if isinstance(reason, str) and _REASON.fullmatch(reason) else None,
    }
    return {
        "id": f"{SOURCE}:{call}:ended",
        "type": "call.ended",
        "at": ended,
        "source": SOURCE,
        "call": call,
        "direction": direction,
        "placed_at": placed,
        "number": _number(data.get("raw_digits")),
        **{name: value for name, value in known.items() if value is not None},
    }


def _moment(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    if value is None:
        raise Refused(Reason.MISSING_FIELD, name, f"{name}: missing; a call that is over has it, in seconds")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LATEST_S:
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {kind_of(value)}; Aircall writes seconds since 1970")
    return 1000 * value


def _answer(data: Mapping[str, Any]) -> int | None:
    return None if data.get("answered_at") is None else _moment(data, "answered_at")


def _number(value: Any) -> str:
    """Return the other party's number; one that is not shown has the word that is keyed by the call."""
    if value is None or value == "":
        return "anonymous"
    if not isinstance(value, str):
        raise Refused(Reason.WRONG_TYPE, "raw_digits", f"raw_digits: {kind_of(value)}; a number is text")
    return value


def _name(value: Any, names: Mapping[str, str]) -> str | None:
    """Return what a user, a number or a team is called by `names`, else its id; None where it has none."""
    found = _id(value.get("id")) if isinstance(value, Mapping) else None
    return None if found is None else names.get(found, found)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LONGEST_ID else None
