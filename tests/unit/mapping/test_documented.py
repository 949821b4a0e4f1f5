"""The examples of the documentation are run as they stand there."""

from __future__ import annotations

import io
import json
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.events.types import TIME_FIELDS
from stream.mapping.loading import mapping_of, ready
from stream.sources.mapped import Mapped
from stream.sources.reading import Read
from stream.sources.vicidial.dispositions import DISPOSITIONS
from tests.floor_in_memory import FloorInMemory

DOCS = Path(__file__).parents[3] / "docs" / "sources"
BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[Any]:
    """Give each example: a file, the mapping that reads it, and the events that it becomes."""
    found = []
    for page in ("mapping.md", "crm.md", "dialler-csv.md", "costs.md"):
        blocks = BLOCK.findall((DOCS / page).read_text("utf-8"))
        for (_, name, data), (_, _, told), (kind, _, events) in zip(*[iter(blocks)] * 3, strict=True):
            assert kind == "json"
            found.append(pytest.param(data, told, events, id=name))
    return found


def moment(text: Any) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(("data", "told", "events"), examples())
def test_an_example_becomes_the_events_that_stand_below_it(data: str, told: str, events: str) -> None:
    mapped = Mapped(mapping_of(tomllib.loads(told)))
    got = [one.event for one in mapped.read(io.BytesIO(data.encode())) if isinstance(one, Read)]
    expected = [json.loads(line) for line in events.splitlines()]
    expected = [{name: moment(v) if name in TIME_FIELDS else v for name, v in one.items()} for one in expected]
    assert [{n: v for n, v in dict(one).items() if n not in {"id", "source"}} for one in got] == expected  # type: ignore[arg-type]
    floor = FloorInMemory(clock=FixedClock(moment("2026-02-02T00:00:00Z"))).feed(got)  # type: ignore[arg-type]
    assert not floor.refused


def test_each_example_is_there() -> None:
    assert len(examples()) == 6


UNNAMED = re.compile(r"^```toml\n(\[\[events\]\].*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_rules_that_stand_alone_are_right() -> None:
    rules = UNNAMED.findall((DOCS / "mapping.md").read_text("utf-8"))
    assert len(rules) == 3
    for one in rules:
        assert mapping_of(tomllib.loads(f'name = "x"\n{one}'))


def test_each_ready_mapping_is_documented() -> None:
    text = "".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))
    assert [name for name in ready() if f"`{name}`" not in text] == []


def test_the_codes_of_vicidial_stand_where_the_profile_has_them() -> None:
    text = (DOCS / "dispositions.md").read_text("utf-8")
    known = load_settings(dispositions_profile="vicidial").known_dispositions
    assert known == DISPOSITIONS
    for code in known:
        assert f"`{code}`" in text or code.startswith("SVY"), code
