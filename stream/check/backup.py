"""The back-up's part of the check: whether there is one where `backup_dir` says, and how old it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.backup.manifest import read_manifest
from stream.errors import RingboardError
from stream.finding import fail, ok, warn

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.finding import Finding
    from stream.settings.model import Settings

_HOUR_MS: Final = 3_600_000


def check_backup(settings: Settings, clock: Clock) -> list[Finding]:
    """Return how the back-up stands; nothing where no setting says that there is one."""
    folder = settings.backup_dir
    if folder is None:
        return []
    run_it = "see whether `ringboard backup` is run, and how it ends"
    try:
        manifest = read_manifest(folder)
    except RingboardError as error:
        return [fail("back-up", str(error), run_it)]
    if manifest is None:
        return [warn("back-up", "backup_dir has none", run_it)]
    age_h = max(0, clock.now_ms() - manifest.at) / _HOUR_MS
    told = f"{age_h:,.1f} h old, {manifest.records:,} records and the states of {len(manifest.cuts)} partitions"
    if age_h > settings.backup_every_h:
        return [warn("back-up", f"{told}: older than backup_every_h ({settings.backup_every_h:g})", run_it)]
    return [ok("back-up", told)]
