"""Finds every message in the source that a user can be shown: its file and its text, with {…} for what is filled in."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[3]
FINDINGS: Final = frozenset({"fail", "warn"})
NOT_SHOWN: Final = frozenset(
    {
        "CancelledError",
        "FencedError",
        "FoldError",
        "RuntimeError",
        "_RefusedError",
        "TypeError",
        "SystemExit",
        "TokenError",
    }
)
"""What is caught where it is raised, or ends a process with a traceback as only a bug of ours does."""

_HOLE: Final = "{…}"


class Message(NamedTuple):
    """A message: the file that it stands in, and its text, with `{…}` where something is filled in."""

    path: str
    text: str

    def says(self, line: str) -> bool:
        """Return whether `line`, or a part of it, is this message."""
        parts = [re.escape(" ".join(part.split())) for part in self.text.split(_HOLE)]
        return re.search(".*?".join(parts), " ".join(line.split()), re.DOTALL) is not None

    @property
    def words(self) -> str:
        """The longest part of it that is always the same."""
        return max(self.text.split(_HOLE), key=len)


def messages() -> list[Message]:
    """Return the messages of the commands, the readers, the mappings, the settings, the gateway and the API."""
    found: dict[Message, None] = {}
    for folder in ("agents", "stream"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if place.startswith(("stream/kpi/", "stream/documentation/")):
                continue  # mistakes of who writes a KPI, found on import
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    found.update(dict.fromkeys(Message(place, text) for text in _texts(node)))
    return list(found)


def _texts(call: ast.Call) -> list[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    raised = name in {"Refused", "Unfit"} or (name.endswith("Error") and name not in NOT_SHOWN)
    if not raised and name not in FINDINGS and name not in {"Trouble", "Misfit"}:
        return []
    texts = [_text(one) for one in (*call.args, *(keyword.value for keyword in call.keywords))]
    return [text for text in texts if text is not None and " " in text.replace(_HOLE, "").strip()]


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else _HOLE for one in node.values)
    return None
