"""How many requests each client may make, and how often a turned-away one is logged."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_AT_ONCE: Final = 5
MOST_CLIENTS: Final = 10_000
QUIET_S: Final = 10.0


def client_name(address: str) -> str:
    """Return what an address is counted under: itself, or of IPv6 the network that one customer is given."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(read, ipaddress.IPv6Address):
        if read.ipv4_mapped is not None:
            return str(read.ipv4_mapped)
        return str(ipaddress.ip_network((read, 64), strict=False))
    return str(read)


class Rates:
    """Lets each client make `per_s` requests a second, and so many seconds' worth of them at once."""

    def __init__(self, per_s: float, monotonic: Callable[[], float]) -> None:
        self._per_s = per_s
        self._most = per_s * SECONDS_AT_ONCE
        self._monotonic = monotonic
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """Count a request, and return 0 if it may be made, else the seconds after which one may."""
        now = self._monotonic()
        left, since = self._left.pop(client, (self._most, now))
        left = min(self._most, left + (now - since) * self._per_s)
        allowed = left >= 1
        self._left[client] = (left - 1 if allowed else left, now)
        while len(self._left) > MOST_CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_s


class Sparing:
    """Logs the first of many equal lines at once, and of the others every `quiet_s` only how many they were."""

    def __init__(self, say: Callable[[str], None], monotonic: Callable[[], float], quiet_s: float = QUIET_S) -> None:
        self._say = say
        self._monotonic = monotonic
        self._quiet_s = quiet_s
        self._said: dict[str, tuple[float, int]] = {}

    def say(self, kind: str, line: str) -> None:
        """Log `line`, one of its `kind`, unless one was logged a moment ago; kinds are few."""
        now = self._monotonic()
        last, kept_back = self._said.get(kind, (now - self._quiet_s, 0))
        if now - last < self._quiet_s:
            self._said[kind] = (last, kept_back + 1)
            return
        more = f" ({kept_back} more of the kind since the last line)" if kept_back else ""
        self._said[kind] = (now, 0)
        self._say(line + more)
