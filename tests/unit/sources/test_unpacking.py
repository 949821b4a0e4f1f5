"""The files of a ZIP archive are read as one set: moved alike, none of them lost, and nothing of them left behind."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.errors import RingboardError
from stream.sources.unpacking import unpacked
from tests.unit.sources.test_archives import packed

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "id;start;number;talk\n"
MAPPING = """
name = "ours"
timezone = "Europe/Paris"
time = "day-first"
[[events]]
type = "call.ended"
call = "{id}"
direction = "outbound"
placed_at = "{start}"
at = "{start}"
talk_s = "{talk}"
number = "{number}"
campaign = "all"
"""
TWO = packed(
    ("exports/", b""),
    ("exports/mon.csv", f"{HEADER}a;27/11/2026 09:00;06 39 98 02 61;40\n".encode()),
    ("exports/tue.csv", f"{HEADER}b;28/11/2026 09:00;06 39 98 02 62;50\n".encode()),
    ("__MACOSX/exports/._mon.csv", b"\0\5\x16\7"),
    ("exports/.DS_Store", b"x"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return tmp_path


def saved(folder: Path, content: bytes, name: str = "set.zip") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_its_files_stand_in_its_place_in_their_order_and_are_gone_afterwards(folder: Path) -> None:
    other = saved(folder, b"x", "a.csv")
    with unpacked([other, saved(folder, TWO)]) as paths:
        assert [path.name for path in paths] == ["a.csv", "mon.csv", "tue.csv"]
        assert paths[2].read_bytes().startswith(b"id;start")
    assert not list((folder / "temporary").iterdir())


def test_all_of_a_set_are_moved_alike(folder: Path) -> None:
    (folder / "ours.toml").write_text(MAPPING)
    arguments = ["replay", "--dry-run", "--to-now", "--json", "--mapping", str(folder / "ours.toml")]
    result = CliRunner().invoke(main, [*arguments, str(saved(folder, TWO))])
    assert result.exit_code == 0, result.output
    report: Any = json.loads(result.stdout)
    lines = [json.loads(line["told"]) for line in report["lines"]]
    assert [line["call"] for line in lines] == ["a", "b"]
    assert lines[1]["at"] - lines[0]["at"] == 86_400_000


def test_names_that_lead_elsewhere_or_are_no_text_stay_where_they_are_unpacked(folder: Path) -> None:
    names = ("../../up.csv", "/etc/x.csv", "a\\..\\b\x1b[31m.csv", "x" * 300)
    with unpacked([saved(folder, packed(*((name, b"1") for name in names)))]) as paths:
        assert all((folder / "temporary") in path.parents and path.read_bytes() == b"1" for path in paths)
        assert all(path.name.isprintable() for path in paths)
        assert len(paths) == len(names)


def test_what_has_no_room_or_too_many_files_is_refused_before_anything_is_unpacked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = packed(*((f"{n}.csv", b"1") for n in range(1001)), how=zipfile.ZIP_STORED)
    with (
        pytest.raises(RingboardError, match="a ZIP archive of 1001 files and 0 MB unpacked"),
        unpacked([saved(folder, many)]),
    ):
        pass
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1000, 900, 100))
    with pytest.raises(RingboardError, match="more than can be unpacked here"), unpacked([saved(folder, TWO)]):
        pass


def test_damage_in_one_of_them_is_said_and_a_password_or_one_alone_are_left_to_who_opens_it(folder: Path) -> None:
    damaged = bytearray(packed(("a.csv", b"1;2\n" * 500), ("b.csv", b"1"), how=zipfile.ZIP_STORED))
    damaged[200] ^= 1
    with (
        pytest.raises(RingboardError, match="damaged, and nothing was read"),
        unpacked([saved(folder, bytes(damaged))]),
    ):
        pass
    locked = bytearray(TWO)
    locked[locked.index(b"PK\x01\x02", locked.index(b"PK\x01\x02") + 1) + 8] |= 1
    for content in (b"", b"PK\x03\x04", packed(("a.csv", b"1"))):
        with unpacked([saved(folder, content)]) as paths:
            assert paths == [folder / "set.zip"]
    with pytest.raises(RingboardError, match="with a password"), unpacked([saved(folder, bytes(locked))]):
        pass
