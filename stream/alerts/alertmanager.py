"""Alertmanager's API, as far as alerts for leads need it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec
import orjson

from stream.alerts.wording import NAMES
from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.alerts.wording import Labels

ANSWERS_WITHIN_S: Final = 10.0


class OpenAlert(msgspec.Struct, frozen=True):
    """An alert that is firing: when it ends by itself, in ms, and what was told beside its labels."""

    ends_at: int
    annotations: dict[str, str]


class Alertmanager:
    """The Alertmanager at `url`, through a session of HTTP that somebody else closes."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def open_alerts(self, floor: str) -> dict[Labels, OpenAlert]:
        """
        Return the alerts for leads of `floor` that it holds as firing.

        Raises:
            RingboardError: it did not answer, or not as it should.

        """
        filters = [
            f"floor={orjson.dumps(floor).decode()}",
            f"alertname=~{orjson.dumps('|'.join(NAMES.values())).decode()}",
        ]
        told = await self._ask("GET", params=[("filter", one) for one in filters])
        try:
            return {
                tuple(sorted(alert["labels"].items())): OpenAlert(_ms(alert["endsAt"]), alert["annotations"])
                for alert in told
            }
        except (TypeError, KeyError, ValueError, AttributeError):
            raise RingboardError(f"alertmanager: {self._url} does not answer as an Alertmanager does") from None

    async def post(self, alerts: Sequence[dict[str, Any]]) -> None:
        """
        Hand `alerts` over.

        Raises:
            RingboardError: it did not take them.

        """
        await self._ask("POST", data=orjson.dumps(alerts), headers={"Content-Type": "application/json"})

    async def _ask(self, method: str, **how: Any) -> Any:
        try:
            timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
            async with self._session.request(method, f"{self._url}/api/v2/alerts", timeout=timeout, **how) as answer:
                body = await answer.read()
                if answer.status != 200:  # noqa: PLR2004
                    raise RingboardError(f"alertmanager: {self._url} answered {answer.status} to {method}")
                return orjson.loads(body) if method == "GET" else None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RingboardError(f"alertmanager: {self._url} does not answer ({type(error).__name__})") from None
        except orjson.JSONDecodeError:
            raise RingboardError(f"alertmanager: {self._url} does not answer as an Alertmanager does") from None


def _ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
