"""What a sender asks before it posts, to see whether the address is its receiver's: a text that it wants back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.describe import kind_of
from stream.mapping.senders.templates import Template, header_name, template
from stream.mapping.wrong import WrongError, no_others, text_at

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACES: Final = ("header", "query", "field")
_HOLES: Final = ("challenge", "hash")


class Challenge(NamedTuple):
    """
    Where the text stands that is to be sent back: `where` is `header`, `query` or `field` (of the body), at `name`.

    A header is answered by the same header, all else by the text, or by an object of the fields in `answer`. `token`
    names the parameter that has the secret, where one comes with it.
    """

    where: str
    name: str
    answer: Mapping[str, Template] | None = None
    token: str | None = None

    @property
    def is_hashed(self) -> bool:
        """Whether the answer has a hash of the text under the secret."""
        return any("hash" in one.holes for one in (self.answer or {}).values())


def challenge_in(given: Any) -> Challenge:
    """Return what `challenge` says; WrongError for a wrong one."""
    form = '{ header = "Validation-Token" }, { query = "validationToken" }, or { field = "challenge" }'
    if not isinstance(given, dict):
        raise WrongError("", f"{kind_of(given)}; write {form}")
    no_others(given, (*_PLACES, "answer", "token"))
    places = [key for key in _PLACES if key in given]
    if len(places) != 1:
        raise WrongError("", f"{len(places)} places; write one of {form}")
    (where,) = places
    name = header_name(where, given[where]) if where == "header" else text_at(given, where, form) or ""
    if "answer" in given and where != "field":
        raise WrongError("answer", f"beside {where}; write it beside field, or leave it out")
    if "token" in given and where != "query":
        raise WrongError("token", f"beside {where}; write it beside query, or leave it out")
    answer = _answer(given["answer"]) if "answer" in given else None
    return Challenge(where, name, answer, text_at(given, "token", 'a parameter: "hub.verify_token"'))


def _answer(given: Any) -> dict[str, Template]:
    if not isinstance(given, dict) or not given:
        raise WrongError("answer", f'{kind_of(given)}; write {{ token = "{{challenge}}", encrypted = "{{hash}}" }}')
    return {key: template(f"answer, {key}", text, _HOLES) for key, text in given.items()}
