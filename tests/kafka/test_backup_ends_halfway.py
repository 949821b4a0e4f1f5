"""Back-ups and restores that are cut off, refused, or added to what a broker has already."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from agents.backup.empty_topics import delete_topics
from agents.backup.restoring import Restore
from agents.backup.saving import back_up
from agents.preparation import prepare
from stream.backup.manifest import need_manifest
from stream.backup.verifying import verify
from stream.check.kafka import expected_topics
from stream.cli import main
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.errors import RefusedError, RingboardError
from stream.journeys.compose import floor_of, groups_of
from stream.kafka.connection import connection_of
from stream.kafka.create_topics import create_missing
from stream.kafka.scan_topics import scanning
from stream.kafka.topics import topics
from tests.kafka.test_backup import agrees, calls, run, written_meanwhile
from tests.kafka.test_pages import same_floor, tell, worker
from tests.kafka.worker_process import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings
    from tests.kafka.test_pages import Events

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900)]


class CutOffError(Exception):
    """What a kill comes to: nothing is done after it."""


def cut_off_after(records: int) -> Callable[[int], None]:
    read = 0

    def moved(more: int) -> None:
        nonlocal read
        read += more
        if read >= records:
            raise CutOffError

    return moved


@pytest.fixture
async def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    given = {
        "BROKER": broker.bootstrap,
        "APP_ID": app_id,
        "DATA_DIR": str(tmp_path),
        "PSEUDONYM_KEY": KEY,
        "PARTITIONS": "3",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    await create_missing(connection_of(settings), expected_topics(settings), 1)
    return settings


async def burn(settings: Settings) -> None:
    await delete_topics(connection_of(settings), [topic.name for topic in expected_topics(settings)])


async def in_topics(settings: Settings) -> list[tuple[Any, ...]]:
    """Return the records of the topics of events, with the time stamps of the broker."""
    found = []
    names = topics(settings)
    places = [(name.name, number) for name in (names.events, names.spend) for number in range(name.partitions)]
    async with scanning(connection_of(settings), places) as scan:
        while not scan.done:
            found += [
                (one.topic, one.partition, one.offset, one.timestamp, one.key, one.value)
                for one in (await scan.next())[0]
            ]
    return sorted(found)


def restore_of(settings: Settings, folder: Path, moved: Callable[[int], None]) -> Restore:
    return Restore(settings, folder, need_manifest(folder), SystemClock(), moved)


async def test_a_back_up_that_is_cut_off_is_the_one_before_and_the_next_run_goes_on(
    settings: Settings, tmp_path: Path
) -> None:
    kept, clock = tmp_path / "kept", SystemClock()
    now = clock.now_ms()
    await tell(settings, calls(now, 0, 500))
    await run("backup", str(kept))
    before = need_manifest(kept)
    await tell(settings, calls(now, 500, 1000))
    with pytest.raises(CutOffError):
        await back_up(settings, kept, clock, cut_off_after(300))
    assert verify(kept, lambda _: None) == (before, [])
    saved = await back_up(settings, kept, clock, lambda _: None)
    assert (saved.read, saved.records) == (1000, 1500)
    assert verify(kept, lambda _: None)[1] == []


async def test_a_restore_that_is_cut_off_goes_on_and_no_worker_takes_half_of_it_for_a_floor(
    settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    events = calls(SystemClock().now_ms(), 0, 6000)
    await tell(settings, events)
    there = await in_topics(settings)
    await run("backup", str(kept))
    await burn(settings)
    for records in (1, 3000):
        with pytest.raises(CutOffError):
            await restore_of(settings, kept, cut_off_after(records)).to_empty(rebuild=False)
        groups = groups_of(settings, floor_of(settings), SystemClock())
        with pytest.raises(RefusedError, match=r"message.timestamp.type is CreateTime where LogAppendTime is needed"):
            await prepare(settings, groups)
    assert (await run("restore", str(kept)))["written"] < len(events)
    assert await in_topics(settings) == there
    async with worker(settings) as one:
        await agrees(one, same_floor(settings, events))
        stopped = await run("restore", str(kept), code=1)
        assert f"workers of {settings.app_id} run; stop them all, then restore" in stopped["said"]


async def test_what_was_written_meanwhile_is_never_deleted(settings: Settings, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    now = SystemClock().now_ms()
    await tell(settings, calls(now, 0, 2000))
    await run("backup", str(kept))
    await burn(settings)
    with pytest.raises(CutOffError):
        await restore_of(settings, kept, cut_off_after(1)).to_empty(rebuild=False)
    new = calls(now, 2000, 30)
    await tell(settings, new)
    assert "a restore was begun there, of something else" in (await run("restore", str(kept), code=1))["said"]
    await run("restore", str(kept), "--merge")
    async with worker(settings) as one:
        await agrees(one, same_floor(settings, [*calls(now, 0, 2000), *new]))


async def test_events_are_added_to_a_floor_that_has_begun_anew_and_count_once(
    settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    now = SystemClock().now_ms()
    await tell(settings, calls(now, 0, 300))
    await run("backup", str(kept))
    await burn(settings)
    await create_missing(connection_of(settings), expected_topics(settings), 1)
    async with worker(settings) as one:
        await tell(settings, calls(now, 250, 100))
        await one.settled()
        refused = await run("restore", str(kept), code=1)
        assert f"workers of {settings.app_id} run" in refused["said"]
        for _ in range(2):
            assert (await run("restore", str(kept), "--merge"))["states"] == 0
        await agrees(one, same_floor(settings, calls(now, 0, 350)))


async def test_a_restore_says_what_does_not_fit_before_it_writes_anything(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    await tell(settings, calls(SystemClock().now_ms(), 0, 20))
    await run("backup", str(kept))
    there = await in_topics(settings)

    async def said(**changed: str) -> str:
        with monkeypatch.context() as patch:
            for name, value in changed.items():
                patch.setenv(f"RINGBOARD_{name}", value)
            return str((await run("restore", str(kept), code=1))["said"])

    assert "restore to an empty broker, or with --merge, which adds the events of the back-up" in await said()
    assert "app_id: the back-up is of " in await said(APP_ID="another")
    assert "set RINGBOARD_PARTITIONS to 3" in await said(PARTITIONS="4")
    assert "or put that pseudonym.key into data_dir" in await said(PSEUDONYM_KEY="another key of the tests, of nothing")
    assert await in_topics(settings) == there


async def test_a_topic_that_was_made_anew_does_not_take_the_place_of_what_is_kept(
    settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    now = SystemClock().now_ms()
    await tell(settings, calls(now, 0, 20))
    await run("backup", str(kept))
    before = need_manifest(kept)
    for count in (0, 10, 40):  # fewer records than before, and as many or more
        await burn(settings)
        await create_missing(connection_of(settings), expected_topics(settings), 1)
        await tell(settings, calls(now, 100, count + 1))
        with pytest.raises(RingboardError, match="keep that, and back up to another folder"):
            await back_up(settings, kept, SystemClock(), lambda _: None)
        assert need_manifest(kept) == before
    other = await run("backup", str(tmp_path / "other"))
    assert other["read"] == 41
    ended = await asyncio.to_thread(
        CliRunner().invoke, main, ["backup", str(kept)], env={"RINGBOARD_APP_ID": "another-floor"}
    )
    assert "of another-floor under" in ended.stderr


async def test_states_are_of_one_moment_also_while_workers_write_without_a_pause(
    settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    now = SystemClock().now_ms()
    events = requested_and_called(now, 600)
    async with worker(settings) as one:
        await one.settled()
        async with written_meanwhile(settings, events):
            for _ in range(4):
                await run("backup", str(kept))
    manifest = need_manifest(kept)
    ends = {
        place: max(cut.next[place] for cut in manifest.cuts if place in cut.next) for place in manifest.cuts[0].next
    }
    assert any(ends.values())
    await burn(settings)
    await run("restore", str(kept))
    async with worker(settings) as one:
        # What was not in the back-up comes again, and all else a second time.
        await tell(settings, events)
        await agrees(one, same_floor(settings, events))


def requested_and_called(now: int, count: int) -> Events:
    """Return requests with numbers, and calls that name only the number: each is passed on to its lead."""
    return [
        event
        for number, call in enumerate(calls(now, 0, count))
        for event in (
            {
                "type": "lead.requested",
                "id": f"request {number}",
                "at": call["placed_at"] - 600_000,
                "lead": f"L{number}",
                "campaign": "Web",
                "number": call["number"],
            },
            call,
        )
    ]


async def test_of_numbers_that_were_made_anew_a_back_up_has_all_and_nothing_of_before(
    settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    events = requested_and_called(SystemClock().now_ms(), 50)
    memory = same_floor(settings, events)
    await tell(settings, events)
    async with worker(settings) as one:
        await one.settled()
    await run("backup", str(kept))
    await burn(settings)
    await run("restore", str(kept), "--rebuild")
    newer = tmp_path / "newer"
    async with worker(settings) as one:
        await agrees(one, memory)
    before = await run("backup", str(newer))
    await run("rebuild", "--yes")
    async with worker(settings) as one:
        await one.settled()
    after = await run("backup", str(newer))
    assert (after["states"], after["of_before"], after["lost"]) == (before["states"], 0, 0)
    await burn(settings)
    await run("restore", str(newer))
    async with worker(settings) as one:
        await agrees(one, memory)
