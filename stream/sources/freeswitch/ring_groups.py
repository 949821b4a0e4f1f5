"""What stands for a queue where there is none: the ring group, the direct number or the context, as configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.dial_plan.apps import same_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.sources.freeswitch.legs import Leg

_TELLING: Final = 8  # digits of a direct number, which may be written with or without its country


class RingGroups:
    """Finds the queue in `named`: queues by a ring group's extension, a direct number, or a context."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self._named = {name.casefold(): queue for name, queue in named.items()}
        self._numbers = [(digits, queue) for name, queue in named.items() if len(digits := _digits(name)) >= _TELLING]

    def of(self, leg: Leg) -> tuple[str, int] | None:
        """Return what stands for the queue that a caller waited in, and since when (ms; 0: since the leg began)."""
        # The last that was called stands first: a direct number leads to a menu, and that to a ring group.
        for called, since in (*reversed(leg.path), (leg.called, 0), (leg.context, 0)):
            queue = self._named.get(called.casefold()) or self._of_number(_digits(called))
            if queue is not None:
                return queue, since
        return None

    def _of_number(self, digits: str) -> str | None:
        if len(digits) < _TELLING:
            return None
        return next((queue for number, queue in self._numbers if same_number(number, digits)), None)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isdigit())
