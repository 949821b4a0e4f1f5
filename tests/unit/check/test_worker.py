"""What the check says of a worker: of its token, and of the addresses under which workers find each other."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from stream.check.worker import _read, check_address, check_worker
from stream.errors import RingboardError
from stream.settings.model import Settings
from stream.web.own_port import need_web_port
from tests.engine_in_memory import EngineInMemory
from tests.unit.agents.pages.conftest import a_floor, serve

if TYPE_CHECKING:
    from tests.unit.agents.pages.conftest import Serve

__all__ = ["serve"]
TOKEN = "a token of the tests"  # noqa: S105
REPORT: dict[str, Any] = {"token": "the-token-of-a-report", "scopes": ["read"]}
HALL: dict[str, Any] = {"token": "the-token-of-the-hall", "scopes": ["wall"]}
TOKENS = {"hall": HALL, "report": REPORT}


@pytest.mark.parametrize(
    ("of_check", "state"),
    [
        ({"api_token": TOKEN}, "ok"),
        ({"tokens": {"mine": REPORT}}, "ok"),
        ({"tokens": {"mine": HALL}}, "fail"),
        ({"api_token": "another token of the tests"}, "fail"),
        ({}, "fail"),
    ],
)
async def test_the_check_says_whether_its_token_is_the_workers(
    of_check: dict[str, Any], state: str, serve: Serve
) -> None:
    client = await serve(a_floor(api_token=TOKEN, tokens=TOKENS))
    found = await check_worker(a_floor(web_port=client.port, **of_check).settings)
    assert found.state == state
    assert ("wants another token" in found.message) is (state == "fail")


async def test_a_worker_that_recovers_says_how_much_of_it_to_who_may_read(serve: Serve) -> None:
    floor = a_floor(api_token=TOKEN)
    engine = EngineInMemory(floor)
    engine.state_of["events", 1] = "recovering"
    client = await serve(floor, engine)
    found = await check_worker(a_floor(web_port=client.port, api_token=TOKEN).settings)
    assert (found.state, "1 partitions recovering" in found.message) == ("warn", True)


async def test_a_port_that_a_worker_could_not_take_fails_in_the_workers_words() -> None:
    with socket.socket() as bound:  # nobody listens at it, and it is taken all the same
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        found = await check_worker(Settings(web_port=port))
        with pytest.raises(RingboardError) as refused:
            need_web_port("127.0.0.1", port)
    assert (found.state, f"{found.message}; {found.todo}") == ("fail", str(refused.value))
    assert "set RINGBOARD_WEB_PORT to a free one" in found.todo
    elsewhere = await check_worker(
        Settings(web_host="192.0.2.1", api_token=SecretStr(TOKEN), advertised_url=f"http://127.0.0.1:{port}")
    )
    assert elsewhere.state == "warn"


def test_an_address_of_another_machine_is_no_place_to_listen() -> None:
    with pytest.raises(
        RingboardError, match=r"^web_port 6066 on 192\.0\.2\.1 cannot be used .*; set RINGBOARD_WEB_HOST"
    ):
        need_web_port("192.0.2.1", 6066)


@pytest.mark.parametrize(
    ("url", "networks", "state", "says"),
    [
        ("http://127.0.0.1:6066", [], "ok", "is in peer_networks"),
        ("http://192.0.2.5:6066", ["192.0.2.0/24"], "ok", "is in peer_networks"),
        ("http://192.0.2.5:6066", [], "fail", '(192.0.2.5) is in no network of peer_networks; "192.0.2.0/24"'),
        ("http://[2001:db8::5]:6066", ["192.0.2.0/24"], "fail", '"2001:db8::/64"'),
        ("http://no-such-host.invalid", [], "warn", "RINGBOARD_ADVERTISED_URL"),
    ],
)
async def test_an_address_that_others_do_not_ask_is_named_with_the_network_to_set(
    url: str, networks: list[str], state: str, says: str
) -> None:
    (found,) = await check_address(Settings(advertised_url=url, peer_networks=networks))
    assert found.state == state
    assert all(part in f"{found.message} {found.todo}" for part in says.split("; "))


async def test_a_worker_alone_needs_no_network() -> None:
    assert await check_address(Settings()) == []


def test_a_worker_that_does_not_ask_another_fails_also_when_it_is_ready() -> None:
    found = _read("http://127.0.0.1:6066", {"ready": True, "outside": ["http://192.0.2.5:6066"]})
    assert found.state == "fail"
    assert "http://192.0.2.5:6066" in found.message
    assert "RINGBOARD_PEER_NETWORKS" in found.todo
