"""Numbers that were made with other settings are not mixed with new ones."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import orjson
import pytest

from stream.errors import RingboardError
from stream.journeys.stamp import MEANING, STAMP, check_stamp, stamp_of
from stream.journeys.state_schema import STATE_SCHEMA
from stream.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path


class ControlInMemory:
    """The control topic: a log of keys and values."""

    def __init__(self) -> None:
        self.log: list[tuple[str, bytes | None]] = []
        self.of_strangers: list[bytes] = []

    async def read_all(self) -> dict[str, bytes]:
        return {key: value for key, value in dict(self.log).items() if value is not None}

    async def first(self, key: str) -> bytes | None:
        return next((value for name, value in self.log if name == key), None)

    async def anybodys(self, key: str) -> list[Any]:
        return [SimpleNamespace(value=value) for value in self.of_strangers if key == STAMP]

    async def write(self, key: str, value: bytes | None) -> None:
        self.log.append((key, value))


def check(control: ControlInMemory, settings: Settings) -> None:
    asyncio.run(check_stamp(cast("Any", control), stamp_of(settings)))


def test_the_first_worker_leaves_the_stamp_that_later_ones_agree_with(tmp_path: Path) -> None:
    control = ControlInMemory()
    for _ in range(2):
        check(control, Settings(data_dir=tmp_path))
    assert [key for key, _ in control.log] == [STAMP]


def test_a_setting_that_other_numbers_were_made_with_is_named_with_both_values(tmp_path: Path) -> None:
    control = ControlInMemory()
    check(control, Settings(data_dir=tmp_path))
    with pytest.raises(RingboardError, match=r"min_talk_s 30.0 \(now 20.0\).*ringboard rebuild"):
        check(control, Settings(data_dir=tmp_path, min_talk_s=20))
    check(control, Settings(data_dir=tmp_path))


def test_state_of_another_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    control, settings = ControlInMemory(), Settings(data_dir=tmp_path)
    asyncio.run(check_stamp(cast("Any", control), stamp_of(settings) | {"schema": "2"}))
    now = f"schema 2, now {STATE_SCHEMA}"
    with pytest.raises(RingboardError, match=rf"another version .*\({now}\).*run `ringboard rebuild`, or go back"):
        check(control, Settings(data_dir=tmp_path, min_talk_s=20))


def test_of_two_workers_that_begin_at_once_the_first_in_the_log_says(tmp_path: Path) -> None:
    control, mine = ControlInMemory(), Settings(data_dir=tmp_path, min_talk_s=20)
    theirs = stamp_of(Settings(data_dir=tmp_path))
    write = control.write

    async def after_the_other(key: str, value: bytes | None) -> None:
        control.write = write  # type: ignore[method-assign]
        await check_stamp(cast("Any", control), theirs)
        await write(key, value)

    control.write = after_the_other  # type: ignore[method-assign]
    with pytest.raises(RingboardError, match="min_talk_s"):
        check(control, mine)
    check(control, Settings(data_dir=tmp_path))


def test_an_unsigned_stamp_that_agrees_is_written_anew_and_one_that_does_not_stops_the_worker(tmp_path: Path) -> None:
    """An earlier version has signed none; a stranger's can do no more than keep a worker from starting."""
    control, settings = ControlInMemory(), Settings(data_dir=tmp_path)
    control.of_strangers = [b"{}", orjson.dumps(stamp_of(settings))]
    check(control, settings)
    assert [orjson.loads(value or b"") for _, value in control.log] == [stamp_of(settings)]

    control = ControlInMemory()
    for value in (orjson.dumps(stamp_of(settings) | {"min_talk_s": "1.0"}), b"[]", b"\xff"):
        control.of_strangers = [value]
        with pytest.raises(RingboardError, match="ringboard rebuild"):
            check(control, settings)
    assert control.log == []


def test_what_only_shows_the_numbers_is_not_stamped(tmp_path: Path) -> None:
    plain = Settings(data_dir=tmp_path)
    shown = Settings(data_dir=tmp_path, web_port=7000, language="fr", label_limit=5, targets={"contact_rate": 0.2})
    assert stamp_of(plain) == stamp_of(shown)
    assert set(MEANING) <= set(Settings.model_fields)
