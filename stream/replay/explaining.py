"""What spoke for what a file tells of one call, for `ringboard replay --dry-run --explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.errors import RingboardError
from stream.replay.bundles import bundles_of, each_opened
from stream.sources.explaining import Explains, asked_for
from stream.sources.formats import FORMATS
from stream.sources.opening import opened
from stream.sources.reading import JoiningSource
from stream.sources.text import Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from stream.replay.bundles import Bundle
    from stream.settings.model import Settings
    from stream.sources.reading import Source


def explained(files: Sequence[Path], form: str | None, which: str, settings: Settings) -> Iterator[str]:
    """Yield what spoke for what `files` tell of the call `which`; raises RingboardError where nothing can."""
    found = False
    silent: list[str] = []
    written = Written(settings.text_encoding)
    bundles = bundles_of(files, None if form is None else FORMATS[form], written)
    for bundle in bundles:
        source = bundle.form.make(settings)
        if not isinstance(source, Explains):
            silent.append(bundle.form.name)
            continue
        source.asked = asked_for(which)
        if source.asked.line is not None and len(bundle.paths) > 1:
            raise RingboardError(
                f"--explain: {len(bundle.paths)} files are read together here, and each has such a line; name the id "
                "of the call, or of a leg of it"
            )
        _read(bundle, source, written)
        found = found or bool(source.asked.found)
        yield from (f"{bundle.name}: {line}" for line in source.asked.found)
    if len(silent) == len(bundles):
        raise RingboardError(
            f"--explain: there is nothing to explain in {', '.join(dict.fromkeys(silent))}: its rows say themselves "
            "which way a call went and whose it was; run it without --explain to see what each comes to"
        )
    if not found:
        raise RingboardError(
            "--explain: no call of these files has that line or id; name a line of it, or the id that the call has "
            "there"
        )


def _read(bundle: Bundle, source: Source, written: Written) -> None:
    if isinstance(source, JoiningSource) and len(bundle.paths) > 1:
        for _ in source.read_all(each_opened(bundle.paths, written)):
            pass
        return
    for path in bundle.paths:
        with opened(path, written) as file:
            for _ in source.read(file.content):
                pass
