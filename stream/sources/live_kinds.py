"""The sources that can be listened to, by what `ringboard connect` calls each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.registry import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.sources.source import Live

KINDS: Final[Mapping[str, Live]] = {one.live.name: one.live for one in SOURCES if one.live is not None}
