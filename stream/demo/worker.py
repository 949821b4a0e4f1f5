"""The demo's worker: `ringboard worker` as a child process that ends when the demo does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from stream.demo.child_process import KILLED, ChildProcess
from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENTRY = "from stream.cli import main; main()"


class Worker(ChildProcess):
    """
    A worker process whose output goes to the file `log`.

    `settings` are environment variables, which override those of this process.
    """

    def __init__(self, settings: Mapping[str, str], log: Path) -> None:
        super().__init__([sys.executable, "-P", "-c", ENTRY, "worker"], log, settings)

    def why_it_ended(self) -> RingboardError:
        """Return the error for a worker that ended by itself."""
        killed = "it was killed" if self.exit_code == KILLED else "it said nothing"
        return RingboardError(f"the worker ended: {self.last_error() or killed} (see {self._log}; --reset begins anew)")
