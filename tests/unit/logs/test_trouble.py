"""A trouble is told when it begins, when its reason changes, and when it ends, with how long it was."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from stream.configuration import load_settings
from stream.logs.set_up import logging_by
from stream.logs.trouble import Trouble
from stream.logs.words import lasting

if TYPE_CHECKING:
    from pathlib import Path

LOG = logging.getLogger("stream.some_room")


class Seconds:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_its_beginning_and_its_end_are_told_once_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "stream")
    seconds = Seconds()
    trouble = Trouble("the broker", LOG, seconds)
    for _ in range(3):
        trouble.begins("nothing answers", "events are kept")
        seconds.now += 14
    for _ in range(3):
        trouble.ends("3 have waited")
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("WARNING", "the broker is away: nothing answers; events are kept"),
        ("INFO", "the broker is back after 42 s; 3 have waited"),
    ]


def test_another_reason_is_told_and_the_end_counts_from_the_first(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "stream")
    seconds = Seconds()
    trouble = Trouble("a-source", LOG, seconds)
    trouble.begins("nothing answers")
    seconds.now += 100
    trouble.begins("the login was refused")
    seconds.now += 100
    trouble.ends()
    assert caplog.messages == [
        "a-source is away: nothing answers",
        "a-source is away: the login was refused",
        "a-source is back after 3 min 20 s",
    ]


def test_what_was_never_away_does_not_come_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "stream")
    Trouble("the broker", LOG).ends()
    assert caplog.messages == []


def test_as_json_what_collects_logs_finds_beginning_and_end_by_their_fields(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = Seconds()
    trouble = Trouble("the broker", LOG, seconds)
    with logging_by(load_settings(data_dir=tmp_path, log_format="json"), "gateway"):
        trouble.begins("nothing answers")
        seconds.now += 1.5
        trouble.ends()
    began, ended = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (began["trouble"], began["state"]) == ("the broker", "away")
    assert (ended["trouble"], ended["state"], ended["for_s"]) == ("the broker", "back", 1.5)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (10, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"),
     (3600, "1 h 0 min"), (90_000, "25 h 0 min")],
)  # fmt: skip
def test_how_long_it_was_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert lasting(seconds) == said
