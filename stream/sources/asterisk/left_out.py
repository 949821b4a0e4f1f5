"""Why calls of an Asterisk may be left out, and which setting says what they are; the likeliest first."""

from __future__ import annotations

from typing import Final

from stream.sources.left_out import Reason

REASONS: Final = (
    Reason(
        "the contexts that prospects are dialled in, or that calls come in by, have names of their own",
        "asterisk_outbound_contexts, asterisk_inbound_contexts",
        ("internal", "unknown"),
    ),
    Reason(
        "a line to the outside has the name of a telephone, digits alone for one",
        'asterisk_trunks = ["provider*"]',
        ("internal", "unknown"),
    ),
    Reason(
        "numbers of the outside are no longer than asterisk_extension_digits",
        "set it to the digits of your longest extension",
        ("internal",),
    ),
    Reason(
        "telephones call from contexts, or under names, that nothing shows to be theirs",
        'asterisk_internal_contexts, asterisk_phones = ["desk-*"]',
        ("unknown",),
    ),
    Reason(
        "the file has columns, or times, in an order of its own",
        "asterisk_cel_columns, asterisk_cdr_timezone, or --format",
        ("refused",),
    ),
)
