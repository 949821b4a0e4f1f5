"""The table of what each format can tell says what its reader tells, of recordings where there are some."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stream.sources.formats import FORMATS
from tests.read_source import FileRead, read_bytes
from tests.scoring.comparing import scores
from tests.scoring.setup import SETUPS
from tests.scoring.told import told_by
from tests.shared_data import SHARED, Recording, recordings

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[3] / "docs" / "sources"
COLUMNS = ("attempts", "answer rate", "contact rate", "talk", "service level", "abandon rate", "reps' states", "live")
RECORDED = {
    "`asterisk-ami`, a capture": ("asterisk-ami", "asterisk_recorded", "ami.txt"),
    "`asterisk-cel`": ("asterisk-cel", "asterisk_recorded", "cel.csv"),
    "`asterisk-cdr`": ("asterisk-cdr", "asterisk_recorded", "cdr.csv"),
    "`asterisk-queue-log`": ("asterisk-queue-log", "asterisk_recorded", "queue_log"),
    "`vicidial-log`": ("vicidial-log", "vicidial", "vicidial_log.tsv"),
    "`vicidial-closer-log`": ("vicidial-closer-log", "vicidial", "vicidial_closer_log.tsv"),
    "`vicidial-agent-log`, `vicidial-user-log`": ("vicidial-agent-log", "vicidial", "vicidial_agent_log.tsv"),
    "`3cx-cdr`": ("3cx-cdr", "threecx", "3cx_cdr.csv"),
    "`pbxware-queue-log`": ("pbxware-queue-log", "pbxware_queue_log", "queue_log.csv"),
}


FACTS = {
    "direction": "direction",
    "number": "number",
    "rep": "rep",
    "answered": "answered",
    "talk": "talk",
    "wait": "wait",
    "how a stay in a queue ended": "stays",
    "campaign": "campaign",
}
FLOOR = SHARED / "asterisk_recorded2"
MOBILES = {"0639980007": "107", "0639980019": "rep119"}


def outbound(told: FileRead) -> bool:
    return any(call["direction"] == "outbound" for call in told.of_type("call.ended"))


def machines(told: FileRead) -> bool:
    return any(call.get("amd") == "machine" for call in told.of_type("call.ended"))


SAID: dict[str, Callable[[FileRead], bool]] = {
    "attempts": outbound,
    "answer rate": outbound,
    "contact rate": outbound,
    "talk": lambda told: any(call.get("talk_s") for call in told.of_type("call.ended")),
    "service level": lambda told: any("wait_s" in left for left in told.of_type("queue.left")),
    "abandon rate": lambda told: any(left["outcome"] == "abandoned" for left in told.of_type("queue.left")),
    "reps' states": lambda told: bool(told.of_type("rep.state")),
    "live": lambda told: bool(told.of_type("call.started")),
}


def table_of(first: str) -> tuple[list[str], dict[str, list[str]]]:
    """Return the heads and the rows of the table whose first head this is."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (DOCS / "README.md").read_text().splitlines()
        if line.startswith("|")
    ]
    start = next(place for place, row in enumerate(rows) if row[0] == first)
    heads = rows[start][1:]
    return heads, {row[0]: row[1:] for row in rows[start + 2 :] if len(row) == len(heads) + 1}


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, str]]:
    heads, body = table_of("Format")
    assert all(head.startswith(name) for head, name in zip(heads, COLUMNS, strict=True))
    return {row: dict(zip(COLUMNS, cells, strict=True)) for row, cells in body.items()}


def test_every_format_has_a_row_and_every_cell_one_of_the_words(table: dict[str, dict[str, str]]) -> None:
    named = {name for row in table for name in re.findall(r"`([a-z0-9-]+)`", row)}
    assert named == FORMATS.keys() - {"ndjson"}
    assert {cell for row in table.values() for cell in row.values()} <= {"exact", "approximate", "absent", "as told"}


@pytest.mark.parametrize(
    ("row", "recorded"),
    [(row, recorded) for row, (_, folder, _) in RECORDED.items() for recorded in recordings(folder)],
    ids=lambda value: value.place if isinstance(value, Recording) else value,
)
def test_what_a_recorded_format_is_said_to_tell_it_tells(
    row: str, recorded: Recording, table: dict[str, dict[str, str]]
) -> None:
    form, _, name = RECORDED[row]
    told = read_bytes(form, recorded.read_bytes(name))
    for column, said in SAID.items():
        assert (table[row][column] != "absent") == said(told), column
    if outbound(told):
        assert (table[row]["contact rate"] == "exact") == machines(told)


def test_the_table_of_facts_has_each_that_is_compared_with_the_truth() -> None:
    heads, body = table_of("Fact")
    assert heads == ["AMI", "CEL", "CDR", "queue_log"]
    assert list(body) == list(FACTS)


@pytest.mark.skipif(not FLOOR.exists(), reason="the recording is beside the repository, and not here")
@pytest.mark.parametrize(("head", "form"), [("AMI", "ami"), ("CEL", "cel"), ("CDR", "cdr"), ("queue_log", "queue_log")])
def test_what_is_said_to_be_exact_is_right_of_every_call_of_a_recorded_floor(head: str, form: str) -> None:
    setup = {**SETUPS["yes"], "asterisk_reps": {**SETUPS["yes"]["asterisk_reps"], **MOBILES}}
    found = scores(json.loads((FLOOR / "truth.json").read_text()), told_by(FLOOR, form, setup), form)
    heads, body = table_of("Fact")
    exact = {FACTS[fact] for fact, cells in body.items() if cells[heads.index(head)] == "exact"}
    assert exact
    not_right = [(score.id, name) for score in found for name in (*score.wrong, *score.absent) if name in exact]
    assert not_right == []


def test_each_page_of_a_source_is_linked_and_each_link_leads_somewhere() -> None:
    linked = set(re.findall(r"\]\(([a-z0-9-]+\.md)", (DOCS / "README.md").read_text()))
    there = {page.name for page in DOCS.glob("*.md")} - {"README.md"}
    assert there <= linked
    for page in DOCS.glob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+\.md)", page.read_text()):
            assert (DOCS / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("page", ["asterisk-logs.md", "freeswitch.md", "fusionpbx.md", "3cx.md"])
def test_every_setting_that_a_page_names_is_there(page: str) -> None:
    reference = (DOCS.parent / "settings.md").read_text()
    for name in set(re.findall(r"\b(?:asterisk|freeswitch)_[a-z_]+\b(?!…)", (DOCS / page).read_text())):
        assert f"`{name}`" in reference, name
