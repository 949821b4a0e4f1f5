"""A replay reads its files, moves their times as one, plays them in time, and says what it came to."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from stream.cli import main
from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.intake.outbox import Intake, Outbox
from stream.replay.lines import Telling, at_rate, at_speed
from stream.replay.pace import Pace, Span, shift_to_now
from stream.replay.replaying import Replay

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stream.settings.model import Settings

NOW = 1_767_800_000_000
DAY = 86_400_000

Event = dict[str, Any]


class Kept(Outbox):
    """An outbox that keeps what it was given."""

    def __init__(self, settings: Settings, clock: FixedClock) -> None:
        super().__init__(Intake(settings, clock))
        self.events: list[Event] = []
        self.at_ms: list[int] = []
        self.flushed = 0
        self._now = clock.now_ms

    def put(self, event: Any, source: str, line: int, original: bytes | None = None) -> Any:
        admitted = super().put(event, source, line, original)
        if admitted is not None:
            self.events.append(orjson.loads(admitted.value))
            self.at_ms.append(self._now())
        return admitted

    async def flush(self) -> None:
        self.flushed += 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path, pseudonym_key=SecretStr("a key of the tests, and of nothing else"))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


def request(name: str, at: object) -> Event:
    return {"id": name, "type": "lead.requested", "at": at, "lead": f"lead {name}", "campaign": "Spring"}


def write(path: Path, *lines: Event | bytes) -> Path:
    data = b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines) + b"\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def run(replay: Replay, outbox: Outbox, settings: Settings) -> None:
    asyncio.run(replay.run(outbox, Outbox(Intake(settings, replay.clock))))


def test_as_recorded_all_times_stay(tmp_path: Path, settings: Settings, clock: FixedClock) -> None:
    path = write(tmp_path / "a.ndjson", request("a", NOW - DAY), request("b", "2026-01-05T10:00:00+01:00"))
    outbox = Kept(settings, clock)
    replay = Replay([path], clock)
    run(replay, outbox, settings)
    assert [event["at"] for event in outbox.events] == [NOW - DAY, 1_767_603_600_000]
    assert replay.shift_ms == 0


def test_to_now_the_last_event_lies_now_and_every_moment_moves_alike(
    tmp_path: Path, settings: Settings, clock: FixedClock
) -> None:
    last = {
        "id": "c", "type": "call.ended", "at": "2025-06-02T08:01:00Z", "call": "c", "direction": "outbound",
        "placed_at": "2025-06-02T08:00:00Z", "answered_at": 1_748_851_210_000, "number": "+33199001234", "talk_s": 50,
    }  # fmt: skip
    path = write(tmp_path / "a.ndjson.gz", request("a", 1_748_800_000_000), last, request("b", 1_748_840_000_000))
    outbox = Kept(settings, clock)
    run(Replay([path], clock, to_now=True), outbox, settings)
    call = outbox.events[1]
    assert (call["placed_at"], call["answered_at"], call["at"]) == (NOW - 60_000, NOW - 50_000, NOW)
    assert outbox.events[0]["at"] == NOW - (1_748_851_260_000 - 1_748_800_000_000)


def test_to_now_over_several_files_moves_them_by_one_amount(
    tmp_path: Path, settings: Settings, clock: FixedClock
) -> None:
    later = write(tmp_path / "b.ndjson", request("b", NOW - DAY))
    earlier = write(tmp_path / "a.ndjson", request("a", NOW - 3 * DAY))
    outbox = Kept(settings, clock)
    run(Replay([later, earlier], clock, to_now=True), outbox, settings)
    assert [event["at"] for event in outbox.events] == [NOW, NOW - 2 * DAY]


def test_the_rest_of_a_set_is_moved_by_what_the_first_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, clock: FixedClock
) -> None:
    later = write(tmp_path / "b.ndjson", request("b", NOW - 40 * DAY))
    earlier = write(tmp_path / "a.ndjson", request("a", NOW - 42 * DAY), request("c", NOW + 10 * DAY))
    first = Replay([later], clock, to_now=True)
    run(first, Kept(settings, clock), settings)
    outbox = Kept(settings, clock)
    rest = Replay([earlier], clock, shift_ms=first.shift_ms)
    run(rest, outbox, settings)
    assert [event["at"] for event in outbox.events] == [NOW - 2 * DAY]
    assert outbox.refused == {"time_ahead": 1}
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    said = CliRunner().invoke(main, ["replay", "--dry-run", "--to-now", str(later)]).output
    shift = re.search(r"all times were moved by \S+ s; move other files of the same set alike: (--shift \S+)", said)
    assert shift is not None
    told = json.loads(
        CliRunner().invoke(main, ["replay", "--dry-run", "--json", *shift[1].split(), str(earlier)]).stdout
    )
    assert abs(told["shift_ms"] / 1000 - float(shift[1].split()[1])) < 0.001
    assert (
        "Use one of --shift and --to-now"
        in CliRunner().invoke(main, ["replay", "--to-now", "--shift", "1", str(later)]).output
    )


def test_a_record_that_is_refused_moves_nothing_and_is_refused_as_it_stood(
    tmp_path: Path, settings: Settings, clock: FixedClock
) -> None:
    path = write(
        tmp_path / "a.ndjson",
        b"\x00poison\xff",
        request("far", 10**15),
        request("a", NOW - DAY),
        request("old", 5),
        b"[1]",
    )
    outbox = Kept(settings, clock)
    run(Replay([path], clock, to_now=True), outbox, settings)
    assert [(event["id"], event["at"]) for event in outbox.events] == [("a", NOW)]
    assert [(refusal.line, refusal.reason) for refusal in outbox.refusals] == [
        (1, "malformed_json"),
        (2, "time_ahead"),
        (4, "time_absurd"),
        (5, "not_an_object"),
    ]


def test_moved_twice_the_ids_are_the_same_and_the_times_others(
    tmp_path: Path, settings: Settings, clock: FixedClock
) -> None:
    path = write(tmp_path / "a.ndjson", request("a", NOW - DAY), request("b", NOW - 5))
    first, second = Kept(settings, clock), Kept(settings, clock)
    run(Replay([path], clock, to_now=True), first, settings)
    clock.advance(DAY)
    run(Replay([path], clock, to_now=True), second, settings)
    assert [event["id"] for event in first.events] == [event["id"] for event in second.events]
    assert all(b["at"] - a["at"] == DAY for a, b in zip(first.events, second.events, strict=True))


def test_a_file_says_how_far_it_came_when_it_is_damaged(tmp_path: Path, settings: Settings, clock: FixedClock) -> None:
    path = tmp_path / "a.ndjson.gz"
    data = b"".join(orjson.dumps(request(f"{i} {i * 7919 % 1009}", NOW - i)) + b"\n" for i in range(20_000))
    path.write_bytes(gzip.compress(data)[:-5000])
    outbox = Kept(settings, clock)
    replay = Replay([path], clock)
    with pytest.raises(RingboardError, match="cut off"):
        run(replay, outbox, settings)
    (file,) = replay.files
    assert not file.complete
    assert file.line == file.events == len(outbox.events) > 1000
    assert outbox.flushed


async def _play(replay: Replay, outbox: Kept, settings: Settings, clock: FixedClock, step: int) -> None:
    """Play while the clock goes on by `step` ms at a time."""
    playing = asyncio.create_task(replay.run(outbox, Outbox(Intake(settings, clock))))
    while not playing.done():
        clock.advance(step)
        await asyncio.sleep(0.001)
    await playing


async def test_at_a_speed_every_event_waits_for_its_moment(
    tmp_path: Path, settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.replay.pace._NAP_S", 0.0)
    times = [NOW - DAY, NOW - DAY + 60_000, NOW - DAY + 30_000, NOW - DAY + 600_000]
    path = write(tmp_path / "a.ndjson", *(request(str(i), at) for i, at in enumerate(times)), request("far", 10**15))
    outbox = Kept(settings, clock)
    await _play(Replay([path], clock, speed=10), outbox, settings, clock, step=500)
    waits = [at - outbox.at_ms[0] for at in outbox.at_ms]
    assert [round(wait / 1000) for wait in waits] == [0, 6, 6, 60]
    # Whoever waits has first sent what is due.
    assert outbox.flushed >= 3


async def test_to_now_at_a_speed_the_last_event_lies_at_the_moment_it_is_sent(
    tmp_path: Path, settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.replay.pace._NAP_S", 0.0)
    path = write(tmp_path / "a.ndjson", request("a", NOW - 40 * DAY), request("b", NOW - 10 * DAY))
    outbox = Kept(settings, clock)
    await _play(Replay([path], clock, to_now=True, speed=1000), outbox, settings, clock, step=20_000)
    assert 0 <= outbox.at_ms[1] - outbox.events[1]["at"] <= 20_000
    assert not outbox.refused


@pytest.mark.parametrize(
    ("speed", "first_at", "last_at"), [(None, -100, 0), (1.0, 0, 100), (4.0, -75, 25), (0.5, 0, 100)]
)
def test_nothing_that_is_moved_lies_ahead_of_the_clock_when_it_is_sent(
    speed: float | None, first_at: int, last_at: int
) -> None:
    span = Span(5000, 5100)
    moved = span.moved(shift_to_now(span, NOW, speed))
    assert (moved.first - NOW, moved.last - NOW) == (first_at, last_at)


def test_a_moment_outside_of_what_is_played_waits_for_nothing(clock: FixedClock) -> None:
    pace = Pace(clock, Span(1000, 61_000), 1.0)
    assert pace.wait_ms(61_000) == 60_000
    assert pace.wait_ms(61_001) == pace.wait_ms(999) == pace.wait_ms(1010) == 0


@pytest.mark.parametrize(
    ("clockwork", "expected"),
    [(lambda clock: at_rate(clock, 50), [0, 20, 40]), (lambda clock: at_speed(clock, 1000, 10), [0, 100, 900])],
)
def test_a_floor_is_told_at_a_rate_or_a_speed(
    clock: FixedClock, clockwork: Callable[[FixedClock], Callable[[int, int], float]], expected: list[int]
) -> None:
    due = clockwork(clock)
    assert [due(i, arrival) - NOW for i, arrival in enumerate((1000, 2000, 10_000))] == expected


async def test_what_is_told_is_flushed_even_when_it_is_cancelled(clock: FixedClock) -> None:
    class Listener:
        told: int = 0
        flushed: int = 0
        waiting = asyncio.Event()

        def put(self, event: Event, line: int) -> None:
            assert event["type"] == "x"
            self.told = line

        async def relieve(self) -> None: ...

        async def flush(self) -> None:
            self.flushed = self.told
            self.waiting.set()

    listener = Listener()
    telling = Telling(clock, lambda number, _: NOW if number < 3 else NOW + DAY)
    told = [(NOW, {"type": "x"})] * 10
    async with asyncio.TaskGroup() as group:
        task = group.create_task(telling.run(told, listener))
        await asyncio.wait_for(listener.waiting.wait(), 60)
        task.cancel()
    assert listener.told == listener.flushed == telling.by_type.total() == 3


@pytest.fixture
def ringboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RINGBOARD_BROKER", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return run


def test_a_dry_run_needs_no_broker_and_counts_all(tmp_path: Path, ringboard: Callable[..., Result]) -> None:
    write(tmp_path / "a.ndjson", b"poison", request("a", NOW - DAY))
    told = ringboard("replay", "--dry-run", "--json", "a.ndjson")
    assert told.exit_code == 0, told.output
    summary = json.loads(told.output)
    assert (summary["sent"], summary["events"], summary["refused"]) == (False, 1, {"malformed_json": 1})
    assert (summary["files"][0]["file"], summary["files"][0]["line"], summary["files"][0]["complete"]) == (
        "a.ndjson", 2, True,
    )  # fmt: skip
    text = ringboard("replay", "--dry-run", "a.ndjson").output
    assert "a.ndjson, line 1: malformed_json" in text
    assert "1 events read, and not sent" in text


def test_a_dry_run_says_of_each_line_what_would_become_of_it_and_shows_no_number(
    tmp_path: Path, ringboard: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGBOARD_EXTENSION_PATTERN", "[0-9]{3}")
    called = {
        "id": "c", "type": "call.ended", "at": NOW - DAY, "call": "c", "direction": "outbound",
        "placed_at": NOW - DAY, "number": "06 39 98 00 01",
    }  # fmt: skip
    write(tmp_path / "a.ndjson", called, b"", {**called, "number": "101"}, {**called, "call": 5})
    text = ringboard("replay", "--dry-run", "a.ndjson").output
    sent, left_out, refused = text.splitlines()[:3]
    assert sent.startswith('a.ndjson, line 1: would be sent: {"type":"call.ended","id":"c"')
    assert '"number":"num_' in sent
    assert left_out == "a.ndjson, line 3: left out: a call whose only other party is an extension"
    assert refused.startswith("a.ndjson, line 4: refused: wrong_type: call:")
    summary = json.loads(ringboard("replay", "--dry-run", "--json", "a.ndjson").output)
    assert [(line["line"], line["fate"]) for line in summary["lines"]] == [(1, "sent"), (3, "left out"), (4, "refused")]
    for told in (text, json.dumps(summary)):
        assert "39980001" not in told.replace(" ", "")


def test_a_file_with_a_wrong_header_is_named_and_no_second_run_is_advised(
    tmp_path: Path, ringboard: Callable[..., Result]
) -> None:
    (tmp_path / "a.csv").write_text("clid,src,dst,billsec,disposition\n")
    told = ringboard("replay", "--dry-run", "--format", "asterisk-cdr", "a.csv")
    assert told.exit_code == 1
    *_, last = told.output.splitlines()
    assert last.startswith("Error: a.csv: header: no call detail records have this one; it lacks start, channel")
    assert "interrupted" not in told.output
    told = ringboard("replay", "--dry-run", "--json", "--format", "asterisk-cdr", "a.csv")
    assert json.loads(told.stdout)["interrupted"] is False


def test_without_a_broker_there_is_one_clear_line(tmp_path: Path, ringboard: Callable[..., Result]) -> None:
    write(tmp_path / "a.ndjson", request("a", NOW - DAY))
    for arguments in (("replay", "a.ndjson"), ("simulate",)):
        told = ringboard(*arguments)
        assert told.exit_code == 1
        (line,) = told.output.strip().splitlines()
        assert line.startswith("Error: no Kafka broker answers at 127.0.0.1:1: start one")


def test_a_simulated_floor_in_a_file_has_the_same_bytes_every_time_and_replays(
    tmp_path: Path, ringboard: Callable[..., Result]
) -> None:
    sizes = ("--seed", "5", "--reps", "3", "--leads-per-day", "20")
    for name in ("a.ndjson.gz", "b.ndjson.gz"):
        told = ringboard("simulate", *sizes, "--out", name)
        assert told.exit_code == 0, told.output
        assert "simulated events written to" in told.output
    assert (tmp_path / "a.ndjson.gz").read_bytes() == (tmp_path / "b.ndjson.gz").read_bytes()
    summary = json.loads(ringboard("replay", "--dry-run", "--json", "a.ndjson.gz").output)
    assert summary["events"] > 1000
    assert not summary["refused"]


def test_two_clockworks_exclude_each_other(ringboard: Callable[..., Result]) -> None:
    told = ringboard("simulate", "--live", "--rate", "5")
    assert told.exit_code == 2
    assert "exclude each other" in told.output


def test_a_floor_that_has_not_begun_yet_is_not_sent(ringboard: Callable[..., Result]) -> None:
    told = ringboard("simulate", "--start", "2999-01-01")
    assert told.exit_code == 1
    assert told.output.startswith("Error: start: 2999-01-01 has not come yet")


@pytest.mark.parametrize("name", ["replay", "simulate"])
def test_help_has_an_example(ringboard: Callable[..., Result], name: str) -> None:
    told = ringboard(name, "--help")
    assert told.exit_code == 0
    assert f"ringboard {name} -" in told.output or f"ringboard {name} queue_log.csv" in told.output


def test_json_of_something_else_is_told_of_the_mapping_and_a_wrong_line_among_events_is_not(
    ringboard: Callable[..., Result], tmp_path: Path
) -> None:
    event = '{"id":"1","type":"rep.state","at":1704446060000,"rep":"r","state":"paused"}\n'
    for content, noted in (('[{"lead": 1}, {"lead": 2}]', True), (event + '{"lead": 1}\n', False)):
        (tmp_path / "a.json").write_text(content)
        assert ("note: none of it is an event" in ringboard("replay", "--dry-run", "a.json").output) is noted


def test_a_wrong_file_is_no_interruption_and_its_replay_is_not_to_be_run_again(
    ringboard: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "Master.csv").write_text("a,b,c\n1,2,3\n")
    for options in ((), ("--mapping", "hubspot"), ("--format", "asterisk-cdr")):
        told = ringboard("replay", "--dry-run", *options, "Master.csv")
        assert "interrupted" not in told.output, options


def test_what_cannot_be_followed_is_said(ringboard: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for arguments, said in (
        (("--follow", "--format", "ndjson", "a"), "A file of ndjson is not followed; those of asterisk-cel, "),
        (("--follow", "--mapping", "hubspot", "a"), "--follow goes with --format, --encoding and --json alone."),
        (("--follow", "folder"), "'folder' is a folder; name the files in it."),
        (("--dry-run", "none"), "File 'none' does not exist."),
    ):
        told = ringboard("replay", *arguments)
        assert told.exit_code == 2, arguments
        assert said in told.output
