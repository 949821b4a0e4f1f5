"""How far tables were read outlasts the process; a file that is damaged costs time, never a number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from stream.errors import RingboardError
from stream.sources.sql.places import Place, Places

if TYPE_CHECKING:
    from pathlib import Path

PLACES = {
    "cdr": Place(datetime.fromisoformat("2026-01-05 08:00:00.000005"), 7),
    "calls": Place(datetime(2026, 1, 5, 8, tzinfo=UTC), 8),
    "cel": Place(12, 9),
    "queue_log": Place("2026-01-05 08:00:00", 10),
}


def test_places_are_read_as_they_were_written(tmp_path: Path) -> None:
    places = Places(tmp_path / "data", "asterisk at pbx")
    for table, place in PLACES.items():
        places.put(table, place)
    again = Places(tmp_path / "data", "asterisk at pbx")
    assert {table: again.get(table) for table in PLACES} == PLACES
    assert Places(tmp_path / "data", "asterisk at another").get("cdr") is None


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    places = Places(tmp_path / "data", "asterisk at pbx")
    places.put("cdr", PLACES["cdr"])
    assert places.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"cdr": 3}', '{"cdr": [{"time": "soon"}, 1]}', '{"cdr": [null, 1]}']
)
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: str) -> None:
    places = Places(tmp_path, "asterisk at pbx")
    places.path.write_text(content)
    assert Places(tmp_path, "asterisk at pbx").get("cdr") is None


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    places = Places(tmp_path, "asterisk at pbx")
    places.path.with_suffix(".new").mkdir()
    with pytest.raises(RingboardError) as error:
        places.put("cdr", PLACES["cdr"])
    assert str(error.value) == f"data_dir: {places.path} cannot be written (Is a directory); name one that can be"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = Places(tmp_path, "asterisk at pbx").path
    path.mkdir()
    with pytest.raises(RingboardError) as error:
        Places(tmp_path, "asterisk at pbx")
    assert str(error.value) == f"data_dir: {path} cannot be read (Is a directory); make it readable, or remove it"
