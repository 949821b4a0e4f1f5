"""The worker process itself: it prepares, runs the app until it is told to stop, and ends with a code that says why."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

import faust
from aiokafka.errors import KafkaConnectionError, KafkaError

from agents.app import create_app
from agents.exits import EX_CONFIG, EX_ENGINE, EX_OK
from agents.preparation import TopicSpec, changelog_specs, ensure_topics
from agents.stamp import check_stamp, stamp_of
from stream.errors import RingboardError
from stream.topics import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agents.app import RingboardApp
    from stream.settings import Settings

RETRY_S = 2.0
QUIET = {  # what these say at INFO is about themselves
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "aiokafka": logging.ERROR,
    "aiohttp": logging.WARNING,
    "asyncio": logging.ERROR,
}

log = logging.getLogger(__name__)


def run_worker(settings: Settings, make_app: Callable[[Settings], RingboardApp] = create_app) -> int:
    """
    Run one worker in this process until SIGTERM or SIGINT, and return its exit code.

    Args:
        settings: all settings.
        make_app: makes the app, of which the groups say which topics have to be there.

    """
    set_up_logging()
    try:
        _check_port(settings.web_host, settings.web_port)
        app = make_app(settings)
        asyncio.run(prepare(settings, app))
    except RingboardError as error:
        log.error("%s", error)  # noqa: TRY400  # one line, no traceback
        return EX_CONFIG
    except KeyboardInterrupt:
        return EX_OK
    return _run(app)


async def prepare(settings: Settings, app: RingboardApp) -> None:
    """
    See that the topics and the stamp are in order; wait for the broker as long as it takes.

    Raises:
        RingboardError: the worker must not start.

    """
    stamp = stamp_of(settings)
    names = topics(settings)
    floor = {topic.name: TopicSpec(topic.name, topic.partitions, topic.config) for topic in names}
    others = {name: TopicSpec(name, group.partitions) for group in app.groups for name in group.topics}
    specs = [*(others | floor).values(), *changelog_specs(settings.app_id, app.groups)]
    waiting = False
    while True:
        try:
            await ensure_topics(settings.broker, specs, settings.replication_factor)
            await check_stamp(settings.broker, names.control.name, settings.app_id, stamp)
        except (KafkaError, OSError) as error:
            if not waiting:
                log.warning("the broker at %s cannot be reached (%s); trying again", settings.broker, _what(error))
                waiting = True
            await asyncio.sleep(RETRY_S)
        else:
            return


def _what(error: Exception) -> str:
    return "no answer" if isinstance(error, KafkaConnectionError) else type(error).__name__


def _check_port(host: str, port: int) -> None:
    """Refuse a port that is taken, in one line, where the web server would end in a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as error:
            raise RingboardError(
                f"web_port {port} on {host} cannot be used ({error.strerror}): "
                "stop what uses it, or set RINGBOARD_WEB_PORT to a free one"
            ) from error


def _run(app: RingboardApp) -> int:
    worker = faust.Worker(app, loglevel="INFO", quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EX_OK
    except BaseException as error:  # noqa: BLE001  # whatever ended it, the supervisor starts it again
        log.error("the worker ended: %s", error, exc_info=error)
        return EX_ENGINE
    return EX_OK


def set_up_logging() -> None:
    """Write what matters to stderr, one line each."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO, stream=sys.stderr, force=True)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
