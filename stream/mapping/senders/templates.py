"""Texts with holes of a closed list: what a signature is made over, and how a header writes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.describe import kind_of
from stream.mapping.wrong import WrongError

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER: Final = "header:"
_HOLE: Final = re.compile(r"\{([^{}]*)\}")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_LONGEST: Final = 500


class Template(NamedTuple):
    """A text with `holes`; `between` stands before the first, between them, and after the last."""

    between: tuple[str, ...]
    holes: tuple[str, ...]


def template(key: str, given: Any, known: Sequence[str], *, headers: bool = False) -> Template:
    """Return the text that `given` writes; a hole is one of `known`, or with `headers` {header:NAME}."""
    holes = ", ".join(f"{{{one}}}" for one in (*known, *(("header:NAME",) if headers else ())))
    if not isinstance(given, str) or not given or len(given) > _LONGEST:
        raise WrongError(key, f"{kind_of(given)}; write a text with {holes} in it")
    pieces = _HOLE.split(given)
    between, found = tuple(pieces[::2]), tuple(pieces[1::2])
    for hole in found:
        of_header = headers and hole.startswith(HEADER) and _HEADER_NAME.fullmatch(hole.removeprefix(HEADER))
        if hole not in known and not of_header:
            raise WrongError(key, f"a hole that is none of {holes}; write one of these")
    if any("{" in text or "}" in text for text in between):
        raise WrongError(key, f"a brace that is not closed, or not opened; write a text with {holes} in it")
    return Template(between, found)


def header_name(key: str, given: Any) -> str:
    """Return the name of a header; WrongError where there is none."""
    if not isinstance(given, str) or not _HEADER_NAME.fullmatch(given):
        wrong = "missing" if given is None else kind_of(given)
        raise WrongError(key, f'{wrong}; write the name of a header: "X-Signature"')
    return given


def separator_of(form: Template) -> str | None:
    """Return what separates the items of a list that `form` writes, a comma or a semicolon; None where none does."""
    return next((sign for sign in ",;" if all(sign in text for text in form.between[1:-1])), None)
