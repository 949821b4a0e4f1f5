"""`ringboard worker` that also tells how much of its memory is in use, whatever else its allocators hold ready."""

from __future__ import annotations

import ctypes
import os
import re
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web

from agents.app import create_app
from agents.supervisor import Supervisor
from agents.worker import run_worker
from stream.configuration import load_settings

if TYPE_CHECKING:
    from faust.web.drivers.aiohttp import Web

    from agents.app import RingboardApp
    from stream.settings.model import Settings

PATH: Final = "/bench/heap"
_SMALL: Final = re.compile(r"# bytes in allocated blocks\s*=\s*([\d,]+)")
_FIELDS: Final = (
    "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
)  # fmt: skip


class _Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in _FIELDS]


def in_use() -> int:
    """Return the bytes of all that is allocated: small objects, which Python places itself, and the rest."""
    return _small_objects() + _given_by_malloc()


def _small_objects() -> int:
    """Read what Python tells of its small objects; it only ever writes that to the process' stderr."""
    with tempfile.TemporaryFile() as told:
        stderr = os.dup(2)
        os.dup2(told.fileno(), 2)
        try:
            sys._debugmallocstats()  # noqa: SLF001
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        told.seek(0)
        found = _SMALL.search(told.read().decode(errors="replace"))
    if found is None:
        raise RuntimeError("Python does not tell what its small objects take")
    return int(found[1].replace(",", ""))


def _given_by_malloc() -> int:
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Mallinfo
    told = mallinfo()
    return int(told.uordblks + told.hblkhd)


def make_app(settings: Settings) -> RingboardApp:
    """Build the worker's app as the command does, with one page more."""
    app = create_app(settings)

    async def heap(_request: web.Request) -> web.Response:
        return web.json_response({"in_use": in_use()})

    cast("Web", app.web).web_app.router.add_get(PATH, heap)
    return app


def _say(line: Any) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    settings = load_settings()
    sys.exit(Supervisor(lambda: run_worker(settings, make_app), _say).run())
