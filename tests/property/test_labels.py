"""Whatever stands around a number in a label, nothing of it is left, and a second reading changes nothing."""

# ruff: noqa: RUF001  digits of other scripts are what is tested

from __future__ import annotations

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from stream.privacy.labels import LABEL_FIELDS, kept_label
from stream.privacy.masking import masked

REGIONS = st.sampled_from(["FR", "US", "DE", "GB", "IT", "ES"])
WORDS = st.text(st.characters(exclude_categories=["Cs", "Nd", "No", "Cc"], exclude_characters="@%"), max_size=12)
SCRIPTS = st.sampled_from(["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"])


@st.composite
def writings(draw: st.DrawFn) -> str:
    """Return a number of fiction as somebody may write it."""
    end = f"{draw(st.integers(0, 9_999)):04}"
    between = draw(st.sampled_from(["", " ", ".", "-", "\u00a0", "\u202f", "/", "\u2011", "_", "\u200b", " - "]))
    head = draw(st.sampled_from(["0", "+33", "+33 ", "+33 (0)", "0033", "33 "]))
    text = head + between.join(["6", "39", "98", end[:2], end[2:]])
    return text.translate(str.maketrans("0123456789", draw(SCRIPTS)))


@given(WORDS, writings(), WORDS, REGIONS)
def test_no_digit_of_a_number_is_left_in_a_label(before: str, writing: str, after: str, region: str) -> None:
    label, _ = kept_label("campaign", before + writing + after, region)
    assert "[number]" in label
    assert sum(map(str.isdigit, label)) <= 1  # of a `1/2` and the like in the words


@given(st.text(max_size=80), st.sampled_from(LABEL_FIELDS), REGIONS)
def test_a_label_that_was_masked_is_masked_no_further(text: str, field: str, region: str) -> None:
    label, _ = kept_label(field, text, region)
    assert kept_label(field, label, region) == (label, ())


@given(st.text("0123456789+-. ()/_@a.fvT:", max_size=60), REGIONS)
def test_what_phonenumbers_reads_as_an_international_number_is_not_left(text: str, region: str) -> None:
    label, _ = kept_label("campaign", text, region)
    assert kept_label("campaign", label, region) == (label, ())
    found = [match.raw_string for match in phonenumbers.PhoneNumberMatcher(label, None)]
    assert found == []


@given(st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1, max_size=30), st.integers(0, 999_999), REGIONS)
def test_words_and_short_codes_stay(word: str, code: int, region: str) -> None:
    label = f"{word} {code}"
    assert masked(label, region) == label
