"""The table vicidial_closer_log: the calls that came to an in-group, from outside or from another rep."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from stream.events.refusal import Reason, Refused
from stream.sources.vicidial.dispositions import UNDER_WAY
from stream.sources.vicidial.parts import Parts, lasted, moment, who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.vicidial.rows import Record

NEEDED: Final = ("closecallid", "campaign_id", "call_date", "length_in_sec", "status", "queue_seconds", "uniqueid")
_SENT_ON: Final = frozenset({"TIMEOT", "HXFER", "HOLDTO", "IVRXFR"})
_SENT_ON_REASONS: Final = frozenset({"QUEUETIMEOUT", "HOLDRECALLXFER", "HOLDTIME"})
_AT_BIRTH_MS: Final = 2000


class Inbound:
    """Makes stays in queues, and inbound calls, of the rows of vicidial_closer_log; an in-group is a queue."""

    def __init__(self, settings: Settings, told_at: int) -> None:
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self._parts = Parts(settings, told_at)
        self._waits_unknown = 0

    def events(self, record: Record) -> Iterator[dict[str, Any]]:
        """Yield what a row tells; Refused for one that is none."""
        stay, group, status = record.get("closecallid"), record.get("campaign_id"), record.get("status")
        if stay is None or group is None:
            name = "closecallid" if stay is None else "campaign_id"
            raise Refused(Reason.MISSING_FIELD, name, f"{name}: empty; each row of vicidial_closer_log has one")
        began = self._parts.began(record, "start_epoch", "call_date")
        if any(fnmatchcase(group, one) for one in self._parts.own.vicidial_transfer_groups):
            yield from self._of_an_outbound_call(record, began)
            return
        call = _call(record.get("uniqueid"), stay, began)
        name = f"{call}:{stay}"
        yield self._parts.event("queue.joined", began, name, call=call, queue=group)
        rep, team = who(record)
        ended, waiting = moment(record, "end_epoch"), rep is None and status in UNDER_WAY
        if waiting and ended is None:
            self.left_open += 1
            return
        length = lasted(record, "length_in_sec")
        wait = _wait(record)
        if wait is None and rep is None:  # whom nobody answered has waited till the end
            wait = length if ended is None else max(ended - began, 0) / 1000
        self._waits_unknown += wait is None
        outcome = _outcome(record, answered=rep is not None)
        left = began + round(1000 * (wait or 0))
        yield self._parts.event("queue.left", left, name, call=call, queue=group, outcome=outcome, wait_s=wait)
        if ended is None and (status is None or status in UNDER_WAY):
            self.left_open += 1
            return
        ended = max(began + 1000 * length if ended is None else ended, left)
        talk = 0 if rep is None else None if wait is None else max(length - wait, 0)
        disposition, party = self._parts.disposition(status), self._parts.party(record)
        yield self._parts.event(
            "call.ended",
            ended,
            name,
            call=call,
            direction="inbound",
            placed_at=began,
            campaign=group,
            queue=group,
            rep=rep,
            team=team,
            answered_at=left if rep is not None and wait is not None else None,
            wait_s=wait,
            disposition=disposition,
            **party,
            **_talk(record, talk, rep=rep),
        )

    def _of_an_outbound_call(self, record: Record, began: int) -> Iterator[dict[str, Any]]:
        """Yield what the second rep said of a call that a first one had placed, and handed on."""
        call = record.get("uniqueid")
        rep, _ = who(record)
        disposition = self._parts.disposition(record.get("status"))
        if call is None or rep is None or disposition is None:
            self.unused["part of an outbound call"] += 1
            return
        at = moment(record, "end_epoch") or began
        yield self._parts.event(
            "call.disposed",
            at,
            f"{call}:{record['closecallid']}",
            call=call,
            disposition=disposition,
            rep=rep,
            **self._parts.party(record),
        )

    def ended(self) -> Iterator[dict[str, Any]]:
        """Yield nothing: each row says all that it tells."""
        yield from ()

    def remarks(self) -> Iterator[str]:
        """Yield what is to be known of the calls."""
        if self._waits_unknown:
            yield (
                f"queue_seconds is empty in {self._waits_unknown} rows of answered callers: their wait is left out, "
                "and their talk where no talk_sec stands beside it"
            )
        yield from self._parts.remarks()


def _call(unique: str | None, stay: str, began: int) -> str:
    """
    Return the call of a stay: its channel's id if the call began with it, as other sources name it.

    Where the channel is older, it was called out on, or has been in another in-group or a menu before.
    """
    if unique is None:
        return f"in-group-{stay}"
    born = unique.rpartition("-")[2].partition(".")[0]
    if born.isdigit() and abs(1000 * int(born) - began) <= _AT_BIRTH_MS:
        return unique
    return f"{unique}/{stay}"


def _wait(record: Record) -> float | None:
    """Return the seconds in the queue, of which there are hundredths; None where the row does not tell them."""
    text = record.get("queue_seconds")
    if text is None:
        return None
    whole, _, part = text.partition(".")
    found = lasted({"queue_seconds": whole or "0"}, "queue_seconds")
    return found + (float(f"0.{part}") if part.isdigit() else 0.0)


def _outcome(record: Record, *, answered: bool) -> str:
    if answered:
        return "answered"
    if record.get("status") in _SENT_ON or record.get("term_reason") in _SENT_ON_REASONS:
        return "timeout"
    return "abandoned"


def _talk(record: Record, talk: float | None, *, rep: str | None) -> dict[str, Any]:
    """Return the talk, and the wrap-up where columns of vicidial_agent_log stand beside those of the row."""
    if rep is None or record.get("talk_sec") is None:
        return {"talk_s": talk}
    dead = lasted(record, "dead_sec")
    return {"talk_s": max(lasted(record, "talk_sec") - dead, 0), "wrap_s": lasted(record, "dispo_sec") + dead}
