"""Text is read whatever its bytes are: UTF-8, what is declared, else Windows-1252; and what was read so is said."""

from __future__ import annotations

import codecs
import gzip
import io
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from stream.cli import main
from stream.sources.asterisk.ami.messages import Block, read
from stream.sources.opening import opened, recognise
from stream.sources.text import AsUtf8, Written, decoded
from tests.read_source import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

T = 1_795_942_800
QUEUE_LOG = (
    f"{T}|{T}.0|sales|NONE|ENTERQUEUE||0639980001|1\n"
    f"{T + 12}|{T}.0|sales|André Bénard|CONNECT|12|{T + 2}.9|10\n"
    f"{T + 72}|{T}.0|sales|André Bénard|COMPLETECALLER|12|60|1\n"
)


@given(st.text())
def test_what_is_utf8_stays_what_it_is(text: str) -> None:
    assert decoded(text.encode("utf-8", "replace")) == text.encode("utf-8", "replace").decode()


@given(st.binary())
def test_any_bytes_are_text(data: bytes) -> None:
    assert isinstance(decoded(data), str)
    assert isinstance(decoded(data, "cp850"), str)
    assert isinstance(decoded(data, "gbk"), str)


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("André Bénard".encode("cp1252"), None, "André Bénard"),
        ("Œdipe, 5 €".encode("cp1252"), None, "Œdipe, 5 €"),
        ("Zoé,".encode() + "André".encode("cp1252"), None, "Zoé,André"),
        ("André".encode("cp850"), "cp850", "André"),
        ("Zoé,".encode() + "André".encode("cp850"), "cp850", "Zoé,André"),
        ("Андрей".encode("cp1251"), "cp1251", "Андрей"),
        ("王小明".encode("gbk"), "gbk", "王小明"),
        ("André".encode(), "cp850", "André"),
        ("JOÃO, É".encode("cp1252"), None, "JOÃO, É"),
        ("Résumé\xa0: été".encode("cp1252"), None, "Résumé\xa0: été"),
        ("Zoé Lefèv".encode()[:-2] + b'"', None, 'Zoé Lef\ufffd"'),
        ("prix 5 €".encode()[:-1], None, "prix 5 \ufffd"),
        (b"\x81\x8d", None, "\ufffd\ufffd"),
    ],
)
def test_what_is_not_utf8_is_what_is_declared_else_windows_1252(data: bytes, encoding: str | None, text: str) -> None:
    assert decoded(data, encoding) == text


@given(st.lists(st.sampled_from(["é\n", "a" * 30, "\n", "€", "ü,"]), max_size=60), st.integers(1, 9), st.booleans())
def test_a_stream_gives_the_lines_of_the_whole_however_it_is_read(parts: list[str], size: int, latin: bool) -> None:
    data = "".join(parts).encode("cp1252" if latin else "utf-8")
    stream = AsUtf8(io.BytesIO(data), None, data)
    found = b""
    while chunk := stream.read(size):
        found += chunk
    assert found.decode() == "".join(parts)
    assert stream.tell() == len(found)
    assert stream.seek(len(found) // 2) == len(found) // 2
    assert stream.readall() == found[len(found) // 2 :]
    assert bool(list(stream.remarks())) is (latin and any(ord(sign) > 127 for sign in "".join(parts)))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (QUEUE_LOG.encode(), []),
        (QUEUE_LOG.encode("cp1252"), ["2 of its lines are not UTF-8, and were read as Windows-1252"]),
        (codecs.BOM_UTF8 + QUEUE_LOG.encode(), []),
        (QUEUE_LOG.encode("utf-16"), ["it is in UTF-16, and was read as that"]),
        (QUEUE_LOG.encode("utf-16-le"), ["it is in UTF-16, and was read as that"]),
        (QUEUE_LOG.encode("utf-16-be"), ["it is in UTF-16, and was read as that"]),
        (QUEUE_LOG.encode("utf-32"), ["it is in UTF-32, and was read as that"]),
        (bytes(9000) + QUEUE_LOG.encode(), ["9000 bytes of it were 0"]),
        (gzip.compress(QUEUE_LOG.encode("utf-16")), ["it is in UTF-16, and was read as that"]),
    ],
    ids=["utf-8", "cp1252", "mark", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "zeros", "gzip"],
)
def test_a_log_in_any_encoding_gives_the_same_events_and_says_so(data: bytes, said: list[str], tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_bytes(data)
    assert recognise(path) == "asterisk-queue-log"
    with opened(path) as file:
        found = read_bytes("asterisk-queue-log", file.content.read())
        remarks = list(file.remarks())
    assert found == (*read_bytes("asterisk-queue-log", QUEUE_LOG)[:3], found.source)
    assert found.call()["rep"] == "André Bénard"
    assert [remark.startswith(start) for remark, start in zip(remarks, said, strict=True)] == [True] * len(said)


def test_one_rep_is_one_in_a_log_and_over_the_manager_interface() -> None:
    (call,) = read_bytes("asterisk-queue-log", QUEUE_LOG.encode("cp1252")).of_type("call.ended")
    for encoding in ("utf-8", "cp1252"):
        message = read(Block(1, "Event: QueueMemberAdded\nMemberName: André Bénard".encode(encoding)))
        assert message.get("membername") == call["rep"]
    declared = read(Block(1, "Event: QueueMemberAdded\nMemberName: André Bénard".encode("cp850")), "cp850")
    assert declared.get("membername") == call["rep"]


def test_a_declared_encoding_is_a_setting_an_option_or_the_mappings(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_bytes(QUEUE_LOG.encode("cp850"))
    with opened(path, Written("cp850")) as file:
        assert file.content.read().decode() == QUEUE_LOG
        assert not list(file.remarks())
    for options, env in ((["--encoding", "cp850"], {}), ([], {"RINGBOARD_TEXT_ENCODING": "cp850"})):
        told = CliRunner().invoke(main, ["replay", "--dry-run", "--json", *options, str(path)], env=env)
        assert told.exit_code == 0, told.output
        assert '\\"rep\\":\\"André Bénard\\"' in json.dumps(json.loads(told.stdout), ensure_ascii=False)


def test_what_is_in_neither_is_read_all_the_same_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\x81\xff\n")
    with opened(path, Written("gbk")) as file:
        assert file.content.read().decode() == "\ufffdÿ\n"
        (remark,) = file.remarks()
    assert remark.startswith("1 of its lines are not UTF-8 nor all in gbk, and were read as Windows-1252")
