"""Why a record was refused: a reason to count it by, the field, and one line for the person who corrects it."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The closed list of reasons: it is a label of the metrics."""

    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    MALFORMED_JSON = "malformed_json"
    MALFORMED_LINE = "malformed_line"
    TOO_DEEP = "too_deep"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_FIELD = "missing_field"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_VALUE = "unknown_value"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    EMPTY_NUMBER = "empty_number"
    TIME_ABSURD = "time_absurd"
    TIME_AHEAD = "time_ahead"
    PERIOD_REVERSED = "period_reversed"
    UNKNOWN_CURRENCY = "unknown_currency"
    WRONG_TOPIC = "wrong_topic"
    EXTENSION = "extension"
    JOURNEY_FULL = "journey_full"
    MALFORMED_LINK = "malformed_link"
    INTERNAL = "internal"


class Refused(Exception):  # noqa: N818  a refusal is an answer, not a failure of ours
    """
    A record that is no event: `reason`, the `field` that is wrong (None for the whole record), and `message`.

    The message is one line: the field, the shape of its value (never a text that was in it), and the right form.
    """

    def __init__(self, reason: Reason | str, field: str | None, message: str) -> None:
        super().__init__(message)
        self.reason = Reason(reason)
        self.field = field
        self.message = message
