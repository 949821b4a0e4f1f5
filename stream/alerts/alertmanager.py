"""A client of the part of Alertmanager's API that alerts on leads need."""

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
    """A firing alert: when it ends by itself (ms since the epoch), and its annotations."""

    ends_at: int
    annotations: dict[str, str]


class Alertmanager:
    """The Alertmanager at `url`; the caller closes the HTTP `session`."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def open_alerts(self, floor: str) -> dict[Labels, OpenAlert]:
        """
        Return the firing alerts on leads of `floor`, by their labels.

        Raises:
            RingboardError: Alertmanager does not answer, or with something else than its API's answer.

        """
        matchers = [
            f"floor={orjson.dumps(floor).decode()}",
            f"alertname=~{orjson.dumps('|'.join(NAMES.values())).decode()}",
        ]
        alerts = await self._request("GET", params=[("filter", matcher) for matcher in matchers])
        try:
            return {
                tuple(sorted(alert["labels"].items())): OpenAlert(_ms(alert["endsAt"]), alert["annotations"])
                for alert in alerts
            }
        except (TypeError, KeyError, ValueError, AttributeError):
            raise RingboardError(f"alertmanager: {self._url} does not answer as an Alertmanager does") from None

    async def post(self, alerts: Sequence[dict[str, Any]]) -> None:
        """
        Post `alerts`, each in the form of Alertmanager's API.

        Raises:
            RingboardError: Alertmanager does not answer, or refuses them.

        """
        await self._request("POST", data=orjson.dumps(alerts), headers={"Content-Type": "application/json"})

    async def _request(self, method: str, **options: Any) -> Any:
        try:
            timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
            async with self._session.request(
                method, f"{self._url}/api/v2/alerts", timeout=timeout, **options
            ) as answer:
                body = await answer.read()
                if answer.status != 200:  # noqa: PLR2004
                    raise RingboardError(f"alertmanager: {self._url} answered {answer.status} to {method}")
                return orjson.loads(body) if method == "GET" else None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RingboardError(f"alertmanager: {self._url} does not answer ({type(error).__name__})") from None
        except orjson.JSONDecodeError:
            raise RingboardError(f"alertmanager: {self._url} does not answer as an Alertmanager does") from None


def why_away(error: RingboardError) -> str:
    """Return what an error of Alertmanager's says, without its name."""
    return str(error).removeprefix("alertmanager: ")


def _ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
