"""Which side a party is on, which way a call went, and who the rep was, by the floor's settings or by the forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stream.configuration import load_settings
from stream.sources.asterisk.plan import directions_of
from stream.sources.asterisk.settings import AsteriskSettings
from stream.sources.dial_plan import names

if TYPE_CHECKING:
    from stream.sources.dial_plan.directions import Directions


def directions(**given: Any) -> Directions:
    return directions_of(load_settings(**given))


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ("PJSIP/107-0000001a", ("PJSIP", "107", "", 0)),
        ("SIP/acme-provider-0000001a", ("SIP", "acme-provider", "", 0)),
        ("SIP/107-0000001a<ZOMBIE>", ("SIP", "107", "", 0)),
        ("AsyncGoto/SIP/107-0000001a", ("SIP", "107", "", 0)),
        ("Local/107@reps-0000001b;2", ("Local", "107", "reps", 2)),
        ("Local/+33639980001@to-lead-0000001b;1", ("Local", "+33639980001", "to-lead", 1)),
        ("DAHDI/i1/0639980001-1f", ("DAHDI", "i1", "", 0)),
    ],
)
def test_the_name_of_a_channel_tells_its_peer(channel: str, name: tuple[object, ...]) -> None:
    assert names.channel(channel) == name


@pytest.mark.parametrize(
    ("interface", "name"),
    [
        ("Local/101@reps/n", ("Local", "101", "reps", 0)),
        ("PJSIP/107", ("PJSIP", "107", "", 0)),
        ("SIP/acme-01", ("SIP", "acme-01", "", 0)),
        ("Agent/1141", ("Agent", "1141", "", 0)),
    ],
)
def test_the_interface_of_a_member_has_no_end_of_its_own(interface: str, name: tuple[object, ...]) -> None:
    assert names.interface(interface) == name


@pytest.mark.parametrize(
    ("channel", "told", "side"),
    [
        ("SIP/107-00000001", {}, "inside"),
        ("SIP/150010001-00000001", {"account": "150010001", "number": "+33639980001"}, "inside"),
        ("PJSIP/alice-00000001", {"number": "107"}, "inside"),
        ("PJSIP/provider-00000001", {"number": "0639980001"}, "outside"),
        ("PJSIP/provider-00000001", {"number": "<unknown>"}, None),
        ("DAHDI/i1/0639980001-1", {}, "outside"),
        ("Local/107@reps-00000001;1", {"number": "+33639980001"}, "inside"),
        ("Local/+33639980001@prospects-00000001;1", {"number": "107"}, "outside"),
        ("Local/s@callers-00000001;1", {"number": "+33639980001"}, "outside"),
    ],
)
def test_without_settings_the_forms_tell_a_telephone_from_a_line(channel: str, told: Any, side: str | None) -> None:
    assert directions().side(channel, **told) == side


def test_what_is_configured_comes_first() -> None:
    told = directions(asterisk_trunks=["33*"], asterisk_phones=["provider-desk"])
    assert told.side("PJSIP/33170000000-00000001") == "outside"
    assert told.side("PJSIP/provider-desk-00000001", number="0639980001") == "inside"


def test_an_extension_is_as_long_as_the_settings_say() -> None:
    assert directions().side_of_number("12345678") == "outside"
    assert directions(asterisk_extension_digits=8).side_of_number("12345678") == "inside"
    assert directions(extension_pattern="9[0-9]{8}").side_of_number("912345678") == "inside"


def test_contexts_and_queues_tell_the_way_of_a_call() -> None:
    told = directions(asterisk_outbound_contexts=["Dial-*"], asterisk_outbound_queues=["predictive"])
    assert told.way_of_context("dial-leads") == "outbound"
    assert told.way_of_context("from-trunk-main") == "inbound"
    assert told.way_of_context("from-internal") is None
    assert told.way_of_queue("predictive") == "outbound"
    assert told.way_of_queue("sales") == "inbound"


def test_lists_come_from_the_environment_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_ASTERISK_TRUNKS", "provider*, backup")
    assert load_settings().group(AsteriskSettings).asterisk_trunks == ["provider*", "backup"]


def test_a_rep_is_named_by_peer_or_as_the_settings_say() -> None:
    told = directions(asterisk_reps={"107": "rep-04", "Local/101@reps": "rep-05", "Desk three": "rep-06"})
    assert told.rep(names.channel("PJSIP/107-00000001")) == "rep-04"
    assert told.rep(names.interface("Local/101@reps/n")) == "rep-05"
    assert told.rep(names.interface("PJSIP/103"), "Desk three") == "rep-06"
    assert told.rep(names.interface("PJSIP/103")) == "103"
    assert told.rep(names.interface("Local/s@reps")) is None


def test_a_rep_at_a_number_is_named_so_that_the_door_hides_it() -> None:
    assert directions().rep(names.interface("Local/0639980001@mobiles/n")) == "+0639980001"


def test_the_campaign_is_named_by_what_the_settings_say() -> None:
    assert directions(asterisk_campaigns={"7": "solar"}).campaign(account="7", queue="q") == "solar"
    assert directions(asterisk_campaign_from="queue").campaign(account="7", queue="q") == "q"
    variable = directions(asterisk_campaign_from="variable", asterisk_campaign_variable="CAMPAIGN")
    assert variable.campaign(account="7", variables={"CAMPAIGN": "roof"}) == "roof"
    assert directions().campaign() is None
