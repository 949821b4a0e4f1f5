"""The page that asks for a token, and the cookie that keeps it."""

from __future__ import annotations

import asyncio
import html
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiDict

from agents.pages.access import COOKIE
from agents.pages.page import LANGUAGES
from agents.pages.parameters import TOKEN, BadRequestError

if TYPE_CHECKING:
    from agents.pages.access import Access

THEMES: Final = ("dark", "light", "auto")
BODY_WITHIN_S: Final = 10.0
_LARGEST: Final = 8192
_FORM: Final = "application/x-www-form-urlencoded"
_WORDS: Final = {
    "en": {
        "title": "This wallboard asks for a token",
        "label": "Token",
        "submit": "Open",
        "help": "Whoever runs Ringboard here has it: a token with the scope wall.",
        "wrong": "That token does not open this page.",
        "slow": "Too many wrong tokens from this address. Try again in {seconds} s.",
    },
    "fr": {
        "title": "Ce tableau demande un jeton",
        "label": "Jeton",
        "submit": "Ouvrir",
        "help": "La personne qui exploite Ringboard ici en a un : un jeton de portée wall.",
        "wrong": "Ce jeton n\u2019ouvre pas cette page.",
        "slow": "Trop de jetons erronés depuis cette adresse. Réessayez dans {seconds} s.",
    },
}


class Login:
    """Asks for a token, in the language of the address or else of the settings."""

    def __init__(self, access: Access, language: str) -> None:
        self._access = access
        self._language = language
        self._text = files("agents.pages").joinpath("static", "login.html").read_text("utf-8")

    def ask(self, request: web.Request, *, wrong: bool = False) -> web.Response:
        """Return the page for a request that is not let in; `wrong` if it came with a token that opens nothing."""
        refused = self._access.refuse(request, given=wrong)
        if refused.status == web.HTTPForbidden.status_code:
            return refused
        seconds = refused.headers.get("Retry-After")
        kind = "slow" if seconds else "wrong" if wrong else ""
        query = _kept(request)
        language = query["lang"] if query.get("lang") in LANGUAGES else self._language
        words = _WORDS[language]
        filled = {
            "lang": language,
            "theme": query["theme"] if query.get("theme") in THEMES else THEMES[0],
            "problem": words[kind].format(seconds=seconds) if kind else "",
            "query": f"?{urlencode(list(query.items()))}" if query else "",
            **{name: words[name] for name in ("title", "label", "submit", "help")},
        }
        text = self._text
        for name, value in filled.items():
            text = text.replace(f"{{{name}}}", html.escape(value))
        answer = web.Response(text=text, status=refused.status, content_type="text/html", charset="utf-8")
        if seconds:
            answer.headers["Retry-After"] = seconds
            answer.force_close()
        return answer

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Take the token of the form."""
        return self.take(request, await _token_of(request))

    def take(self, request: web.Request, token: str) -> web.StreamResponse:
        """Return the way to the wallboard, with a cookie that has the token, or the page again if it opens nothing."""
        if not self._access.opens(token):
            return self.ask(request, wrong=True)
        where = request.rel_url.with_path("/").with_query(_kept(request))
        answer = web.Response(status=web.HTTPSeeOther.status_code, headers={"Location": str(where)})
        answer.set_cookie(
            COOKIE, token, httponly=True, samesite="Strict", secure=self._access.secure(request), path="/"
        )
        return answer


def _kept(request: web.Request) -> MultiDict[str]:
    return MultiDict((name, value) for name, value in request.query.items() if name != TOKEN)


async def _token_of(request: web.Request) -> str:
    if request.content_type != _FORM or (request.content_length or _LARGEST + 1) > _LARGEST:
        raise BadRequestError(f"token: not in a form; post it as {_FORM}, of at most {_LARGEST} bytes")
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            given = (await request.post()).get(TOKEN, "")
    except TimeoutError:
        raise BadRequestError(f"token: the form did not come within {BODY_WITHIN_S:g} s") from None
    except UnicodeDecodeError:
        raise BadRequestError("token: not UTF-8; post it as text") from None
    return given.strip() if isinstance(given, str) else ""
