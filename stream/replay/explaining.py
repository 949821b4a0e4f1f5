"""What spoke for what a file tells of one call, for `ringboard replay --dry-run --explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.errors import RingboardError
from stream.sources.explaining import Explains, asked_for
from stream.sources.formats import FORMATS
from stream.sources.opening import opened, recognise
from stream.sources.text import Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from stream.settings.model import Settings


def explained(files: Sequence[Path], form: str | None, which: str, settings: Settings) -> Iterator[str]:
    """Yield what spoke for what `files` tell of the call `which`; raises RingboardError where nothing can."""
    found = False
    for path in files:
        written = Written(settings.text_encoding)
        with opened(path, written) as file:
            source = FORMATS[form or recognise(path, written)].make(settings)
            if not isinstance(source, Explains):
                continue
            source.asked = asked_for(which)
            for _ in source.read(file.content):
                pass
            found = found or bool(source.asked.found)
            yield from (f"{path.name}: {line}" for line in source.asked.found)
    if not found:
        raise RingboardError(
            "--explain: no call of these files has that line or id, or their format cannot explain; name a line of it, "
            "or the id that the call has there"
        )
