"""The check says how old the back-up is, where a setting says that there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.backup.manifest import NAME, Manifest, write_manifest
from stream.check.backup import check_backup
from stream.clock import FixedClock
from stream.configuration import load_settings

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_767_800_000_000
HOUR = 3_600_000


def found(**given: object) -> list[tuple[str, str]]:
    return [(one.state, one.message) for one in check_backup(load_settings(**given), FixedClock(NOW))]


def test_without_the_setting_nothing_is_said() -> None:
    assert found() == []


def test_a_back_up_that_is_not_run_any_more_is_warned_of(tmp_path: Path) -> None:
    assert found(backup_dir=tmp_path) == [("warn", "backup_dir has none")]
    write_manifest(tmp_path, Manifest("ringboard", "00", NOW - 5 * HOUR))
    told = "5.0 h old, 0 records and the states of 0 partitions"
    assert found(backup_dir=tmp_path) == [("ok", told)]
    assert found(backup_dir=tmp_path, backup_every_h=4.5) == [("warn", f"{told}: older than backup_every_h (4.5)")]


def test_a_broken_one_fails(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("?", encoding="utf-8")
    ((state, message),) = found(backup_dir=tmp_path)
    assert (state, "no manifest of a back-up" in message) == ("fail", True)
