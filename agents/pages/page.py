"""Serves the files of the wallboard, which are read once and refer to no other server."""

from __future__ import annotations

import hashlib
import html
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from aiohttp import web

from agents.pages.parameters import BadRequestError
from stream.events.describe import kind_of

if TYPE_CHECKING:
    from stream.settings.model import Settings

LANGUAGES: Final = ("en", "fr")
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2"}
_INDEX: Final = "index.html"


class Page:
    """
    The wallboard, in the language of its address, else of the settings.

    `version` changes with the files: a wallboard that stays open for months finds out by it that it is out of date.
    """

    def __init__(self, settings: Settings) -> None:
        folder = files("agents.pages").joinpath("static")
        self._language = settings.language
        self._index = folder.joinpath(_INDEX).read_text("utf-8").replace("{simulated}", settings.simulated)
        self._files = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(tuple(_TYPES))}
        content = b"".join([self._index.encode(), *(self._files[name] for name in sorted(self._files))])
        self.version = hashlib.sha256(content).hexdigest()[:12]

    def index(self, request: web.Request) -> web.Response:
        """Return the page. Raises BadRequestError for an unknown language."""
        language = request.query.get("lang") or self._language
        if language not in LANGUAGES:
            raise BadRequestError(f"lang: {kind_of(language)} that is no language here; use {' or '.join(LANGUAGES)}")
        text = self._index.replace("{lang}", html.escape(language))
        return web.Response(text=text, content_type="text/html", charset="utf-8")

    def file(self, name: str) -> web.Response:
        """Return one of its files. Raises HTTPNotFound for an unknown name."""
        if name not in self._files:
            raise web.HTTPNotFound
        kind = _TYPES[f".{name.rpartition('.')[2]}"]
        charset = "utf-8" if kind.startswith("text/") else None
        return web.Response(body=self._files[name], content_type=kind, charset=charset)
