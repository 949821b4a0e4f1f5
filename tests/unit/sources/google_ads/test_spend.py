"""What campaigns of Google Ads cost is read from a report as it is downloaded, to the cent, and without its totals."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.clock import FixedClock
from stream.mapping.loading import load_mapping
from stream.sources.mapped import NO_RULE, Mapped
from stream.sources.reading import Read, WrongFileError
from tests.floor_in_memory import FloorInMemory

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400_000
FIRST = 1_767_567_600_000  # 2026-01-05 in Paris
TITLE = 'Campaign performance\n"January 5, 2026 - January 6, 2026"\n'
HEADER = "Day,Campaign,Campaign state,Currency code,Clicks,Cost\n"
ROWS = (
    '2026-01-05,Search,Enabled,EUR,420,"1,234.56"\n'
    "2026-01-05,Brand,Paused,EUR,12,18.40\n"
    "2026-01-06,Search,Enabled,EUR,400,0.10\n"
    "2026-01-06,Brand,Paused,EUR,0, --\n"
)
TOTALS = 'Total: Campaigns, --, --,EUR,832,"1,253.06"\nTotal: Account, --, --,EUR,832,"1,253.06"\n'


def told(text: str) -> tuple[list[dict[str, Any]], Mapped]:
    mapped = Mapped(load_mapping("google-ads-spend", "Europe/Paris"))
    read = list(mapped.read(io.BytesIO(text.encode())))
    assert all(isinstance(one, Read) for one in read)
    return [dict(one.event) for one in read if isinstance(one, Read) and isinstance(one.event, dict)], mapped


@pytest.mark.parametrize("above", ["", TITLE, "Untitled report\n" + TITLE.partition("\n")[2]])
@pytest.mark.parametrize("below", ["", TOTALS])
def test_each_campaign_and_day_is_spend_exact_to_the_cent_and_totals_are_none(above: str, below: str) -> None:
    events, mapped = told(above + HEADER + ROWS + below)
    assert [(one["campaign"], one["amount"], one["from"], one["to"]) for one in events] == [
        ("Search", "1234.56", FIRST, FIRST + DAY),
        ("Brand", "18.4", FIRST, FIRST + DAY),
        ("Search", "0.1", FIRST + DAY, FIRST + 2 * DAY),
    ]
    assert sum(Decimal(one["amount"]) for one in events) == Decimal("1253.06")
    assert {(one["currency"], one["channel"]) for one in events} == {("EUR", "Google Ads")}
    assert mapped.unused[NO_RULE] == 1 + below.count("\n")


def test_with_its_id_a_campaign_is_called_as_lead_forms_call_it() -> None:
    header, rows = "Day,Campaign ID,Campaign,Currency,Cost\n", "2026-01-05,20000000000,Search,EUR,5.00\n"
    assert [one["campaign"] for one in told(TITLE + header + rows)[0]] == ["20000000000"]


def test_on_the_floor_it_is_the_cost_of_its_campaigns_leads() -> None:
    lead = {"id": "r", "type": "lead.requested", "at": FIRST + 60_000, "lead": "L", "campaign": "Search"}
    floor = FloorInMemory(clock=FixedClock(FIRST + 3 * DAY)).feed([lead, *told(TITLE + HEADER + ROWS + TOTALS)[0]])
    assert not floor.refused
    cost = floor.kpis("7d", campaign="Search")["cost_per_lead"]
    assert Decimal(str(cost["value"])) == Decimal("1234.66")


def test_what_the_report_says_that_is_read_last_stands() -> None:
    mapping = load_mapping("google-ads-spend", "Europe/Paris")
    later = ROWS.replace("0.10", "7.44")
    events = [
        [one.event for one in Mapped(mapping, read_ms=read_ms).read(io.BytesIO((HEADER + rows).encode()))]  # type: ignore[union-attr]
        for read_ms, rows in ((FIRST + DAY, ROWS), (FIRST + 2 * DAY, later))
    ]
    lead = {"id": "r", "type": "lead.requested", "at": FIRST + 60_000, "lead": "L", "campaign": "Search"}
    for order in (events, events[::-1]):
        floor = FloorInMemory(clock=FixedClock(FIRST + 3 * DAY)).feed([lead, *order[0], *order[1]])  # type: ignore[list-item]
        assert not floor.refused
        cost = floor.kpis("7d", campaign="Search")["cost_per_lead"]
        assert Decimal(str(cost["value"])) == Decimal("1242.00")


def test_the_same_report_replayed_again_counts_once() -> None:
    assert told(HEADER + ROWS)[0] == told(TITLE + HEADER + ROWS + TOTALS)[0]


def test_a_report_without_days_says_which_columns_it_needs() -> None:
    with pytest.raises(
        WrongFileError, match=r'reads: "Campaign ID or Campaign", "Cost", "Currency code or Currency", '
    ):
        told("Campaign performance\nCampaign,Currency code,Cost\nSearch,EUR,5.00\n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_as_excel_is_given_it_it_is_read_too(tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    path = tmp_path / "report.csv"
    path.write_bytes((TITLE + HEADER + ROWS.replace('"1,234.56"', "1234.56")).replace(",", "\t").encode(encoding))
    result = CliRunner().invoke(main, ["replay", "--dry-run", "--mapping", "google-ads-spend", str(path)])
    assert "3 events read, and not sent; 0 refused" in result.output
