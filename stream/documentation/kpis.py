"""docs/kpis.md: every KPI of the catalogue, with its formula, what is divided by what, and whose moment counts."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from stream.documentation.words import GENERATED, table
from stream.kpi import catalogue as c
from stream.kpi import formulas as f
from stream.kpi import measures as m
from stream.kpi.measure_table import Moment
from stream.kpi.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.kpi.measure_table import Measure

_BETTER: Final = {"up": "higher", "down": "lower", "neither": "—"}
_UNITS: Final = {
    "ratio": "ratio, 0 to 1",
    "seconds": "seconds",
    "count": "number",
    "money": "money by currency",
    "per_1000": "per 1,000",
    "factor": "factor",
}

_HEAD: Final = f"""# The KPIs

{GENERATED}

Ringboard's KPIs are those of a French article on telephone prospecting, each with the figures that belong beside it.
The API, the metrics and the boards use the ids below. The article's own figures are drawn as claims, next to what is
measured on your floor.

**A rate counts what was decided in the window.** Each thing that a rate counts belongs to the one moment at which its
outcome was fixed: an attempt when it was placed; a promise with a limit (a first response, a follow-up) when the limit
ran out, whichever way it went; a lead, an opportunity, a risk when it ended. So nothing on a wall can still ripen:
`today` in the morning is as fair as the month, and colour and trend mean what they say. A number does not depend on the
order in which events arrive; a later fact corrects the number of that earlier moment. The API says of each KPI by which
moment it counts (`decided_by`).

**Cohorts** follow those who began in the window; "since" means at any time since. They carry `pending`, how many of
them have no outcome yet, and get neither colour nor trend nor alert.

**Windows** are {", ".join(f"`{window}`" for window in WINDOWS)}, in event time. `today` begins at midnight in the
floor's time zone; `5m`, `15m` and `1h` are whole minutes, `7d` and `30d` whole hours, the running one included. An
empty window has no ratio (`null`), which is not 0. A limit is judged at the whole minute: one of 10:00:00 to 10:00:59
counts from 10:01 on.

## Words

- *Attempt*: an outbound call that was placed and has ended. One call id is one attempt, however often it redials.
- *Contact*: an attempt that became a meaningful conversation. The first rule that applies decides: the disposition
  (a later verdict outranks the call's own), a machine or fax was detected, nobody answered, talk of at least 30 s
  (`min_talk_s`, by campaign), else no contact.
- *Lead*: someone who asked to be called. It is open from its request until it is qualified, won or lost. A number that
  was called without a request is a lead of its own.
- *Follow-up*: every attempt makes one due, 72 h later (`follow_up_within_h`). When that time runs out it is *kept* if
  the next attempt to the lead came by then; *withdrawn* if not, and the lead had closed; else *missed*.
- *Decided*: a lead by its win, if it is ever won; else by its loss; else, if it was requested or qualified, by going
  *cold*: nothing was done about it (request, assignment, qualification, attempt) for 30 days (`lead_cold_days`). A
  later fact takes that back.
- *Risk*: a customer that may leave, from `customer.at_risk` to `customer.kept` or `customer.lost`. One of which nothing
  more is heard for 30 days (`risk_days`) ended well then, until a later loss or keeping takes that back; who is at risk
  again after that is so anew. A loss that nobody announced is a risk that began and was lost at its own moment.
- A lead that was *merged* into another is that one, and all that happened to it happened to that. A lead that was
  *withdrawn* was none, and counts nowhere; a call to it was placed all the same, and is an attempt.
"""

_RESPONSE: Final = """
When the limit of a requested lead runs out (the request and an hour, or 5 minutes), it is *in time* if it was reached
by then, and *not in time* if it was not, and is open. A lead closed unreached by then drops out. `_attempt` is up to
the first attempt, `_contact` up to the first contact. Names that end in `_business` count only the floor's opening
hours (`opening_hours`, `holidays_country`). The share holds leads that nobody ever called against the floor; the
percentiles are *of those reached* in the window, so read both together. `lead_assignment` is until routing gave the
lead to a rep, `rep_response` from the latest assignment before the first attempt to that: whose delay it is.
Percentiles come from a histogram with the bounds 1, 2, 5, 10, 15, 30 min, 1, 2, 4, 8 h, 1, 2, 3, 7 d, and are read off
it as `histogram_quantile` does.

`fast_response_uplift` measures the article's claim (a reply within the hour makes a real conversation 7 times
likelier) on your own floor: it is a comparison, and no proof that the speed was the cause.
"""
_LOSS: Final = """
**The direction of the fraction.** The article prints the loss rate the other way up (customers at risk ÷ customers
lost), and calls a low figure good; both cannot be. Ringboard uses the one that means what it says: of the customers
whose risk ended, the share that was lost. Low is good.
"""
_COST: Final = """
Spend is spread evenly over its period, whenever it was recorded, to the minor unit, so that the parts add up to it
exactly. A cost is a decimal
string with its `currency`; two currencies are never added (`value` is `null`, and `by_currency` has each). Spend
belongs to no rep or team, so there is no cost under those filters. 1,000 € and 10 leads are 100.0000 € a lead.
"""
_SERVICE: Final = """
**Service level: four formulas.** Floors and vendors count calls that were abandoned differently; choose with
`service_level_formula`, and the seconds with `service_level_s`. A call that a time-out sent on counts as abandoned
here. The example has 1,000 calls answered, 860 of them within the limit, and 60 abandoned, 20 of them within it. A call
whose wait nothing tells is in no service level and no speed of answer, and an answered one whose talk nothing tells in
no handle time: an unknown is left out, never taken for 0.

