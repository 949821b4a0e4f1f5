"""The board of the pipeline: whether the numbers are whole and fresh, worker by worker."""

from __future__ import annotations

from typing import Final

from grafana.boards import colours
from grafana.boards.board import Board
from grafana.boards.panels import COUNT, PER_SECOND, RATIO, SECONDS, Column
from grafana.boards.queries import age, complete, greatest, rate, rate_quantile, summed, total

CHOSEN: Final = ()
_WHOLE_SECONDS: Final = SECONDS._replace(decimals=0)
# Counters that are rarely above 0, and worth a look then.
SELDOM: Final = (
    ("ringboard_events_duplicate_total", "duplicate"),
    ("ringboard_events_conflicting_total", "conflicting"),
    ("ringboard_events_beyond_horizon_total", "beyond_horizon"),
    ("ringboard_events_rerouted_total", "rerouted"),
    ("ringboard_events_raw_number_total", "raw_number"),
    ("ringboard_dispositions_unmapped_total", "unmapped"),
    ("ringboard_transactions_aborted_total", "aborted"),
    ("ringboard_transactions_fenced_total", "fenced"),
    ("ringboard_gaps_accepted_total", "gaps"),
    ("ringboard_seeks_total", "seeks"),
    ("ringboard_restores_total", "restores"),
)


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("pipeline", language, CHOSEN, since="now-3h")
    panels = board.panels
    board.row(
        4,
        panels.stat(
            "whole",
            3,
            complete(),
            unit=COUNT,
            steps=colours.steps((None, colours.BAD), (1, colours.GOOD)),
            says="whole",
        ),
        panels.stat(
            "lag",
            3,
            summed("ringboard_lag_records"),
            unit=COUNT,
            steps=colours.steps((None, colours.GOOD), (1_000, colours.NEAR), (100_000, colours.BAD)),
        ),
        panels.stat(
            "newest_event",
            3,
            age("ringboard_watermark_seconds", (), "max"),
            unit=_WHOLE_SECONDS,
            steps=colours.steps((None, colours.GOOD), (300, colours.NEAR), (1_800, colours.BAD)),
        ),
        panels.stat("workers", 2, greatest("ringboard_workers_known"), unit=COUNT),
        panels.stat(
            "floor_open", 3, greatest("ringboard_floor_open"), unit=COUNT, colour=colours.PLAIN, says="floor_open"
        ),
        panels.stat(
            "clock",
            3,
            age("ringboard_clock_seconds", (), "max"),
            unit=_WHOLE_SECONDS,
            steps=colours.steps((None, colours.NEAR), (-5, colours.GOOD), (60, colours.BAD)),
        ),
        panels.stat(
            "labels_over",
            3,
            greatest("ringboard_label_values_over_limit", ("label",), legend="{{label}}", more_than=0),
            unit=COUNT,
            colour=colours.ORANGE,
            names=True,
            no_data="none_over",
        ),
        panels.stat(
            "simulated",
            4,
            total("ringboard_window_simulated", scope=(), window="30d"),
            unit=COUNT,
            steps=colours.steps((None, colours.SKY), (1, colours.NEAR)),
            says="simulated",
        ),
    )
    board.heading("partitions_and_lag")
    board.row(
        8,
        panels.table(
            "partitions",
            10,
            "group",
            Column(summed("ringboard_partitions_ready", ("group",)), "ready", COUNT),
            Column(summed("ringboard_partitions_owned", ("group",)), "owned", COUNT),
            Column(greatest("ringboard_partitions_expected", ("group",)), "expected", COUNT),
            Column(summed("ringboard_journeys", ("group",)), "journeys", COUNT),
            Column(summed("ringboard_slice_cells", ("group",)), "cells", COUNT),
        ),
        panels.lines("lag_by_topic", 7, summed("ringboard_lag_records", ("topic",), legend="{{topic}}"), unit=COUNT),
        panels.lines(
            "watermark", 7, age("ringboard_watermark_seconds", ("group",), "min", legend="{{group}}"), unit=SECONDS
        ),
    )
    board.heading("events")
    board.row(
        8,
        panels.lines("events", 12, rate("ringboard_events_total", ("type",), legend="{{type}}"), unit=PER_SECOND),
        panels.lines(
            "rejected",
            6,
            rate("ringboard_events_rejected_total", ("reason",), legend="{{reason}}", more_than=0),
            unit=PER_SECOND,
            no_data="none_rejected",
        ),
        panels.lines(
            "event_age",
            6,
            *(
                rate_quantile(share, "ringboard_event_age_seconds", legend=f"p{share * 100:.0f}")
                for share in (0.5, 0.95)
            ),
            unit=SECONDS,
            no_data="no_events",
        ),
    )
    board.row(
        8,
        panels.lines(
            "seldom",
            9,
            *(rate(metric, legend=name, more_than=0) for metric, name in SELDOM),
            unit=PER_SECOND,
            no_data="none_seldom",
        ),
        panels.lines(
            "transactions",
            5,
            rate("ringboard_transactions_total", legend="transactions"),
            rate("ringboard_batches_total", legend="batches"),
            unit=PER_SECOND,
        ),
        panels.lines(
            "work",
            5,
            rate("ringboard_fold_seconds_total", legend="folding"),
            rate("ringboard_transaction_seconds_total", legend="committing"),
            unit=SECONDS._replace(decimals=None),
        ),
        panels.bars(
            "recovering",
            5,
            greatest("ringboard_partition_restored_ratio", ("group", "partition"), legend="{{group}} {{partition}}"),
            unit=RATIO,
            most=1,
            no_data="none_recovering",
        ),
    )
    board.row(
        6,
        panels.lines(
            "calls_by_fate",
            14,
            rate("ringboard_source_calls_total", ("source", "fate"), legend="{{source}}: {{fate}}", more_than=0),
            unit=PER_SECOND,
            no_data="no_sources",
        ),
        panels.lines(
            "gateway_unused",
            10,
            rate("ringboard_gateway_unused_total", ("source",), legend="{{source}}", more_than=0),
            rate("ringboard_gateway_calls_lacking_total", ("source", "part"), legend="{{part}}", more_than=0),
            unit=PER_SECOND,
            no_data="none_unused",
        ),
    )
    board.heading("lead_alerts")
    board.row(
        6,
        panels.stat(
            "lead_alerts_last",
            5,
            age("ringboard_lead_alerts_last_success_seconds", (), "min"),
            unit=_WHOLE_SECONDS,
            steps=colours.steps((None, colours.GOOD), (60, colours.NEAR), (300, colours.BAD)),
            no_data="not_reported",
        ),
        board.link(
            panels.lines(
                "lead_alerts_posted",
                10,
                rate("ringboard_lead_alerts_posted_total", ("stage",), legend="{{stage}}"),
                unit=PER_SECOND,
                no_data="none_posted",
            ),
            "response",
        ),
        panels.lines(
            "lead_alerts_failed",
            9,
            rate("ringboard_lead_alerts_failed_total", legend="lead_alerts_failed", more_than=0),
            unit=PER_SECOND,
            no_data="no_trouble",
        ),
    )
    board.heading("pages")
    board.row(
        6,
        panels.lines(
            "pages_refused",
            8,
            rate("ringboard_page_requests_refused_total", ("reason",), legend="{{reason}}", more_than=0),
            rate("ringboard_page_connections_closed_total", legend="connections_closed", more_than=0),
            unit=PER_SECOND,
            no_data="no_trouble",
        ),
        panels.lines(
            "peers_refused",
            8,
            rate("ringboard_peers_refused_total", ("what", "reason"), legend="{{what}}: {{reason}}", more_than=0),
            unit=PER_SECOND,
            no_data="no_trouble",
        ),
        panels.lines(
            "page_connections",
            8,
            summed("ringboard_page_connections", legend="page_connections"),
            summed("ringboard_stream_clients", legend="page_streams"),
            unit=COUNT,
        ),
    )
    return board
