"""Which way a call went is weighed of all that is known: no name of a peer outweighs a number that was dialled."""

from __future__ import annotations

from typing import Any

import pytest

from stream.configuration import load_settings
from stream.sources.asterisk.plan import directions_of
from stream.sources.dial_plan.ways import Dialled, Party, Ways


def ways(**given: Any) -> Ways:
    return Ways(directions_of(load_settings(**given)))


def dials(caller: str, to: str, data: str, **more: Any) -> Dialled:
    number = more.pop("number", "")
    return Dialled(Party(caller, number, born_in=more.pop("born_in", "")), extension=to, data=data, **more)


@pytest.mark.parametrize("trunk", ["0170000000", "33170", "provider", "4412", "0033170"])
@pytest.mark.parametrize("shown", ["201", "0170000000", ""])
def test_a_long_number_dialled_over_a_line_goes_out_whatever_the_line_is_called(trunk: str, shown: str) -> None:
    dialled = dials(
        "PJSIP/201-00000001",
        "0639980001",
        f"PJSIP/0639980001@{trunk},60",
        number=shown,
        called=Party(f"PJSIP/{trunk}-00000002"),
        context="somewhere",
    )
    verdict = ways().way(dialled)
    assert (verdict.says, verdict.kind) == ("outbound", "dialling")
    assert ways().number(dialled) == "0639980001"


def test_a_telephone_with_a_name_and_the_floors_caller_id_dials_out() -> None:
    dialled = dials("SIP/alice-00000001", "dial", "SIP/provider/#31#0639980001", number="0199000100")
    assert ways().way(dialled).says == "outbound"
    assert ways().number(dialled) == "0639980001"


@pytest.mark.parametrize("also", ["Local/0639980009@forwards/n", "Local/FMGL-0639980009#@from-internal/n"])
def test_a_caller_whose_call_rings_a_mobile_telephone_too_has_not_dialled_it(also: str) -> None:
    rung = dials(
        "SIP/carrier-00000001",
        "201",
        f"SIP/201&{also},20",
        number="0639980001",
        called=Party("SIP/201-00000002"),
        context="somewhere",
    )
    assert ways().way(rung).says == "inbound"


def test_what_a_dial_has_shown_to_be_a_line_calls_in_over_it() -> None:
    told = ways()
    told.peers.dials("IAX2/0033170/0033639980001,11")
    told.peers.dials("IAX2/rep109&IAX2/105")
    assert told.side(Party("IAX2/0033170-773", "0639980002")).says == "outside"
    assert told.side(Party("IAX2/rep109-773")).says == "inside"
    rung = dials("IAX2/0033170-773", "600", "IAX2/105,12", number="0639980002", called=Party("IAX2/105-1"))
    assert (told.way(rung).says, told.way(rung).kind) == ("inbound", "trunk")


def test_a_peer_by_which_several_numbers_call_extensions_is_a_line_though_it_is_called_like_one() -> None:
    told = ways()
    rung = dials("SIP/1234-00000001", "201", "SIP/201,20", number="0639980001", called=Party("SIP/201-00000002"))
    told.peers.called("SIP/1234-00000001", "0639980001", "201")
    assert told.way(rung).says == "internal"
    told.peers.called("SIP/1234-00000003", "+33639980001", "201")
    assert told.way(rung).says == "internal"
    told.peers.called("SIP/1234-00000005", "0639980002", "201")
    assert (told.way(rung).says, told.way(rung).kind) == ("inbound", "trunk")


def test_a_telephone_that_shows_one_number_after_the_other_outside_is_no_line() -> None:
    told = ways()
    for shown in ("0199000100", "0199000101"):
        told.peers.called("SIP/201-00000001", shown, "0639980001")
    assert told.side(Party("SIP/201-00000009")).says == "inside"


def test_a_port_of_a_card_is_no_extension_and_a_span_is_a_line() -> None:
    assert ways().side(Party("DAHDI/4-1")).says is None
    assert ways().side(Party("DAHDI/4-1", "0639980001")).says == "outside"
    assert ways().side(Party("Zap/12-1", "201")).says == "inside"
    told = ways()
    told.peers.shows("0199000100")
    stood = Dialled(Party("DAHDI/i1/0199000100-1f", "0199000100"), queue="campaign")
    assert (told.way(stood).says, told.way(stood).kind) == ("outbound", "trunk")


