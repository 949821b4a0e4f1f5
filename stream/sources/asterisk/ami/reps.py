"""What reps do: by their calls, and by their coming, going and pausing as members of queues."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from stream.sources.asterisk.ami.calls import SOURCE
from stream.sources.canonical import event
from stream.sources.dial_plan import names

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.calls import Call
    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.dial_plan.directions import Directions

_COMES: Final = frozenset({"queuememberadded", "agentlogin", "agentcallbacklogin"})
_GOES: Final = frozenset({"queuememberremoved", "agentlogoff", "agentcallbacklogoff"})
_PAUSES: Final = frozenset({"queuememberpause", "queuememberpaused", "queuememberunpause"})
_KNOWS: Final = frozenset({"queuememberstatus", "queuemember"})
# The states of a telephone that say what its rep does; at one that is in use or rings, a call says more.
_BY_STATUS: Final = {"1": "available", "4": "offline", "5": "offline"}


@dataclass(slots=True)
class Reps:
    """Knows of each rep whether they are away, and how long their wrap-up is."""

    directions: Directions
    events: ClassVar[frozenset[str]] = _COMES | _GOES | _PAUSES | _KNOWS
    _away: dict[str, str] = field(default_factory=dict)
    _state: dict[str, str] = field(default_factory=dict)
    _wrap_s: dict[str, int] = field(default_factory=dict)

    def of(self, message: Message) -> str | None:
        """Return the rep that a message about a member of a queue means."""
        interface = message.get("interface") or message.get("location") or message.get("stateinterface")
        if not interface and message.get("agent"):
            interface = f"Agent/{message.get('agent')}"
        if not interface:
            return None
        return self.directions.rep(names.interface(interface), message.get("membername") or message.get("name"))

    def take(self, message: Message, at: int) -> list[dict[str, Any]]:
        """Take a message about a member, and return what the rep does now."""
        rep = self.of(message)
        if rep is None:
            return []
        if message.get("wrapuptime").isdecimal():
            self._wrap_s[rep] = int(message.get("wrapuptime"))
        if message.event in _GOES:
            self._away[rep] = "offline"
        elif message.event in _COMES:
            self._away.pop(rep, None)
        if message.event not in _GOES and message.get("paused") in {"0", "1"}:
            if message.get("paused") == "1":
                self._away[rep] = "paused"
            elif self._away.get(rep) == "paused":
                del self._away[rep]
        if message.event in _KNOWS:
            return self._found(rep, message, at)
        if self._state.get(rep) in {"talking", "ringing"} and message.event not in _GOES:
            return []  # it shows after the call
        reason = message.get("reason") or message.get("pausedreason")
        state = self._away.get(rep, "available")
        self._state[rep] = state
        fields = {"reason": reason} if state == "paused" and reason else {}
        return [self._event(rep, state, at, f"{rep}:{at}", **fields)]

    def _found(self, rep: str, message: Message, at: int) -> list[dict[str, Any]]:
        """Return what a rep does of whom nothing was known before: members of queues as they are when it begins."""
        state = self._away.get(rep) or _BY_STATUS.get(message.get("status"))
        if message.event != "queuemember" or rep in self._state or state is None or not at:
            return []
        self._state[rep] = state
        return [self._event(rep, state, at, f"{rep}:{at}")]

    def becomes(self, rep: str, state: str, at: int, call: Call) -> list[dict[str, Any]]:
        """Return that a call has a rep do something else."""
        if self._state.get(rep) == state:
            return []
        self._state[rep] = state
        return [self._event(rep, state, at, f"{call.id}:{rep}:{at}")]

    def after(self, rep: str, at: int, call: Call) -> list[dict[str, Any]]:
        """Return what a rep does after a call: wraps up, if the queue gives them time for that, then is free."""
        wrap = self.wrap_up_s(rep) if call.queue and call.answered_ms is not None else 0
        state = self._away.get(rep, "available")
        self._state[rep] = state
        free = self._event(rep, state, at + 1000 * wrap, f"{call.id}:{rep}:{at}")
        return [self._event(rep, "wrap_up", at, f"{call.id}:{rep}:{at}"), free] if wrap else [free]

    def wrap_up_s(self, rep: str) -> int:
        """Return how long a rep has after a call of a queue, as far as is known."""
        return self._wrap_s.get(rep, 0)

    def _event(self, rep: str, state: str, at: int, what: str, **fields: Any) -> dict[str, Any]:
        return event("rep.state", at, SOURCE, f"{what}:{state}", rep=rep, state=state, **fields)
