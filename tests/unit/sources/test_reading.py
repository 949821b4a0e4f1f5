"""Files are opened, recognised, read line by line, and shifted as a whole."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import pytest

from stream.errors import RingboardError
from stream.sources import reading
from stream.sources.ndjson import Ndjson
from stream.sources.opening import opened, recognise
from stream.sources.reading import Read, Unreadable
from stream.sources.shift import as_ms, shifted

if TYPE_CHECKING:
    from pathlib import Path

QUEUE_LOG = b"uid,date_time,callid,queue_name,type,event,param1,param2,param3,entpos,expos,htime,ttime,time\n"


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", QUEUE_LOG, "pbxware-queue-log"),
        ("a.csv", b"\xef\xbb\xbf" + QUEUE_LOG.replace(b"uid", b'"uid"'), "pbxware-queue-log"),
        ("a.log", b'{"id": "1"}\n', "ndjson"),
        ("a.log", b'\x00 poison \xff\n{"id": "1"}\n', "ndjson"),
        ("a.ndjson", b"poison\n", "ndjson"),
        ("a.ndjson.gz", gzip.compress(b"poison\n", mtime=0), "ndjson"),
        ("a.csv", gzip.compress(QUEUE_LOG, mtime=0), "pbxware-queue-log"),
        ("a.log", b"Asterisk Call Manager/9.0.0\r\n", "asterisk-ami"),
        ("a.log", b"ted: x\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\n", "asterisk-ami"),
        ("empty", b"", "ndjson"),
    ],
)
def test_a_format_is_recognised_by_the_first_lines(tmp_path: Path, name: str, content: bytes, form: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert recognise(path) == form


def test_an_unknown_format_is_told_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"name;age\n")
    with pytest.raises(RingboardError, match=r"a\.csv: .*--format \(.*asterisk-cdr.*ndjson, pbxware-queue-log.*\)"):
        recognise(path)


def test_a_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RingboardError, match=r"none\.ndjson: cannot be read \(No such file"):
        recognise(tmp_path / "none.ndjson")


def test_a_gzip_that_is_cut_off_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(b"".join(b'{"id": "%d"}\n' % i for i in range(200_000)))[:-20_000])
    got: list[object] = []

    def read() -> None:
        with opened(path) as file:
            got.extend(Ndjson().read(file.content))

    with pytest.raises(RingboardError, match="cut off"):
        read()
    assert len(got) > 1000


def test_lines_are_counted_from_one_and_blank_ones_are_no_events() -> None:
    told = list(Ndjson().read(io.BytesIO(b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"a": 2}')))
    assert told == [Read(1, b'{"a": 1}'), Read(4, b'{"a": 2}')]


def test_a_line_beyond_all_measure_is_refused_and_the_next_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 100)
    first, second = Ndjson().read(io.BytesIO(b"x" * 1050 + b"\n{}\n"))
    assert isinstance(first, Unreadable)
    assert (first.line, first.refused.reason) == (1, "too_large")
    assert second == Read(2, b"{}")


def test_all_moments_move_together_and_nothing_else_does() -> None:
    event = {"id": "x", "at": 1000, "placed_at": "1970-01-01T00:00:00.500Z", "talk_s": 3, "from": 0, "to": True}
    assert shifted(event, 250) == {"id": "x", "at": 1250, "placed_at": 750, "talk_s": 3, "from": 250, "to": True}
    assert event["at"] == 1000


@pytest.mark.parametrize("moment", ["soon", "2026-01-01T00:00:00", None, 1.5, True, "", [], "9999-99-99"])
def test_what_is_no_moment_is_left_for_the_door_to_refuse(moment: object) -> None:
    assert as_ms(moment) is None
    assert shifted({"at": moment}, 5)["at"] is moment


def test_a_moment_with_an_offset_is_read() -> None:
    assert as_ms("2026-01-05T10:00:00.250+01:00") == 1_767_603_600_250
