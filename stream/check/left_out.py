"""The check of calls that are left out: those that a live source has heard, and those of the last replays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.check.connect import health_of
from stream.finding import warn
from stream.replay.noted import FILE, noted_in

if TYPE_CHECKING:
    from stream.finding import Finding
    from stream.settings.model import Settings


async def check_left_out(settings: Settings) -> list[Finding]:
    """Return a finding for each source that leaves out many of its calls; none of a source that cannot be asked."""
    found = []
    health = await health_of(settings)
    if isinstance(said := health.get("left_out"), str):
        found.append(_finding(f"calls of {health.get('source')}", said, "then start `ringboard connect` again"))
    for form, said in sorted(noted_in(settings.data_dir).items()):
        todo = f"then replay it again (or delete {FILE} in data_dir)"
        found.append(_finding(f"calls of {form}, replayed", said, todo))
    return found


def _finding(what: str, said: str, todo: str) -> Finding:
    return warn(what, said, f"correct the setting, {todo}")
