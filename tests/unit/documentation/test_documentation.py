"""The pages of docs/ that are drawn from the code say what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agents import documentation as metrics
from stream import configuration
from stream.documentation import PAGES
from stream.events.reading import read_event
from stream.kpi.catalogue import CATALOGUE
from stream.kpi.measures import TABLE

DOCS = Path(__file__).parents[3] / "docs"
ALL = {**PAGES, "metrics.md": metrics.render, "settings.md": configuration.reference}


@pytest.mark.parametrize("name", ALL)
def test_a_generated_page_is_as_the_code_would_write_it_now(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == ALL[name](), "generate it again, as its second line says"


def test_every_kpi_of_the_catalogue_has_its_row_in_the_page_of_the_kpis() -> None:
    kpis, measures = PAGES["kpis.md"]().split("## What is counted")
    assert re.findall(r"^\| `(\w+)` \|", kpis, re.MULTILINE) == [kpi.id for kpi in CATALOGUE]
    assert re.findall(r"^\| `(\w+)` \|", measures, re.MULTILINE) == [measure.name for measure in TABLE]


def test_the_examples_in_the_page_of_the_events_are_events() -> None:
    told = re.findall(r"```json\n(.*?)```", PAGES["events.md"](), re.DOTALL)
    read = [read_event(one.encode(), received_ms=1_800_000_000_000, ahead_ms=0) for one in told]
    assert [event.id for event in read] == [json.loads(one)["id"] for one in told]
    assert len(read) > 5


def test_no_page_names_a_file_that_is_not_there() -> None:
    root = DOCS.parent
    pages = [root / "README.md", *DOCS.rglob("*.md")]
    missing = [
        f"{page.relative_to(root)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|\+)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []
