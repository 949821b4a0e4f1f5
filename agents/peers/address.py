"""Where other workers reach this one's pages."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream.settings.model import Settings

_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  recognised here, not listened on


def url_of(settings: Settings) -> str:
    """Return the address of the pages of the worker with these `settings`."""
    if settings.advertised_url:
        return settings.advertised_url.rstrip("/")
    host = socket.getfqdn() if settings.web_host in _EVERYWHERE else settings.web_host
    return f"http://[{host}]:{settings.web_port}" if ":" in host else f"http://{host}:{settings.web_port}"
