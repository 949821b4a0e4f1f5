"""The gateway's part of the check: are its secrets, files and mappings right, and does it answer."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from stream.check.unused import check_unused
from stream.check.worker import ANSWERS_WITHIN_S, host_of
from stream.errors import RingboardError
from stream.finding import fail, ok, warn
from stream.gateway.app import offers_of
from stream.gateway.mapped_sources import mapped_sources
from stream.gateway.running import mappings_of, tls_of
from stream.logs.words import BROKER, is_away

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.finding import Finding
    from stream.gateway.mapped_sources import MappedSource
    from stream.settings.model import Settings

WHAT: Final = "gateway"


async def check_gateway(settings: Settings) -> list[Finding]:
    """Look at the gateway; one that is neither configured nor there has nothing to tell."""
    try:
        tls = tls_of(settings)
        sources = mapped_sources(settings, mappings_of(settings))
    except RingboardError as error:
        return [fail(WHAT, str(error), "correct it; docs/sources/webhooks.md says how")]
    answers = await _answers(settings, secure=tls is not None)
    if answers is None:
        if not settings.gateway_has_secrets:
            return []
        return [warn(WHAT, f"none listens at {_url(settings)}", "start one (`ringboard gateway`)")]
    return [answers, *_settings(settings, sources), *await check_unused(settings, _url(settings))]


def _settings(settings: Settings, sources: Mapping[str, MappedSource]) -> list[Finding]:
    findings: list[Finding] = []
    taken = ["/v1/events" + ("" if settings.gateway_key else " (of this machine only)")]
    for offer in offers_of(settings):
        taken.append(f"/v1/{offer.name}")
        findings += offer.findings(settings)
    for name, source in sources.items():
        taken.append(source.path)
        if source.signs_its_address and settings.gateway_public_url is None and not settings.gateway_trusted_proxies:
            message = "its signature is checked for the address as it arrives here, which behind a proxy is another"
            findings.append(warn(f"gateway, {name}", message, "set RINGBOARD_GATEWAY_PUBLIC_URL, if there is a proxy"))
    return [ok("gateway, taken", ", ".join(taken)), *findings]


async def _answers(settings: Settings, *, secure: bool) -> Finding | None:
    url = _url(settings)
    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
    # It is this machine that is asked, by an address: its certificate is of a name.
    trust: Any = ssl._create_unverified_context() if secure else True  # noqa: SLF001, S323
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as web,
            web.get(f"{url}/readyz", allow_redirects=False, ssl=trust) as answer,
        ):
            health: Any = await answer.json()
            if health["gateway"] and health["ready"]:
                return ok(WHAT, f"{url} is ready")
            return fail(WHAT, f"{url} answers with 503: {is_away(BROKER)}", "see the broker above")
    except aiohttp.ClientConnectorError:
        return None
    except TimeoutError:
        return fail(WHAT, f"{url} does not answer within {ANSWERS_WITHIN_S:g} s", "look at its log; start it again")
    except (aiohttp.ClientError, ValueError, KeyError, TypeError):
        return fail(WHAT, f"something else answers at {url}", "stop that, or set RINGBOARD_GATEWAY_PORT")


def _url(settings: Settings) -> str:
    secure = "s" if settings.gateway_tls_cert else ""
    return f"http{secure}://{host_of(settings.gateway_host)}:{settings.gateway_port}"
