"""The states of reps that rows of a queue_log tell: who is in which queue, paused in which, and talks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stream.sources.asterisk.queue_log_rows import Row

NOBODY: Final = frozenset({"", "NONE"})
_COMES: Final = frozenset({"ADDMEMBER", "AGENTLOGIN", "AGENTCALLBACKLOGIN"})
_GOES: Final = frozenset({"REMOVEMEMBER", "AGENTLOGOFF", "AGENTCALLBACKLOGOFF"})
_PAUSES: Final = frozenset({"PAUSE", "PAUSEALL"})
_UNPAUSES: Final = frozenset({"UNPAUSE", "UNPAUSEALL"})
OF_REPS: Final = _COMES | _GOES | _PAUSES | _UNPAUSES


@dataclass(slots=True)
class Rep:
    """One rep: the queues they are in, those they are paused in, and how many calls they are in."""

    queues: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    reason: str = ""
    calls: int = 0
    gone: bool = False

    @property
    def state(self) -> tuple[str, str]:
        """Return what they do, and why they pause: who is paused in some of their queues alone is not paused."""
        if self.calls:
            return "talking", ""
        if self.gone:
            return "offline", ""
        everywhere = bool(self.paused) and ("" in self.paused or self.queues <= self.paused)
        return ("paused", self.reason) if everywhere else ("available", "")


class Reps:
    """Follows the reps of one log; each answer is a state, and the reason of a pause."""

    def __init__(self) -> None:
        self._reps: dict[str, Rep] = {}

    def of(self, name: str) -> Rep:
        """Return the rep of a name."""
        return self._reps.setdefault(name, Rep())

    def begins(self, name: str) -> tuple[str, str]:
        """Take that a rep is in a call."""
        rep = self.of(name)
        rep.calls += 1
        return rep.state

    def ends(self, name: str) -> tuple[str, str]:
        """Take that a rep is out of a call; in how many they are is forgotten where the log left out how one ended."""
        rep = self.of(name)
        rep.calls = 0
        return rep.state

    def take(self, name: str, row: Row) -> tuple[str, str] | None:
        """Take that a rep comes, pauses or goes; None where they are still in another queue, or in a call."""
        rep = self.of(name)
        queue = "" if row.queue in NOBODY else row.queue
        if row.verb in _COMES:
            self._comes(rep, queue, row)
        elif row.verb in _GOES:
            rep.queues.discard(queue)
            rep.paused.discard(queue)
            if rep.queues and row.verb == "REMOVEMEMBER":
                return None
            rep.queues.clear()
            rep.paused.clear()
            rep.gone = True
        elif row.verb in _PAUSES:
            rep.gone = False
            rep.reason = row.text(0) or rep.reason
            rep.paused.add("" if row.verb == "PAUSEALL" else queue)
        else:
            rep.gone = False
            self._unpauses(rep, queue, everywhere=row.verb == "UNPAUSEALL")
        return None if rep.calls else rep.state

    @staticmethod
    def _comes(rep: Rep, queue: str, row: Row) -> None:
        rep.gone = False
        rep.queues.add(queue)
        if row.text(0).upper() == "PAUSED":
            rep.paused.add(queue)
        elif row.verb == "ADDMEMBER":
            rep.paused.discard(queue)
        else:
            rep.paused.clear()

    @staticmethod
    def _unpauses(rep: Rep, queue: str, *, everywhere: bool) -> None:
        if everywhere or not queue:
            rep.paused.clear()
            return
        if "" in rep.paused:
            rep.paused = set(rep.queues)
        rep.paused.discard(queue)
