"""The worker process: prepares, runs the app until a signal stops it, and returns an exit code that says why."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import faust

from agents.app import create_app
from agents.engine.forbidden import FORBIDDEN
from agents.exits import EX_CONFIG, EX_ENGINE, EX_OK
from agents.memory import set_up_memory
from agents.peers.predecessor import take_out_predecessors
from agents.preparation import prepare
from stream.errors import RingboardError
from stream.logs.lines import message_of
from stream.logs.set_up import logging_by
from stream.web.own_port import need_web_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.app import RingboardApp
    from stream.settings.model import Settings

LIBRARIES = {
    "agents.app": logging.WARNING,  # as Faust services these log each start and stop
    "agents.pages.serving": logging.WARNING,
    "agents.engine.transport": logging.WARNING,
}

PASSING = ("NotLeaderForPartition", "NotLeaderOrFollower", "CoordinatorNotAvailable", "CoordinatorLoadInProgress")

log = logging.getLogger(__name__)


def run_worker(settings: Settings, make_app: Callable[[Settings], RingboardApp] = create_app) -> int:
    """
    Run one worker in this process until SIGTERM or SIGINT, and return its exit code.

    Args:
        settings: all settings.
        make_app: builds the app; its groups say which topics must exist.

    """
    with logging_by(settings, "worker", LIBRARIES, _matters):
        return _run_logged(settings, make_app)


def _run_logged(settings: Settings, make_app: Callable[[Settings], RingboardApp]) -> int:
    set_up_memory()
    try:
        need_web_port(settings.web_host, settings.web_port)
        app = make_app(settings)
        asyncio.run(_prepare(settings, app))
    except RingboardError as error:
        log.error("%s", error)  # noqa: TRY400  # one line, no traceback
        return EX_CONFIG
    except KeyboardInterrupt:
        return EX_OK
    return _run(app)


async def _prepare(settings: Settings, app: RingboardApp) -> None:
    await prepare(settings, app.groups)
    await take_out_predecessors(settings, app.clock)


def _run(app: RingboardApp) -> int:
    worker = faust.Worker(app, loglevel="INFO", quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None
    log.info("pages on http://%s:%d", app.settings.web_host, app.settings.web_port)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EX_OK
    except (Exception, asyncio.CancelledError):  # whatever ended the worker, the supervisor starts it again
        log.exception("the worker ended")
        return EX_ENGINE
    return EX_OK


def _matters(record: logging.LogRecord) -> bool:
    """Return False for what aiokafka tries again at once, as what is being made, and for what is logged in short."""
    if record.name == "asyncio" and record.exc_info and isinstance(record.exc_info[1], FORBIDDEN):
        return False
    return not (record.name.startswith("aiokafka") and any(name in message_of(record) for name in PASSING))
