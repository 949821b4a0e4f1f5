"""The table vicidial_log: the calls that the dialler or a rep has placed, one row each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from stream.events.refusal import Reason, Refused
from stream.sources.vicidial.dispositions import DISPOSITIONS, NOT_DIALLED, UNDER_WAY
from stream.sources.vicidial.parts import Parts, lasted, moment, who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.vicidial.rows import Record

NEEDED: Final = ("uniqueid", "call_date", "length_in_sec", "status", "phone_number", "alt_dial")
_NOBODY_ANSWERED: Final = frozenset({"no_answer", "busy", "wrong_number", "failed"})
_DETECTED: Final = {"AA": "machine", "AM": "machine", "AL": "machine", "AFAX": "fax"}
"""What the detection of machines writes; a rep who heard one writes A."""


class Outbound:
    """
    Makes calls of the rows of vicidial_log.

    A row may have columns of its rep's row in vicidial_agent_log beside its own: `talk_sec` less `dead_sec` is then the
    talk, and `dispo_sec` with `dead_sec` the wrap-up.
    """

    def __init__(self, settings: Settings, told_at: int) -> None:
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self._parts = Parts(settings, told_at)
        self._by_length = 0

    def events(self, record: Record) -> Iterator[dict[str, Any]]:
        """Yield the call of a row, and its verdict; none of one that has not ended. Raises Refused for no row."""
        call, status = record.get("uniqueid"), record.get("status")
        if call is None:
            raise Refused(Reason.MISSING_FIELD, "uniqueid", "uniqueid: empty; each call has one")
        if status in NOT_DIALLED:
            self.unused["number that was not dialled"] += 1
            return
        began = self._parts.began(record, "start_epoch", "call_date")
        length = lasted(record, "length_in_sec")
        ended = moment(record, "end_epoch")
        if ended is None:
            if status is None or status in UNDER_WAY:
                self.left_open += 1
                return
            ended = began + 1000 * length
        ended = max(ended, began)
        rep, team = who(record)
        disposition, party = self._parts.disposition(status), self._parts.party(record)
        yield self._parts.event(
            "call.ended",
            ended,
            call,
            call=call,
            direction="outbound",
            placed_at=began,
            campaign=record.get("campaign_id"),
            rep=rep,
            team=team,
            amd=_DETECTED.get(status or ""),
            disposition=disposition,
            **party,
            **self._conversation(record, began, length, rep=rep),
        )
        if rep is not None and disposition is not None:
            # Another source may tell of the same call, and later: what the rep said of it stands all the same.
            yield self._parts.event("call.disposed", ended, call, call=call, disposition=disposition, rep=rep, **party)

    def _conversation(self, record: Record, began: int, length: int, *, rep: str | None) -> dict[str, Any]:
        """Return what is known of the answer and the talk."""
        word = DISPOSITIONS.get(record.get("status") or "")
        if word in _NOBODY_ANSWERED:
            return {"talk_s": 0}
        if rep is None:
            # Without a rep there was no conversation, but somebody, or a machine, may have answered.
            return {"talk_s": 0} if word is None else {"talk_s": 0, "answered_at": began}
        if record.get("talk_sec") is not None:
            dead = lasted(record, "dead_sec")
            talk = max(lasted(record, "talk_sec") - dead, 0)
            return {"talk_s": talk, "wrap_s": lasted(record, "dispo_sec") + dead}
        self._by_length += bool(length)
        return {"talk_s": length}

    def ended(self) -> Iterator[dict[str, Any]]:
        """Yield nothing: each row says all that it tells."""
        yield from ()

    def remarks(self) -> Iterator[str]:
        """Yield what is to be known of the calls."""
        if self._by_length:
            yield (
                f"the talk of {self._by_length} calls is their whole length, with the ringing of those dialled by hand "
                "and the seconds after the prospect hung up: join vicidial_agent_log (docs/sources/vicidial.md)"
            )
        yield from self._parts.remarks()
