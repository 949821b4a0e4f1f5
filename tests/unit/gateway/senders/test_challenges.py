"""Who asks whether the address is ours is answered, and gets no signature of what it likes."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import aiohttp
import orjson

from tests.unit.gateway.senders.signing import SCHEMES, SECRET
from tests.unit.gateway.senders.test_hmac import BODY, NOW_S, PATH, leads, served_by

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway_in_memory import Serve

ZOOM = SCHEMES["Zoom, Slack"]
HASHED = (
    f"[sender.hmac]\n{ZOOM.sender}\n[sender.challenge]\nfield = 'payload.plainToken'\n"
    "answer = { plainToken = '{challenge}', encryptedToken = '{hash}' }"
)


async def test_a_hashed_challenge_is_answered_where_it_is_signed(serve: Serve, tmp_path: Path) -> None:
    served = await served_by(serve, tmp_path, HASHED)
    body = orjson.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}})
    status, answer = await served.post(PATH, body, headers=ZOOM.sign(SECRET, body, NOW_S))
    right = hmac.new(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
    assert (status, answer) == (200, {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": right})
    assert served.broker.records == []
    # Whoever could have anything hashed could sign anything.
    forged = orjson.dumps({"payload": {"plainToken": f"v0:{NOW_S}:{BODY.decode()}"}})
    assert (await served.post(PATH, forged))[0] == 403
    assert (await served.post(PATH, BODY, headers=ZOOM.sign(SECRET, BODY, NOW_S)))[0] == 204


async def test_a_challenge_in_a_header_comes_back_in_it(serve: Serve, tmp_path: Path) -> None:
    told = "[sender]\ntoken = { header = 'Verification-Token' }\nchallenge = { header = 'Validation-Token' }"
    served = await served_by(serve, tmp_path, told)
    asked = {"Validation-Token": "f3a1b2"}
    async with served.client.post(served.url + PATH, headers=asked) as answer:
        assert (answer.status, answer.headers["Validation-Token"]) == (200, "f3a1b2")
    assert (await served.post(PATH, BODY, headers=asked))[0] == 401
    both = asked | {"Verification-Token": SECRET}
    async with served.client.post(served.url + PATH, data=BODY, headers=both) as answer:
        assert (answer.status, answer.headers["Validation-Token"]) == (204, "f3a1b2")
    assert leads(served) == ["L-1"]


async def test_a_challenge_in_the_address_comes_back_as_text(serve: Serve, tmp_path: Path) -> None:
    told = "[sender]\ntoken = { field = 'value.0.clientState' }\nchallenge = { query = 'validationToken' }"
    served = await served_by(serve, tmp_path, told)
    for method in ("GET", "POST"):
        url = f"{served.url}{PATH}?validationToken=Validation%3A+is%20it%20%3Cyou%3E%3F"
        async with served.client.request(method, url) as answer:
            assert (answer.status, await answer.text()) == (200, "Validation: is it <you>?")
            assert answer.content_type == "text/plain"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await served.post(f"{PATH}?validationToken=x", BODY))[0] == 401
    for wrong in ("", "?validationToken=", f"?validationToken={'x' * 1025}", "?validationToken=a%0Ab"):
        async with served.client.get(f"{served.url}{PATH}{wrong}") as answer:
            assert answer.status == 405, wrong


async def test_a_challenge_may_come_with_the_secret(serve: Serve, tmp_path: Path) -> None:
    hub = SCHEMES["GitHub, Meta"]
    told = f"[sender.hmac]\n{hub.sender}\n[sender.challenge]\nquery = 'hub.challenge'\ntoken = 'hub.verify_token'"
    verify = "words of the tests to verify by"
    served = await served_by(serve, tmp_path, told, f"{SECRET},{verify}")
    async with served.client.get(
        served.url + PATH, params={"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": verify}
    ) as answer:
        assert (answer.status, await answer.text()) == (200, "1158201444")
    async with served.client.get(
        served.url + PATH, params={"hub.challenge": "1158201444", "hub.verify_token": "words of nobody at all"}
    ) as answer:
        assert answer.status == 401
    assert (await served.post(PATH, BODY, headers=hub.sign(SECRET, BODY, NOW_S)))[0] == 204


async def test_a_challenge_in_the_body_comes_back_as_text(serve: Serve, tmp_path: Path) -> None:
    told = "[sender]\ntoken = { field = 'token' }\nchallenge = { field = 'challenge' }"
    served = await served_by(serve, tmp_path, told)
    async with aiohttp.ClientSession() as web:
        for token, status in ((SECRET, 200), ("words of nobody at all", 401)):
            asked = {"type": "url_verification", "token": token, "challenge": "3eZbrw1a"}
            async with web.post(served.url + PATH, json=asked) as answer:
                assert answer.status == status
                assert (await answer.text() == "3eZbrw1a") is (status == 200)
    assert served.broker.records == []
