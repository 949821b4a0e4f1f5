"""Has a program log in the form and from the level of its settings, and what libraries say come out the same way."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final, TextIO
from zoneinfo import ZoneInfo

from stream.logs.lines import JsonLine, Line, TextLine

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from stream.settings.model import Settings

LIBRARIES: Final[Mapping[str, int]] = {
    "aiohttp": logging.WARNING,
    "aiokafka": logging.CRITICAL,  # what goes wrong with the broker is reported once, in words of ours
    "asyncio": logging.ERROR,
    "faust": logging.WARNING,
    "mode": logging.WARNING,
}
"""From which level on a library is heard; below, these say only how they work."""

log = logging.getLogger(__name__)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the moment of a line."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """The stream."""
        return sys.stderr


@contextmanager
def logging_by(
    settings: Settings | None,
    program: str,
    libraries: Mapping[str, int] | None = None,
    matters: Callable[[logging.LogRecord], bool] | None = None,
) -> Generator[None]:
    """
    Log to stderr within this, by the settings.

    Args:
        settings: `log_level`, `log_format`, and the zone in which moments are written; None where they are wrong, and
            their log is to be JSON.
        program: what logs, such as "worker": a field of a JSON line.
        libraries: levels of loggers that differ from `LIBRARIES`.
        matters: whether a record is logged at all.

    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()] if settings is not None else logging.INFO
    whole = level <= logging.DEBUG
    handler = _Stderr()
    handler.setFormatter(_form(settings, program, whole=whole))
    if matters is not None:
        handler.addFilter(matters)
    root = logging.getLogger()
    with ExitStack() as before:
        # Never lower than this: at DEBUG a library logs what it reads and writes, which may be of a person.
        least = max(level, logging.INFO)
        levels = {"": least, "stream": level, "agents": level}
        for name, wanted in {**LIBRARIES, **(libraries or {})}.items():
            levels[name] = least if whole else max(wanted, least)
        for name, wanted in levels.items():
            logger = logging.getLogger(name)
            before.callback(logger.setLevel, logger.level)
            logger.setLevel(wanted)
        for former in [one for one in root.handlers if isinstance(one, _Stderr)]:  # a process that was forked has one
            root.removeHandler(former)
            before.callback(root.addHandler, former)
        root.addHandler(handler)
        before.callback(root.removeHandler, handler)
        logging.captureWarnings(capture=True)
        before.callback(logging.captureWarnings, capture=False)
        before.enter_context(_hooks())
        yield


def _form(settings: Settings | None, program: str, *, whole: bool) -> Line:
    if settings is None:
        return JsonLine(ZoneInfo("UTC"), program)
    if settings.log_format == "json":
        return JsonLine(settings.zone, program, whole=whole)
    return TextLine(settings.zone, whole=whole)


@contextmanager
def _hooks() -> Generator[None]:
    """Have what ends a thread or fails in cleaning up logged too, and not written as a traceback of many lines."""
    of_threads, of_clean_up = threading.excepthook, sys.unraisablehook

    def thread_ended(args: Any) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            log.error("a thread ended", exc_info=args.exc_value)

    def unraisable(args: Any) -> None:
        if args.exc_value is not None:
            log.error("a fault in cleaning up", exc_info=args.exc_value)

    threading.excepthook, sys.unraisablehook = thread_ended, unraisable
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = of_threads, of_clean_up
