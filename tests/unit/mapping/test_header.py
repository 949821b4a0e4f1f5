"""A header that stands below lines of its own, as advertising accounts export it, is found by its columns."""

from __future__ import annotations

import io

import pytest

from stream.sources.mapped import NO_RULE, Mapped
from stream.sources.reading import Read, WrongFileError
from tests.unit.mapping.writing import mapping

EXPORT = """
    name = "ads"
    timezone = "Europe/Paris"

    [file]
    skip = "until-header"

    [[events]]
    type = "spend.recorded"
    when = { Day = { match = '^\\d{4}-' } }
    campaign = { from = ["Campaign ID", "Campaign"] }
    amount = "{Cost}"
    currency = "EUR"
    at = "{Day}"
    from = "{Day}"
    to = { from = "Day", day_end = true }
"""


@pytest.mark.parametrize(
    "above", ["", "Campaign performance\n", 'Untitled report\n"August 1, 2026 - August 2, 2026"\n', "\n\n,,\nTitle\n"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_lines_before_a_header_may_be_passed_over_however_many_they_are(above: str, delimiter: str) -> None:
    table = "Campaign,Day,Cost\nSpring,2026-08-01,12.50\nTotal: Campaigns,--,12.50\n".replace(",", delimiter)
    mapped = Mapped(mapping(EXPORT))
    (one,) = mapped.read(io.BytesIO((above + table).encode()))
    assert isinstance(one, Read)
    assert isinstance(one.event, dict)
    assert (one.event["campaign"], one.event["amount"]) == ("Spring", "12.5")
    assert mapped.unused == {NO_RULE: 1}


def test_a_file_without_such_a_header_names_the_columns_that_it_needs() -> None:
    with pytest.raises(WrongFileError) as raised:
        list(Mapped(mapping(EXPORT)).read(io.BytesIO(b"Campaign performance\nCampaign,Cost\nSpring,12.50\n")))
    assert str(raised.value) == (
        "header: none of the first 50 lines has all columns that the mapping ads reads: "
        '"Campaign ID or Campaign", "Cost", "Day"; add them to the export, or name them in the mapping as the file does'
    )
