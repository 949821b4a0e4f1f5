"""Sets of CRM and marketing, by the mappings that are ready: the numbers that stand in them come out."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from stream.mapping.loading import load_mapping
from stream.sources.mapped import Mapped
from stream.sources.opening import opened
from stream.sources.reading import Read
from tests.floor_in_memory import FloorInMemory
from tests.shared_data import OURS, OUTSIDE, Recording, each

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, str]]


def floor_of(mapping: str, path: Path, times: int = 1) -> FloorInMemory:
    """Give the floor that has seen the file so many times, on the day of its last event."""
    events: list[Any] = []
    for _ in range(times):
        with opened(path) as file:
            told = list(Mapped(load_mapping(mapping, "Europe/Paris")).read(file.content))
        assert all(isinstance(item, Read) for item in told), "a row was refused"
        events += [item.event for item in told if isinstance(item, Read)]
    floor = FloorInMemory(clock=FixedClock(max(event["at"] for event in events))).feed(events, batch=5000)
    assert not floor.refused
    return floor


def rows_of(path: Path, delimiter: str = ",") -> Rows:
    with opened(path) as file:
        return list(csv.DictReader(file.content.read().decode().splitlines(), delimiter=delimiter))


def parts(kpi: dict[str, Any]) -> tuple[Any, Any]:
    return kpi["numerator"], kpi["denominator"]


@each("uci_bank_marketing")
@pytest.mark.slow
def test_bank_marketing_shows_its_contacts_and_how_many_successes_came_at_the_first(recorded: Recording) -> None:
    clients, successes, share = {OURS: (14, 5, 0.6), OUTSIDE: (45_211, 5_289, 0.484)}[recorded.place]
    path = recorded.path("bank-full.csv")
    floor, rows = floor_of("uci-bank-marketing", path), rows_of(path, ";")
    assert len(rows) == clients
    contacts = sum(int(row["duration"]) >= 30 or row["y"] == "yes" for row in rows)
    assert parts(floor.kpis("30d", campaign="bank")["contact_rate"]) == (contacts, clients)
    at_first = sum(row["y"] == "yes" and row["campaign"] == "1" for row in rows)
    wins = floor.kpis("30d")["wins_with_one_contact"]
    assert parts(wins) == (at_first, successes)
    assert round(wins["value"], 3) == share
    attempts = floor.kpis("30d")["contact_rate"]["denominator"]
    assert attempts == sum(int(row["campaign"]) for row in rows)


@each("maven_crm_pipeline")
@pytest.mark.slow
def test_a_crm_pipeline_shows_what_each_rep_opened_won_and_lost(recorded: Recording) -> None:
    leads, opened_, won_, lost_, of_reps = {OURS: (14, 12, 5, 4, 4), OUTSIDE: (8_800, 8_300, 4_238, 2_473, 30)}[
        recorded.place
    ]
    path = recorded.path("sales_pipeline.csv")
    floor, rows = floor_of("maven-crm", path), rows_of(path)
    assert len(rows) == leads
    kpis = floor.kpis("30d")
    assert parts(kpis["lead_to_customer"]) == (won_, leads)
    assert parts(kpis["opportunity_to_customer"]) == (won_, opened_)
    assert kpis["leads_lost"]["value"] == lost_
    stages = Counter((row["sales_agent"], row["deal_stage"]) for row in rows)
    reps = {rep for rep, _ in stages}
    assert len(reps) == of_reps
    for rep in reps:
        of_rep = floor.kpis("30d", rep=rep)
        won, lost, engaging = (stages[rep, stage] for stage in ("Won", "Lost", "Engaging"))
        assert parts(of_rep["opportunity_to_customer"]) == (won, won + lost + engaging), rep
        assert of_rep["leads_lost"]["value"] == lost, rep
        assert of_rep["customers_closed"]["value"] == won, rep


@each("ibm_telco_churn")
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.slow
def test_churn_is_the_share_of_customers_that_left_by_contract_too_however_often_it_is_read(
    recorded: Recording, times: int
) -> None:
    path = recorded.path("Telco-Customer-Churn.csv")
    floor, rows = floor_of("ibm-telco-churn", path, times), rows_of(path)
    assert (
        parts(floor.kpis("30d")["loss_rate"])
        == {
            OURS: (5, 12),
            OUTSIDE: (1_869, 7_043),
        }[recorded.place]
    )
    customers = Counter(row["Contract"] for row in rows)
    left = Counter(row["Contract"] for row in rows if row["Churn"] == "Yes")
    for contract, count in customers.items():
        assert parts(floor.kpis("30d", campaign=contract)["loss_rate"]) == (left[contract], count)
