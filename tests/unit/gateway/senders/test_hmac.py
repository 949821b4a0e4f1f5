"""A signature is checked as a mapping says: each vendor's way, right and wrong, lately and long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.errors import RingboardError
from tests.gateway_in_memory import NOW
from tests.unit.gateway.senders.signing import SCHEMES, SECRET, Scheme

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway_in_memory import Serve, Served

NOW_S = NOW // 1000
PATH = "/v1/sources/crm"
BODY = orjson.dumps({"id": "L-1", "at": NOW})
RULE = '[[events]]\ntype = "lead.lost"\nat = { from = "at", time = "epoch-ms" }\nlead = "{id}"\n'
OTHER = SECRET[::-1].replace("l", "A")


async def served_by(serve: Serve, folder: Path, sender: str, key: str = SECRET, **settings: Any) -> Served:
    path = folder / "crm.toml"
    path.write_text(f'name = "crm"\n{sender}\n{RULE}')
    return await serve(
        gateway_sources={"crm": {"mapping": str(path), "key": key}},
        gateway_public_url="https://calls.example.com",
        **settings,
    )


def leads(served: Served) -> list[str]:
    return [one["lead"] for one in served.broker.of("events")]


async def of_scheme(serve: Serve, folder: Path, scheme: Scheme, key: str = SECRET) -> Served:
    return await served_by(serve, folder, f"[sender.hmac]\n{scheme.sender}", key)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES.keys())
async def test_what_the_vendor_signed_is_taken_and_nothing_else(serve: Serve, tmp_path: Path, scheme: Scheme) -> None:
    served = await of_scheme(serve, tmp_path, scheme)
    right = scheme.sign(SECRET, BODY, NOW_S)
    assert await served.post(PATH, BODY, headers=right) == (204, None)
    assert leads(served) == ["L-1"]
    wrong: dict[str, dict[str, str]] = {
        "nothing": {},
        "the key itself": {"X-Api-Key": SECRET},
        "another key": scheme.sign(OTHER, BODY, NOW_S),
        "of another body": scheme.sign(SECRET, BODY + b" ", NOW_S),
        "cut": {name: value[3:] for name, value in right.items()},
        "no ASCII": dict.fromkeys(right, "é" * 64),
        "no base64, no hex": dict.fromkeys(right, "!" * 64),
    }
    for what, headers in wrong.items():
        status, answer = await served.post(PATH, BODY, headers=headers)
        assert status == 403, what
        assert "signature" in answer["error"]
        assert SECRET not in str(answer)
    assert leads(served) == ["L-1"]
    assert '="wrong_signature"} 7.0' in await served.metrics()


DATED = {name: scheme for name, scheme in SCHEMES.items() if scheme.dated}


@pytest.mark.parametrize("scheme", DATED.values(), ids=DATED.keys())
@pytest.mark.parametrize("off_s", [-301, 301])
async def test_what_was_signed_long_ago_or_ahead_is_refused(
    serve: Serve, tmp_path: Path, scheme: Scheme, off_s: int
) -> None:
    served = await of_scheme(serve, tmp_path, scheme)
    status, answer = await served.post(PATH, BODY, headers=scheme.sign(SECRET, BODY, NOW_S + off_s))
    assert (status, leads(served)) == (403, [])
    assert "the signature was made more than 300 s ago, or does not say when; compare the clock" in answer["error"]
    assert (await served.post(PATH, BODY, headers=scheme.sign(SECRET, BODY, NOW_S + off_s // 2)))[0] == 204


async def test_a_moment_that_was_changed_is_not_what_was_signed(serve: Serve, tmp_path: Path) -> None:
    served = await of_scheme(serve, tmp_path, SCHEMES["Zoom, Slack"])
    old = SCHEMES["Zoom, Slack"].sign(SECRET, BODY, NOW_S - 4_000)
    assert (await served.post(PATH, BODY, headers=old | {"X-Zm-Request-Timestamp": str(NOW_S)}))[0] == 403
    for moment in ("", "soon", "-1", "1" * 40, "1.5"):
        assert (await served.post(PATH, BODY, headers=old | {"X-Zm-Request-Timestamp": moment}))[0] == 403


async def test_what_is_repeated_within_the_tolerance_has_the_same_id(serve: Serve, tmp_path: Path) -> None:
    scheme = SCHEMES["Stripe, Calendly"]
    served = await of_scheme(serve, tmp_path, scheme)
    for _ in range(2):
        assert (await served.post(PATH, BODY, headers=scheme.sign(SECRET, BODY, NOW_S)))[0] == 204
    assert len({one["id"] for one in served.broker.of("events")}) == 1


async def test_who_is_turned_away_is_told_what_makes_a_signature(serve: Serve, tmp_path: Path) -> None:
    served = await of_scheme(serve, tmp_path, SCHEMES["HubSpot"])
    assert (await served.post(PATH, BODY))[1]["error"] == (
        "the signature is missing or wrong; X-Crm-Signature is made with the source's key, for the address that the "
        "sender was given (RINGBOARD_GATEWAY_PUBLIC_URL), as sender, hmac in its mapping says"
    )


async def test_one_key_replaces_another(serve: Serve, tmp_path: Path) -> None:
    scheme = SCHEMES["GitHub, Meta"]
    served = await of_scheme(serve, tmp_path, scheme, f"{SECRET},{OTHER}")
    for key in (SECRET, OTHER):
        assert (await served.post(PATH, BODY, headers=scheme.sign(key, BODY, NOW_S)))[0] == 204


async def test_many_signatures_in_one_header_cost_no_more_than_a_few(serve: Serve, tmp_path: Path) -> None:
    scheme = SCHEMES["Standard Webhooks"]
    served = await of_scheme(serve, tmp_path, scheme)
    right = scheme.sign(SECRET, BODY, NOW_S)
    many = "v1,AAAA " * 20 + right["webhook-signature"]
    assert (await served.post(PATH, BODY, headers=right | {"webhook-signature": many}))[0] == 403


async def test_a_body_of_a_stranger_is_no_larger_than_it_may_be(serve: Serve, tmp_path: Path) -> None:
    scheme = SCHEMES["GitHub, Meta"]
    served = await of_scheme(serve, tmp_path, scheme)
    body = orjson.dumps({"id": "L-1", "at": NOW, "note": "x" * 140_000})
    assert (await served.post(PATH, body, headers=scheme.sign(SECRET, body, NOW_S)))[0] == 413


async def test_a_key_that_is_not_written_as_the_mapping_says_is_told_before_anything_listens(
    serve: Serve, tmp_path: Path
) -> None:
    with pytest.raises(RingboardError) as caught:
        await of_scheme(serve, tmp_path, SCHEMES["Standard Webhooks"], "no base64 of the tests")
    assert str(caught.value).startswith("gateway_sources, crm, key: not base64, which it is by its mapping (sender,")
    assert "of the tests" not in str(caught.value)


async def test_a_mapping_and_the_settings_do_not_both_say_who_signs(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "crm.toml"
    path.write_text(f'name = "crm"\n[sender]\ntoken = "path"\n{RULE}')
    with pytest.raises(RingboardError, match=r"crm, signed: set, and the mapping crm says who may send, too"):
        await serve(gateway_sources={"crm": {"mapping": str(path), "key": SECRET, "signed": "hubspot"}})
