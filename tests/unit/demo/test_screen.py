"""The demo's output: the six KPIs in a table that fits a small terminal, or lines where there is no terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from rich.console import Console

from stream.demo.screen import SHOWN, Screen, Status
from stream.kpi.catalogue import BY_ID, THE_SIX

if TYPE_CHECKING:
    import pytest

URL = "http://localhost:6066/"


def answers(*, complete: bool = True, behind: int | None = 0) -> dict[str, Any]:
    kpis = {name: {"value": None if BY_ID[name].unit == "money" else 0.25} for name in THE_SIX}
    return {window: {"complete": complete, "behind": behind, "kpis": kpis} for window in SHOWN}


def seen(status: Status, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, height=24)
    console.print(Screen()._picture(status))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_of_the_six_and_the_address_fit_a_terminal_of_80_by_24() -> None:
    picture = seen(Status(URL, "The simulated floor, live", live=True, events=333_333, answers=answers()))
    assert len(picture.splitlines()) < 24
    assert max(map(len, picture.splitlines())) <= 80
    assert [name for name in THE_SIX if BY_ID[name].name["en"] not in picture] == []
    assert URL in picture
    assert "SIMULATED" in picture
    assert "all counted" in picture


def test_what_the_worker_does_is_shown_until_its_numbers_are_whole() -> None:
    assert "the worker is starting" in seen(Status(URL, "Playing its past"))
    restoring = Status(URL, "Playing its past", answers=answers(complete=False, behind=300_000))
    assert "restores its state" in seen(restoring)
    assert "1,234 to be counted" in seen(Status(URL, "Playing its past", answers=answers(behind=1234)))


def test_without_a_terminal_the_same_is_printed_in_lines_and_not_too_often(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen() as screen:
        for _ in range(3):
            screen.show(Status(URL, "The simulated floor, live", live=True, answers=answers()))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1] == "The simulated floor, live, 0 events sent, all counted"
    assert "Contact rate 25.0%" in lines[2]


def test_without_a_terminal_the_address_is_printed_once() -> None:
    console = io.StringIO()
    with Screen() as screen:
        screen._console = Console(file=console, width=200)
        screen.show(Status(URL, "Playing its past"))
        screen.show(Status(URL, "The simulated floor, live", live=True))
    assert console.getvalue().count(URL) == 1
