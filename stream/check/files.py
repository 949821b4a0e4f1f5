"""The files' part of the check: whether anybody but their owner may read the key, the broker's data and the demo's."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from stream.finding import ok, warn
from stream.privacy.identity import key_file
from stream.privacy.private_files import open_in, open_to_others

if TYPE_CHECKING:
    from stream.finding import Finding
    from stream.settings.model import Settings

_MOST: Final = 3
_PARTS: Final = ("broker", "demo")
"""What the commands make in `data_dir`."""


def check_files(settings: Settings) -> list[Finding]:
    """Return a finding for each of our files and folders that others may read or write, with how to close it."""
    root = settings.data_dir
    wrong = [path for path in (root, key_file(settings)) if path is not None and open_to_others(path) is not None]
    for part in _PARTS:
        wrong += open_in(root / part, _MOST)
    if not wrong:
        return [ok("files", "what is in data_dir is its owner's alone")] if root.exists() else []
    return [
        warn(
            "files",
            f"data_dir{f'/{path.relative_to(root)}' if path != root else ''} has the mode {open_to_others(path):04o}: "
            "others than its owner get at it",
            f"chmod -R go= {shlex.quote(str(path))}",
        )
        for path in wrong[:_MOST]
    ]
