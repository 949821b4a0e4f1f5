"""Why calls of a FreeSWITCH may be left out, and which setting says what they are; the likeliest first."""

from __future__ import annotations

from typing import Final

from stream.sources.left_out import Reason

REASONS: Final = (
    Reason(
        "the contexts that prospects are dialled in, or that calls come in by, have names of their own",
        "freeswitch_outbound_contexts, freeswitch_inbound_contexts",
        ("internal", "unknown"),
    ),
    Reason(
        "numbers of the outside are no longer than freeswitch_extension_digits",
        "set it to the digits of your longest extension",
        ("internal",),
    ),
)
