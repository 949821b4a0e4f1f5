"""`ringboard kpis`, against a worker's pages and against none."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result
from rich.console import Console

from stream import kpi_table
from stream.cli import main
from stream.clock import FixedClock
from tests.engine_in_memory import EngineInMemory, pages_of
from tests.floor_in_memory import FloorInMemory
from tests.ports import free_port
from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_767_800_000_000

TOKEN = "a token of the tests"  # noqa: S105


@contextmanager
def worker(floor: FloorInMemory, engine: EngineInMemory | None = None) -> Iterator[str]:
    """Serve the pages of a floor from a thread of their own, as a worker does from its process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = TestServer(pages_of(floor, engine))
    try:
        asyncio.run_coroutine_threadsafe(server.start_server(), loop).result(20)
        yield str(server.make_url("/"))
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def ringboard(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(args), env={"COLUMNS": "110", **environment})


def test_the_table_shows_the_six_with_their_targets() -> None:
    with worker(a_floor(targets={"contact_rate": 0.4, "cost_per_lead": 40})) as url:
        result = ringboard("kpis", "--url", url)
    assert result.exit_code == 0, result.output
    rows = {line.split("  ")[1].strip(): line for line in result.output.splitlines() if line.count("  ") > 2}
    assert "50.0%" in rows["Contact rate"]
    assert "2 / 4" in rows["Contact rate"]
    assert "▲ 40.0%" in rows["Contact rate"]
    assert "100.00 EUR" in rows["Cost per lead"]
    assert "▼ 40.00 EUR" in rows["Cost per lead"]
    assert "● complete" in result.output


def test_the_table_speaks_french() -> None:
    with worker(a_floor()) as url:
        result = ringboard("kpis", "--url", url, "--lang", "fr", "--all")
    assert "Taux de contact" in result.output
    assert "50,0 %" in result.output
    assert "Refus avant la vente" in result.output


def test_json_is_the_worker_s_answer() -> None:
    with worker(a_floor()) as url:
        result = ringboard("kpis", "--url", url, "--json", "--window", "1h", "--campaign", "Spring")
    answer = json.loads(result.output)
    assert answer["window"] == "1h"
    assert answer["filters"]["campaign"] == "Spring"


def test_an_incomplete_floor_is_shown_as_such() -> None:
    floor = a_floor()
    engine = EngineInMemory(floor)
    engine.state_of["spend", 0] = "recovering"
    engine.more_at_the_broker = 7
    with worker(floor, engine) as url:
        output = " ".join(ringboard("kpis", "--url", url).output.split())
        assert "◐ incomplete, 8 events still to come; being read back, 4 of 5 parts are here, 25%" in output
        assert "50.0%" not in output
        output = " ".join(ringboard("kpis", "--url", url, "--lang", "fr").output.split())
        assert "relecture en cours, 4 parties sur 5 sont là, 25 %" in output


@pytest.mark.parametrize("watch", [(), ("--watch",)])
def test_no_worker_is_one_clear_line(watch: tuple[str, ...]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = ringboard("kpis", "--url", url, *watch)
    assert result.exit_code == 1
    assert result.output == (
        f"Error: no worker answers at {url}: start one (`ringboard worker`), or name another with --url\n"
    )


def test_a_token_is_sent_and_a_missing_one_is_reported() -> None:
    with worker(a_floor(api_token=TOKEN)) as url:
        refused = ringboard("kpis", "--url", url)
        answered = ringboard("kpis", "--url", url, "--json", RINGBOARD_API_TOKEN=TOKEN)
    assert refused.output.endswith("refuses: set RINGBOARD_API_TOKEN to its token\n")
    assert json.loads(answered.output)["complete"] is True


def test_what_is_no_address_is_refused() -> None:
    assert ringboard("kpis", "--url", "file:///etc/hostname").output.startswith("Error: --url: no web address; write ")


@pytest.mark.parametrize(
    ("value", "unit", "language", "currency", "expected"),
    [
        (None, "ratio", "en", None, "–"),  # noqa: RUF001  the dash that is printed
        (0.29182, "ratio", "en", None, "29.2%"),
        (0.29182, "ratio", "fr", None, "29,2 %"),
        (1, "ratio", "en", None, "100.0%"),
        ("1234567.8950", "money", "en", "EUR", "1,234,567.90 EUR"),
        ("1234.5000", "money", "fr", "EUR", "1\u202f234,50 EUR"),
        (59.4, "seconds", "en", None, "59 s"),
        (725, "seconds", "en", None, "12 min 05 s"),
        (7500, "seconds", "en", None, "2 h 05 min"),
        (209_000, "seconds", "fr", None, "2,4 j"),
        (7.04, "factor", "en", None, "× 7.0"),  # noqa: RUF001  times
        (32.25, "per_1000", "en", None, "32.3"),
        (1260, "count", "en", None, "1,260"),
        (1.72, "count", "en", None, "1.7"),
    ],
)
def test_a_value_is_written_as_its_unit_asks(
    value: object, unit: str, language: str, currency: str | None, expected: str
) -> None:
    assert kpi_table.format_value(value, unit, language, currency) == expected


def test_two_currencies_are_shown_side_by_side() -> None:
    floor = a_floor()
    spend = {"type": "spend.recorded", "campaign": "Spring", "amount": "30.00", "currency": "USD"}
    now = floor.clock.now_ms()
    floor.feed([{"id": "s2", "at": now, "from": now - 7_200_000, "to": now - 3_600_000, **spend}])
    with worker(floor) as url:
        answer = json.loads(ringboard("kpis", "--url", url, "--json").output)
    console = Console(width=120, record=True, file=StringIO())
    console.print(kpi_table.render(answer))
    assert "100.00 EUR + 10.00 USD" in console.export_text()
    assert "Contact rate 50.0%" in kpi_table.summary_line(answer)


def test_an_empty_floor_says_what_to_do_next_in_a_sentence_each_and_one_with_events_does_not() -> None:
    with worker(FloorInMemory(clock=FixedClock(NOW))) as url:
        result = ringboard("kpis", "--url", url)
        assert result.output.splitlines()[-4:] == [
            "No event has come yet.",
            "Connect a telephone system: `ringboard connect` with asterisk, freeswitch, kafka or sql.",
            "Replay a file: `ringboard replay day.csv --to-now`.",
            "Or look at a simulated floor: `ringboard simulate`.",
        ]
        assert "Aucun événement n'est encore arrivé." in ringboard("kpis", "--url", url, "--lang", "fr").output
        assert json.loads(ringboard("kpis", "--url", url, "--json").output)["empty"] is True
    with worker(a_floor()) as url:
        assert "No event" not in ringboard("kpis", "--url", url).output


def test_numbers_with_simulated_events_say_so() -> None:
    event = {"id": "s", "type": "lead.requested", "at": NOW - 1000, "lead": "L", "campaign": "c", "source": "simulated"}
    with worker(FloorInMemory(clock=FixedClock(NOW)).feed([event])) as url:
        assert "· simulated" in ringboard("kpis", "--url", url).output
    with worker(a_floor()) as url:
        assert "simulated" not in ringboard("kpis", "--url", url).output
