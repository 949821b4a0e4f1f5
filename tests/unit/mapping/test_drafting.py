"""A first mapping is drafted from a sample, is right as it stands, and asks what only its owner can tell."""

from __future__ import annotations

import io
import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.mapping.drafting import drafted
from stream.mapping.loading import mapping_of
from stream.sources.mapped import Mapped
from stream.sources.reading import Read
from stream.sources.sampling import sample_of
from tests.shared_data import OURS, Recording, each

if TYPE_CHECKING:
    from pathlib import Path

CALLS = """Call Ref;Agent Name;Campaign;Dialled;Start;Talk Time;Outcome;Direction
a1;Ada;Solar;06 39 98 02 01;27/11/2026 09:00:00;00:01:20;Sale;out
a2;Ben;Solar;06 39 98 02 02;27/11/2026 09:05:00;00:00:00;No answer;out
a3;Ada;Wind;06 39 98 02 03;27/11/2026 09:10:00;00:00:35;Not interested;out
a4;Ada;Wind;06 39 98 02 04;27/11/2026 09:15:00;00:02:00;Sale;in
"""
LEADS = """Date;Téléphone;Source;Commercial;Statut;Signé le;Montant
27/11/2026 09:12;06 39 98 01 01;google;Zoé;Gagné;28/11/2026;1 250,50 €
27/11/2026 09:40;0639980102;salon;Ben;Perdu;28/11/2026;
27/11/2026 14:03;+33639980103;google;Zoé;En cours;;
"""
ADS = "Day,Campaign,Impressions,Clicks,Cost\n2026-11-01,Search,1000,20,12.50\n2026-11-02,Display,5000,12,3.20\n"
NO_HEADER = """Call 1,00:00:45,2026/11/27 09:00:00,2026/11/27 09:00:12,2026/11/27 09:00:57,Ext.201,+33639980131,Ext
Call 2,00:00:00,2026/11/27 09:05:00,,2026/11/27 09:05:25,Ext.201,+33639980132,Ext
Call 3,00:01:10,2026/11/27 09:10:02,2026/11/27 09:10:20,2026/11/27 09:11:30,+33639980133,Ext.202,Line
"""


