"""3CX: its call detail records, cdr.log, as a file that is replayed or followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.source import VendorSource
from stream.sources.threecx.settings import ThreecxSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.left_out import Reason
    from stream.sources.source import Format


def _formats() -> Sequence[Format]:
    from stream.sources.source import Format
    from stream.sources.threecx import cdr

    return (Format("3cx-cdr", cdr.ThreecxCdr, cdr.looks, follow_h=6),)


def _left_out() -> Sequence[Reason]:
    from stream.sources.left_out import Reason

    return (
        Reason(
            "the columns are in an order of your own",
            "threecx_cdr_columns (docs/sources/3cx.md)",
            ("internal", "refused"),
        ),
    )


SOURCE: Final = VendorSource(
    name="threecx",
    title="3CX",
    docs=("3cx.md",),
    settings=(ThreecxSettings,),
    formats=_formats,
    left_out=_left_out,
)
