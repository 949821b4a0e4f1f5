"""
Examples of state, kept with the number of its form: `python -m tests.unit.journeys.golden_state` writes a new one.

`golden/<STATE_SCHEMA>/` holds events, the bytes that their fold leaves in the changelogs, and the numbers that are read
from these. What is there is never written again: state of one number has one form.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

from stream.clock import FixedClock
from stream.journeys.state_schema import STATE_SCHEMA
from stream.kpi.rules import DAY
from stream.kpi.windows import WINDOWS
from tests.floor_in_memory import FloorInMemory

FOLDER: Final = Path(__file__).parent / "golden"
NOW: Final = 1_781_085_600_000  # Wednesday 10 June 2026, 12:00 in Paris
MOMENTS: Final = (NOW, NOW + 4 * DAY)
FILTERS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"campaign": "roof"},
    {"campaign": "solar", "team": "south"},
    {"team": "north"},
    {"rep": "ana"},
)
SETTINGS: Final[dict[str, Any]] = {
    "timezone": "Europe/Paris",
    "opening_hours": {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays_country": "FR",
    "legal_pacing": "FR",
    "min_talk_s_by_campaign": {"solar": 45},
    "dispositions": {"A1": "conversation", "REPONDEUR": "voicemail"},
}

State = dict[str, dict[str, str]]
"""The records of each table of each partition, in base64, by their keys in base64."""


def events(schema: int) -> list[dict[str, Any]]:
    """Return the events of an example."""
    text = (FOLDER / str(schema) / "events.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def a_floor() -> FloorInMemory:
    """Return a floor that nothing has happened on yet, at the moment of the examples."""
    return FloorInMemory(clock=FixedClock(NOW), settings=SETTINGS)


def folded(schema: int) -> FloorInMemory:
    """Return a floor that has folded the events of an example."""
    floor = a_floor().feed(events(schema), batch=7)
    assert not floor.refused, floor.refused
    return floor


def state_of(floor: FloorInMemory) -> State:
    """Return what the changelogs of `floor` hold, as they are compacted."""
    state: State = {}
    for (group, partition), records in sorted(floor.changelogs.items()):
        for table in sorted({table for table, _, _ in records}):
            latest = {key: value for of, key, value in records if of == table}
            state[f"{group}/{partition}/{table}"] = {
                _text(key): _text(value) for key, value in sorted(latest.items()) if value is not None
            }
    return state


def restored(state: State) -> FloorInMemory:
    """Return a floor that has been restored from `state`."""
    floor = a_floor()
    for place, records in state.items():
        group, partition, table = place.split("/")
        floor.changelogs[group, int(partition)] += [
            (table, b64decode(key), b64decode(value)) for key, value in records.items()
        ]
    return floor.restart()


def numbers_of(floor: FloorInMemory) -> dict[str, Any]:
    """Return the KPIs of every window, and under filters of the longest, and what waits, at each of the moments."""
    numbers: dict[str, Any] = {}
    for moment in MOMENTS:
        for by in FILTERS:
            for window in ("30d",) if by else WINDOWS:
                name = " ".join((str(moment - NOW), window, *by.values()))
                numbers[name] = floor.kpis(window, moment, **by)
        shot = floor.snapshot(moment)
        numbers[f"{moment - NOW} waiting"] = {
            "leads": sorted([lead.lead, lead.since, *lead.owner] for lead in shot.leads),
            "calls": sorted([call.queue, call.since] for call in shot.calls),
            "reps": sorted([rep.rep, rep.state, rep.since, rep.team, rep.reason] for rep in shot.reps),
        }
    made: dict[str, Any] = json.loads(json.dumps(numbers))
    return made


def read(schema: int, name: str) -> Any:
    """Return the content of a file of an example."""
    return json.loads((FOLDER / str(schema) / f"{name}.json").read_text(encoding="utf-8"))


def schemas() -> list[int]:
    """Return the numbers of which there is an example."""
    return sorted(int(path.name) for path in FOLDER.iterdir())


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()


def _written(content: dict[str, dict[str, Any]]) -> str:
    """Return `content` as JSON, a record or a KPI to a line."""
    parts = (
        json.dumps(place) + ": {\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(one)}" for key, one in inner.items())
        for place, inner in content.items()
    )
    return "{\n" + "\n},\n".join(parts) + "\n}\n}\n"


def main() -> None:
    """Write the example of `STATE_SCHEMA`, of the events of the one before where it has none of its own."""
    folder = FOLDER / str(STATE_SCHEMA)
    if (folder / "state.json").exists():
        sys.exit(f"{folder} is there, and is not written again; raise STATE_SCHEMA in stream/journeys/state_schema.py")
    folder.mkdir(exist_ok=True)
    if not (folder / "events.ndjson").exists():
        before = FOLDER / str(STATE_SCHEMA - 1) / "events.ndjson"
        (folder / "events.ndjson").write_bytes(before.read_bytes())
    floor = folded(STATE_SCHEMA)
    (folder / "state.json").write_text(_written(state_of(floor)), encoding="utf-8")
    (folder / "numbers.json").write_text(_written(numbers_of(floor)), encoding="utf-8")


if __name__ == "__main__":
    main()
