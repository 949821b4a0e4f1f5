"""`ringboard worker`, unchanged, that marks when it is ready and done: `python -m benchmarks.whole.worker`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from agents.app import create_app
from agents.worker import run_worker
from benchmarks.worker_marks import watch
from stream.configuration import load_settings

if TYPE_CHECKING:
    from agents.app import RingboardApp
    from stream.journeys.base import JourneyState
    from stream.settings.model import Settings


def make_app(settings: Settings) -> RingboardApp:
    """Build the worker's app as the command does."""
    app = create_app(settings)

    def results() -> dict[str, Any]:
        shares = [cast("JourneyState", share) for share in app.engine.states("events").values()]
        cells = sum(1 for share in shares for head in share.slices.heads() for _ in share.slices.slice(*head))
        return {"journeys": sum(len(share.journeys) for share in shares), "cells": cells}

    watch(app, results)
    return app


if __name__ == "__main__":
    sys.exit(run_worker(load_settings(), make_app))
