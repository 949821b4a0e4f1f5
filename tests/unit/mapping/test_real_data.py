"""Public sets of CRM and marketing, by the mappings that are ready: the numbers that stand in them come out."""

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
from tests.shared_data import recording

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


@pytest.mark.slow
def test_bank_marketing_shows_its_contacts_and_that_half_of_the_successes_came_at_the_first() -> None:
    path = recording("uci_bank_marketing", "bank-full.csv.gz")
    floor, rows = floor_of("uci-bank-marketing", path), rows_of(path, ";")
    assert len(rows) == 45_211
    contacts = sum(int(row["duration"]) >= 30 or row["y"] == "yes" for row in rows)
    assert parts(floor.kpis("30d", campaign="bank")["contact_rate"]) == (contacts, 45_211)
    at_first = sum(row["y"] == "yes" and row["campaign"] == "1" for row in rows)
    wins = floor.kpis("30d")["wins_with_one_contact"]
    assert parts(wins) == (at_first, 5_289)
    assert round(wins["value"], 3) == 0.484
    attempts = floor.kpis("30d")["contact_rate"]["denominator"]
    assert attempts == sum(int(row["campaign"]) for row in rows)


def test_a_crm_pipeline_shows_what_each_rep_opened_won_and_lost() -> None:
    path = recording("maven_crm_pipeline", "sales_pipeline.csv")
    floor, rows = floor_of("maven-crm", path), rows_of(path)
    assert len(rows) == 8_800
    kpis = floor.kpis("30d")
    assert parts(kpis["lead_to_customer"]) == (4_238, 8_800)
    assert parts(kpis["opportunity_to_customer"]) == (4_238, 8_300)
    assert kpis["leads_lost"]["value"] == 2_473
    stages = Counter((row["sales_agent"], row["deal_stage"]) for row in rows)
    reps = {rep for rep, _ in stages}
    assert len(reps) == 30
    for rep in reps:
        of_rep = floor.kpis("30d", rep=rep)
        won, lost, engaging = (stages[rep, stage] for stage in ("Won", "Lost", "Engaging"))
        assert parts(of_rep["opportunity_to_customer"]) == (won, won + lost + engaging), rep
        assert of_rep["leads_lost"]["value"] == lost, rep
        assert of_rep["customers_closed"]["value"] == won, rep


@pytest.mark.parametrize("times", [1, 2])
def test_churn_is_the_share_of_customers_that_left_by_contract_too_however_often_it_is_read(times: int) -> None:
    path = recording("ibm_telco_churn", "Telco-Customer-Churn.csv")
    floor, rows = floor_of("ibm-telco-churn", path, times), rows_of(path)
    assert parts(floor.kpis("30d")["loss_rate"]) == (1_869, 7_043)
    customers = Counter(row["Contract"] for row in rows)
    left = Counter(row["Contract"] for row in rows if row["Churn"] == "Yes")
    for contract, count in customers.items():
        assert parts(floor.kpis("30d", campaign=contract)["loss_rate"]) == (left[contract], count)