def draft(content: str, folder: Path, name: str = "Our export.csv") -> tuple[str, list[dict[str, Any]]]:
    """Return the draft for a file, and the events that it makes of it; no row may be refused."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    text = drafted(sample_of(path, None), name, "Europe/Paris", "FR")
    told = list(Mapped(mapping_of(tomllib.loads(text))).read(io.BytesIO(content.encode())))
    assert all(isinstance(one, Read) for one in told), told
    return text, [dict(one.event) for one in told if isinstance(one, Read)]  # type: ignore[arg-type]


def test_a_diallers_calls_have_their_ways_talks_and_verdicts(tmp_path: Path) -> None:
    text, events = draft(CALLS, tmp_path)
    assert [(e["call"], e["direction"], e["talk_s"], e["disposition"]) for e in events] == [
        ("a1", "outbound", 80.0, "interested"),
        ("a2", "outbound", 0.0, "no_answer"),
        ("a3", "outbound", 35.0, "refused"),
        ("a4", "inbound", 120.0, "interested"),
    ]
    assert [(e["rep"], e["campaign"], e["at"] - e["placed_at"]) for e in events[:2]] == [
        ("Ada", "Solar", 80_000), ("Ben", "Solar", 0),
    ]  # fmt: skip
    assert text.startswith('# Drafted from the first 4 rows of "Our export.csv", which look like calls: its columns')
    assert 'name = "our-export"' in text
    assert "count the ringing?" not in text


def test_leads_have_their_wins_losses_and_amounts(tmp_path: Path) -> None:
    text, events = draft(LEADS, tmp_path)
    assert [(e["type"], e["lead"]) for e in events] == [
        ("lead.requested", "+33639980101"),
        ("lead.won", "+33639980101"),
        ("lead.requested", "+33639980102"),
        ("lead.lost", "+33639980102"),
        ("lead.requested", "+33639980103"),
    ]
    assert (events[1]["amount"], events[1]["currency"]) == ("1250.5", "EUR")
    assert "is one that no rule names an opportunity, a win, a loss?" in text


def test_spend_has_its_days_in_full(tmp_path: Path) -> None:
    text, events = draft(ADS, tmp_path)
    assert [(e["campaign"], e["amount"], e["to"] - e["from"]) for e in events] == [
        ("Search", "12.5", 86_400_000), ("Display", "3.2", 86_400_000),
    ]  # fmt: skip
    assert '# ? which currency is "Cost" in?' in text
    assert '#   "Clicks": ' in text


def test_a_report_is_read_from_its_header_below_its_title_to_its_totals(tmp_path: Path) -> None:
    table = 'Day,Campaign,Currency code,Cost\n2026-01-05,Search,EUR,"1,234.56"\n2026-01-06,Search,EUR,0.10\n'
    title = 'Campaign performance\n"January 5, 2026 - January 6, 2026"\n'
    path = tmp_path / "report.csv"
    path.write_text(title + table + 'Total: Account, --, --,"1,234.66"\n')
    text = drafted(sample_of(path, None), path.name, "Europe/Paris", "FR")
    assert "skip = 2" in text
    read = list(Mapped(mapping_of(tomllib.loads(text))).read(io.BytesIO((title + table).encode())))
    assert [one.event["amount"] for one in read if isinstance(one, Read) and isinstance(one.event, dict)] == [
        "1234.56",
        "0.1",
    ]


def test_without_a_header_times_tell_by_their_order_what_they_are(tmp_path: Path) -> None:
    text, events = draft(NO_HEADER, tmp_path)
    assert [(e.get("talk_s"), e["number"]) for e in events] == [
        (45.0, "+33639980131"), (None, "+33639980132"), (70.0, "+33639980133"),
    ]  # fmt: skip
    assert "header = false" in text
    assert '# ? which calls are inbound? "8" has "Ext" 2, "Line" 1' in text


def test_json_is_drafted_by_its_paths_also_where_records_lie_in_a_list(tmp_path: Path) -> None:
    calls = [
        {"id": n, "direction": way, "started_at": 1_795_770_000 + n, "answered_at": answer,
         "ended_at": 1_795_770_072 + n, "to": {"phone": f"+3363998018{n}"}}
        for n, (way, answer) in enumerate([("outbound", 1_795_770_012), ("outbound", None), ("inbound", 1_795_770_030)])
    ]  # fmt: skip
    text, events = draft(json.dumps({"page": 1, "data": {"calls": calls}}), tmp_path, "calls.json")
    assert 'records = "data.calls"' in text
    assert [(e["call"], e["direction"], e.get("talk_s")) for e in events] == [
        ("0", "outbound", 60.0), ("1", "outbound", None), ("2", "inbound", 44.0),
    ]  # fmt: skip


@each("maven_crm_pipeline")
def test_a_crms_pipeline_has_its_wins_and_losses_at_once(recorded: Recording) -> None:
    path = recorded.path("sales_pipeline.csv")
    text = drafted(sample_of(path, None), path.name, "UTC", "US")
    told = list(Mapped(mapping_of(tomllib.loads(text))).read(io.BytesIO(recorded.read_bytes("sales_pipeline.csv"))))
    kinds = [one.event["type"] for one in told if isinstance(one, Read)]  # type: ignore[call-overload]
    assert len(kinds) == len(told)
    won, lost = (5, 4) if recorded.place == OURS else (4238, 2473)
    assert (kinds.count("lead.won"), kinds.count("lead.lost")) == (won, lost)


@each("uci_bank_marketing")
def test_calls_without_any_time_are_made_up_and_said_to_be(recorded: Recording) -> None:
    path = recorded.path("bank-full.csv")
    text = drafted(sample_of(path, None), path.name, "UTC", "PT")
    assert "made_up = " in text
    assert 'talk_s = "{duration}"' in text
    assert 'disposition = { from = "y", absent = ["no"], map = { "yes" = "interested" } }' in text
    assert mapping_of(tomllib.loads(text)).made_up


@pytest.mark.parametrize(
    "content",
    [
        'a"b,c{d}\nx,1\n', "one\n1\n", "[1, 2, {}]", "date\n2026-01-05\n",
        '{"a": {"b": [1, {"c": null}]}}\n' * 2, "x;y\n;\n1;2\n",
        "cost\n3\n", "phone\n06 39 98 00 01\n", "status,id\nwon,1\nlost,2\nwon,3\n", "amount,status\n1,won\n2,won\n",
    ],
    ids=range(10),
)  # fmt: skip
def test_whatever_stands_in_a_file_a_draft_is_a_mapping_that_can_be_read(content: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content)
    assert mapping_of(tomllib.loads(drafted(sample_of(path, None), "Été #1.csv", "Europe/Paris", "FR"))).name == "t-1"


def run(path: Path) -> str:
    result = CliRunner().invoke(main, ["mapping", "draft", str(path)])
    return result.output if result.exit_code == 0 else result.stderr


def test_the_command_prints_it_or_says_why_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    (tmp_path / "calls.csv").write_text(CALLS)
    assert mapping_of(tomllib.loads(run(tmp_path / "calls.csv"))).name == "calls"
    (tmp_path / "empty.csv").write_text("a,b\n")
    assert "empty.csv: no rows in it; name a file that has some" in run(tmp_path / "empty.csv")
    (tmp_path / "queue_log").write_text("1767603600|1767603600.1|sales|NONE|ENTERQUEUE||0199001234|1\n")
    assert "which needs no mapping; run `ringboard replay --dry-run queue_log`" in run(tmp_path / "queue_log")
