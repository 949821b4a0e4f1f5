"""How long to wait before the next try: longer each time, and with chance, so that processes do not try together."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

FIRST_S = 0.5
LONGEST_S = 30.0


@dataclass(slots=True)
class Backoff:
    """Waits that double from `first_s` up to `longest_s`, each of them between its half and its whole."""

    first_s: float = FIRST_S
    longest_s: float = LONGEST_S
    chance: random.Random = field(default_factory=random.Random)
    _tries: int = 0

    def next_s(self, *, longest: bool = False) -> float:
        """Return how long to wait now; the `longest` wait where trying soon is of no use."""
        whole = self.longest_s if longest else min(self.longest_s, self.first_s * 2 ** min(self._tries, 32))
        self._tries += 1
        return whole * self.chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin anew: it went well."""
        self._tries = 0
