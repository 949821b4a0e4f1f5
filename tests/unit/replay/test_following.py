"""A log is followed line by line over rotation, cutting and restarts: what is given comes to what a replay gives."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from stream.replay import following, generations
from stream.replay.following import FollowedLog, FollowedLogs
from stream.replay.generations import Log
from stream.replay.positions import Positions
from stream.sources.formats import FORMATS
from stream.sources.live_source import LostError
from stream.web.source_metrics import SourceMetrics
from tests.read_source import read_bytes, settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from stream.events.refusal import Refused

T = 1_795_942_800
DEADLINE_S = 120


def row(number: int) -> str:
    """Return the CDR of a call; each third has a second row, which comes later."""
    at = f"2026-11-29 {9 + number // 60:02}:{number % 60:02}:"
    born = T + 60 * number
    return (
        f'"","101","06399800{number % 100:02}","out","","PJSIP/101-{number:08}","PJSIP/carrier-{number:08}","Dial","x",'
        f'"{at}00","{at}10","{at}50","50","40","ANSWERED","DOCUMENTATION","{born}.{number}","","","{born}.{number}",0\n'
    )


def queue_rows(number: int) -> str:
    at = T + 60 * number
    return (
        f"{at}|{at}.{number}|sales|NONE|ENTERQUEUE||06399800{number % 100:02}|1\n"
        f"{at + 5}|{at}.{number}|sales|Zoé|CONNECT|5|{at}.9|2\n"
        f"{at + 30}|{at}.{number}|sales|Zoé|COMPLETEAGENT|5|25|1\n"
    )


class Heard:
    """Hears a log, and keeps what it is given."""

    def __init__(self) -> None:
        self.metrics = SourceMetrics("log")
        self.events: list[Mapping[str, Any]] = []
        self.stood: list[tuple[str, int]] = []
        self.refused: list[tuple[Refused, tuple[str, int] | None]] = []
        self.is_connected = False

    def connected(self) -> None:
        self.is_connected = True

    def heard(self) -> None: ...

    async def put(self, event: Any, *, refused: Refused | None = None, stood: tuple[str, int] | None = None) -> None:
        assert stood is not None
        if refused is not None:
            self.refused.append((refused, stood))
        else:
            self.events.append(event)
            self.stood.append(stood)

    async def empty(self) -> None: ...

    async def send(self, event: Any, original: Any = None) -> None: ...

    async def refuse(self, refused: Refused, data: bytes) -> None: ...

    async def flush(self) -> None: ...

    @property
    def ids(self) -> set[str]:
        return {event["id"] for event in self.events}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_NAP_S", 0.005)
    monkeypatch.setattr(following, "_KNOWN_S", 0.01)
    monkeypatch.setattr(generations, "_LOOK_S", 0.0)


def log_at(path: Path, form: str | None = None) -> FollowedLog:
    given = None if form is None else FORMATS[form]
    return FollowedLog(path, given, settings_of(data_dir=path.parent), Positions(path.parent / "data", path))


@asynccontextmanager
async def followed(path: Path, form: str | None = None) -> AsyncIterator[tuple[Heard, FollowedLog]]:
    heard, log = Heard(), log_at(path, form)
    task = asyncio.create_task(FollowedLogs([log], heard).listen(heard))
    try:
        yield heard, log
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(heard: Heard, ids: set[str]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not ids <= heard.ids:  # noqa: ASYNC110  a file says nothing by itself
            await asyncio.sleep(0.01)


def replayed(form: str, text: str) -> set[str]:
    return {event["id"] for event in read_bytes(form, text, data_dir=".").events}


@pytest.mark.parametrize(
    ("form", "rows"), [("asterisk-cdr", row), ("asterisk-queue-log", queue_rows)], ids=["cdr", "queue_log"]
)
async def test_what_is_written_and_rotated_comes_to_what_a_replay_gives(form: str, rows: Any, tmp_path: Path) -> None:
    path = tmp_path / "log"
    parts = ["".join(rows(number) for number in range(first, first + 4)) for first in range(0, 24, 4)]
    async with followed(path) as (heard, log):
        await asyncio.sleep(0.05)  # it is not there yet
        assert not heard.events
        path.write_text(parts[0])
        await until(heard, replayed(form, parts[0]))
        with path.open("a") as file:
            file.write(parts[1][:-25])  # half a line
            file.flush()
            await asyncio.sleep(0.05)
            file.write(parts[1][-25:])
        await until(heard, replayed(form, "".join(parts[:2])))
        path.rename(tmp_path / "log.1")
        with (tmp_path / "log.1").open("a") as file:
            file.write(parts[2])  # the writer was not told yet
        path.write_text(parts[3])
        await until(heard, replayed(form, "".join(parts[:4])))
        (tmp_path / "log.2").write_text(path.read_text() + parts[4])
        path.write_text(parts[5])  # copied, and cut
        await until(heard, replayed(form, "".join(parts)))
        assert heard.is_connected
    assert heard.ids == replayed(form, "".join(parts))
    assert (log.lines, log.refused, log.form.name if log.form else None) == ("".join(parts).count("\n"), 0, form)
    assert {name for name, _ in heard.stood} == {"log", "log.2"}


async def test_it_goes_on_where_it_was_over_rotations_while_it_was_away(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    parts = ["".join(queue_rows(number) for number in range(first, first + 3)) for first in range(0, 15, 3)]
    path.write_text(parts[0])
    async with followed(path) as (heard, _):
        await until(heard, replayed("asterisk-queue-log", parts[0]))
        async with asyncio.timeout(DEADLINE_S):
            while not list((tmp_path / "data").rglob("*.json")):  # noqa: ASYNC110  as above
                await asyncio.sleep(0.01)
    with path.open("a") as file:
        file.write(parts[1])
    (tmp_path / "queue_log.2.gz").write_bytes(gzip.compress(path.read_bytes()))
    (tmp_path / "queue_log.1").write_text(parts[2])
    path.unlink()
    path.write_text(parts[3])
    async with followed(path) as (heard, log):
        await until(heard, replayed("asterisk-queue-log", "".join(parts[1:4])))
    assert not heard.ids & replayed("asterisk-queue-log", parts[0]), "what was given before is not given again"
    assert log.lines == "".join(parts[1:4]).count("\n")
    async with followed(path) as (heard, log):
        await asyncio.sleep(0.1)
    assert (heard.events, log.lines) == ([], 0)


async def test_a_call_that_was_under_way_at_a_restart_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    rows = queue_rows(1).splitlines(keepends=True)
    path.write_text("".join(rows[:2]))
    async with followed(path) as (heard, _):
        await until(heard, replayed("asterisk-queue-log", "".join(rows[:2])))
    with path.open("a") as file:
        file.write(rows[2])
    whole = read_bytes("asterisk-queue-log", "".join(rows), data_dir=".").of_type("call.ended")
    async with followed(path) as (heard, _):
        await until(heard, {whole[0]["id"]})
    assert [event for event in heard.events if event["type"] == "call.ended"] == whole


async def test_a_row_that_comes_later_makes_its_call_anew(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    first, second = row(1), row(1).replace('"0",', "").replace("10:50", "10:50").replace(",0\n", ",1\n")
    path.write_text(first)
    async with followed(path) as (heard, _):
        await until(heard, replayed("asterisk-cdr", first))
        with path.open("a") as file:
            file.write(second)
        await until(heard, replayed("asterisk-cdr", first + second))
    assert len({event["call"] for event in heard.events}) == 1


def inside(number: int) -> str:
    """Return the CDR of a call between extensions."""
    return row(number).replace(f"06399800{number:02}", "102").replace("carrier", "102").replace('"out"', '"phones"')


async def test_calls_that_are_left_out_are_counted_once_however_often_they_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_text(row(1) + inside(2) + inside(3))
    async with followed(path) as (heard, log):
        await until(heard, replayed("asterisk-cdr", row(1)))
        for number in range(4, 7):  # between them it looks at the calls that have ended, which may get another row
            with path.open("a") as file:
                file.write(row(number))
            await until(heard, replayed("asterisk-cdr", row(number)))
    assert (heard.metrics.fates["internal"], log.unused["internal call"]) == (2, 2)


async def test_a_broken_line_is_refused_where_it_stands_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text(queue_rows(1) + "broken\n" + queue_rows(2))
    async with followed(path, "asterisk-queue-log") as (heard, log):
        await until(heard, replayed("asterisk-queue-log", queue_rows(2)))
    ((refused, stood),) = heard.refused
    assert (refused.reason, stood, log.refused) == ("malformed_line", ("queue_log", 4), 1)


async def test_a_file_of_no_known_format_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text("a;b\n")
    with pytest.raises(LostError, match="its 2 columns are of no known format"):
        await log_at(path).follow(Heard(), Heard())


def lines_of(log: Log) -> list[bytes]:
    found = []
    while (line := log.next_line()) is not None:
        found.append(line)
    return found


@hypothesis_settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_whatever_becomes_of_the_file_each_line_is_given_once(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    path = folder / "log"
    log, written, found, rotations = Log(path), 0, list[bytes](), 0
    for _ in range(data.draw(st.integers(1, 12))):
        step = data.draw(st.sampled_from(["write", "write", "rename", "copy", "look", "restart"]))
        if step == "write":
            with path.open("a") as file:
                for _ in range(data.draw(st.integers(1, 4))):
                    file.write(f"line {written}\n")
                    written += 1
        elif step == "rename" and path.exists():
            found += lines_of(log)
            rotations += 1
            path.rename(folder / f"log.{rotations}")
            if data.draw(st.booleans()):
                with (folder / f"log.{rotations}").open("a") as file:
                    file.write(f"line {written}\n")
                    written += 1
        elif step == "copy" and path.exists():
            found += lines_of(log)
            rotations += 1
            (folder / f"log.{rotations}").write_bytes(path.read_bytes())
            path.write_bytes(b"")
        elif step == "look":
            found += lines_of(log)
        elif step == "restart":
            found += lines_of(log)
            places = [one.place((one.offset, one.line)) for one in log.generations if one.offset]
            log.close()
            log = Log(path, places)
    found += lines_of(log)
    log.close()
    assert [line for line in found if line] == [f"line {number}\n".encode() for number in range(written)]


def test_the_position_of_a_process_that_died_is_that_of_before(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    assert Positions(tmp_path, path).read() == ()
    path.write_text(queue_rows(1))
    log = Log(path)
    lines_of(log)
    places = [one.place((0, 0)) for one in log.generations]
    Positions(tmp_path, path).keep(places)
    assert list(Positions(tmp_path, path).read()) == places
    (note,) = (tmp_path / "followed").iterdir()
    note.write_text("{")
    assert Positions(tmp_path, path).read() == ()
