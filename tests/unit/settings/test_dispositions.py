"""A dialler's disposition codes decide what is a contact, and a code that nobody mapped can be seen."""

from __future__ import annotations

from typing import Any

import pytest

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.journeys.events import UNMAPPED
from stream.journeys.stamp import stamp_of
from stream.kpi.rules import DISPOSITIONS
from stream.sources.vicidial.dispositions import DISPOSITIONS as VICIDIAL_CODES
from stream.sources.vicidial.dispositions import NO_OUTCOME
from tests.floor_in_memory import FloorInMemory

NOW = 1_767_800_000_000
VICIDIAL = {"dispositions_profile": "vicidial"}
# The codes that VICIdial is installed with.
DEFAULT_CODES = """
NEW QUEUE INCALL DROP XDROP NA CALLBK CBHOLD A AA AM AL AFAX AB B DC ADC DEC DNC DNCL DNCC SALE N NI NP PU PM XFER ERI
SVYEXT SVYVM SVYHU SVYREC QVMAIL RQXFER TIMEOT AFTHRS NANQUE PDROP IVRXFR SVYCLM MLINAT MAXCAL LRERR QCFAIL ADCT LSMERG
"""


def call(code: str | None, talk_s: float = 0, number: int = 1) -> dict[str, Any]:
    return {
        "id": f"call {number}",
        "type": "call.ended",
        "at": NOW - 60_000 + number,
        "placed_at": NOW - 60_000,
        "call": f"c{number}",
        "lead": f"lead {number}",
        "direction": "outbound",
        "talk_s": talk_s,
        "disposition": code,
    }


def floor_with(*events: dict[str, Any], settings: dict[str, Any] | None = None) -> FloorInMemory:
    return FloorInMemory(clock=FixedClock(NOW), settings=settings or VICIDIAL).feed(events)


def contacts(*events: dict[str, Any], settings: dict[str, Any] | None = None) -> int:
    return int(floor_with(*events, settings=settings).kpis("1h")["contact_rate"]["numerator"])


def test_each_code_that_vicidial_is_installed_with_is_known() -> None:
    assert set(DEFAULT_CODES.split()) == VICIDIAL_CODES.keys() | NO_OUTCOME
    assert set(VICIDIAL_CODES.values()) <= DISPOSITIONS


@pytest.mark.parametrize("code", ["SALE", "NI", "CALLBK", "CBHOLD", "DEC", "XFER", "DNC"])
def test_a_conversation_is_a_contact_however_short_and_whatever_vicidials_flag(code: str) -> None:
    assert contacts(call(code, talk_s=5)) == 1


@pytest.mark.parametrize("code", ["A", "AA", "AM", "AL", "AFAX"])
def test_a_machine_is_no_contact_however_long_it_was_listened_to(code: str) -> None:
    assert contacts(call(code, talk_s=90)) == 0


@pytest.mark.parametrize("code", ["DROP", "XDROP", "PDROP", "TIMEOT"])
def test_a_drop_is_no_contact_though_a_person_answered(code: str) -> None:
    floor = floor_with(call(code, talk_s=45))
    assert floor.kpis("1h")["contact_rate"]["numerator"] == 0
    assert floor.kpis("1h")["answer_rate"]["numerator"] == 1


@pytest.mark.parametrize("code", ["N", "NA", "B", "AB", "DC", "ADC", "PU"])
def test_what_reached_nobody_is_no_contact(code: str) -> None:
    assert contacts(call(code, talk_s=31)) == 0


@pytest.mark.parametrize("code", ["NI", "DEC", "DNC"])
def test_a_no_is_counted_as_one_before_the_win(code: str) -> None:
    won = {"id": "won", "type": "lead.won", "at": NOW - 1000, "lead": "lead 1"}
    floor = floor_with(call(code), won)
    assert floor.kpis("1h")["noes_before_win"]["distribution"] == {"1": 1}


@pytest.mark.parametrize("code", sorted(NO_OUTCOME))
def test_a_call_without_an_outcome_is_judged_by_its_talk(code: str) -> None:
    assert contacts(call(code, talk_s=40), call(code, talk_s=10, number=2)) == 1


def test_the_floors_own_map_goes_before_the_profile() -> None:
    own = {**VICIDIAL, "dispositions": {"NP": "conversation", "XFER": "other", "MEETING": "interested"}}
    events = [call(code, number=number) for number, code in enumerate(("NP", "XFER", "MEETING", "SALE"), 1)]
    assert contacts(*events, settings=own) == 3


def test_without_a_profile_a_vendors_code_is_no_verdict() -> None:
    assert contacts(call("SALE", talk_s=5), settings={"dispositions_profile": "none"}) == 0


def unmapped(floor: FloorInMemory) -> dict[str, int]:
    return {name[1]: count for name, count in floor.floor.counts.items() if name[0] == UNMAPPED}


def test_what_maps_to_nothing_is_counted_by_its_code_be_it_the_calls_or_a_later_verdict() -> None:
    later = {**call("MEETING"), "id": "later", "type": "call.disposed"}
    floor = floor_with(call("MEETNG", talk_s=40), call("SALE", number=2), later, later)
    assert unmapped(floor) == {"MEETNG": 1, "MEETING": 1}
    assert floor.kpis("1h")["contact_rate"]["numerator"] == 2


def test_a_code_that_looks_like_a_number_or_a_text_is_shown_nowhere() -> None:
    wrong = ["06 39 98 00 01", "0639980001", "a rep's remark on the call, of many words", "x" * 40, "num-639980001"]
    floor = floor_with(*(call(code, number=number) for number, code in enumerate(wrong)))
    assert unmapped(floor) == {"other": len(wrong)}


def test_however_many_codes_there_are_only_the_first_hundred_have_a_name() -> None:
    floor = floor_with(*(call(f"code {number}", number=number) for number in range(150)))
    assert len(unmapped(floor)) == 101
    assert unmapped(floor)["other"] == 50


def test_a_profile_is_a_change_of_meaning_and_none_is_the_stamp_it_always_was() -> None:
    plain, with_profile = (stamp_of(load_settings(dispositions_profile=name)) for name in ("none", "vicidial"))
    assert plain["dispositions"] == "{}"
    assert with_profile["dispositions"] != "{}"
    assert with_profile.keys() == plain.keys()
