"""What the tables have in common: moments, numbers, users and statuses, as Ringboard's events have them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.privacy.numbers import possible_number
from stream.sources.canonical import event
from stream.sources.columns import seconds
from stream.sources.vicidial.dispositions import DISPOSITIONS, UNDER_WAY
from stream.sources.vicidial.settings import VicidialSettings
from stream.sources.wall_clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.settings.model import Settings
    from stream.sources.vicidial.rows import Record

SOURCE: Final = "vicidial"
_NOBODY: Final = frozenset({"VDAD", "VDCL"})
"""The dialler and the queue, which stand where a call had no user."""
_FIRST_EPOCH: Final = 1000
"""Where no moment is known there is NULL or 0: VICIdial's own page too takes less than this for none."""
_LATEST_DIGITS: Final = 11
_LONGEST_S: Final = 30_000
"""AST_agent_time_detail.php of VICIdial counts what lasted longer as 0: a clock that was set, a forgotten login."""


@dataclass(slots=True)
class Parts:
    """
    Reads the columns of rows that `told_at` (ms) is the moment of.

    A row changes as its call goes on, and when somebody corrects its status; `revision` is the moment at which it was
    told, so that what is told last stands.
    """

    settings: Settings
    told_at: int
    own: VicidialSettings = field(init=False)
    clock: WallClock = field(init=False)
    by_the_clock: int = 0  # rows whose moment the server's clock alone told

    def __post_init__(self) -> None:
        self.own = self.settings.group(VicidialSettings)
        self.clock = WallClock(self.own.vicidial_zone, self.settings.zone, "vicidial_timezone")

    def event(self, kind: str, at: int, name: str, **fields: Any) -> dict[str, Any]:
        """Return an event of what is told now."""
        return event(kind, at, SOURCE, name, revision=self.told_at, **fields)

    def began(self, record: Record, epoch: str, local: str) -> int:
        """Return the moment in the column `epoch` or, if that has none, in `local`, which is of the server's clock."""
        at, text = moment(record, epoch), record.get(local)
        if at is None:
            if text is None:
                raise Refused(Reason.MISSING_FIELD, epoch, f"{epoch}: empty, and {local} too; one of them says when")
            self.by_the_clock += 1
            return self.clock.moment(text, local)
        if text is not None:
            with suppress(Refused):  # it only shows how the server's clock goes
                self.clock.moment(text, local, born=at / 1000, begins=True)
        return at

    def party(self, record: Record) -> dict[str, str]:
        """Return who is called or calls, as the fields `lead` and `number` of an event."""
        found = {"number": _number(record.get("phone_code"), record.get("phone_number"), self.settings.default_region)}
        lead = record.get("lead_id")
        if self.own.vicidial_leads == "yes" and lead is not None and lead != "0":
            found["lead"] = lead
        return found

    def disposition(self, status: str | None) -> str | None:
        """
        Return what stands for a status: Ringboard's word, or itself where the settings or the worker are to say.

        None for a state that a call has before its outcome.
        """
        if status is None or status in UNDER_WAY:
            return None
        if status in self.settings.known_dispositions:
            return status
        return DISPOSITIONS.get(status, status)

    def remarks(self) -> Iterable[str]:
        """Yield what is to be known of the moments."""
        if self.by_the_clock:
            yield f"the moments of {self.by_the_clock} rows stand in the server's clock alone (vicidial_timezone)"
            yield from self.clock.remarks()


class Who(NamedTuple):
    """A user and its group, as the fields `rep` and `team` of an event."""

    rep: str | None
    team: str | None


def who(record: Record) -> Who:
    """Return the user of a row; none for the dialler and the queue."""
    user = record.get("user")
    if user is None or user in _NOBODY:
        return Who(None, None)
    return Who(user, record.get("user_group"))


def moment(record: Record, column: str) -> int | None:
    """Return the moment in a column of seconds since the epoch, in ms; None where there is none."""
    text = record.get(column)
    if text is None:
        return None
    whole = text.partition(".")[0]
    if not (whole.isascii() and whole.isdigit() and len(whole) <= _LATEST_DIGITS):
        raise Refused(Reason.WRONG_TYPE, column, f"{column}: {len(text)} characters; write seconds since the epoch")
    return 1000 * int(whole) if int(whole) >= _FIRST_EPOCH else None


def lasted(record: Record, column: str) -> int:
    """Return the seconds in a column; 0 where there are none, or more than VICIdial itself takes for some."""
    text = record.get(column)
    if text is None or text.startswith("-"):  # a clock that was put back
        return 0
    found = seconds(text, column)
    return found if found <= _LONGEST_S else 0


@lru_cache(maxsize=65_536)
def _number(code: str | None, number: str | None, region: str) -> str:
    """
    Return a number with its country's code where that gives one; floors that never set it have a 1 for every country.

    A caller without a number is anonymous.
    """
    if number is None:
        return "anonymous"
    if code is None or not code.isdigit() or not number.isdigit():
        return number
    international, national = possible_number(f"+{code}{number}", region), possible_number(number, region)
    if international is not None and international.valid:
        return international.e164
    if international is None or (national is not None and national.valid) or (code == "1" and number[0] == "0"):
        return number  # no number of North America begins with a 0
    return international.e164
