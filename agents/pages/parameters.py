"""Reads the parameters of a request; an error is one line that names the parameter and the right form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stream.errors import RingboardError
from stream.events.describe import kind_of
from stream.journeys.due import BANDS, ToDo
from stream.journeys.over_time import OverTime
from stream.kpi.catalogue import BY_ID, THE_SIX
from stream.kpi.reading import Filters
from stream.kpi.steps import DEFAULT_STEP, STEPS, steps_for
from stream.kpi.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT_WINDOW: Final = "today"
DEFAULT_LIMIT: Final = 100
MOST_LEADS: Final = 1000
MOST_LISTED: Final = 11_000
"""An offset and a limit together: what every worker lists for one page."""
MOST_KPIS: Final = 12
FILTERS: Final = ("campaign", "team", "rep")
FORMATS: Final = ("json", "csv")
TOKEN: Final = "token"  # noqa: S105  the parameter's name
_LONGEST: Final = 200
_FAR_MS: Final = 300_000
_NAME = re.compile(r"[a-z_]{1,20}")


class PageError(RingboardError):
    """A request is refused, with `status`; it may be made again after `retry_s`, if that is not None."""

    status = 503
    retry_s: int | None = None


class BadRequestError(PageError):
    """A parameter is unknown, repeated, or has a wrong value."""

    status = 400


class OutOfScopeError(PageError):
    """What is requested exists, and the token does not open it."""

    status = 403


class BusyError(PageError):
    """As many are served as can be."""

    retry_s = 30


class Query:
    """
    The parameters of a request, which may only be those in `known`, each at most once.

    Raises BadRequestError, here and when a parameter is read.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], known: Iterable[str]) -> None:
        known = tuple(known)
        self._values: dict[str, str] = {}
        for name, value in pairs:
            if name == TOKEN:
                continue
            if name not in known:
                shown = name if _NAME.fullmatch(name) else f"({kind_of(name)})"
                forms = f"use {', '.join(known)}" if known else "there are none here"
                raise BadRequestError(f"{shown}: no such parameter; {forms}")
            if name in self._values:
                raise BadRequestError(f"{name}: given twice; give it once")
            self._values[name] = value

    def window(self) -> str:
        """Return the requested window."""
        value = self._values.get("window") or DEFAULT_WINDOW
        if value not in WINDOWS:
            raise BadRequestError(f"window: {kind_of(value)} that is no window; use one of {', '.join(WINDOWS)}")
        return value

    def one_window_or_all(self) -> str | None:
        """Return the requested window; None for all."""
        return self.window() if self._values.get("window") else None

    def waiting(self) -> bool:
        """Return whether the leads that wait are requested."""
        return self._values.get("waiting") != "no"

    def due(self) -> ToDo | None:
        """Return which of the follow-ups that are to be made another worker requests; None for none of them."""
        if "due" not in self._values:
            return None
        return ToDo(self.number("due", MOST_LISTED), self.band(), self.filters())

    def band(self) -> str | None:
        """Return the requested band of follow-ups; None for all."""
        return self.one_of("band", BANDS) if self._values.get("band") else None

    def filters(self) -> Filters:
        """Return the requested filters; an empty value is no filter."""
        return Filters(*(self._label(name) for name in FILTERS))

    def _label(self, name: str) -> str | None:
        value = self._values.get(name) or None
        if value is not None and (len(value) > _LONGEST or not value.isprintable()):
            raise BadRequestError(
                f"{name}: {kind_of(value)} that cannot be one; use up to {_LONGEST} printable characters"
            )
        return value

    def text(self, name: str) -> str | None:
        """Return what the parameter `name` says; None for nothing."""
        return self._values.get(name) or None

    def has(self, name: str) -> bool:
        """Return whether the parameter `name` has a value."""
        return bool(self._values.get(name))

    def one_of(self, name: str, forms: tuple[str, ...]) -> str:
        """Return which of `forms` is requested, by default the first."""
        value = self._values.get(name) or forms[0]
        if value not in forms:
            raise BadRequestError(f"{name}: {kind_of(value)} that is none of them; use one of {', '.join(forms)}")
        return value

    def some_of(self, name: str, forms: tuple[str, ...]) -> tuple[str, ...]:
        """Return which of `forms` are requested, with commas, in their own order; by default none."""
        values = (self._values.get(name) or "").split(",")
        if not set(values) <= {*forms, ""}:
            raise BadRequestError(
                f"{name}: {kind_of(self._values[name])} that names something else; use {','.join(forms)} or one of them"
            )
        return tuple(form for form in forms if form in values)

    def kpis(self, the_six: tuple[str, ...] = THE_SIX) -> tuple[str, ...]:
        """Return the ids of the requested KPIs, by default `the_six`."""
        value = self._values.get("kpi")
        kpis = tuple(dict.fromkeys(value.split(","))) if value else the_six
        if len(kpis) > MOST_KPIS or not all(kpi in BY_ID for kpi in kpis):
            raise BadRequestError(
                f"kpi: {kind_of(value)} that names no KPI, or more than {MOST_KPIS}; use their ids with commas: "
                "contact_rate,loss_rate"
            )
        return kpis

    def over_time(self, the_six: tuple[str, ...] = THE_SIX) -> OverTime:
        """Return which KPIs are requested over time, by default `the_six`, and by which step."""
        window = self.window()
        step = self._values.get("step") or DEFAULT_STEP[window]
        if step not in steps_for(window):
            why = "that is no step" if step not in STEPS else f"shorter than what is kept of {window}"
            raise BadRequestError(f"step: {kind_of(step)} {why}; use one of {', '.join(steps_for(window))}")
        return OverTime(self.kpis(the_six), window, step, self.filters())

    def limit(self, name: str = "limit", default: int = DEFAULT_LIMIT) -> int:
        """Return how many leads to list at most."""
        return self.number(name, MOST_LEADS, default)

    def offset(self) -> int:
        """Return how many leads to leave out before the first one that is listed."""
        return self.number("offset", MOST_LISTED - MOST_LEADS)

    def number(self, name: str, most: int, default: int = 0) -> int:
        """Return a requested whole number, from 0 to `most`."""
        value = self._values.get(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,6}", value) or not 0 <= int(value) <= most:
            raise BadRequestError(f"{name}: {kind_of(value)} out of range; use a whole number from 0 to {most}")
        return int(value)

    def as_of(self, now: int) -> int:
        """Return the requested moment in ms, by default `now`; it must be close to that."""
        value = self._values.get("as_of")
        if not value:
            return now
        if not re.fullmatch(r"[0-9]{1,16}", value):
            raise BadRequestError(f"as_of: {kind_of(value)} that is no moment; use milliseconds since the epoch")
        if abs(int(value) - now) > _FAR_MS:
            raise BadRequestError(
                "as_of: more than five minutes from this worker's clock; set all machines' clocks by NTP"
            )
        return int(value)


def as_object(filters: Filters) -> Mapping[str, str | None]:
    """Return `filters` as an answer shows them."""
    return {name: getattr(filters, name) for name in FILTERS}
