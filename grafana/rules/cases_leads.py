"""The cases of the alerts on leads and money."""

from __future__ import annotations

from typing import Final

from grafana.rules.case import Case

OPEN: Final = {'ringboard_floor_open{instance="a"}': "1x60"}
CLOSED: Final = {'ringboard_floor_open{instance="a"}': "0x60"}
NASTY: Final = 'Été "}{<script> 🌞'
_QUOTED: Final = NASTY.replace('"', '\\"')


def _past(stage: str, values: str, campaign: str = "Spring", instance: str = "a") -> dict[str, str]:
    labels = f'stage="{stage}",campaign="{campaign}",instance="{instance}"'
    return {f"ringboard_leads_past_limit{{{labels}}}": values}


def _judged_by(clock: str) -> dict[str, str]:
    clocks = {"wall": int(clock == "wall"), "business": int(clock == "business")}
    return {
        f'ringboard_lead_limit_clock{{clock="{name}",instance="{instance}"}}': f"{value}x120"
        for name, value in clocks.items()
        for instance in "ab"
    }


def _response(kpi: str, window: str, parts: tuple[int, int]) -> dict[str, str]:
    clock = "business" if kpi.endswith("_business") else "wall"
    labels = f'window="{window}",campaign="Spring",team="north",reached="attempt",clock="{clock}",limit="1h"'
    return {
        f"ringboard_window_response_{name}{{{labels}}}": f"{value}x120"
        for name, value in zip(("in_time", "late"), parts, strict=True)
    }


def _target(kpi: str, value: float, campaign: str = "Spring", metric: str = "ratio") -> dict[str, str]:
    return {f'ringboard_kpi_target_{metric}{{kpi="{kpi}",campaign="{campaign}"}}': f"{value}x120"}


def _burn(kpi: str) -> tuple[Case, ...]:
    clock, other = ("business", "wall") if kpi.endswith("_business") else ("wall", "business")
    fast = {**_response(kpi, "today", (6, 4)), **_target(kpi, 0.9), **_judged_by(clock), **OPEN}
    where = {"campaign": "Spring", "kpi": kpi}
    of_all = {'ringboard_window_attempts{window="30d",campaign="Spring",team="north"}': "100x120"}
    return (
        Case(
            "RingboardResponseBurnFast",
            fast,
            where,
            "40%",
            _response(kpi, "today", (8, 2)),
            "twice as many late as the target leaves room for",
        ),
        Case("RingboardResponseBurnFast", fast, where, "40%", _judged_by(other), "leads are judged by the other clock"),
        *(
            [Case("RingboardResponseBurnFast", fast, where, "40%", CLOSED, "the floor is closed")]
            if clock == "business"
            else []
        ),
        Case(  # of the floor's target, as the campaign has none of its own
            "RingboardResponseBurnSlow",
            {**of_all, **_response(kpi, "7d", (85, 15)), **_target(kpi, 0.9, campaign=""), **_judged_by(clock)},
            where,
            "85%",
            _response(kpi, "7d", (90, 10)),
            "the target is met",
            at="100m",
        ),
    )


_FOLLOW_UPS: Final = 'window="7d",campaign="Spring",team="north"'
_COST: Final = 'window="7d",campaign="Spring"'
_RISKS: Final = 'campaign="Spring",team="north"'

CASES: Final = (
    Case(
        "RingboardLeadsDueSoon",
        {**_past("warned", "0x10 2x20"), **_past("warned", "1x40", instance="b")},
        {"campaign": "Spring"},
        "3",
        {**_past("warned", "2x10 0x20"), **_past("warned", "1x10 0x40", instance="b")},
        "they are called, given up on, or the floor has closed",
    ),
    Case(
        "RingboardLeadsOverdue",
        _past("overdue", "1x40", campaign=_QUOTED),
        {"campaign": NASTY},
        "1",
        _past("overdue", "0x40", campaign=_QUOTED),
        "nobody waits",
    ),
    Case(
        "RingboardLeadsEscalated",
        _past("escalated", "1x40"),
        {"campaign": "Spring"},
        "1",
        _past("escalated", "1x10 0x40"),
        "it has been called",
    ),
    *_burn("lead_response_within_1h_attempt"),
    *_burn("lead_response_within_1h_attempt_business"),
    Case(
        "RingboardFollowUpsMissedRising",
        {
            f"ringboard_window_follow_ups_missed{{{_FOLLOW_UPS}}}": "10x13 20x9",
            f"ringboard_window_follow_ups_kept{{{_FOLLOW_UPS}}}": "90x13 80x9",
        },
        {"campaign": "Spring", "window": "7d"},
        "20%",
        {
            f"ringboard_window_follow_ups_missed{{{_FOLLOW_UPS}}}": "10x13 11x9",
            f"ringboard_window_follow_ups_kept{{{_FOLLOW_UPS}}}": "90x13 89x9",
        },
        "hardly more than a week ago",
        at="180h",
        interval="12h",
    ),
    Case(
        "RingboardLeadsPressed",
        {
            f'ringboard_window_pressing_attempts{{window="today",{_RISKS}}}': "5x60",
            f'ringboard_window_attempts{{window="today",{_RISKS}}}': "200x60",
        },
        {"campaign": "Spring"},
        "5",
        {f'ringboard_window_attempts{{window="today",{_RISKS}}}': "400x60"},
        "few among many",
    ),
    Case(
        "RingboardLegalPacingBroken",
        {
            f'ringboard_window_pacing_breaches{{window="today",rule="too_often",{_RISKS},instance="a"}}': "1x60",
            f'ringboard_window_pacing_breaches{{window="today",rule="too_often",{_RISKS},instance="b"}}': "1x60",
        },
        {"campaign": "Spring", "rule": "too_often"},
        "2",
        {
            f'ringboard_window_pacing_breaches{{window="today",rule="too_often",{_RISKS},instance="a"}}': "0x60",
            f'ringboard_window_pacing_breaches{{window="today",rule="too_often",{_RISKS},instance="b"}}': "0x60",
        },
        "no attempt broke it",
    ),
    Case(
        "RingboardCostPerLeadOverTarget",
        {
            f'ringboard_window_spend{{{_COST},channel="web",currency="EUR"}}': "1000x60",
            f'ringboard_window_spend{{{_COST},channel="search",currency="EUR"}}': "500x60",
            f'ringboard_window_leads_requested{{{_COST},team="north"}}': "30x60",
            **_target("cost_per_lead", 45, metric="value"),
        },
        {"campaign": "Spring", "currency": "EUR", "window": "7d"},
        "50.00",
        _target("cost_per_lead", 50, metric="value"),
        "exactly the target",
        at="50m",
    ),
    Case(
        "RingboardLossRateUp",
        {
            f'ringboard_window_risks_lost{{window="7d",{_RISKS}}}': "6x60",
            f'ringboard_window_risks_kept{{window="7d",{_RISKS}}}': "6x60",
            f'ringboard_window_risks_lost{{window="30d",{_RISKS}}}': "10x60",
            f'ringboard_window_risks_kept{{window="30d",{_RISKS}}}': "40x60",
        },
        {"campaign": "Spring"},
        "50%",
        {
            f'ringboard_window_risks_lost{{window="7d",{_RISKS}}}': "3x60",
            f'ringboard_window_risks_kept{{window="7d",{_RISKS}}}': "9x60",
        },
        "little more than over 30 days",
        at="50m",
    ),
)
