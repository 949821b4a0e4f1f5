"""The board of follow-ups: kept and missed, too early and too many, and how much persistence it takes."""

from __future__ import annotations

from typing import Final

from agents.metrics.metric_defs import BREACHES, BY_RULE
from grafana.boards import colours
from grafana.boards.board import Board
from grafana.boards.claims import claimed
from grafana.boards.floor import CHOSEN, card
from grafana.boards.panels import COUNT, PER_1000, RATIO, Column
from grafana.boards.queries import OfSamples, quotient, total, value
from grafana.boards.waiting import due

_FATES: Final = ("kept", "missed", "withdrawn")


def make(language: str) -> Board:
    """Return the board in `language`."""
    board = Board("follow-up", language, CHOSEN)
    panels = board.panels
    fates = [total(f"ringboard_window_follow_ups_{fate}", legend=fate) for fate in _FATES]
    board.row(
        5,
        card(board, "follow_up_rate"),
        panels.stat("follow_ups", 6, *fates, unit=COUNT, names=True, beside=True),
        card(board, "early_follow_ups", 5),
        card(board, "pressing_attempts"),
        card(board, "leads_given_up_early", 5),
    )
    early = quotient(
        OfSamples("ringboard_window_follow_ups_early"),
        OfSamples("ringboard_window_attempts"),
        legend="early_share",
    )
    board.row(
        8,
        due(panels, 6),
        panels.lines("fates", 6, *fates[:2], unit=COUNT),
        panels.lines(
            "follow_up_shares", 6, value("follow_up_rate", legend="follow_up_rate"), early, unit=RATIO, most=1
        ),
        panels.bars(
            "pacing",
            6,
            *(total(BREACHES.name, labels={"rule": rule}, legend=f"rule_{rule}") for rule, _ in BY_RULE),
            unit=COUNT,
            colour=colours.BAD,
            no_data="none_broken",
        ),
    )
    board.heading("persistence")
    claims = [
        query
        for kpi in ("wins_with_one_contact", "wins_after_four_noes")
        for query in (value(kpi, legend=kpi), claimed(kpi, f"{kpi}_claimed"))
    ]
    board.row(
        11,
        panels.bars(
            "attempts_to_first_contact",
            8,
            total("ringboard_window_first_contacts", ("after_attempts",)),
            unit=COUNT,
            numbered="after_attempts",
        ),
        panels.bars(
            "noes_before_win",
            8,
            total("ringboard_window_wins", ("after_noes",)),
            unit=COUNT,
            colour=colours.GREEN,
            numbered="after_noes",
        ),
        panels.stat("claims", 8, *claims, unit=RATIO, names=True, claim="BD"),
    )
    board.heading("by_campaign")
    board.row(
        9,
        panels.table(
            "follow_up_by_campaign",
            24,
            "campaign",
            *(
                Column(total(f"ringboard_window_follow_ups_{fate}", ("campaign",)), fate, COUNT)
                for fate in (*_FATES, "early")
            ),
            Column(value("follow_up_rate", ("campaign",)), "follow_up_rate", RATIO),
            Column(value("pressing_attempts", ("campaign",)), "pressing_attempts", COUNT),
            Column(total(BREACHES.name, ("campaign",)), "breaches", COUNT),
            Column(value("leads_given_up_early", ("campaign",)), "leads_given_up_early", RATIO),
            Column(value("attempts_to_first_contact", ("campaign",)), "attempts_to_first_contact", PER_1000),
            sort="missed",
        ),
    )
    return board
