"""A whole worker that the fault suite has a hand in, as a program: `python program.py`, settings in the environment."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

sys.path.insert(0, str(Path(__file__).parents[3]))

from aiohttp import web

import agents.supervisor
from agents.app import RingboardApp, create_app
from agents.supervisor import Supervisor, die_with
from agents.worker import run_worker
from stream.configuration import load_settings
from tests.kafka.faults.contents import dump, packed_state
from tests.kafka.faults.hooks import install
from tests.kafka.faults.orders import Orders

if TYPE_CHECKING:
    from faust.web.drivers.aiohttp import Web

    from stream.settings.model import Settings


def make_app(settings: Settings) -> RingboardApp:
    timeout = os.environ.get("FAULTS_TRANSACTION_TIMEOUT_MS")
    install(
        Orders(Path(os.environ["FAULTS_DIR"])),
        variant=os.environ.get("FAULTS_VARIANT") or None,
        drop=os.environ.get("FAULTS_DROP") or None,
        transaction_timeout_ms=int(timeout) if timeout else None,
    )
    app = create_app(settings)

    async def dumped(request: web.Request) -> web.Response:
        """All that this worker holds, and how far it has read, of one moment."""
        engine = app.engine
        told = {
            "pid": os.getpid(),
            "complete": engine.complete(),
            "counters": {name: getattr(engine.counters, name) for name in engine.counters.__slots__},
            "owned": [[name, p] for name in engine.groups for p in engine.states(name)],
            "positions": [[topic, p, offset] for (topic, p), offset in engine.positions().items()],
        }
        if "brief" not in request.query:
            told["states"] = [[name, p, dump(s)] for name in engine.groups for p, s in engine.states(name).items()]
        return web.Response(body=packed_state(told), content_type="application/msgpack")

    cast("Web", app.web).web_app.router.add_get("/dump", dumped)
    return app


if __name__ == "__main__":
    die_with(int(os.environ["FAULTS_PARENT"]))
    settings = load_settings()
    agents.supervisor.STEADY_S = 1.0  # however often it is killed, it starts again at once
    sys.exit(Supervisor(lambda: run_worker(settings, make_app), logging.warning).run())
