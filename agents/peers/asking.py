"""Asks another worker for its part of the numbers, and believes no answer that is too large or not that worker's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec

from agents.peers.claims import Part
from agents.peers.refusals import ANSWER
from agents.peers.tokens import ANSWER as SIGNATURE
from stream.kpi.windows import WINDOWS
from stream.privacy.signing import same
from stream.settings.validators import base_url
from stream.web.networks import OutsideError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.peers.refusals import Refusals
    from agents.peers.tokens import Tokens
    from stream.web.networks import Networks

PATH: Final = "/api/v1/snapshot"
CONTENT_TYPE: Final = "application/msgpack"
ANSWER_TIMEOUT_S: Final = 2.5
MOST_BYTES: Final = 64 * 1_048_576
AT_ONCE: Final = 8
_CHUNK: Final = 65_536

_decode = msgspec.msgpack.Decoder(Part).decode


class _RefusedError(Exception):
    """An answer is not believed; its text is the reason, as `Refusals` counts it."""


class Asker:
    """
    Asks workers at addresses within `networks`, `AT_ONCE` of them at a time.

    Nothing of the environment is used (proxies), no redirect is followed, and nothing is decompressed: an answer is
    read up to `MOST_BYTES` as it comes, and decoded when all of it has the signature of the worker that was asked.
    """

    def __init__(self, networks: Networks, tokens: Tokens, refusals: Refusals) -> None:
        self._networks = networks
        self._tokens = tokens
        self._refusals = refusals
        self._free = asyncio.Semaphore(AT_ONCE)
        self._session: aiohttp.ClientSession | None = None
        self.outside: set[str] = set()

    def open(self) -> None:
        """Begin; this needs a running event loop."""
        self._session = aiohttp.ClientSession(
            connector=self._networks.connector(limit=AT_ONCE),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"Accept-Encoding": "identity", "Accept": CONTENT_TYPE},
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, worker: str, url: str, parameters: Mapping[str, str]) -> Part | None:
        """Return the part of `worker` at `url`; None if it does not answer in time, or its answer is not believed."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S), self._free:
                return await self._ask(worker, url, parameters)
        except _RefusedError as refused:
            self._refuse(str(refused), url)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, OutsideError):
                self._refuse("outside", url)
        except (aiohttp.ClientError, ValueError, OSError, TimeoutError):
            pass
        return None

    def _refuse(self, why: str, url: str) -> None:
        """Count an answer that is not believed; the address was announced by a worker of this floor, and is shown."""
        hint = ""
        if why == "outside":
            self.outside.add(url)
            hint = '; set RINGBOARD_PEER_NETWORKS to the workers\' networks, as in "10.0.0.0/24"'
        self._refusals.add(ANSWER, why, f" ({url}{hint})")

    async def _ask(self, worker: str, url: str, parameters: Mapping[str, str]) -> Part | None:
        if self._session is None:
            return None
        host = urlsplit(base_url(url)).hostname or ""
        if _is_literal(host) and not self._networks.allows(host):
            raise _RefusedError("outside")
        token = self._tokens.token(worker, parameters.items())
        async with self._session.get(
            url + PATH, params=parameters, headers={"Authorization": token}, allow_redirects=False
        ) as response:
            self.outside.discard(url)
            if response.status != 200:  # noqa: PLR2004
                return None
            body = await self._read(response, worker, token)
        return _part_of(body, worker, parameters)

    async def _read(self, response: aiohttp.ClientResponse, worker: str, token: str) -> bytearray:
        """Return the body, bounded and verified."""
        if response.content_type != CONTENT_TYPE or response.headers.get("Content-Encoding", "identity") != "identity":
            raise _RefusedError("encoded")
        signature = response.headers.get(SIGNATURE, "").encode("utf-8", "replace")
        made, body = self._tokens.answer_of(worker, token), bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > MOST_BYTES:
                raise _RefusedError("too_large")
            made.update(chunk)
        if not same(made, signature):
            raise _RefusedError("unsigned")
        return body


def _part_of(body: bytearray, worker: str, parameters: Mapping[str, str]) -> Part:
    try:
        part = _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise _RefusedError("unreadable") from None
    right = part.worker == worker and str(part.snapshot.as_of) == parameters["as_of"]
    if not right or part.snapshot.sums.keys() != set(WINDOWS):
        raise _RefusedError("unreadable")
    return part


def _is_literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
