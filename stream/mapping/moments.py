"""How a field that is a time is filled: its form, its zone, what is added to it, or how it is made up."""

from __future__ import annotations

from datetime import datetime, time, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.mapping.amounts import CLOCK, DECIMALS, NAMES, UNITS, NoNumberError, seconds_of
from stream.mapping.lookup import place
from stream.mapping.times import ISO, NAMED, NoTimeError, NoZoneError, TimeForm, milliseconds, odd_hour, time_form
from stream.mapping.wrong import WrongError, no_others, one_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from stream.mapping.defaults import Defaults
    from stream.mapping.fields import Field
    from stream.mapping.lookup import Record

    Term = Callable[[Record], Decimal]

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


class _Written(NamedTuple):
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


def moment_reader(
    field: Field, table: dict[str, Any], find: Callable[[Record], str | None], where: str, defaults: Defaults
) -> Callable[[Record], int | None]:
    """Return what reads the time of a record in ms since the epoch; WrongError for a wrong `table`."""
    zone = zone_of(table["timezone"]) if "timezone" in table else defaults.zone
    written = _Written(
        time_forms(table["time"]) if "time" in table else defaults.times,
        zone,
        _hour(table["hour"]) if "hour" in table else None,
        _flag(table, "day_end"),
        defaults.odd_hours,
    )
    terms = [*_terms(field, table, "plus", 1), *_terms(field, table, "minus", -1)]
    if "value" in table or ("text" in table and not table["text"].count("{")):
        raise WrongError("", 'a time that is always the same is made up: write { made_up = "2026-01-05T09:00:00" }')
    if "made_up" in table:
        base = _made_up(table["made_up"], zone, defaults)
        return lambda record: base + _sum(terms, record)

    def read(record: Record) -> int | None:
        text = find(record)
        if text is None:
            return None
        moment = written.read(field, where, text)
        return (moment if defaults.squeeze is None else defaults.squeeze(moment)) + _sum(terms, record)

    return read


def _flag(table: dict[str, Any], key: str) -> bool:
    given = table.get(key, False)
    if isinstance(given, bool):
        return given
    raise WrongError(key, f"{kind_of(given)}; write true or false")


def _made_up(given: Any, zone: tzinfo | None, defaults: Defaults) -> int:
    if not defaults.makes_up:
        raise WrongError("made_up", 'a time is made up without a mark; write made_up = "…" above all rules')
    return moment_of("made_up", given, zone)


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


def _hour(given: Any) -> time:
    if isinstance(given, time):
        return given
    try:
        return time.fromisoformat(given)
    except (ValueError, TypeError):
        raise WrongError("hour", f'{kind_of(given)}; write the hour of a date that has none: "12:00"') from None


def _terms(field: Field, table: dict[str, Any], key: str, sign: int) -> list[Term]:
    given = table.get(key, [])
    try:
        return [_term(field, one, sign) for one in (given if isinstance(given, list) else [given])]
    except WrongError as wrong:
        raise wrong.within(key) from None


def _term(field: Field, given: Any, sign: int) -> Term:
    if isinstance(given, bool) or not isinstance(given, (int, float, str, dict)):
        raise WrongError("", f'{kind_of(given)}; write seconds, a column of them, or {{ from = "ring", unit = "ms" }}')
    if isinstance(given, (int, float)):
        fixed = sign * Decimal(str(given))
        return lambda _record: fixed
    table = {"from": given} if isinstance(given, str) else given
    no_others(table, ("from", "unit", "times", "decimal"))
    name = table.get("from")
    if not isinstance(name, (str, int)):
        raise WrongError("from", f'{kind_of(name)}; write the name of a column: from = "ring"')
    unit = one_of("unit", table.get("unit", "s"), (*UNITS, CLOCK))
    decimal = one_of("decimal", table.get("decimal", "point"), DECIMALS)
    times = table.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, (int, float)):
        raise WrongError("times", f"{kind_of(times)}; write a number to multiply by")
    where, factor = place(str(name)), sign * Decimal(str(times))

    def seconds(record: Record) -> Decimal:
        text = where.text(record)
        if text is None:
            return Decimal(0)
        try:
            return factor * seconds_of(text, unit, decimal)
        except NoNumberError:
            raise Refused(
                Reason.WRONG_TYPE,
                field.name,
                f'{field.name}: "{where.name}": {kind_of(text)} that is no number of {NAMES[unit]}; write 42',
            ) from None

    return seconds


def _sum(terms: Sequence[Term], record: Record) -> int:
    return int(sum((term(record) for term in terms), Decimal(0)) * 1000)
