"""A real Chromium, and pages for it to show: those of a floor in memory, on a port that can go away and come back."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from agents.pages import streams
from tests.engine_in_memory import EngineInMemory, pages_of
from tests.ports import free_port
from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webelement import WebElement

    from tests.browser.stub_worker import StubWorker
    from tests.floor_in_memory import FloorInMemory

    MakeSite = Callable[..., "FloorSite"]

WITHIN_S = 60.0  # bounds a hang, and nothing else
ON_A_WALL = (1920, 1080)
ON_A_PHONE = (390, 844)
ON_A_TABLET = (820, 1180)
"""A page that scrolls, with all panels on it."""


class Site:
    """Serves an application in a thread of its own; it can go away and come back at the same address."""

    def __init__(self, make: Callable[[], web.Application]) -> None:
        self._make = make
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner: web.AppRunner | None = None

    def do(self, work: Callable[[], Any]) -> Any:
        """Do `work` where the pages are served from, so between two answers."""

        async def done() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(WITHIN_S)

    def come(self) -> None:
        asyncio.run_coroutine_threadsafe(self._come(), self._loop).result(WITHIN_S)

    def go(self) -> None:
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(WITHIN_S)
            self._runner = None

    def close(self) -> None:
        self.go()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_S)

    async def _come(self) -> None:
        self._runner = web.AppRunner(self._make(), shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()


class FloorSite(Site):
    """The wallboard of `floor`; `engine` says which of its partitions are ready."""

    def __init__(self, floor: FloorInMemory) -> None:
        self.floor = floor
        self.engine = EngineInMemory(floor)
        super().__init__(lambda: pages_of(floor, self.engine))
        self.come()

    def tell(self, *events: dict[str, Any]) -> None:
        self.do(lambda: self.floor.feed(events))

    def wait(self, ms: int) -> None:
        """Let the floor's time go on."""
        self.do(lambda: self.floor.clock.advance(ms))


class Wall:
    """What somebody sees who stands before the wall."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, url: str, size: tuple[int, int] = ON_A_WALL) -> None:
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.get(url)
        self.until(lambda: self.all("#six .tile"))

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def js(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def text(self, css: str) -> str:
        return "\n".join(one.text for one in self.all(css))

    def value(self, kpi: str) -> str:
        return self.text(f'[data-kpi="{kpi}"] .value')

    def until(self, true: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
        """Look until `true`; what is being redrawn is looked at again."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                if found := true():
                    return found
            except StaleElementReferenceException:
                pass
            assert time.monotonic() < deadline, self.text("body")
            time.sleep(0.02)

    def shows(self, css: str, part: str) -> None:
        self.until(lambda: part in self.text(css))

    def cdp(self, command: str, **arguments: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, arguments)

    def complaints(self) -> list[str]:
        """What the browser has to say against the page since the last time: errors, and what its policy forbids."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


def start_chromium(**logs: str) -> Chrome:
    """Start a Chromium that asks nobody beyond this machine for anything; `logs` says what is logged, and how much."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("chromium and chromedriver are not installed: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = browser
    wanted = ["--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--lang=en"]
    if os.geteuid() == 0:
        wanted.append("--no-sandbox")
    for argument in wanted:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", **logs})
    return Chrome(options=options, service=ChromeService(driver))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    started = start_chromium()
    yield started
    started.quit()


@pytest.fixture
def watched_wall() -> Iterator[Wall]:
    """A wall of a browser of its own, which logs all that it asks for."""
    started = start_chromium(performance="ALL")
    yield Wall(started)
    started.quit()


@pytest.fixture
def wall(chromium: Chrome) -> Iterator[Wall]:
    wall = Wall(chromium)
    wall.complaints()
    yield wall
    wall.cdp("Emulation.setEmulatedMedia", features=[])
    if chromium.current_url.startswith("http"):
        wall.js("localStorage.clear()")
    chromium.get("about:blank")


@pytest.fixture(scope="module")
def stub() -> Iterator[StubWorker]:
    """A worker that says what a test wants it to."""
    from tests.browser.stub_worker import StubWorker  # noqa: PLC0415  it is a site of this module

    worker = StubWorker()
    yield worker
    worker.close()


@pytest.fixture
def floor_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., FloorSite]]:
    """Makes a small floor and serves its wallboard; the settings are given by name."""
    monkeypatch.setattr(streams, "LEAST_PAUSE_S", 0.05)
    sites: list[FloorSite] = []

    def make(**settings: Any) -> FloorSite:
        sites.append(FloorSite(a_floor(**settings)))
        return sites[-1]

    yield make
    for site in sites:
        site.close()
