"""A token is looked for where the mapping says, and nowhere else; it is kept nowhere."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import jwt
import orjson
import pytest

from tests.gateway_in_memory import NOW
from tests.unit.gateway.senders.signing import SECRET
from tests.unit.gateway.senders.test_hmac import BODY, NOW_S, OTHER, PATH, leads, served_by

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway_in_memory import Serve


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def with_field(token: Any) -> bytes:
    return orjson.dumps({"id": "L-1", "at": NOW, "google_key": token})


@pytest.mark.parametrize(
    ("token", "right", "wrong"),
    [
        (
            '{ header = "Verification-Token" }',
            (PATH, BODY, {"verification-token": SECRET}),
            [
                (PATH, BODY, {}),
                (PATH, BODY, {"X-Api-Key": SECRET}),
                (PATH, BODY, {"Verification-Token": OTHER}),
                (PATH, BODY, {"Verification-Token": ""}),
                (f"{PATH}?Verification-Token={SECRET}", BODY, {}),
            ],
        ),
        (
            '{ header = "Authorization", prefix = "Token " }',
            (PATH, BODY, {"Authorization": f"Token {SECRET}"}),
            [(PATH, BODY, {"Authorization": f"Bearer {SECRET}"}), (PATH, BODY, {"Authorization": SECRET})],
        ),
        (
            '{ query = "token" }',
            (f"{PATH}?a=1&token={SECRET}", BODY, {}),
            [(PATH, BODY, {}), (f"{PATH}?token={OTHER}", BODY, {}), (f"{PATH}?token=", BODY, {"token": SECRET})],
        ),
        (
            '"path"',
            (f"{PATH}/{SECRET}", BODY, {}),
            [(f"{PATH}/{OTHER}", BODY, {}), (f"{PATH}/{SECRET}x", BODY, {})],
        ),
        (
            '{ field = "google_key" }',
            (PATH, with_field(SECRET), {}),
            [
                (PATH, BODY, {"google_key": SECRET}),
                (PATH, with_field(OTHER), {}),
                (PATH, with_field(None), {}),
                (PATH, with_field([SECRET]), {}),
                (PATH, b"[]", {}),
                (PATH, b"{", {}),
                (PATH, b"", {}),
            ],
        ),
        (
            '{ basic = "ringboard" }',
            (PATH, BODY, basic("ringboard", SECRET)),
            [
                (PATH, BODY, basic("other", SECRET)),
                (PATH, BODY, basic("ringboard", OTHER)),
                (PATH, BODY, {"Authorization": "Basic ?"}),
                (PATH, BODY, {}),
            ],
        ),
    ],
)
async def test_a_token_is_looked_for_where_the_mapping_says(
    serve: Serve, tmp_path: Path, token: str, right: Any, wrong: list[Any]
) -> None:
    served = await served_by(serve, tmp_path, f"[sender]\ntoken = {token}")
    for path, body, headers in wrong:
        status, answer = await served.post(path, body, headers=headers)
        assert (status, "the token is missing or wrong; send it" in answer["error"]) == (401, True)
        assert SECRET not in str(answer)
    assert served.broker.records == []
    path, body, headers = right
    assert await served.post(path, body, headers=headers) == (204, None)
    assert leads(served) == ["L-1"]


async def test_a_token_in_the_path_has_no_other_path(serve: Serve, tmp_path: Path) -> None:
    served = await served_by(serve, tmp_path, '[sender]\ntoken = "path"')
    assert (await served.post(PATH, BODY, headers={"X-Api-Key": SECRET}))[0] == 404
    assert SECRET not in await served.metrics()


async def test_a_token_in_the_body_is_kept_nowhere(serve: Serve, tmp_path: Path) -> None:
    served = await served_by(serve, tmp_path, '[sender]\ntoken = { field = "source.0.reason" }')
    payload = {"id": "L-1", "at": "soon", "source": [{"reason": SECRET, "more": 1}]}
    status, answer = await served.post(PATH, payload)
    assert (status, answer["reason"]) == (422, "wrong_type")
    assert b"reason" in served.broker.records[0].value
    assert SECRET.encode() not in served.broker.records[0].value


LONG = SECRET * 2


def signed(claims: dict[str, Any], key: str = LONG, algorithm: str = "HS512") -> dict[str, str]:
    return {"X-Webhook-Signature": jwt.encode(claims, key, algorithm)}


JWT = '[sender.jwt]\nheader = "X-Webhook-Signature"\nhash = "sha512"'


@pytest.mark.parametrize("claims", [{"iat": NOW_S - 200}, {"exp": NOW_S + 60, "iat": NOW_S - 4_000}, {"sub": "x"}])
async def test_a_signed_token_that_holds_is_taken(serve: Serve, tmp_path: Path, claims: dict[str, Any]) -> None:
    served = await served_by(serve, tmp_path, JWT, LONG)
    (token,) = signed(claims).values()
    assert (await served.post(PATH, BODY, headers={"X-Webhook-Signature": token}))[0] == 204
    assert (await served.post(PATH, BODY, headers={"X-Webhook-Signature": f"Bearer {token}"}))[0] == 204


@pytest.mark.parametrize("written", [lambda value: value, lambda value: orjson.dumps(value).decode()])
async def test_what_a_token_holds_is_read_in_place_of_the_body(serve: Serve, tmp_path: Path, written: Any) -> None:
    served = await served_by(serve, tmp_path, f'{JWT}\npayload = "payload"', LONG)
    claims = {"url": "https://calls.example.com", "payload": written({"id": "L-2", "at": NOW})}
    assert (await served.post(PATH, BODY, headers=signed(claims)))[0] == 204
    assert leads(served) == ["L-2"]
    for other in ({"payload": 7}, {"payload": "{"}, {"sub": "x"}):
        assert (await served.post(PATH, BODY, headers=signed(other)))[0] == 204
    assert leads(served) == ["L-2", "L-1", "L-1", "L-1"]
    assert (await served.post(PATH, BODY, headers=signed(claims, OTHER * 2)))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Webhook-Signature": SECRET},
        {"X-Webhook-Signature": "a.b.c"},
        {"X-Webhook-Signature": "..."},
        {"X-Webhook-Signature": "é.é.é"},
        signed({"iat": NOW_S}, OTHER * 2),
        signed({"iat": NOW_S}, algorithm="HS256"),
        {"X-Webhook-Signature": jwt.encode({"iat": NOW_S}, "", "none")},
        signed({"iat": NOW_S - 301}),
        signed({"iat": NOW_S + 301}),
        signed({"exp": NOW_S - 301}),
        signed({"nbf": NOW_S + 301, "iat": NOW_S}),
        {"X-Webhook-Signature": jwt.encode({"exp": str(NOW_S)}, LONG, "HS512")},
    ],
)
async def test_one_that_does_not_is_turned_away(serve: Serve, tmp_path: Path, headers: dict[str, str]) -> None:
    served = await served_by(serve, tmp_path, JWT, LONG)
    status, answer = await served.post(PATH, BODY, headers=headers)
    assert (status, served.broker.records) == (403, [])
    assert "the signed token is missing, wrong or too old; X-Webhook-Signature has one by HS512" in answer["error"]
