"""`ringboard kpis`: the KPIs of a running worker, as a table, live, or as JSON."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from functools import partial
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from stream import kpi_table
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.kpi.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.table import Table

    from stream.settings.model import Settings

ANSWERS_WITHIN_S: Final = 10.0
WATCHED_EVERY_S: Final = 1.0
_LOOPBACK_OF: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  addresses to listen on, not to call
EXAMPLE = """\b
Example:
  ringboard kpis --window 1h --campaign Spring
  ringboard kpis --window 30d --json
  ringboard kpis --watch
"""


@click.command(epilog=EXAMPLE)
@click.option("--window", type=click.Choice(WINDOWS), default="today", show_default=True, help="Which window.")
@click.option("--campaign", help="Only this campaign.")
@click.option("--team", help="Only this team.")
@click.option("--rep", help="Only this rep.")
@click.option("--all", "full", is_flag=True, help="Every KPI, not only the six and those related to them.")
@click.option("--watch", is_flag=True, help="Keep the table up to date until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON; with --watch, a line each second.")
@click.option("--url", help="Where a worker's pages are.  [default: as the settings say]")
@click.option("--lang", type=click.Choice(["en", "fr"]), help="Language of the names.  [default: as the settings say]")
def command(  # noqa: PLR0917  each is an option
    window: str,
    campaign: str | None,
    team: str | None,
    rep: str | None,
    full: bool,
    watch: bool,
    as_json: bool,
    url: str | None,
    lang: str | None,
) -> None:
    """
    Print the KPIs of a running worker.

    Any worker shows the whole floor. The line under the table says whether the numbers are complete.
    """
    settings = load_settings()
    query = {"window": window, "campaign": campaign, "team": team, "rep": rep}
    worker = Worker(url or _url_of(settings), settings)
    language = lang or settings.language
    table = partial(kpi_table.render, language=language, full=full, clock=settings.lead_limit_clock)
    if watch:
        try:
            _watch(worker, query, table, as_json=as_json)
        except KeyboardInterrupt:
            return
    answer = worker.kpis(query)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        Console().print(table(answer))
        if answer.get("empty"):
            from stream.check.first_steps import first_steps  # noqa: PLC0415  most floors have events

            click.echo("\n".join(first_steps(language)))


class Worker:
    """A client of the API of the worker at `url`."""

    def __init__(self, url: str, settings: Settings) -> None:
        if not url.startswith(("http://", "https://")):
            raise RingboardError("--url: no web address; write http://127.0.0.1:6066")
        self.url = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if settings.token_to_read is not None:
            self._headers["Authorization"] = f"Bearer {settings.token_to_read.get_secret_value()}"
        # No proxy: the worker is on this machine or in the same network.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def kpis(self, query: Mapping[str, str | None]) -> dict[str, Any]:
        """
        Return the answer of `/api/v1/kpis` to the parameters `query`, without those that are None.

        Raises:
            RingboardError: no worker answers at the address, or it refuses.

        """
        parameters = urlencode({name: value for name, value in query.items() if value})
        request = urllib.request.Request(f"{self.url}/api/v1/kpis?{parameters}", headers=self._headers)  # noqa: S310  http(s) only
        try:
            with self._opener.open(request, timeout=ANSWERS_WITHIN_S) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise RingboardError(f"the worker at {self.url} refuses: {_reason(error)}") from error
        except (OSError, HTTPException) as error:
            raise RingboardError(
                f"no worker answers at {self.url}: start one (`ringboard worker`), or name another with --url"
            ) from error
        except ValueError as error:
            raise RingboardError(f"what answers at {self.url} is no Ringboard worker; name one with --url") from error
        if not isinstance(answer, dict) or "kpis" not in answer:
            raise RingboardError(f"what answers at {self.url} is no Ringboard worker; name one with --url")
        return answer


def _reason(error: urllib.error.HTTPError) -> str:
    """Return why the worker refused."""
    if error.code == 401:  # noqa: PLR2004  unauthorised
        return "set RINGBOARD_API_TOKEN to its token"
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"HTTP {error.code}"


def _url_of(settings: Settings) -> str:
    host = _LOOPBACK_OF.get(settings.web_host, settings.web_host)
    return f"http://{f'[{host}]' if ':' in host and host[0] != '[' else host}:{settings.web_port}"


def _watch(
    worker: Worker, query: Mapping[str, str | None], table: Callable[[Mapping[str, Any]], Table], *, as_json: bool
) -> None:
    answer = worker.kpis(query)  # without a worker at the start this fails; one that stops later may come back
    if as_json:
        while True:
            click.echo(json.dumps(answer, ensure_ascii=False))
            time.sleep(WATCHED_EVERY_S)
            answer = worker.kpis(query)
    with Live(table(answer), console=Console(), auto_refresh=False) as live:
        while True:
            time.sleep(WATCHED_EVERY_S)
            try:
                answer = worker.kpis(query)
                live.update(table(answer), refresh=True)
            except RingboardError as error:
                message = Text(f"✕ {error}", style="red")
                live.update(Group(table(answer), message), refresh=True)
