"""Where other workers reach this one."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from agents.peers.address import url_of
from stream.settings.model import Settings


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"web_host": "127.0.0.1", "web_port": 6066}, "http://127.0.0.1:6066"),
        ({"web_host": "::1", "web_port": 6066}, "http://[::1]:6066"),
        (
            {"web_host": "0.0.0.0", "web_port": 6067, "api_token": "a token of the tests"},  # noqa: S104
            f"http://{socket.getfqdn()}:6067",
        ),
        ({"advertised_url": "https://one.example.org/"}, "https://one.example.org"),
    ],
)
def test_it_is_the_advertised_address_or_that_of_the_web_server(settings: dict[str, Any], url: str) -> None:
    assert url_of(Settings(**settings)) == url
