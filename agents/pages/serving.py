"""Faust's web server, with limits on its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from faust.web.drivers.aiohttp import Web

from stream.web.connections import Connections
from stream.web.listening import Site, limits_by_descriptors, runner_of
from stream.web.proxies import Proxies

if TYPE_CHECKING:
    from faust.types import AppT

    from stream.settings.model import Settings


class PagesWeb(Web):
    """Serves the pages of a worker, whose settings are the app's, to no more `connections` than it has room for."""

    def __init__(self, app: AppT, **kwargs: Any) -> None:
        super().__init__(app, **kwargs)
        self._settings = cast("Settings", app.settings)  # type: ignore[attr-defined]
        self.connections = Connections(limits_by_descriptors(), trusts=Proxies(self._settings.trusted_proxies).trusts)
        self._runner = runner_of(self.web_app, self.connections)

    async def start_server(self) -> None:
        """Begin to listen."""
        await self._runner.setup()
        await Site(self._runner, self.connections, self._settings.web_host, self._settings.web_port).start()
