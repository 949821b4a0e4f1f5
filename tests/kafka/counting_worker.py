"""A worker that counts, as a program for the tests: `python counting_worker.py`, settings in the environment."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiohttp import web

from agents.app import RingboardApp, create_app
from agents.supervisor import Supervisor
from agents.worker import run_worker
from stream.configuration import load_settings
from tests.kafka.counting import CountingState, counting_group

if TYPE_CHECKING:
    from faust.web.drivers.aiohttp import Web

    from stream.settings.model import Settings


def make_app(settings: Settings) -> RingboardApp:
    app = create_app(settings, [counting_group(settings.app_id, settings.partitions)])

    async def state(request: web.Request) -> web.Response:
        states = cast("dict[int, CountingState]", app.engine.states("events"))
        # What is counted is taken first, then what is behind: if that is 0, all of it was counted.
        tables = {
            p: {t: {k.decode(): n for k, n in values.items()} for t, values in state.tables.items()}
            for p, state in states.items()
            if "brief" not in request.query
        }
        behind = await app.engine.behind()
        return web.json_response(
            {
                "behind": behind,
                "complete": app.engine.complete(),
                "partitions": sorted(states),
                "pid": os.getpid(),
                "counters": {name: getattr(app.engine.counters, name) for name in app.engine.counters.__slots__},
                "tables": tables,
            }
        )

    cast("Web", app.web).web_app.router.add_get("/state", state)
    return app


if __name__ == "__main__":
    settings = load_settings()
    sys.exit(Supervisor(lambda: run_worker(settings, make_app), logging.warning).run())
