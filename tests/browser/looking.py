"""Looks at an open wallboard as somebody would: at every size, page by page, for what is wrong with its layout."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.browser.conftest import Wall
    from tests.browser.stub_worker import Given, StubWorker

FAULTS: Final = (Path(__file__).with_name("faults.js")).read_text("utf-8")
FAR: Final = 0.034
"""Of the height of a 16:9 screen: capitals of 16 arc minutes at five metres, where 55 inches are 685 mm high."""
LITTLE_FAR: Final = 0.0155
LITTLE_PX: Final = 9.9  # capitals of a type of 14 px
FAR_PX: Final = 12.0

WALLS: Final = (
    (1024, 600),
    (1366, 768),
    (1920, 1080),
    (3840, 2160),
    (2560, 1080),
    (1024, 768),
    (1600, 1200),
    (1280, 1024),
    (1080, 1920),
)
PAGES: Final = ((768, 1024), (820, 1180), (390, 844), (360, 640), (844, 390), (320, 568))
SIZES: Final = (*WALLS, *PAGES)
MOST_PAGES: Final = 4
LASTS_S: Final = 10.0


def is_wall(size: tuple[int, int]) -> bool:
    width, height = size
    return width >= 1000 and (
        (height >= 560 and 4 * width >= 5 * height) or (height >= 1400 and 5 * width <= 4 * height)
    )


def sized(wall: Wall, size: tuple[int, int]) -> None:
    width, height = size
    wall.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
    wall.until(lambda: wall.js("return [innerWidth, innerHeight]") == [width, height])


TURN = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))"
FRAMES = (
    "const done = arguments[arguments.length - 1]; requestAnimationFrame(() => requestAnimationFrame(() => done(1)));"
)


def settled(wall: Wall) -> None:
    """Let the page draw what it has measured."""
    wall.driver.execute_async_script(FRAMES)


def faults(wall: Wall, size: tuple[int, int], *, on_a_wall: bool = True) -> list[str]:
    """Return what is wrong with what is shown; `on_a_wall` if it is read from afar at the sizes of walls."""
    width, height = size
    if on_a_wall and is_wall(size):
        across = min(height, width * 9 / 16) if width > height else min(height * 9 / 16, width)
        asked = {"wall": True, "far": FAR * across, "little": LITTLE_FAR * across}
    else:
        asked = {"wall": False, "far": FAR_PX, "little": LITTLE_PX}
    found: list[str] = wall.js(FAULTS, asked)
    return found


def lasting_faults(wall: Wall, size: tuple[int, int]) -> list[str]:
    """Return what is wrong and stays so: on a busy machine a page is measured and drawn anew some moments later."""
    deadline = time.monotonic() + LASTS_S
    while (wrong := faults(wall, size)) and time.monotonic() < deadline:
        time.sleep(0.1)
        settled(wall)
    return wrong


def opened(wall: Wall, stub: StubWorker, given: Given, **query: str) -> None:
    """Open the wallboard of what is given, and wait until all of it is there."""
    stub.give(given if given.state != "gone" else replace(given, state="live"))
    view = given.view or f"kpis,{given.parts}"
    asked = {"rotate": "0", "kpi": ",".join(given.kpis), "view": view, **given.query, **query}
    if wall.driver.current_url.startswith("http"):
        wall.js("localStorage.clear()")
    wall.driver.get(f"{stub.url}?{urlencode(asked)}")
    css = "#panels .flow > li, #panels tbody td" if given.view else "#six .tile .line b, .first code"
    wall.until(lambda: wall.all(css) and wall.text("#clock"))
    wall.until(lambda: wall.js("return document.fonts.status") == "loaded")
    if given.state == "gone":
        stub.give(given)
        wall.until(lambda: wall.one("#link").is_displayed())


def turned(wall: Wall, size: tuple[int, int]) -> Iterator[str]:
    """Yield what is shown, page by page: on a wall the first pages and the last, else all at once."""
    settled(wall)
    yield "at first"
    if not is_wall(size):
        return
    seen = set()
    for key in ("ArrowRight",) * MOST_PAGES + ("ArrowLeft",) * (MOST_PAGES + 2):
        wall.js(TURN, key)
        settled(wall)
        where = wall.js(
            "const shown = document.querySelector('#panels > [data-panel], #panels > #six');"
            "return `${shown ? shown.dataset.panel ?? 'kpis' : 'leads'} ${document.querySelector('#page').textContent}`"
        )
        if where not in seen:
            seen.add(where)
            yield where


def looked_at(wall: Wall, sizes: Iterable[tuple[int, int]]) -> dict[str, list[str]]:
    """Return the faults of what is open, by size and page."""
    found = {}
    for size in sizes:
        sized(wall, size)
        for place in turned(wall, size):
            if wrong := lasting_faults(wall, size):
                found[f"{size[0]} x {size[1]}, {place}"] = wrong
    return found
