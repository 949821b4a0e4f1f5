"""How a time that stands in a record is written: its forms, its zone, and the hour of a date that has none."""

from __future__ import annotations

from datetime import datetime, time, tzinfo
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.mapping.times import ISO, NAMED, NoTimeError, NoZoneError, TimeForm, milliseconds, odd_hour, time_form
from stream.mapping.wrong import WrongError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from stream.mapping.defaults import Defaults
    from stream.mapping.fields import Field

_MS: Final = range(12, 15)  # digits of ms since the epoch, from 2001 on


def _canonical(text: str) -> datetime | int:
    if text.isascii() and text.isdecimal() and len(text) in _MS:
        return int(text)
    if text.isdecimal():
        raise NoTimeError
    return ISO.read(text)


CANONICAL: Final = (TimeForm("a time", '2025-12-31T18:00:00, or say its form: time = "day-first"', _canonical),)
"""What a time is where nothing is said of it: as in Ringboard's own events, but an offset may be missing."""


def zone_of(given: Any) -> tzinfo:
    """Return the zone of that IANA name; WrongError where there is none."""
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise WrongError("timezone", f'{kind_of(given)} that names no IANA time zone; write "Europe/Paris"') from None


def time_forms(given: Any) -> tuple[TimeForm, ...]:
    """Return the forms that `time` names, one or several to be tried in turn."""
    names = given if isinstance(given, list) else [given]
    forms = [time_form(name) if isinstance(name, str) else None for name in names]
    if not forms or None in forms:
        raise WrongError(
            "time", f'{kind_of(given)} that is no form of times; write one of {", ".join(NAMED)}, or as "%d %b %Y"'
        )
    return tuple(form for form in forms if form is not None)


class Written(NamedTuple):
    """How a time is written: its forms, the zone of a local one, the hour of a date; if a day ends; its odd hours."""

    forms: Sequence[TimeForm]
    zone: tzinfo | None
    hour: time | None
    ends: bool
    odd: Counter[str]

    def read(self, field: Field, where: str, text: str) -> int:
        """Return the time that `text` writes, in ms since the epoch; Refused for any other text."""
        for form in self.forms:
            try:
                moment = form.read(text)
                found = milliseconds(moment, self.zone, self.hour, ends=self.ends)
            except (NoTimeError, OverflowError):
                continue
            except NoZoneError:
                message = 'a time without an offset, and no zone is named; write timezone = "UTC" in the mapping'
                raise Refused(Reason.WRONG_TYPE, field.name, f"{field.name}: {where}: {message}") from None
            if isinstance(moment, datetime) and moment.tzinfo is None and self.zone is not None and not self.ends:
                odd = odd_hour(moment, self.zone)
                if odd is not None:
                    self.odd[odd] += 1
            return found
        what = " or ".join(form.called for form in self.forms)
        message = f"{kind_of(text)} that is not {what}; write {self.forms[0].example}"
        raise Refused(Reason.WRONG_TYPE, field.name, f"{field.name}: {where}: {message}")


def written_in(table: dict[str, Any], defaults: Defaults) -> Written:
    """Return how the times are written that `table` describes, and where it says nothing, all of the mapping."""
    ends = _flag(table, "day_end")
    if ends and "hour" in table:
        raise WrongError("hour", "of no effect beside day_end; leave one of them out")
    return Written(
        time_forms(table["time"]) if "time" in table else defaults.times,
        zone_of(table["timezone"]) if "timezone" in table else defaults.zone,
        _hour(table["hour"]) if "hour" in table else None,
        ends,
        defaults.odd_hours,
    )


def moment_of(key: str, given: Any, zone: tzinfo | None) -> int:
    """Return the time that a mapping itself tells: a TOML date or time, or the same as text."""
    if isinstance(given, datetime):
        moment = given
    else:
        try:
            moment = datetime.fromisoformat(str(given))
        except ValueError:
            raise WrongError(key, f"{kind_of(given)} that is no time; write 2026-01-05T09:00:00+01:00") from None
    try:
        return milliseconds(moment, zone)
    except NoZoneError:
        raise WrongError(key, "a time without an offset; write 2026-01-05T09:00:00+01:00, or a timezone") from None


def _flag(table: dict[str, Any], key: str) -> bool:
    given = table.get(key, False)
    if isinstance(given, bool):
        return given
    raise WrongError(key, f"{kind_of(given)}; write true or false")


def _hour(given: Any) -> time:
    if isinstance(given, time):
        return given
    try:
        return time.fromisoformat(given)
    except (ValueError, TypeError):
        raise WrongError("hour", f'{kind_of(given)}; write the hour of a date that has none: "12:00"') from None
