"""What the demo is made of: its folder, its port, its story, and what it says when it cannot start."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.demo import folder as places
from stream.demo.folder import Place
from stream.demo.port import need_free
from stream.demo.state import HALF_AN_HOUR, HOUR, Story
from stream.errors import RingboardError
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


def begun(now_ms: int = WEDNESDAY_11H) -> Story:
    return Story.new(7, 2, now_ms, PARIS)


# The story


def test_a_story_begun_while_the_floor_works_is_told_in_our_own_time() -> None:
    assert begun().play.shift_ms == 0


def test_a_story_that_goes_on_while_the_floor_works_tells_what_was_missed_in_the_meantime() -> None:
    story = begun().told(WEDNESDAY_11H)
    later = story.at_work(WEDNESDAY_11H + DAY)
    assert later == story
    missed = list(later.play.history(WEDNESDAY_11H + DAY, after_ms=later.told_ours_ms))
    assert missed
    assert missed[0][0] > WEDNESDAY_11H
    assert missed[-1][0] <= WEDNESDAY_11H + DAY


@pytest.mark.parametrize("hours", [9, 13, 20, 3 * 24, 4 * 24 + 12, 11 * 24 + 15])
def test_a_story_that_goes_on_at_night_or_on_a_weekend_finds_the_floor_at_work(hours: int) -> None:
    story = begun().told(WEDNESDAY_11H)
    now = WEDNESDAY_11H + hours * HOUR
    later = story.at_work(now)
    assert later.play.is_open(now)
    assert later.play.is_open(now + HALF_AN_HOUR)
    assert later.told_ms == story.told_ms, "its own time goes on from where it was"
    assert later.told_ours_ms is not None
    assert later.told_ours_ms <= now


def test_events_keep_their_ids_when_the_story_is_set_off_from_our_time() -> None:
    story = begun().told(WEDNESDAY_11H)
    later = story.at_work(WEDNESDAY_11H + 12 * HOUR)
    first = [event["id"] for _, event in story.play.history(WEDNESDAY_11H)]
    told = [event["id"] for _, event in later.play.history(WEDNESDAY_11H + later.play.shift_ms)]
    assert first == told


def test_a_story_that_was_kept_is_the_same_story(tmp_path: Path) -> None:
    story = begun().told(WEDNESDAY_11H)
    story.save(tmp_path / "story.json")
    assert Story.load(tmp_path / "story.json") == story


def test_a_story_that_is_none_is_one_line_that_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "story.json").write_text("{}")
    with pytest.raises(RingboardError, match="--reset"):
        Story.load(tmp_path / "story.json")


# The folder


def test_a_folder_is_had_by_one_demo_at_a_time(tmp_path: Path) -> None:
    place = Place(tmp_path / "demo")
    with place.taken(), pytest.raises(RingboardError, match=f"process {os.getpid()}"), place.taken():
        pass
    with place.taken() as left_behind:
        assert not left_behind


def test_a_demo_that_was_killed_is_noticed_by_the_next_one(tmp_path: Path) -> None:
    place = Place(tmp_path / "demo")
    with place.taken():
        kept = (place.root / places.LOCK).read_text()
    (place.root / places.LOCK).write_text(kept)
    with place.taken() as left_behind:
        assert left_behind


def test_a_folder_with_files_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(RingboardError, match="none of the demo's"), Place(tmp_path).taken():
        pass
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_emptying_the_folder_deletes_what_is_in_it_and_nothing_that_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").touch()
    place = Place(tmp_path / "demo")
    with place.taken():
        (place.broker / "data").mkdir(parents=True)
        place.story.touch()
        (place.root / "link").symlink_to(tmp_path / "outside")
        place.empty()
        assert sorted(path.name for path in place.root.iterdir()) == sorted([places.LOCK, places.MARKER])
    assert (tmp_path / "outside" / "kept").exists()


def test_a_disk_without_room_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LEAST_FREE_FIRST", 2**62)
    with Place(tmp_path).taken(), pytest.raises(RingboardError, match="RINGBOARD_DATA_DIR"):
        Place(tmp_path).need_room()


# The port


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux says who listens")
def test_a_port_that_is_taken_is_said_with_who_has_it_and_what_to_do(taken_port: int) -> None:
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


def test_the_command_asks_for_a_reset_where_another_seed_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    place = Place(tmp_path / "demo")
    with place.taken():
        begun().save(place.story)
    result = CliRunner().invoke(main, ["demo", "--seed", "8", "--port", str(free_port())])
    assert result.exit_code == 1
    assert "add --reset" in result.output
