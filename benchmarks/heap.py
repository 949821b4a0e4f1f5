"""`ringboard worker` with one more page: how much of its memory is in use, without what its allocators hold free."""

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
    """Return the bytes in use: small objects, which Python allocates itself, and what malloc allocated."""
    return _small_objects() + _allocated_by_malloc()


def _small_objects() -> int:
    """Return the bytes of Python's small objects, which it only reports on the process' stderr."""
    with tempfile.TemporaryFile() as report:
        stderr = os.dup(2)
        os.dup2(report.fileno(), 2)
        try:
            sys._debugmallocstats()  # noqa: SLF001
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        report.seek(0)
        found = _SMALL.search(report.read().decode(errors="replace"))
    if found is None:
        raise RuntimeError("Python does not report the size of its small objects")
    return int(found[1].replace(",", ""))


def _allocated_by_malloc() -> int:
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Mallinfo
    info = mallinfo()
    return int(info.uordblks + info.hblkhd)


def make_app(settings: Settings) -> RingboardApp:
    """Build the worker's app as the command does, with the page of memory in use."""
    app = create_app(settings)

    async def heap(_request: web.Request) -> web.Response:
        return web.json_response({"in_use": in_use()})

    cast("Web", app.web).web_app.router.add_get(PATH, heap)
    return app


def _print(line: Any) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    settings = load_settings()
    sys.exit(Supervisor(lambda: run_worker(settings, make_app), _print).run())
