"""The likeliest reason why an Asterisk's calls are left out, when its advice is followed, makes the calls count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from stream.sources.asterisk.left_out import REASONS
from stream.sources.left_out import notice
from stream.sources.signs import Signs, signs_of
from tests.read_source import read_bytes

if TYPE_CHECKING:
    from tests.read_source import FileRead

CALLS: Final = 24
FLOOR: Final = "0199000100"


class Dial(NamedTuple):
    """What one row of a recording has of a call."""

    caller: str
    number: str
    extension: str
    called: str
    context: str
    data: str = ""


def rows(dial: Dial, first: int = 0) -> list[str]:
    made = []
    for place in range(first, first + CALLS):
        start, end = f"2026-06-01 08:{place:02}:00", f"2026-06-01 08:{place:02}:40"
        channels = f'"{dial.caller}-{place:08x}","{dial.called}-1{place:07x}"'
        made.append(
            f'"","{dial.number}","{dial.extension}","{dial.context}","<{dial.number}>",{channels},"Dial","{dial.data}",'
            f'"{start}","{start}","{end}",40,40,"ANSWERED","DOCUMENTATION","{1_780_300_800 + 60 * place}.1",""'
        )
    return made


def read(*lines: str, **settings: Any) -> FileRead:
    return read_bytes("asterisk-cdr", "\n".join(lines) + "\n", **settings)


def said(read_: FileRead) -> str:
    counted = len(read_.of_type("call.ended"))
    unused = read_.source.unused
    fates = {
        "counted": counted,
        "internal": unused["internal call"],
        "unknown": unused["call of no known direction"],
        "refused": len(read_.refused),
    }
    line = notice(fates, REASONS, signs_of(read_.source))
    assert line is not None
    return line.partition("(1) ")[2].partition("; (2) ")[0]


# What the calls are like; what is said of them first; what is then set; and which way they went.
LIKELY: Final = [
    pytest.param(
        Dial("PJSIP/101", "101", "0639980001", "PJSIP/3317", "from-internal", "PJSIP/3317"),
        "a line to the outside is called by digits, as telephones are (a peer of 4 digits is dialled over): name its "
        "peer, what stands before the hyphen in PJSIP/provider-0000001a, in asterisk_trunks",
        {"asterisk_trunks": ["3317"]}, "outbound", id="numbers dialled over a line of digits",
    ),
    pytest.param(
        Dial("PJSIP/3317", "0639980001", "101", "PJSIP/101", "did-in", "PJSIP/101"),
        "a line to the outside is called by digits, as telephones are (calls come from a peer of 4 digits): name its "
        "peer, what stands before the hyphen in PJSIP/provider-0000001a, in asterisk_trunks",
        {"asterisk_trunks": ["3317"]}, "inbound", id="calls from a line of digits",
    ),
    pytest.param(
        Dial("PJSIP/anna", "", "0639980001", "PJSIP/carrier", "callout", "PJSIP/carrier"),
        'prospects are dialled in contexts that no setting names: asterisk_outbound_contexts = ["callout"]',
        {"asterisk_outbound_contexts": ["callout"]}, "outbound", id="numbers dialled in a context of no setting",
    ),
    pytest.param(
        Dial("PJSIP/carrier", "", "anna", "PJSIP/anna", "arrivals", "PJSIP/anna"),
        'calls come in by contexts that no setting names: asterisk_inbound_contexts = ["arrivals"]',
        {"asterisk_inbound_contexts": ["arrivals"]}, "inbound", id="telephones rung from a context of no setting",
    ),
    pytest.param(
        Dial("PJSIP/anna", "", "55123", "PJSIP/carrier", "callout", "PJSIP/carrier"),
        "calls are of contexts that no setting names (callout): asterisk_outbound_contexts if prospects are "
        "dialled there, asterisk_inbound_contexts if calls come in there",
        {"asterisk_outbound_contexts": ["callout"]}, "outbound", id="short numbers dialled in a context of no setting",
    ),
    pytest.param(
        Dial("PJSIP/101", "101", "712345", "PJSIP/carrier", "house", "PJSIP/712345@carrier"),
        "numbers of the outside are no longer than asterisk_extension_digits (telephones of 3 digits dial 6): set it "
        "to the digits of your longest extension",
        {"asterisk_extension_digits": 3}, "outbound", id="short numbers of the outside",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("dial", "first", "followed", "way"), LIKELY)
def test_the_advice_that_stands_first_counts_the_calls_when_it_is_followed(
    dial: Dial, first: str, followed: dict[str, Any], way: str
) -> None:
    left_out = read(*rows(dial))
    assert not left_out.of_type("call.ended")
    assert said(left_out) == first
    assert set(followed) <= {word.strip(",") for word in first.split()}
    counted = read(*rows(dial), **followed).of_type("call.ended")
    assert [call["direction"] for call in counted] == [way] * CALLS


def test_of_calls_within_the_house_it_is_said_first_that_nothing_is_to_be_done() -> None:
    house = read(*rows(Dial("PJSIP/101", "101", "102", "PJSIP/102", "house", "PJSIP/102")))
    assert said(house) == "the floor's telephones call each other: then nothing is to be done"


def test_what_more_calls_look_like_stands_first() -> None:
    trunk, callout = LIKELY[0].values[0], LIKELY[2].values[0]
    assert isinstance(trunk, Dial)
    assert isinstance(callout, Dial)
    mostly_trunk = read(*rows(trunk), *rows(callout, CALLS)[:6])
    mostly_context = read(*rows(trunk)[:6], *rows(callout, CALLS))
    assert "asterisk_trunks" in said(mostly_trunk)
    assert "asterisk_outbound_contexts" in said(mostly_context)


def test_a_context_that_is_called_by_a_number_is_not_named() -> None:
    line = said(read(*rows(Dial("PJSIP/anna", "", "0639980001", "PJSIP/carrier", FLOOR, "PJSIP/carrier"))))
    assert line.endswith("asterisk_outbound_contexts = […]")
    assert FLOOR not in line


def test_a_source_that_does_not_say_what_calls_look_like_has_no_signs() -> None:
    assert signs_of(object()).of("trunk") == 0
    assert Signs().names("context", 3) == []
