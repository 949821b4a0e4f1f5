"""Salesforce's outbound messages become leads and what becomes of them, and are acknowledged as it wants."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from defusedxml.ElementTree import fromstring
from yarl import URL

from stream.clock import FixedClock
from stream.mapping.loading import load_mapping
from stream.sources.payloads import payload_in
from tests.floor_in_memory import FloorInMemory
from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve, Served

KEY = "the-token-of-the-tests-and-of-no-other"
PATH = "/v1/sources/crm"
MINUTE = 60_000
OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
LEAD, DEAL = "00Q5e000001AbCdEAK", "0065e000001AbCdEAK"


def moment(minutes: int) -> str:
    return f"2026-01-05T08:{minutes:02}:00.000Z"


def notification(number: int, **fields: Any) -> str:
    kind = "Lead" if fields["Id"].startswith("00Q") else "Opportunity"
    told = "".join(
        f'<sf:{name} xsi:nil="true"/>' if value is None else f"<sf:{name}>{value}</sf:{name}>"
        for name, value in fields.items()
    )
    return f'<Notification><Id>04l{number:015}</Id><sObject xsi:type="sf:{kind}">{told}</sObject></Notification>'


def message(*notifications: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound" '
        'xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><OrganizationId>00D5e000000KQ2eEAG</OrganizationId>'
        '<ActionId>04k5e000000CaRkAAK</ActionId><SessionId xsi:nil="true"/>'
        "<EnterpriseUrl>https://e.example.com</EnterpriseUrl><PartnerUrl>https://p.example.com</PartnerUrl>"
        f"{''.join(notifications)}</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


def lead(minutes: int, **more: Any) -> str:
    fields = {
        "Id": LEAD,
        "CreatedDate": moment(0),
        "LastModifiedDate": moment(minutes),
        "Phone": None,
        "MobilePhone": "+33 6 39 98 00 01",
        "LeadSource": "Web",
        "OwnerId": "0055e000001AaAaAAK",
        "Status": "Open - Not Contacted",
        "IsConverted": "false",
        "ConvertedOpportunityId": None,
        **more,
    }
    return notification(minutes, **fields)


def converted(minutes: int) -> str:
    return lead(minutes, Status="Closed - Converted", IsConverted="true", ConvertedOpportunityId=DEAL)


def deal(minutes: int, stage: str = "Proposal", *, closed: bool = False, won: bool = False, **more: Any) -> str:
    fields = {
        "Id": DEAL,
        "CreatedDate": moment(20),
        "LastModifiedDate": moment(minutes),
        "OwnerId": "0055e000001AaAaAAK",
        "StageName": stage,
        "IsClosed": str(closed).lower(),
        "IsWon": str(won).lower(),
        "Amount": "1250.50",
        **more,
    }
    return notification(minutes, **fields)


def told(*notifications: str) -> list[dict[str, Any]]:
    return list(load_mapping("salesforce").events_of(payload_in(message(*notifications), "xml")))


def floor_of(*notifications: str) -> FloorInMemory:
    floor = FloorInMemory(clock=FixedClock(NOW + 61 * MINUTE)).feed(told(*notifications))
    assert not floor.refused
    return floor


def test_a_lead_is_a_request_with_its_number_source_and_owner() -> None:
    first, *_ = told(lead(0))
    assert (first["type"], first["lead"], first["at"], first["number"], first["campaign"], first["rep"]) == (
        "lead.requested",
        LEAD,
        NOW,
        "+33 6 39 98 00 01",
        "Web",
        "0055e000001AaAaAAK",
    )
    assert told(lead(0, LeadSource=None))[0]["campaign"] == "Salesforce"


STORY = (
    lead(0),
    lead(5, Status="Working - Contacted"),
    converted(20),
    deal(20),
    deal(40, "Closed Won", closed=True, won=True),
)


def test_what_becomes_of_the_opportunity_becomes_of_the_lead_in_whatever_order_messages_come() -> None:
    for order in permutations(STORY):
        kpis = floor_of(*order).kpis("today")
        for kpi in ("lead_to_customer", "opportunity_to_customer"):
            assert (kpis[kpi]["numerator"], kpis[kpi]["denominator"]) == (1, 1), kpi
        assert kpis["customers_closed"]["value"] == 1


def test_an_opportunity_has_its_last_outcome() -> None:
    won, again = deal(30, "Closed Won", closed=True, won=True), deal(40)
    lost = deal(50, "Closed Lost", closed=True)
    for states, numbers in (((won,), (1, 0)), ((won, again), (0, 0)), ((won, again, lost), (0, 1))):
        for order in permutations(states):
            kpis = floor_of(*order).kpis("today")
            assert (kpis["customers_closed"]["value"], kpis["leads_lost"]["value"]) == numbers


def test_a_lead_is_lost_until_it_is_open_again() -> None:
    lost, again = lead(10, Status="Closed - Not Converted"), lead(20, Status="Open - Not Contacted")
    for order in permutations((lead(0), lost)):
        floor = floor_of(*order)
        assert (floor.kpis("today")["leads_lost"]["value"], floor.snapshot().leads) == (1, [])
    for order in permutations((lead(0), lost, again)):
        floor = floor_of(*order)
        assert floor.kpis("today")["leads_lost"]["value"] == 0
        assert [one.lead for one in floor.snapshot().leads] == [LEAD]


def test_an_amount_counts_where_its_currency_is_told() -> None:
    (won,) = [one for one in told(deal(30, "Won", closed=True, won=True, CurrencyIsoCode="EUR")) if "amount" in one]
    assert (won["type"], won["amount"], won["currency"]) == ("lead.won", "1250.5", "EUR")
    assert not [one for one in told(deal(30, "Won", closed=True, won=True)) if "amount" in one]


def test_a_message_of_several_notifications_is_read_whole_and_of_other_objects_says_nothing() -> None:
    assert {one["lead"] for one in told(lead(0), deal(20))} == {LEAD, DEAL}
    assert told(notification(1, Id="0015e00000ZkM3hAAF", Phone="+33199000001")) == []


async def post(served: Served, body: bytes, token: str = KEY) -> tuple[int, str, bytes]:
    url = URL(f"{served.url}{PATH}?token={token}", encoded=True)
    async with aiohttp.ClientSession() as web, web.post(url, data=body, headers={"SOAPAction": '""'}) as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_a_message_is_acknowledged_as_the_service_description_has_it(serve: Serve) -> None:
    served = await serve(gateway_sources={"crm": {"mapping": "salesforce", "key": KEY}})
    for _ in range(2):
        status, kind, body = await post(served, message(lead(0), deal(20)))
        assert (status, kind) == (200, "text/xml")
        assert fromstring(body).findtext(f".//{OUTBOUND}notificationsResponse/{OUTBOUND}Ack") == "true"
    events = served.broker.of("events")
    assert len(events) == 2 * len({one["id"] for one in events})
    assert "639980001" not in str(served.broker.records)


@pytest.mark.parametrize("token", ["", KEY[::-1], KEY[:-1]])
async def test_who_has_not_the_token_is_not_acknowledged(serve: Serve, token: str) -> None:
    served = await serve(gateway_sources={"crm": {"mapping": "salesforce", "key": KEY}})
    status, _, body = await post(served, message(lead(0)), token)
    assert (status, served.broker.records) == (401, [])
    assert b"Ack" not in body
