"""A trouble that lasts, such as a broker that is away: logged when it begins, and when it ends with how long it was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from stream.logs.words import away, back

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

FIELDS: Final = ("trouble", "state", "for_s")
"""What a record of a trouble has beside its message: what is away, `away` or `back`, and after how many seconds."""


class Trouble:
    """
    What is away, or there: `begins` and `ends` may be called each time anew, and only changes are logged.

    Args:
        what: what may be away, as in "the broker".
        log: where it is logged.
        monotonic: seconds, to tell how long it lasted.

    """

    def __init__(self, what: str, log: logging.Logger, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.what = what
        self._log = log
        self._monotonic = monotonic
        self._since: float | None = None
        self._why = ""

    @property
    def lasts(self) -> bool:
        """Whether it has begun, and not ended."""
        return self._since is not None

    @property
    def why(self) -> str | None:
        """Why it is away; None while it is not."""
        return self._why if self.lasts else None

    def begins(self, why: str, meanwhile: str = "") -> None:
        """Log that it is away and `why`, and what happens `meanwhile`; again only for another reason."""
        if self.lasts and why == self._why:
            return
        if self._since is None:
            self._since = self._monotonic()
        self._why = why
        said = away(self.what, why) + (f"; {meanwhile}" if meanwhile else "")
        self._log.warning("%s", said, extra={"trouble": self.what, "state": "away"})

    def ends(self, more: str = "") -> None:
        """Log that it is back and after how long, if it was away; `more` is what follows of that."""
        if self._since is None:
            return
        lasted = self._monotonic() - self._since
        self._since, self._why = None, ""
        said = back(self.what, lasted) + (f"; {more}" if more else "")
        self._log.info("%s", said, extra={"trouble": self.what, "state": "back", "for_s": round(lasted, 3)})
