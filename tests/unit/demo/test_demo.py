"""The parts of the demo: its folder, its port, its state, and the errors when it cannot start."""

from __future__ import annotations

import itertools
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.demo import folder as module
from stream.demo.folder import DemoFolder
from stream.demo.port import need_free
from stream.demo.state import HALF_AN_HOUR, HOUR, LIVE_ONLY, MINUTE, DemoState
from stream.errors import RingboardError
from stream.simulate import Story
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PARIS = ZoneInfo("Europe/Paris")
WEDNESDAY_11H = 1_709_114_400_000  # 2024-02-28T11:00+01:00
DAY = 24 * HOUR


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def begun(now_ms: int = WEDNESDAY_11H) -> DemoState:
    return DemoState.new(7, 2, now_ms, PARIS)


def taken(state: DemoState, now_ms: int, until_ms: int) -> list[tuple[int, dict[str, Any]]]:
    return list(itertools.takewhile(lambda pair: pair[0] <= until_ms, state.events(now_ms)))


# The state


def test_a_demo_begun_while_the_floor_works_is_not_shifted_in_time() -> None:
    assert begun().play.shift_ms == 0


def test_a_demo_that_goes_on_while_the_floor_works_sends_what_was_missed_in_the_meantime() -> None:
    state = begun().sent(WEDNESDAY_11H)
    later = state.at_work(WEDNESDAY_11H + DAY)
    assert later == state
    missed = list(later.play.history(WEDNESDAY_11H + DAY, after_ms=later.sent_until_ms))
    assert missed
    assert missed[0][0] > WEDNESDAY_11H
    assert missed[-1][0] <= WEDNESDAY_11H + DAY


@pytest.mark.parametrize("hours", [9, 13, 20, 3 * 24, 4 * 24 + 12, 11 * 24 + 15])
def test_a_demo_that_goes_on_at_night_or_on_a_weekend_finds_the_floor_at_work(hours: int) -> None:
    state = begun().sent(WEDNESDAY_11H)
    now = WEDNESDAY_11H + hours * HOUR
    later = state.at_work(now)
    assert later.play.is_open(now)
    assert later.play.is_open(now + HALF_AN_HOUR)
    assert later.sent_floor_ms == state.sent_floor_ms, "its own time goes on from where it was"
    assert later.sent_until_ms is not None
    assert later.sent_until_ms <= now


def test_events_keep_their_ids_when_the_floors_time_is_shifted() -> None:
    state = begun().sent(WEDNESDAY_11H)
    later = state.at_work(WEDNESDAY_11H + 12 * HOUR)
    first = [event["id"] for _, event in state.play.history(WEDNESDAY_11H)]
    shifted = [event["id"] for _, event in later.play.history(WEDNESDAY_11H + later.play.shift_ms)]
    assert first == shifted


def test_a_saved_state_is_loaded_as_it_was(tmp_path: Path) -> None:
    state = begun().sent(WEDNESDAY_11H)
    state.save(tmp_path / "story.json")
    assert DemoState.load(tmp_path / "story.json") == state


def test_a_demo_of_an_earlier_version_is_refused_in_one_line_that_names_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "story.json"
    begun().save(path)
    path.write_text(
        json.dumps({name: value for name, value in json.loads(path.read_text()).items() if name != "stories"})
    )
    with pytest.raises(RingboardError, match="an earlier version; add --reset"):
        DemoState.load(path)


def test_each_start_but_one_soon_after_the_last_tells_a_story_of_its_own() -> None:
    state = begun().sent(WEDNESDAY_11H + MINUTE)
    assert state.stories == (WEDNESDAY_11H,)
    assert state.looked_at(WEDNESDAY_11H + 3 * MINUTE).stories == (WEDNESDAY_11H,)
    assert state.looked_at(WEDNESDAY_11H + 5 * MINUTE).stories == (WEDNESDAY_11H, WEDNESDAY_11H + 5 * MINUTE)
    later = state.looked_at(WEDNESDAY_11H + 3 * HOUR)
    assert later.stories == (WEDNESDAY_11H, WEDNESDAY_11H + 3 * HOUR)
    much_later = later.sent(WEDNESDAY_11H + 30 * HOUR).looked_at(WEDNESDAY_11H + 31 * HOUR)
    assert much_later.stories == (WEDNESDAY_11H + 3 * HOUR, WEDNESDAY_11H + 31 * HOUR)


