"""Whatever record a fictional number stands in, and however it is written, its digits are not in what is kept."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stream.privacy.identity import Identity

IDENTITY = Identity(b"a key of the tests, 32 characters", "FR", None)


# +33 6 39 98 xx xx is reserved for fiction.
last = st.integers(0, 9_999).map(lambda number: f"{number:04}")
separators = st.sampled_from(["", " ", ".", "-", "\u00a0", "\u202f", " . ", "/", "\u2011", ")("])


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Give a writing of a fictional number, and its last nine digits."""
    end, separator = draw(last), draw(separators)
    groups = ["6" if draw(st.booleans()) else "06", "39", "98", end[:2], end[2:]]
    head = draw(st.sampled_from(["", "+33", "+33 (0)", "0033", "33 "]))
    return head + separator.join(groups), f"63998{end}"


names = st.sampled_from(["number", "reason", "campaign", "type", "name", "phone", "note", "source", "callerid", "x.y"])


def _records(writing: str) -> st.SearchStrategy[Any]:
    text = st.sampled_from([writing, f"call {writing} back", f"<sip:{writing}@pbx.example>", f"'{writing}'"])
    leaf = text | st.none() | st.booleans() | st.text(st.characters(exclude_categories=["Cs", "Nd"]), max_size=8)
    tree = st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | text, inner, max_size=3)
    )
    return st.dictionaries(names, tree, max_size=5).map(lambda record: record | {"number": writing})


def _survives(kept: bytes, digits: str) -> bool:
    text = re.sub(r"num_[0-9a-f]{32}|id_[0-9a-f]{32}", "|", kept.decode("utf-8", "replace"))
    return digits in re.sub(r"[^0-9|,:{}\[\]]", "", text)


@given(numbers().flatmap(lambda pair: st.tuples(st.just(pair[1]), _records(pair[0]))), st.booleans())
def test_no_digit_of_a_number_in_json_survives(case: tuple[str, Any], ascii_only: bool) -> None:
    digits, record = case
    kept = IDENTITY.scrub(json.dumps(record, ensure_ascii=ascii_only).encode())
    json.loads(kept)
    assert not _survives(kept, digits)


@given(numbers(), st.text(st.characters(exclude_categories=["Cs", "Nd"]), max_size=9), st.data())
def test_no_digit_of_a_number_in_broken_text_survives(pair: tuple[str, str], around: str, data: st.DataObject) -> None:
    writing, digits = pair
    record = json.dumps({"id": "a", "reason": around, "number": writing, "name": writing}, ensure_ascii=False)
    cut = data.draw(st.integers(0, 12))
    broken = data.draw(st.sampled_from([f"{around}{writing}{around}", record[:-1], record[cut:], f"{record}{record}"]))
    for encoding in ("utf-8", "utf-16-le", "latin-1"):
        assert not _survives(IDENTITY.scrub(broken.encode(encoding, "replace")), digits)


@given(st.binary(max_size=400))
def test_scrubbing_takes_any_bytes(data: bytes) -> None:
    assert isinstance(IDENTITY.scrub(data), bytes)


@given(numbers(), numbers())
def test_two_writings_have_one_pseudonym_if_and_only_if_they_are_one_number(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    pseudonyms = [IDENTITY.pseudonym(writing, call=None) for writing, _ in (one, other)]
    if _national(one[0]) and _national(other[0]):
        assert (pseudonyms[0] == pseudonyms[1]) == (one[1] == other[1])


def _national(writing: str) -> bool:
    """Tell writings that a person would accept: with one trunk zero or one country code."""
    digits = re.sub(r"\D", "", writing)
    return len(digits) == 10 or (writing.startswith("+33") and "(0)" not in writing and len(digits) == 11)
