"""A worker that counts, as a program for the tests: `python counting_worker.py`, settings in the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from aiohttp import web
from counting import counting_group

from agents.app import RingboardApp, create_app
from agents.supervisor import Supervisor
from agents.worker import run_worker
from stream.settings import Settings, load_settings


def make_app(settings: Settings) -> RingboardApp:
    app = create_app(settings, [counting_group(settings.app_id, settings.partitions)])

    async def state(request: web.Request) -> web.Response:
        shares = app.engine.shares("events")
        return web.json_response(
            {
                "behind": await app.engine.behind(),
                "complete": app.engine.complete(),
                "partitions": sorted(shares),
                "pid": os.getpid(),
                "counters": {name: getattr(app.engine.counters, name) for name in app.engine.counters.__slots__},
                "tables": {
                    p: {t: {k.decode(): n for k, n in values.items()} for t, values in share.tables.items()}
                    for p, share in shares.items()
                    if "brief" not in request.query
                },
            }
        )

    app.web.web_app.router.add_get("/state", state)
    return app


if __name__ == "__main__":
    settings = load_settings()
    sys.exit(Supervisor(lambda: run_worker(settings, make_app), lambda line: print(line, file=sys.stderr)).run())
