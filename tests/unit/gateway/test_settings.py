"""The gateway's settings and files: what is wrong is told in one line, before anything listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from stream.check.gateway import check_gateway
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.settings.webhook_secrets import each_secret
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a secret of the tests"  # noqa: S105


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"gateway_host": "0.0.0.0"}, "RINGBOARD_GATEWAY_KEY: not set"),  # noqa: S104
        ({"gateway_key": "short"}, "gateway_key: a secret of 5 characters; write a secret of at least 16"),
        ({"gateway_key": f"{SECRET}, short"}, "gateway_key: a secret of 5 characters; write a secret of at least 16"),
        ({"gateway_tls_cert": "cert.pem"}, "RINGBOARD_GATEWAY_TLS_KEY: not set"),
        ({"gateway_trusted_proxies": "10.0.0.0/8, proxy"}, "gateway_trusted_proxies: not an address or a network"),
        ({"gateway_public_url": "calls.example"}, "gateway_public_url: not a web address"),
        ({"gateway_sources": {"crm": {"mapping": "x.toml"}}}, "gateway_sources, crm, key: missing"),
        (
            {"gateway_sources": {"crm": {"mapping": "x.toml", "key": "short"}}},
            "gateway_sources, crm, key: a secret of",
        ),
        ({"gateway_sources": {"twilio": {"mapping": "x", "key": SECRET}}}, "twilio is a name of the gateway's own"),
        ({"gateway_acknowledged_within_s": 0}, "gateway_acknowledged_within_s: got 0"),
    ],
)
def test_a_wrong_setting_is_one_line_without_its_secret(given: dict[str, Any], told: str) -> None:
    with pytest.raises(RingboardError) as caught:
        load_settings(**given)
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_secrets_are_shown_nowhere() -> None:
    settings = load_settings(
        gateway_key=SECRET, gateway_twilio_token=SECRET, gateway_sources={"crm": {"mapping": "x", "key": SECRET}}
    )
    assert SECRET not in repr(settings) + str(settings.model_dump())
    assert each_secret(settings.gateway_key) == (SECRET,)


async def test_the_check_says_nothing_of_a_gateway_that_nobody_uses() -> None:
    assert await check_gateway(load_settings(gateway_port=free_port())) == []


async def test_the_check_says_that_none_listens_where_one_is_configured() -> None:
    (found,) = await check_gateway(load_settings(gateway_port=free_port(), gateway_key=SECRET))
    assert (found.state, "ringboard gateway" in found.todo) == ("warn", True)


async def test_the_check_finds_a_mapping_and_a_certificate_that_are_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "crm.toml"
    wrong.write_text("name = 'crm'")
    sources = {"crm": {"mapping": str(wrong), "key": SECRET}}
    (found,) = await check_gateway(load_settings(gateway_sources=sources))
    assert (found.state, found.message.startswith("crm.toml: events:")) == ("fail", True)
    files = {"gateway_tls_cert": str(wrong), "gateway_tls_key": str(tmp_path / "none.pem")}
    (found,) = await check_gateway(load_settings(**files))
    assert (found.state, found.message.startswith("gateway_tls_cert: ")) == ("fail", True)


async def test_the_check_tells_a_stranger_at_the_port(tmp_path: Path) -> None:
    app = web.Application()
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        (found, *_) = await check_gateway(load_settings(gateway_port=runner.addresses[0][1], gateway_key=SECRET))
        assert (found.state, "something else answers" in found.message) == ("fail", True)
    finally:
        await runner.cleanup()


async def test_the_check_warns_of_a_signed_address_that_a_proxy_would_change(tmp_path: Path) -> None:
    crm = tmp_path / "crm.toml"
    crm.write_text(
        'name = "crm"\n[sender.hmac]\nheader = "X-Signature"\nover = "{url}{body}"\n'
        '[[events]]\ntype = "lead.lost"\nat = "{at}"\nlead = "{id}"\n'
    )
    app = web.Application()
    app.router.add_get("/readyz", _ready)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = {
        "gateway_port": runner.addresses[0][1],
        "gateway_sources": {"crm": {"mapping": str(crm), "key": SECRET}},
    }
    _, taken, warned = await check_gateway(load_settings(**settings))
    assert "/v1/sources/crm" in taken.message
    assert (warned.state, warned.what) == ("warn", "gateway, crm")
    assert "its signature is checked for the address as it arrives here" in warned.message
    assert len(await check_gateway(load_settings(**settings, gateway_public_url="https://calls.example.com"))) == 2
    await runner.cleanup()


async def _ready(_request: web.Request) -> web.Response:
    return web.json_response({"gateway": True, "ready": True})
