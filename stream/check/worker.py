"""The worker's part of the check: does it answer, and is it ready."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from stream.errors import RingboardError
from stream.finding import fail, ok, warn
from stream.web.networks import Networks, OutsideError
from stream.web.own_port import need_web_port

if TYPE_CHECKING:
    from stream.finding import Finding
    from stream.settings.model import Settings

ANSWERS_WITHIN_S = 5.0
UNAUTHORISED = (401, 403)


async def check_worker(settings: Settings) -> Finding:
    """Return whether the worker at this machine's `web_host` and `web_port` is ready."""
    url = settings.advertised_url or f"http://{host_of(settings.web_host)}:{settings.web_port}"
    token = settings.token_to_read
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token is not None else {}
    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as web,
            web.get(f"{url}/readyz", allow_redirects=False) as answer,
        ):
            health: Any = await answer.json()
            if answer.status in UNAUTHORISED or set(health) == {"ready"}:  # it says more to who may read
                return fail("worker", f"{url} wants another token", "set RINGBOARD_API_TOKEN to the worker's")
            return _read(url, health)
    except aiohttp.ClientConnectorError:
        return _none_listens(settings, url)
    except TimeoutError:
        todo = "look at its log; start it again if it stays so"
        return fail("worker", f"{url} does not answer within {ANSWERS_WITHIN_S:g} s", todo)
    except (aiohttp.ClientError, ValueError, KeyError, TypeError):
        return fail("worker", f"something else answers at {url}", "stop that, or set RINGBOARD_WEB_PORT")


def _none_listens(settings: Settings, url: str) -> Finding:
    if settings.advertised_url is None:  # then it would be started on this machine
        try:
            need_web_port(settings.web_host, settings.web_port)
        except RingboardError as error:
            what, _, todo = str(error).partition("; ")
            return fail("worker", what, todo)
    return warn("worker", f"none listens at {url}", "start one (`ringboard worker`), or set RINGBOARD_WEB_PORT")


async def check_address(settings: Settings) -> list[Finding]:
    """Look at whether workers with the same settings ask this one; nothing is found without an advertised_url."""
    url = settings.advertised_url
    if url is None:
        return []
    parts = urlsplit(url)
    what = "address for other workers"
    try:
        await Networks(settings.peer_networks).addresses(parts.hostname or "", parts.port or 443)
    except OutsideError as error:
        todo = f'set RINGBOARD_PEER_NETWORKS on all workers to their networks: "{_network_of(str(error))}"'
        return [fail(what, f"{url} ({error}) is in no network of peer_networks: other workers do not ask it", todo)]
    except OSError as error:
        return [warn(what, f"{url} is found by no name server ({error.strerror})", "set RINGBOARD_ADVERTISED_URL")]
    return [ok(what, f"{url} is in peer_networks")]


def _network_of(addresses: str) -> str:
    """Return the network of 256 addresses (IPv6: a /64) around the first of `addresses`, as an example."""
    address = ipaddress.ip_address(addresses.partition(",")[0].partition("%")[0])
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))  # noqa: PLR2004


def _read(url: str, health: Any) -> Finding:
    outside = health.get("outside")
    if outside:
        message = f"{url} does not ask {', '.join(map(str, outside))}: in no network of peer_networks"
        return fail(
            "worker", message, 'set RINGBOARD_PEER_NETWORKS to the networks of all workers, as in "10.0.0.0/24"'
        )
    if health["ready"]:
        return ok("worker", f"{url} is ready")
    counts = {name: len(health[name]) for name in ("recovering", "lost", "missing") if health[name]}
    parts = ", ".join(f"{count} partitions {name}" for name, count in counts.items()) or "it has no partitions yet"
    if counts.keys() <= {"recovering"}:
        return warn("worker", f"{url} is not ready: {parts}", "wait: it reads its state")
    return fail("worker", f"{url} is not ready: {parts}", "look at its log, and whether other workers run")


def host_of(host: str) -> str:
    """Return where one listening at `host` is reached from its own machine."""
    if host in {"0.0.0.0", ""}:  # noqa: S104 - it is asked, not listened at
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host
