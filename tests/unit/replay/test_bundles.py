"""Files of one leg each, in a folder or named one by one, are one recording, in the order in which they begin."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from stream.cli import main
from stream.errors import RingboardError
from stream.replay.bundles import bundles_of, files_in
from tests.freeswitch_legs import NUMBER, A, B, C, leg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def ringboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def folder(path: Path) -> Path:
    """Write a call's two legs, the far one first by name, and a call of four hours later between them."""
    legs = {
        "1.cdr.json": leg(B, 1, 12, 60, variables={"originator": A}),
        "2.cdr.json": leg(C, 14_400, 14_410, 14_460, call=C, called="0639980002"),
        "below/3.cdr.json": leg(A, 0, 2, 60, variables={"bridge_epoch": "1780300812"}),
    }
    for name, record in legs.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(json.dumps(record))
    (path / ".hidden").write_text("no record")
    return path


def test_the_legs_of_one_call_are_found_in_several_files_whatever_their_names(
    tmp_path: Path, ringboard: Callable[..., Result]
) -> None:
    files = [str(file) for file in files_in(folder(tmp_path / "json_cdr"))]
    for arguments in ((str(tmp_path / "json_cdr"),), tuple(files), tuple(reversed(files))):
        summary = json.loads(ringboard("replay", "--dry-run", "--json", *arguments).stdout)
        assert (summary["events"], summary["refused"]) == (2, {})
        (file,) = summary["files"]
        assert file["file"] == ("json_cdr" if len(arguments) == 1 else file["file"])
        assert [line["source"] for line in summary["lines"]] == ["1.cdr.json", "2.cdr.json"]
        assert json.loads(summary["lines"][0]["told"])["talk_s"] == 48


def test_a_bad_file_in_a_folder_costs_only_itself_and_is_named(
    tmp_path: Path, ringboard: Callable[..., Result]
) -> None:
    path = folder(tmp_path / "json_cdr")
    (path / "0.cdr.json").write_bytes(b"\x7fELF" + bytes(5000))
    (path / "4.cdr.json.gz").write_bytes(gzip.compress(json.dumps(leg(B, 0, 9, 50, call=B)).encode())[:-20])
    (path / "5.cdr.json").write_text(json.dumps(leg(B, 0, 9, 50))[:200])
    (path / "6.cdr.json").write_text("")
    told = ringboard("replay", "--dry-run", str(path))
    assert told.exit_code == 0, told.output
    summary = json.loads(ringboard("replay", "--dry-run", "--json", str(path)).stdout)
    assert summary["events"] == 2
    refused = {line["source"] for line in summary["lines"] if line["fate"] == "refused"}
    assert refused == {"0.cdr.json", "4.cdr.json.gz", "5.cdr.json"}
    assert NUMBER not in told.output


def test_moved_to_now_a_folder_is_moved_by_one_amount(tmp_path: Path, ringboard: Callable[..., Result]) -> None:
    told = ringboard("replay", "--dry-run", "--json", "--to-now", str(folder(tmp_path / "json_cdr")))
    first, second = (json.loads(line["told"]) for line in json.loads(told.stdout)["lines"])
    assert second["at"] - first["at"] == 14_400_000


def test_a_folder_without_such_records_is_told_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path):
        with pytest.raises(RingboardError, match="a folder without records that are a file each; name the files in it"):
            bundles_of([path], None)
        (tmp_path / "a.ndjson").write_text('{"type":"call.ended"}\n')
