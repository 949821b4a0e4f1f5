"""The folder of a back-up: what is written is read again, what is damaged is said, and what was cut off counts not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from stream.backup.appending import Appender
from stream.backup.manifest import (
    NAME,
    Cut,
    Manifest,
    PartitionLog,
    TopicLog,
    delete_unused,
    locked,
    need_manifest,
    read_manifest,
    write_manifest,
)
from stream.backup.segments import MOST_RECORDS, SMALL_RECORDS, DamagedError, Kept, read_segment, write_segment
from stream.backup.settings_copy import copy_settings
from stream.backup.verifying import verify
from stream.cli import main
from stream.errors import RingboardError
from stream.privacy.private_files import open_in

if TYPE_CHECKING:
    from pathlib import Path

PLACE = ("f.events.v1", 2)


def kept(first: int, count: int, step: int = 1) -> list[Kept]:
    return [Kept(first + step * number, 1000 + number, b"k%d" % number, b"{}") for number in range(count)]


def one_log(folder: Path, records: list[Kept], end: int) -> PartitionLog:
    appender = Appender(folder, PLACE, PartitionLog())
    appender.add(records)
    return appender.finish(end)


def manifest(log: PartitionLog) -> Manifest:
    topics = {PLACE[0]: TopicLog([PartitionLog(), PartitionLog(), log], {"retention.ms": "1"})}
    return Manifest("f", "00", 5, {"schema": "6"}, topics, [Cut("events", 2, "id", {PLACE[0]: 3}, 4)])


def all_of(folder: Path, log: PartitionLog) -> list[Kept]:
    return [record for segment in log.segments for record in read_segment(folder, segment)]


@given(
    st.lists(
        st.builds(
            Kept,
            st.integers(0, 2**62),
            st.integers(0, 2**50),
            st.none() | st.binary(max_size=9),
            st.none() | st.binary(max_size=99),
            st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=2).map(tuple),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_record_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, records: list[Kept]) -> None:
    folder = tmp_path_factory.mktemp("kept")
    segment = write_segment(folder, PLACE, records, (0, 2**63))
    assert read_segment(folder, segment) == records
    assert segment.latest == max(one.at for one in records)


def test_a_file_that_was_changed_or_is_gone_is_said_to_be(tmp_path: Path) -> None:
    segment = write_segment(tmp_path, PLACE, kept(0, 3), (0, 3))
    path = tmp_path / segment.file
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DamagedError, match="damaged, its checksum is another; take another copy of the back-up"):
        read_segment(tmp_path, segment)
    path.unlink()
    with pytest.raises(DamagedError, match=r"cannot be read \(No such file or directory\); take another copy"):
        read_segment(tmp_path, segment)


def test_what_is_added_run_by_run_is_what_one_run_would_have_kept_and_leaves_no_small_files(tmp_path: Path) -> None:
    records = kept(0, 2 * MOST_RECORDS, step=2)
    log = PartitionLog()
    for first in range(0, len(records), 700):
        appender = Appender(tmp_path, PLACE, log)
        appender.add(records[first : first + 700])
        log = appender.finish(records[first : first + 700][-1].offset + 2)
        assert appender.added == len(records[first : first + 700])
    assert all_of(tmp_path, log) == records
    assert len(log.segments) <= 2 * MOST_RECORDS / SMALL_RECORDS
    assert [one.first for one in log.segments[1:]] == [one.end for one in log.segments[:-1]]
    assert (log.segments[0].first, log.segments[-1].end, log.next) == (0, 4 * MOST_RECORDS, 4 * MOST_RECORDS)
    assert log.last is not None
    assert (log.last.offset, log.last.checksum) == (records[-1].offset, records[-1].checksum)


def test_nothing_new_changes_nothing_but_how_far_it_reaches(tmp_path: Path) -> None:
    log = one_log(tmp_path, kept(0, 5), 5)
    appender = Appender(tmp_path, PLACE, log)
    appender.add([])
    assert appender.finish(9) == PartitionLog(9, log.last, log.segments)


def test_a_run_that_was_ended_leaves_the_back_up_as_it_was(tmp_path: Path) -> None:
    before = manifest(one_log(tmp_path, kept(0, 5), 5))
    write_manifest(tmp_path, before)
    # Killed after it had written the next file and a part of the next manifest.
    appender = Appender(tmp_path, PLACE, before.topics[PLACE[0]].partitions[2])
    appender.add(kept(5, 3))
    appender.finish(8)
    (tmp_path / f"{NAME}.new").write_text("{", encoding="utf-8")
    assert read_manifest(tmp_path) == before
    assert verify(tmp_path, lambda _: None) == (before, [])
    delete_unused(tmp_path, before)
    assert len(list(tmp_path.rglob("*.gz"))) == 1
    assert verify(tmp_path, lambda _: None) == (before, [])


def test_files_that_a_run_replaced_are_deleted_once_it_is_done(tmp_path: Path) -> None:
    write_manifest(tmp_path, manifest(one_log(tmp_path, kept(0, 5), 5)))
    appender = Appender(tmp_path, PLACE, need_manifest(tmp_path).topics[PLACE[0]].partitions[2])
    appender.add(kept(5, 3))
    after = manifest(appender.finish(8))
    assert len(list(tmp_path.rglob("*.gz"))) == 2
    write_manifest(tmp_path, after)
    assert len(list(tmp_path.rglob("*.gz"))) == 1
    assert (after.records, after.size) == (8, next(tmp_path.rglob("*.gz")).stat().st_size)


def test_verifying_counts_every_file_that_is_wrong(tmp_path: Path) -> None:
    log = one_log(tmp_path, kept(0, MOST_RECORDS + 5), MOST_RECORDS + 5)
    write_manifest(tmp_path, manifest(log))
    (tmp_path / log.segments[1].file).write_bytes(b"")
    read: list[int] = []
    _, wrong = verify(tmp_path, read.append)
    assert read == [MOST_RECORDS, 5]
    assert [line.partition(":")[0] for line in wrong] == [str(tmp_path / log.segments[1].file)]


def test_a_file_of_another_partition_is_no_replacement(tmp_path: Path) -> None:
    log = one_log(tmp_path, kept(0, 5), 5)
    other = write_segment(tmp_path, PLACE, kept(7, 4), (0, 5))
    log.segments[0] = other
    write_manifest(tmp_path, manifest(log))
    assert "damaged, other records than it should have" in verify(tmp_path, lambda _: None)[1][0]


def test_a_folder_is_for_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "kept"),
        pytest.raises(RingboardError, match="another back-up writes to it; wait for its end"),
        locked(tmp_path / "kept"),
    ):
        pass
    with locked(tmp_path / "kept"):
        assert (tmp_path / "kept" / "lock").exists()


def test_what_is_no_folder_or_no_manifest_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(RingboardError, match=r"cannot be written \(.*\); name another folder"),
        locked(tmp_path / "file"),
    ):
        pass
    with pytest.raises(RingboardError, match="no back-up is there; name the folder that `ringboard backup` wrote"):
        need_manifest(tmp_path)
    (tmp_path / NAME).write_text("{}", encoding="utf-8")
    with pytest.raises(DamagedError, match="no manifest of a back-up; take another copy of it"):
        read_manifest(tmp_path)
    (tmp_path / NAME).write_text('{"app_id": "f", "fingerprint": "0", "at": 1, "format": 2}', encoding="utf-8")
    with pytest.raises(RingboardError, match="of format 2, not 1; use the version that wrote it"):
        read_manifest(tmp_path)


def test_all_of_it_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ringboard.toml").write_text('app_id = "f"\n', encoding="utf-8")
    folder = tmp_path / "kept"
    with locked(folder):
        write_manifest(folder, manifest(one_log(folder, kept(0, 5), 5)))
    assert copy_settings(folder) == "copied"
    assert (folder / "ringboard.toml").read_bytes() == (tmp_path / "ringboard.toml").read_bytes()
    assert list(open_in(folder, 10)) == []


@pytest.mark.parametrize("line", ['pseudonym_key = "x"', ' "pseudonym_key"="x"', 'app_id = "f"\npseudonym_key="x"'])
def test_the_key_never_lies_beside_the_topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert copy_settings(tmp_path / "kept") == "no file"
    (tmp_path / "ringboard.toml").write_text(line, encoding="utf-8")
    assert copy_settings(tmp_path / "kept") == "has the key"
    assert not (tmp_path / "kept").exists()


def test_the_commands_say_what_is_wrong_before_they_ask_a_broker(tmp_path: Path) -> None:
    log = one_log(tmp_path, kept(0, 5), 5)
    write_manifest(tmp_path, manifest(log))
    run = CliRunner().invoke
    assert run(main, ["backup", str(tmp_path), "--verify"]).stdout.startswith("All of 5 records are as they were")
    (tmp_path / log.segments[0].file).unlink()
    verified = run(main, ["backup", str(tmp_path), "--verify"])
    assert (verified.exit_code, "1 files are damaged; take another copy of the back-up" in verified.stderr) == (1, True)
    restored = run(main, ["restore", str(tmp_path)])
    assert (restored.exit_code, "(1 files are; nothing was written)" in restored.stderr) == (1, True)
    both = run(main, ["restore", str(tmp_path), "--merge", "--rebuild"])
    assert "--rebuild and --merge do not go together: --merge never touches the numbers" in both.stderr