def test_what_was_begun_by_the_last_start_is_ended_by_the_next() -> None:
    stopped, again = WEDNESDAY_11H + 4 * MINUTE, WEDNESDAY_11H + 3 * HOUR
    state = begun()
    sent = {event["id"] for arrival, event in taken(state, WEDNESDAY_11H, stopped)}
    later = state.sent(stopped).looked_at(again)
    rest = [(arrival, event) for arrival, event in taken(later, again, again + 2 * HOUR)]
    assert [arrival for arrival, _ in rest] == sorted(arrival for arrival, _ in rest)
    assert rest[0][0] > stopped
    story = (event for _, event in Story(state.play.floor, WEDNESDAY_11H, again + HOUR))
    first = {event["id"] for event in story if event["type"] not in LIVE_ONLY}
    assert first <= sent | {event["id"] for _, event in rest}


def test_of_the_past_only_what_counts_is_sent() -> None:
    sent = taken(begun(), WEDNESDAY_11H, WEDNESDAY_11H)
    ringing = [arrival for arrival, event in sent if event["type"] in LIVE_ONLY]
    assert ringing
    assert min(ringing) >= WEDNESDAY_11H - DAY
    assert min(arrival for arrival, event in sent if event["type"] == "call.ended") < WEDNESDAY_11H - DAY


def test_a_file_that_is_no_state_is_refused_in_one_line_that_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "story.json").write_text("{}")
    with pytest.raises(RingboardError, match="--reset"):
        DemoState.load(tmp_path / "story.json")


# The folder


def test_a_folder_is_used_by_one_demo_at_a_time(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    with folder.lock(), pytest.raises(RingboardError, match=f"process {os.getpid()}"), folder.lock():
        pass
    with folder.lock() as was_killed:
        assert not was_killed


def test_a_demo_that_was_killed_is_noticed_by_the_next_one(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    with folder.lock():
        content = (folder.root / module.LOCK).read_text()
    (folder.root / module.LOCK).write_text(content)
    with folder.lock() as was_killed:
        assert was_killed


def test_a_folder_with_files_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("text")
    with pytest.raises(RingboardError, match="none of the demo's"), DemoFolder(tmp_path).lock():
        pass
    assert (tmp_path / "note.txt").read_text() == "text"


def test_emptying_the_folder_deletes_what_is_in_it_and_nothing_that_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").touch()
    folder = DemoFolder(tmp_path / "demo")
    with folder.lock():
        (folder.broker / "data").mkdir(parents=True)
        folder.state.touch()
        (folder.root / "link").symlink_to(tmp_path / "outside")
        folder.empty()
        assert sorted(path.name for path in folder.root.iterdir()) == sorted([module.LOCK, module.MARKER])
    assert (tmp_path / "outside" / "kept").exists()


def test_a_disk_without_free_space_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_FREE_FIRST", 2**62)
    with DemoFolder(tmp_path).lock(), pytest.raises(RingboardError, match="RINGBOARD_DATA_DIR"):
        DemoFolder(tmp_path).need_free_space()


# The port


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux shows who listens")
def test_a_port_in_use_is_reported_with_who_has_it_and_what_to_do(taken_port: int) -> None:
    with pytest.raises(RingboardError, match=f"process {os.getpid()}.*--port or RINGBOARD_WEB_PORT"):
        need_free(taken_port)


def test_the_command_ends_with_one_line_where_the_port_is_taken(
    taken_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(main, ["demo", "--port", str(taken_port)])
    assert result.exit_code == 1
    assert "simulated" in result.output.splitlines()[0]
    assert next(line for line in result.output.splitlines() if str(taken_port) in line).startswith("Error: ")
    assert "Traceback" not in result.output


def test_another_seed_is_refused_without_a_reset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    folder = DemoFolder(tmp_path / "demo")
    with folder.lock():
        begun().save(folder.state)
    result = CliRunner().invoke(main, ["demo", "--seed", "8", "--port", str(free_port())])
    assert result.exit_code == 1
    assert "add --reset" in result.output
