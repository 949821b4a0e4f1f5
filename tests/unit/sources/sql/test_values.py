"""Values of a database read as an export of the table writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from stream.sources.sql.values import position_of_json, seconds_of, text_of

PARIS = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("Léa", "Léa"),
        (b"L\xe9a", "Léa"),
        ("Léa".encode(), "Léa"),
        (7, "7"),
        (True, "true"),
        (Decimal("12.50"), "12.50"),
        (3.0, "3"),
        (1767600000.25, "1767600000.25"),
        (datetime.fromisoformat("2026-01-05 08:00:00"), "2026-01-05 08:00:00"),
        (datetime.fromisoformat("2026-01-05 08:00:00.250"), "2026-01-05 08:00:00.250000"),
        (datetime(2026, 1, 5, 9, tzinfo=PARIS), "1767600000.000000"),
        ({"a": [1]}, '{"a":[1]}'),
    ],
)
def test_a_value_is_text(value: Any, text: str | None) -> None:
    assert text_of(value, epoch=True) == text


def test_for_a_mapping_a_time_keeps_its_zone() -> None:
    assert text_of(datetime(2026, 1, 5, 9, tzinfo=PARIS), epoch=False) == "2026-01-05T09:00:00+01:00"


@pytest.mark.parametrize(
    "value",
    [
        datetime.fromisoformat("2026-01-05 08:00:00"),
        datetime(2026, 1, 5, 8, tzinfo=UTC),
        "2026-01-05 08:00:00.000",
        "1767600000",
        1767600000,
    ],
)
def test_times_of_any_form_have_seconds(value: Any) -> None:
    assert seconds_of(value) == 1_767_600_000


def test_what_is_no_time_has_none() -> None:
    assert seconds_of("soon") is None
    assert seconds_of(None) is None


def test_what_was_never_written_as_a_position_is_none() -> None:
    with pytest.raises(ValueError, match="no position"):
        position_of_json([1])
