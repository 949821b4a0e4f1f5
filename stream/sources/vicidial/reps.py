"""The tables vicidial_agent_log and vicidial_user_log: what reps do, and when they come and go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.vicidial.parts import Parts, lasted, moment, who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.vicidial.rows import Record

NEEDED_OF_WORK: Final = ("agent_log_id", "user", "pause_epoch", "wait_epoch", "talk_epoch", "dispo_epoch", "dispo_sec")
NEEDED_OF_LOGINS: Final = ("user_log_id", "user", "event", "event_date")
_AWAY_AFTER_MS: Final = 60_000
# Of what is told of one second the last id stands: who logs in is paused from the same second on, and who logs out is
# gone, whatever else was told of that second.
_IN, _WORK, _OUT = "agent-in", "agent", "agents-out"
_ORDER: Final = {"paused": 0, "available": 1, "talking": 2, "wrap_up": 3, "offline": 4}


class _End(NamedTuple):
    """When a rep's last row ended, and which it is."""

    at: int
    row: str
    team: str | None


class Work:
    """
    Makes the states of reps of the rows of vicidial_agent_log: a pause, a wait, a talk and a wrap-up each.

    The talk is `talk_sec` less `dead_sec`, as in VICIdial's reports: once the prospect has hung up it is wrap-up.
    """

    def __init__(self, settings: Settings, told_at: int) -> None:
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self._parts = Parts(settings, told_at)
        self._ends: dict[str, _End] = {}
        self._away = 0

    def events(self, record: Record) -> Iterator[dict[str, Any]]:
        """Yield the states of a row; Refused for one that is none."""
        row = record.get("agent_log_id")
        rep, team = who(record)
        if row is None or rep is None:
            name = "agent_log_id" if row is None else "user"
            raise Refused(Reason.MISSING_FIELD, name, f"{name}: empty; each row of vicidial_agent_log has one")
        steps = _steps(record)
        if not steps:
            self.unused["row without a moment"] += 1
            return
        last = self._ends.pop(rep, None)
        if last is not None and steps[0][0] - last.at > _AWAY_AFTER_MS:
            yield self._gone(rep, last)
        for at, state, reason in steps:
            name = f"{_WORK}:{row:0>10}:{_ORDER[state]}"
            yield self._parts.event("rep.state", at, name, rep=rep, team=team, state=state, reason=reason)
        end = _end(record)
        if end is not None:
            self._ends[rep] = _End(max(end, steps[-1][0]), row, team)

    def ended(self) -> Iterator[dict[str, Any]]:
        """Yield that reps are gone whose last row has ended: as long as one is there, a row of theirs is open."""
        for rep, last in sorted(self._ends.items()):
            yield self._gone(rep, last)
        self._ends.clear()

    def _gone(self, rep: str, last: _End) -> dict[str, Any]:
        self._away += 1
        # In the order of ids it stands after its own row, and before the next one.
        name = f"{_WORK}:{last.row:0>10}:{_ORDER['offline']}"
        return self._parts.event("rep.state", last.at, name, rep=rep, team=last.team, state="offline")

    def remarks(self) -> Iterator[str]:
        """Yield what is to be known of the states."""
        if self._away:
            yield (
                f"{self._away} times no row follows where one of a rep's ends: they are taken to be gone from then on; "
                "vicidial_user_log says it to the second"
            )
        yield from self._parts.remarks()


def _steps(record: Record) -> list[tuple[int, str, str | None]]:
    """Return the states of a row in their order: when each begins, and why; what lasted no second is none."""
    pause, wait, talk, dispo = (moment(record, f"{name}_epoch") for name in ("pause", "wait", "talk", "dispo"))
    dead = moment(record, "dead_epoch")
    ends = None if dispo is None else _end(record)
    steps = [
        (pause, "paused", record.get("sub_status")),
        (wait, "available", None),
        (talk, "talking", None),
        (
            dead if dead is not None and talk is not None and (dispo is None or dead <= dispo) else dispo,
            "wrap_up",
            None,
        ),
    ]
    known = [(at, state, reason) for at, state, reason in steps if at is not None]
    after = [*(at for at, _, _ in known[1:]), ends][: len(known)]
    in_order: list[tuple[int, str, str | None]] = []
    for (at, state, reason), following in zip(known, after, strict=True):
        if following is not None and following <= at:
            continue
        if not in_order or at >= in_order[-1][0]:
            in_order.append((at, state, reason))
    return in_order


def _end(record: Record) -> int | None:
    """Return when a row ends, and the rep's next one begins; None where it goes on: its last step has no seconds."""
    for name in ("dispo", "talk", "wait", "pause"):
        began = moment(record, f"{name}_epoch")
        if began is not None:
            took = lasted(record, f"{name}_sec")
            over = took or (name == "dispo" and record.get("status") is not None)
            return began + 1000 * took if over else None
    return None


class Logins:
    """Makes the coming and going of reps of the rows of vicidial_user_log."""

    def __init__(self, settings: Settings, told_at: int) -> None:
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self._parts = Parts(settings, told_at)

    def events(self, record: Record) -> Iterator[dict[str, Any]]:
        """Yield the state that a row tells; Refused for one that is none."""
        row, told = record.get("user_log_id"), (record.get("event") or "").upper()
        rep, team = who(record)
        if row is None or rep is None:
            name = "user_log_id" if row is None else "user"
            raise Refused(Reason.MISSING_FIELD, name, f"{name}: empty; each row of vicidial_user_log has one")
        comes, goes = told == "LOGIN", told.endswith("LOGOUT")
        if not (comes or goes):
            self.unused["user event"] += 1
            return
        at = self._parts.began(record, "event_epoch", "event_date")
        name, state = (f"{_IN}:{row}", "available") if comes else (f"{_OUT}:{row}", "offline")
        yield self._parts.event("rep.state", at, name, rep=rep, team=team, state=state)

    def ended(self) -> Iterator[dict[str, Any]]:
        """Yield nothing: each row says all that it tells."""
        yield from ()

    def remarks(self) -> Iterator[str]:
        """Yield what is to be known of the moments."""
        yield from self._parts.remarks()
