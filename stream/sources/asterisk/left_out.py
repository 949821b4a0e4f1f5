"""Why calls of an Asterisk may be left out, and which setting says what they are."""

from __future__ import annotations

from typing import Final

from stream.sources.left_out import Reason

# Those that are as likely by what the calls look like stand in this order.
REASONS: Final = (
    Reason(
        "a line to the outside is called by digits, as telephones are",
        "name its peer, what stands before the hyphen in PJSIP/provider-0000001a, in asterisk_trunks",
        ("internal", "unknown"),
        "trunk",
    ),
    Reason(
        "prospects are dialled in contexts that no setting names",
        "asterisk_outbound_contexts = [{names}]",
        ("internal", "unknown"),
        "outbound context",
    ),
    Reason(
        "calls come in by contexts that no setting names",
        "asterisk_inbound_contexts = [{names}]",
        ("internal", "unknown"),
        "inbound context",
    ),
    Reason(
        "calls are of contexts that no setting names",
        "asterisk_outbound_contexts if prospects are dialled there, asterisk_inbound_contexts if calls come in there",
        ("internal", "unknown"),
        "context",
    ),
    Reason(
        "numbers of the outside are no longer than asterisk_extension_digits",
        "set it to the digits of your longest extension",
        ("internal",),
        "digits",
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