| Formula | Calls | Of | Example |
|---|---|---|---|
| 1 | answered within + abandoned within | answered + abandoned | 83.0 % |
| 2 | answered within | answered | 86.0 % |
| 3 | answered within | answered + abandoned | 81.1 % |
| 4 (default) | answered within | answered + abandoned after the limit | 82.7 % |

`occupancy` counts talking and wrap-up against these and being available; pauses are left out. A state is taken to last
until the rep's next one, and 4 hours at most.
"""
_COUNTED: Final = """
## What is counted (Ce qui est compté)

The sums that the KPIs are made of, and the metrics that have them.
"""
_NOTES: Final = {"lead_response": _RESPONSE, "loss_rate": _LOSS, "cost_per_lead": _COST, "service": _SERVICE}


_SIX: Final = f""";
where `lead_limit_clock` is `"wall"`, `{c.BY_THE_WALL}` in place of the second. A target of a response by the clock on
the wall holds by business hours too, unless that has its own.
"""


def render() -> str:
    """Return docs/kpis.md."""
    parts = [_HEAD]
    for group, kpis in groupby(c.CATALOGUE, key=lambda kpi: kpi.group):
        english, french = c.GROUPS[group]
        parts.append(f"\n## {english} ({french})\n{_NOTES.get(group, '')}\n{_table(kpis)}")
    parts.append(f"{_COUNTED}\n{_measures()}")
    parts.append("\nThe six that a board shows together: " + ", ".join(f"`{name}`" for name in c.THE_SIX) + _SIX)
    return "".join(parts)


def _table(kpis: Iterable[f.Kpi]) -> str:
    head = (
        "Id",
        "English",
        "Français",
        "Formula: numerator ÷ denominator",
        "By the moment of",
        "Unit",
        "Better",
        "Article",
    )
    return table(head, (_row(kpi) for kpi in kpis))


def _row(kpi: f.Kpi) -> tuple[str, ...]:
    formula, cohort = _formula(kpi)
    return (
        f"`{kpi.id}`",
        f"**{kpi.name['en']}.** {kpi.meaning['en']}",
        f"**{kpi.name['fr']}.** {kpi.meaning['fr']}",
        formula,
        cohort,
        _UNITS[kpi.unit],
        _BETTER[kpi.better],
        "—" if kpi.benchmark is None else f"{kpi.benchmark:g}",
    )


def _formula(kpi: f.Kpi) -> tuple[str, str]:  # noqa: PLR0911 - one answer for each kind of formula
    """Return what is divided by what, and by which moment it is counted."""
    match kpi.formula:
        case f.Ratio(top=top, bottom=bottom, scale=scale, by=by):
            if "_within_" in kpi.id:
                return "in time ÷ (in time + not in time)" + (f", and by {by}" if by else ""), _moments(top)
            upper, lower = _sum(top), _sum(bottom)
            counted = kpi.moment.en if kpi.by is not None else _moments(top, bottom)
            return f"{'' if scale == 1 else f'{scale:,} times '}{upper} ÷ {lower}", counted
        case f.Count(measure=measure, by=by):
            return _sum((measure,)) + (f", and by {by}" if by else ""), _moments((measure,))
        case f.Percentile(share=share, first=first):
            return f"the {share:.0%} quantile of the delays of those reached", _moments((first,))
        case f.Mean(total=total, count=count):
            return f"{_sum((total,))} ÷ {_sum((count,))}", _moments((total,))
        case f.Cost(per=per):
            return f"spend in the window ÷ {_sum((per,))}", f"spend: its period; {_moments((per,))}"
        case f.Distribution(first=first):
            return f"{_sum((first,))}: the mean, and how many at each number up to {m.MOST}", _moments((first,))
        case f.Uplift():
            fast = "qualified share of leads first contacted within 1 h"
            return f"{fast} ÷ that of leads first contacted later", _moments((m.FAST,))
        case f.ServiceLevel():
            return "one of four formulas, see above", _moments((m.OFFERED,))


def _measures() -> str:
    """Return the table of what the slices count, in the order in which it was entered."""
    head = ("Measure", "English", "Français", "By the moment of", "Date retenue", "Also by", "Metrics: `ringboard_`…")
    return table(head, (_measure(one) for one in m.TABLE))


def _measure(one: Measure) -> tuple[str, ...]:
    moment = one.moment or Moment("", "", "")
    metrics = ", ".join(f"`{gauge.name}`" for gauge in one.metrics)
    return f"`{one.name}`", one.en, one.fr, moment.en, moment.fr, one.detail or "—", metrics or "—"


def _sum(measures: Iterable[int]) -> str:
    words = [m.TABLE[measure].en for measure in measures]
    return words[0] if len(words) == 1 else f"({' + '.join(words)})"


def _moments(*measures: Iterable[int]) -> str:
    moments = [m.TABLE[measure].moment for some in measures for measure in some]
    return "; ".join(dict.fromkeys(moment.en for moment in moments if moment is not None))
