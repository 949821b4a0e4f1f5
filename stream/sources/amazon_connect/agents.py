"""Amazon Connect's agent events: the state a rep is in, since when, from each snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stream.sources.amazon_connect.parts import SOURCE, last_part, part_of, time_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of several contacts at once, the first of these says what the rep does.
_OF_CONTACTS: Final = (
    ("CONNECTED", "talking"),
    ("CONNECTED_ONHOLD", "talking"),
    ("INCOMING", "ringing"),
    ("CONNECTING", "ringing"),
    ("PENDING", "ringing"),
    ("ENDED", "wrap_up"),
)
_OF_STATUS: Final = {"available": "available", "offline": "offline"}


def is_agent_event(payload: Mapping[str, Any]) -> bool:
    """Return whether a payload, its keys begun in lower case, is of the agent event stream."""
    return "agentARN" in payload and "currentAgentSnapshot" in payload


def agent_events(payload: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """
    Yield the state of the rep, by the moment it began: a heartbeat says nothing new.

    Raises Refused where a time is none.
    """
    snapshot = part_of(payload, "currentAgentSnapshot")
    status = part_of(snapshot, "agentStatus")
    name = status.get("name")
    rep = last_part(payload.get("agentARN"), names)
    if rep is None or not isinstance(name, str):
        return
    since = time_of(status, "startTimestamp")
    state, reason = _OF_STATUS.get(name.lower(), "paused"), None
    if state == "paused":
        reason = name
    if str(payload.get("eventType")) == "LOGOUT":
        state, reason, since = "offline", None, time_of(payload, "eventTimestamp")
    elif state != "offline":
        contacts = snapshot.get("contacts")
        contacts = [one for one in contacts if isinstance(one, Mapping)] if isinstance(contacts, list) else []
        by_state = {str(one.get("state")): one for one in contacts}
        for of_contact, doing in _OF_CONTACTS:
            if of_contact in by_state:
                began = time_of(by_state[of_contact], "stateStartTimestamp")
                state, reason, since = doing, None, max(since or 0, began or 0) or None
                break
    if since is not None:
        about = {"rep": rep, "state": state, **({"reason": reason} if reason else {})}
        yield {"id": f"{SOURCE}:{rep}:{since}:{state}", "type": "rep.state", "at": since, "source": SOURCE, **about}
