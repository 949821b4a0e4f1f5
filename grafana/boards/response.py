"""The board of lead response: who waits now, how fast leads are called, and what that is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.metrics.metric_defs import DELAYS
from agents.metrics.pipeline_defs import LEADS_LATE, LEADS_LEFT_OUT
from grafana.boards import colours
from grafana.boards.board import Board
from grafana.boards.claims import beside_claim
from grafana.boards.floor import CHOSEN, card
from grafana.boards.panels import COUNT, RATIO, SECONDS, UNITS, Column
from grafana.boards.queries import OfSamples, greatest, quantile, quotient, total, value
from grafana.boards.waiting import by_band
from stream.alerts.leads import Stage
from stream.kpi.catalogue import BY_ID

if TYPE_CHECKING:
    from grafana.boards.panels import Panel, PanelFactory
    from grafana.boards.queries import Query

_KINDS: Final = ("reached", "clock")
_BUCKETS: Final = f"{DELAYS.name}_bucket"
_ATTEMPT: Final = (("reached", "attempt"), ("clock", "wall"))


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("response", language, CHOSEN)
    panels = board.panels
    oldest = [
        greatest(f"ringboard_oldest_lead_waiting_{clock}seconds", scope=("campaign", "team"), legend=legend)
        for clock, legend in (("", "clock_wall"), ("business_", "clock_business"))
    ]
    board.row(
        6,
        by_band(panels, 8),
        panels.stat(
            "oldest_waiting",
            4,
            *oldest,
            unit=SECONDS._replace(decimals=0),
            names=True,
            steps=colours.steps((None, colours.SKY), (300, colours.YELLOW), (900, colours.ORANGE), (3600, colours.BAD)),
        ),
        board.link(_lead_alerts(panels), "pipeline"),
        panels.stat(
            "not_in_time",
            4,
            total("ringboard_window_response_late", labels={"reached": "attempt", "clock": "wall", "limit": "1h"}),
            unit=COUNT,
            steps=colours.steps((None, colours.SKY), (1, colours.BAD)),
        ),
    )
    board.row(
        5,
        *(card(board, f"lead_response_within_{limit}", 8) for limit in ("5m_attempt", "1h_attempt", "1h_contact")),
    )
    board.row(
        9,
        panels.heat(
            "delays",
            10,
            total(_BUCKETS, ("le",), labels=dict(_ATTEMPT), legend="{{le}}"),
            SECONDS,
        ),
        panels.lines(
            "percentiles",
            7,
            *(value(f"lead_response_p{percent}_attempt", legend=f"p{percent}") for percent in (50, 90, 95)),
            unit=SECONDS._replace(decimals=0),
        ),
        panels.lines(
            "whose_delay",
            7,
            *(value(kpi, legend=kpi) for kpi in ("lead_assignment_p90", "rep_response_p90")),
            unit=SECONDS._replace(decimals=0),
        ),
    )
    board.heading("by_campaign_and_channel")
    board.row(
        9,
        panels.table(
            "response_by_campaign",
            24,
            "campaign",
            Column(total("ringboard_window_leads_requested", ("campaign",)), "leads", COUNT),
            *(
                Column(value(kpi, ("campaign",)), title, UNITS[BY_ID[kpi].unit]._replace(decimals=decimals))
                for kpi, title, decimals in (
                    ("lead_response_within_5m_attempt", "within_5m", 1),
                    ("lead_response_within_1h_attempt", "within_1h", 1),
                    ("lead_response_p50_attempt", "p50", 0),
                    ("lead_response_p90_attempt", "p90", 0),
                )
            ),
            Column(total("ringboard_leads_waiting", ("campaign",), window=None), "waiting_now", COUNT),
            Column(
                greatest("ringboard_oldest_lead_waiting_seconds", ("campaign",), scope=("campaign", "team")),
                "oldest",
                SECONDS._replace(decimals=0),
            ),
            Column(
                total(
                    "ringboard_leads_waiting_past",
                    ("campaign",),
                    labels={"limit": "1h", "clock": "business"},
                    window=None,
                ),
                "past_1h_open",
                COUNT,
            ),
            Column(total("ringboard_leads_given_up", ("campaign",), window=None), "given_up", COUNT),
            sort="waiting_now",
        ),
    )
    board.row(
        7,
        panels.table(
            "response_by_channel",
            16,
            "channel",
            Column(total("ringboard_window_channel_leads_requested", ("channel",)), "leads", COUNT),
            *(
                Column(value(f"lead_response_within_{limit}_attempt", ("channel",)), f"within_{limit}", RATIO)
                for limit in ("5m", "1h")
            ),
            Column(
                total("ringboard_window_channel_response", ("channel",), labels={"limit": "1h", "outcome": "late"}),
                "not_in_time",
                COUNT,
            ),
            sort="leads",
        ),
        panels.bars(
            "leads_by_channel",
            8,
            total("ringboard_window_channel_leads_requested", ("channel",), legend="{{channel}}"),
            unit=COUNT,
        ),
    )
    board.heading("what_speed_is_worth")
    board.row(
        7,
        panels.table(
            "clocks",
            15,
            _KINDS,
            *(
                Column(query, title, unit)
                for query, title, unit in (
                    (_within("5m"), "within_5m", RATIO),
                    (_within("1h"), "within_1h", RATIO),
                    *(
                        (_delay(share), f"p{share * 100:.0f}", SECONDS._replace(decimals=0))
                        for share in (0.5, 0.9, 0.95)
                    ),
                )
            ),
        ),
        beside_claim(panels, "uplift", "fast_response_uplift", 5),
        panels.stat(
            "qualified_shares",
            4,
            *(_qualified(speed) for speed in ("fast", "slow")),
            unit=RATIO,
            names=True,
        ),
    )
    return board


def _lead_alerts(panels: PanelFactory) -> Panel:
    """Return a panel with the leads on which alerts are open, by stage, and the alerts over the limit."""
    late = (total(LEADS_LATE.name, labels={"stage": stage}, window=None, legend=f"stage_{stage}") for stage in Stage)
    left_out = total(LEADS_LEFT_OUT.name, window=None, legend="left_out")
    stages = zip(Stage, (colours.YELLOW, colours.ORANGE, colours.VERMILION), strict=True)
    by_series = {panels.title(f"stage_{stage}"): colour for stage, colour in stages}
    return panels.bars("lead_alerts", 8, *late, left_out, unit=COUNT, colour=colours.PURPLE, by_series=by_series)


def _within(limit: str) -> Query:
    in_time, late = (
        OfSamples(f"ringboard_window_response_{name}", _KINDS, (("limit", limit),)) for name in ("in_time", "late")
    )
    return quotient(in_time, in_time, late)


def _delay(share: float) -> Query:
    return quantile(share, OfSamples(_BUCKETS, _KINDS))


def _qualified(speed: str) -> Query:
    return quotient(
        OfSamples(f"ringboard_window_leads_{speed}_qualified"),
        OfSamples(f"ringboard_window_leads_{speed}"),
        legend=f"qualified_{speed}",
    )
