"""POST /v1/twilio: the signature, the address as Twilio wrote it, and what becomes of a callback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from stream.sources.twilio.signature import Signatures, fields_in
from stream.web.http_refusal import HttpRefusalError
from stream.web.rates import QUIET_S
from tests.unit.sources.twilio.test_calls import LEAD, OURS, leg

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve, Served

TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105
PATH = "/v1/twilio"
FORM = "application/x-www-form-urlencoded"


async def call_back(
    gateway: Served, form: dict[str, Any], path: str = PATH, *, url: str | None = None, token: str = TOKEN, **more: str
) -> tuple[int, Any]:
    """Post `form` as Twilio does, signed for `url`, where Twilio thinks it posts to."""
    signature = RequestValidator(token).compute_signature(url or gateway.url + path, form)
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature, **more}
    return await gateway.post(path, urlencode(form).encode(), headers=headers)


async def test_signed_callbacks_become_one_call(serve: Serve) -> None:
    gateway = await serve(gateway_twilio_token=TOKEN)
    for form in leg("CA1", 8, 61):
        assert await call_back(gateway, form, f"{PATH}?campaign=Spring%20%26%20more&lead=L-1") == (204, None)
    events = gateway.broker.of("events")
    assert [event["type"] for event in events] == ["call.started", "call.answered", "call.ended"]
    assert {(event["lead"], event.get("campaign")) for event in events} == {("L-1", "Spring & more"), ("L-1", None)}
    assert LEAD[1:] not in repr(gateway.broker.records)


@pytest.mark.parametrize(
    ("params", "signature"),
    [
        ({"From": "+12349013030", "Caller": "+12349013030"}, "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ({"From": "+14158675309", "Caller": "+14158675309"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)
def test_the_signatures_that_twilio_documents_are_right(params: dict[str, str], signature: str) -> None:
    form = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212", **params}
    url, body = "https://mycompany.com/myapp.php?foo=1&bar=2", urlencode(form).encode()
    fields = fields_in(body)
    Signatures(["other", "12345"]).check(url, fields, {"X-Twilio-Signature": signature})
    assert dict(fields) == form
    for wrong in (signature[:-2] + "A=", signature.lower(), ""):
        with pytest.raises(HttpRefusalError):
            Signatures(["other", "12345"]).check(url, fields_in(body), {"X-Twilio-Signature": wrong})


@pytest.mark.parametrize("wrong", ["token", "body", "query", "none"])
async def test_a_wrong_signature_is_403_counted_and_logged_without_the_body(
    serve: Serve, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    gateway = await serve(gateway_twilio_token=TOKEN)
    form = leg("CA1", 8, 61)[-1]
    url = gateway.url + PATH + ("?campaign=Other" if wrong == "query" else "")
    signature = RequestValidator("another token" if wrong == "token" else TOKEN).compute_signature(url, form)
    body = urlencode(form | ({"CallDuration": "999"} if wrong == "body" else {})).encode()
    headers = {"Content-Type": FORM} | ({} if wrong == "none" else {"X-Twilio-Signature": signature})
    status, answer = await gateway.post(PATH, body, headers=headers)
    assert (status, list(answer)) == (403, ["error"])
    assert not gateway.broker.records
    assert 'turned_away_total{source="twilio",why="wrong_signature"} 1.0' in await gateway.metrics()
    assert "twilio: turned away a request of 127.0.0.1: wrong_signature" in caplog.text
    for secret in (LEAD[1:], OURS[1:], TOKEN, "CA1", signature):
        assert secret not in caplog.text + str(answer)


async def test_a_flood_of_wrong_signatures_is_held_up_and_fills_no_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await serve(gateway_twilio_token=TOKEN, gateway_requests_per_s=10)
    statuses = [(await gateway.post(PATH, b"CallSid=CA1"))[0] for _ in range(200)]
    assert (statuses.count(403), statuses.count(429)) == (50, 150)
    assert len(caplog.messages) == 2
    gateway.clock[0] += QUIET_S + 1
    await gateway.post(PATH, b"CallSid=CA1")
    assert caplog.messages[2].endswith("(49 more of the kind since the last line)")


async def test_behind_a_proxy_the_address_is_the_one_of_the_settings(serve: Serve) -> None:
    gateway = await serve(gateway_twilio_token=TOKEN, gateway_public_url="https://calls.example/ringboard/")
    form, path = leg("CA1", 8, 61)[-1], f"{PATH}?lead=L%2F1"
    url = f"https://calls.example/ringboard{path}"
    assert (await call_back(gateway, form, path, url=url))[0] == 204
    assert (await call_back(gateway, form, path))[0] == 403


async def test_behind_a_trusted_proxy_it_is_the_one_that_the_proxy_tells(serve: Serve) -> None:
    gateway = await serve(gateway_twilio_token=TOKEN, gateway_trusted_proxies="127.0.0.0/8")
    form = leg("CA1", 8, 61)[-1]
    seen = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "calls.example"}
    assert (await call_back(gateway, form, url=f"https://calls.example{PATH}", **seen))[0] == 204
    untrusting = await serve(gateway_twilio_token=TOKEN)
    assert (await call_back(untrusting, form, url=f"https://calls.example{PATH}", **seen))[0] == 403


async def test_while_one_token_replaces_the_other_both_are_right(serve: Serve) -> None:
    gateway = await serve(gateway_twilio_token=f"the new token, {TOKEN}")
    for token in ("the new token", TOKEN):
        assert (await call_back(gateway, leg("CA1", 8, 61)[-1], token=token))[0] == 204
    assert (await call_back(gateway, leg("CA1", 8, 61)[-1], token="the old token"))[0] == 403  # noqa: S106


async def test_a_signed_callback_that_says_nothing_is_refused_and_kept_without_names(serve: Serve) -> None:
    gateway = await serve(gateway_twilio_token=TOKEN)
    form = leg("CA1", 8, 61)[-1] | {"CallStatus": "sleeping", "CallerName": "Ada Lovelace"}
    status, answer = await call_back(gateway, form)
    assert (status, answer["reason"]) == (422, "unknown_value")
    (kept,) = gateway.broker.of("rejected")
    assert (kept["source"], kept["field"]) == ("webhook twilio", "CallStatus")
    assert "Lovelace" not in str(kept)
    assert LEAD[1:] not in str(kept)


async def test_what_the_broker_does_not_take_is_503_and_sent_again_counts_once(serve: Serve) -> None:
    gateway = await serve(gateway_twilio_token=TOKEN)
    form = leg("CA1", 8, 61)[-1]
    gateway.broker.away = True
    assert (await call_back(gateway, form))[0] == 503
    gateway.broker.away = False
    assert [(await call_back(gateway, form))[0] for _ in range(3)] == [204] * 3
    assert len({event["id"] for event in gateway.broker.of("events")}) == 1


@pytest.mark.parametrize("body", [b"", b"%ff%fe", b"\xff\xfe", b"a=1&" * 5000, b"{}"])
async def test_any_body_is_answered(serve: Serve, body: bytes) -> None:
    gateway = await serve(gateway_twilio_token=TOKEN)
    assert (await gateway.post(PATH, body, headers={"Host": "a:b"}))[0] in {400, 403}
