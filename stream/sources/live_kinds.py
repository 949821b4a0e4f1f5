"""The sources that can be listened to, by what `ringboard connect` calls each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.registry import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.sources.left_out import Reason
    from stream.sources.source import Live

KINDS: Final[Mapping[str, Live]] = {one.live.name: one.live for one in SOURCES if one.live is not None}


def reasons_of(name: str) -> Sequence[Reason]:
    """Return why calls may be left out that come by the live source, or in the format, of this name."""
    for one in SOURCES:
        if one.left_out is None:
            continue
        formats = () if one.formats is None else (form.name for form in one.formats())
        if name in formats or (one.live is not None and name == one.live.name):
            return one.left_out()
    return ()
