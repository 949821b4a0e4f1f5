"""What every web server of Ringboard answers with, and how it compares secrets."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def as_json(answer: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer that has an object as JSON."""
    body = orjson.dumps(answer) + b"\n"
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


def refusal(message: str, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer of one line that says what is wrong."""
    return as_json({"error": " ".join(message.split())}, status, headers)


def is_one_of(given: str, secrets: Iterable[str]) -> bool:
    """Return whether `given` is one of `secrets`, in a time that does not show how much of it is right."""
    same = [hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()) for secret in secrets]
    return any(same)


def is_here(host: str, hosts: frozenset[str] = frozenset()) -> bool:
    """Return whether a request was made to a name of this machine, or to one of `hosts`."""
    if host in hosts or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
