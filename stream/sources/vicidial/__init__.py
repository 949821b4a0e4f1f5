"""VICIdial: the meaning of its disposition codes. Its calls are those of the Asterisk below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.source import VendorSource

if TYPE_CHECKING:
    from collections.abc import Mapping


def _dispositions() -> Mapping[str, str]:
    from stream.sources.vicidial.dispositions import DISPOSITIONS

    return DISPOSITIONS


SOURCE: Final = VendorSource(name="vicidial", title="VICIdial", docs=("dispositions.md",), dispositions=_dispositions)
