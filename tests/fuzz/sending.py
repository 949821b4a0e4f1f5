"""What the targets share: where events go, which blames a bug of ours, and how a coroutine is run to its end."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.events.refusal import Reason
from stream.intake.outbox import Intake, Outbox
from stream.intake.rejected import Rejected, read_rejected
from tests.unit.events.test_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from stream.kafka.producer import Record
    from stream.settings.model import Settings

ANEW: Final = 300  # inputs after which what is remembered is let go, so that memory tells a leak


def fuzz_settings(**more: Any) -> Settings:
    return load_settings(pseudonym_key="a key of the tests, and of nothing else", app_id="fuzz", **more)


class _Sender:
    """Takes what would go to the broker; what an internal fault put aside is one."""

    def put(self, record: Record) -> None:
        blame(record.value)

    async def relieve(self) -> None: ...

    async def flush(self) -> None: ...


def blame(value: bytes) -> None:
    """Raise AssertionError where `value` is a record that a bug of ours has put aside."""
    kept = read_rejected(value)
    if isinstance(kept, Rejected) and kept.reason == Reason.INTERNAL:
        raise AssertionError(kept.message)


def blaming_outbox(settings: Settings) -> Outbox:
    return Outbox(Intake(settings, FixedClock(NOW)), _Sender())


def drive(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


def finish(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what may leave some of its work to a thread."""
    return _loop().run_until_complete(work)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()