def test_a_peer_that_was_both_a_line_and_a_telephone_is_neither() -> None:
    told = ways()
    told.peers.dials("SIP/desk/0639980001")
    told.peers.dials("SIP/desk")
    assert told.side(Party("SIP/desk-00000001")).says is None


def test_the_context_outweighs_what_is_dialled_and_the_settings_outweigh_the_context() -> None:
    transit = dials("SIP/a-00000001", "0639980001", "SIP/b/0639980001", context="from-trunk-a")
    assert ways().way(transit).says == "inbound"
    named = transit._replace(called=Party("SIP/b-00000002"))
    assert ways(asterisk_phones=["a"], asterisk_trunks=["b"]).way(named).says == "outbound"


def test_between_telephones_it_is_internal() -> None:
    rung = dials("PJSIP/101-00000001", "102", "PJSIP/102,20", number="101", called=Party("PJSIP/102-00000002"))
    assert ways().way(rung).says == "internal"


def test_a_queue_is_a_diallers_where_the_settings_say_so_whatever_line_the_caller_is_on() -> None:
    caller = Party("IAX2/0033170-8420", "0199000100")
    stood = Dialled(caller, context="numbers-in", extension="8300", queue="campaign")
    assert ways().way(stood).says == "inbound"
    told = ways(asterisk_outbound_queues=["campaign"], asterisk_trunks=["0033170"]).way(stood)
    assert (told.says, told.kind) == ("outbound", "settings")
    assert ways().way(stood._replace(placed=True)).says == "outbound"


def test_who_stands_in_a_queue_after_a_local_channel_to_them_was_dialled() -> None:
    caller = Party("Local/0639980001@dialler-00000001;1", "0639980001")
    assert ways().way(Dialled(caller, queue="campaign")).says == "outbound"


def test_a_caller_on_a_line_with_the_floors_own_number_was_dialled() -> None:
    told = ways()
    told.peers.dials("IAX2/0033170/0033639980001")
    told.peers.shows("0199000100")
    stood = Dialled(Party("IAX2/0033170-8420", "0199000100"), queue="campaign")
    assert (told.way(stood).says, told.way(stood).kind) == ("outbound", "trunk")


def test_an_extension_is_as_long_as_the_settings_say_also_for_a_peer() -> None:
    assert ways().side(Party("PJSIP/1234567-00000001")).says == "outside"
    assert ways(asterisk_extension_digits=7).side(Party("PJSIP/1234567-00000001")).says == "inside"
    assert ways().side(Party("SIP/150010001-00000001", account="150010001")).says == "inside"


def test_what_nothing_speaks_for_is_open() -> None:
    assert ways().way(dials("SIP/a-00000001", "start", "SIP/b", called=Party("SIP/b-00000002"))).says is None
    assert ways().side(Party("SIP/a-00000001", "<unknown>")).says is None


def test_no_evidence_names_a_number() -> None:
    told = ways()
    told.peers.shows("0199000100")
    rung = dials("PJSIP/0170000000-00000001", "0639980001", "PJSIP/0639980001@0170000001", number="0639980002")
    lines = [*told.way(rung).lines(), *told.side(rung.caller).lines(), *told.side(Party("", "0199000100")).lines()]
    assert lines
    assert not [line for line in lines if "0639" in line or "0170" in line or "0199" in line]


def test_what_stands_for_a_queue_is_a_ring_group_a_direct_number_or_a_context() -> None:
    told = directions_of(
        load_settings(asterisk_ring_groups={"600": "desk", "0199000210": "hunt", "Ext-Group": "any group"})
    )
    assert told.ring_group("600", "0199000299") == "desk"
    assert told.ring_group("601", "+33199000210") == "hunt"
    assert told.ring_group("601", "", "ext-group") == "any group"
    assert told.ring_group("602", "0199000299", "elsewhere") is None
