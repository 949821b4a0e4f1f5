"""Forms and XML are read as a mapping reads JSON, and the sender gets the answer that it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from stream.events.refusal import Refused
from stream.sources.payloads import DEEPEST, payload_in
from tests.gateway_in_memory import NOW
from tests.unit.gateway.senders.signing import SECRET
from tests.unit.gateway.senders.test_hmac import PATH, leads

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway_in_memory import Serve

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ACK = (
    f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)
SOAP = f"""
name = "crm"
records = "Envelope.Body.notifications.Notification"
[sender]
body = "xml"
token = {{ query = "token" }}
[sender.answer]
type = "text/xml"
body = '''{ACK}'''
[[events]]
type = "lead.lost"
at = {{ from = "sObject.At__c", time = "epoch-ms" }}
lead = "{{sObject.Id}}"
"""


def outbound(*leads: str, at: str = str(NOW)) -> bytes:
    notifications = "".join(
        f'<Notification><Id>04l</Id><sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"<sf:Id>{lead}</sf:Id><sf:At__c>{at}</sf:At__c></sObject></Notification>"
        for lead in leads
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{ENVELOPE}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications '
        f'xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D</OrganizationId>{notifications}'
        "</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


async def test_a_soap_message_is_taken_and_acknowledged(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text(SOAP)
    served = await serve(gateway_sources={"crm": {"mapping": str(tmp_path / "crm.toml"), "key": SECRET}})
    for told in (["00Q1"], ["00Q2", "00Q3"]):
        async with served.client.post(f"{served.url}{PATH}?token={SECRET}", data=outbound(*told)) as answer:
            assert (answer.status, answer.content_type, await answer.text()) == (200, "text/xml", ACK)
    assert leads(served) == ["00Q1", "00Q2", "00Q3"]
    status, refused = await served.post(f"{PATH}?token={SECRET}", outbound("00Q4", at="soon"))
    assert (status, refused["reason"]) == (422, "wrong_type")
    assert "00Q4" not in str(served.broker.of("rejected"))


FORM = """
name = "crm"
[sender]
body = "form"
token = { field = "secret" }
[[events]]
type = "lead.requested"
at = { from = "sent", time = "epoch-ms" }
lead = "{entry}"
campaign = "{fields[offer][value]}"
"""


async def test_a_form_is_taken_with_the_token_in_it(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text(FORM)
    served = await serve(gateway_sources={"crm": {"mapping": str(tmp_path / "crm.toml"), "key": SECRET}})
    fields = {"entry": "77", "sent": str(NOW), "fields[offer][value]": "Solaire été", "secret": SECRET}
    assert (await served.post(PATH, urlencode(fields).encode())) == (204, None)
    (event,) = served.broker.of("events")
    assert (event["lead"], event["campaign"]) == ("77", "Solaire été")
    assert (await served.post(PATH, urlencode(fields | {"secret": "words of nobody at all"}).encode()))[0] == 401
    assert (await served.post(PATH, urlencode(fields | {"sent": "soon"}).encode()))[0] == 422
    assert SECRET not in str(served.broker.of("rejected"))


def test_what_comes_several_times_is_a_list_and_attributes_are_named_apart() -> None:
    assert payload_in(b"a=1&b=2&a=3&c=", "form") == {"a": ["1", "3"], "b": "2", "c": ""}
    document = b'<r><a n="1">x</a><a>y</a><b/><c><d> z </d></c></r>'
    read = payload_in(document, "xml")
    assert read == {"r": {"a": [{"@n": "1", "$": "x"}, "y"], "b": "", "c": {"d": "z"}}}


def in_parts(*fields: tuple[str, str], more: bytes = b"") -> bytes:
    """Return a form as browsers post one that may have files."""
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ).encode()
    parts = parts.replace(b"\r\n\r\n", b"\r\n" + more + b"\r\n")
    return parts + f"--{BOUNDARY}--\r\n".encode()


def test_a_form_in_parts_is_read_as_one_in_a_line_and_the_files_in_it_are_left_out() -> None:
    file = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n'
        "Content-Type: image/png\r\n\r\n\x89PNG\r\n\r\n--no end\r\n"
    ).encode("latin-1")
    body = file + in_parts(("nom", "Zoé\r\nRoe"), ("fields[tel][value]", "06 39 98 00 01"), ("a%22b", ""), ("nom", "x"))
    assert payload_in(body, "form") == {
        "nom": ["Zoé\r\nRoe", "x"], "fields[tel][value]": "06 39 98 00 01", 'a"b': "",
    }  # fmt: skip
    plain = body.replace(b'name="nom"', b"name=nom").replace(b"Content-Disposition", b"content-disposition")
    assert payload_in(plain, "form") == payload_in(body, "form")


@pytest.mark.parametrize(
    ("body", "form", "told"),
    [
        (b"", "form", "0 bytes that are no form; a payload is written name=value&name=value"),
        (b"\xff=1", "form", "3 bytes that are no form"),
        (b"&".join([b"a=1"] * 1001), "form", "bytes that are no form"),
        (in_parts(("a", "1")).removesuffix(b"--\r\n"), "form", "bytes that are no form"),
        (in_parts(*[("a", "1")] * 1001), "form", "bytes that are no form"),
        (in_parts(("a", "1")).replace(b'name="a"', b""), "form", "bytes that are no form"),
        (in_parts(("a", "1")).replace(b"form-data;", b"form-data; x=" + b"y" * 9_000 + b";"), "form", "are no form"),
        (in_parts(("a", "MQ=="), more=b"Content-Transfer-Encoding: base64\r\n"), "form", "bytes that are no form"),
        (in_parts(("a", "1")).replace(b"\r\n1\r\n", b"\r\n\xff\r\n"), "form", "bytes that are no form"),
        (b"", "xml", "0 bytes that are no XML; a payload is a whole document, without a DTD"),
        (b"<a><b></a>", "xml", "bytes that are no XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml", "bytes that are no XML"),
        (b'<?xml version="1.0" encoding="none"?><a/>', "xml", "bytes that are no XML"),
        (b"<a>" * 60 + b"</a>" * 60, "xml", f"XML of more than {DEEPEST} elements within each other"),
        (b"<r>" + b"<a/>" * 50_000 + b"</r>", "xml", "or 50000 in all; send less"),
        (b"{", "json", "1 bytes that are not JSON"),
    ],
    ids=range(16),
)
def test_a_body_of_another_form_is_refused_without_anything_of_it(body: bytes, form: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        payload_in(body, form)


def test_deep_xml_ends_in_a_refusal() -> None:
    with pytest.raises(Refused):
        payload_in(b"<a>" * 40_000 + b"</a>" * 40_000, "xml")


async def test_a_plugins_form_in_parts_becomes_a_lead(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text(
        'name = "crm"\n[sender]\nbody = "form"\ntoken = { query = "token" }\n'
        '[[events]]\ntype = "lead.lost"\nat = { from = "at", time = "epoch-ms" }\nlead = "{fields[id][value]}"\n'
    )
    served = await serve(gateway_sources={"crm": {"mapping": str(tmp_path / "crm.toml"), "key": SECRET}})
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    body = in_parts(("fields[id][value]", "L-7"), ("at", str(NOW)))
    assert (await served.post(f"{PATH}?token={SECRET}", body, headers=headers))[0] == 204
    assert leads(served) == ["L-7"]
