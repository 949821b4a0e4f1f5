"""How a sender shows who it is: a token, a signature over what it posts, or a token that is signed."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from stream.events.describe import kind_of
from stream.mapping.senders.templates import Template, header_name, separator_of, template
from stream.mapping.wrong import WrongError, no_others, one_of, text_at

HASHES: Final = ("sha1", "sha256", "sha512")
ENCODINGS: Final = ("hex", "base64")
KEYS: Final = ("text", "base64", "hex")
UNITS: Final = ("s", "ms")
LONGEST_TOLERANCE_S: Final = 3_600
_TOLERANCE_S: Final = 300
_PLACES: Final = ("header", "query", "field", "basic")
_SIGNED: Final = ("body", "timestamp", "method", "url", "path")
_NAME: Final = re.compile(r"[^\s?&#={}]{1,100}")


class Token(NamedTuple):
    """
    A secret that comes as it is.

    `where` is `header` (of that `name`, after `prefix`), `query` (the parameter `name`), `path` (its last part),
    `field` (of the body, at `name`) or `basic` (the password of the user `name`).
    """

    where: str
    name: str
    prefix: str = ""


class Hmac(NamedTuple):
    """
    A signature: the HMAC by `hash` of what `over` says, under the secret, which is written as `key`.

    It comes in `header` as `form` has it, as `encoding`. The moment that it was made at stands in the form or in the
    header `timestamp`, in `unit`, and may be `tolerance_s` off; with neither it does not say when it was made.
    """

    header: str
    form: Template
    hash: str
    encoding: str
    over: Template
    timestamp: str | None
    unit: str
    tolerance_s: int
    key: str

    @property
    def is_dated(self) -> bool:
        """Whether it says when it was made."""
        return self.timestamp is not None or "timestamp" in self.form.holes


class Jwt(NamedTuple):
    """
    A JSON Web Token in `header`, signed by HMAC of `hash`; made, or over, more than `tolerance_s` ago it is none.

    `payload` is the claim that has what is posted: where a token has it, that is read, and the body is not.
    """

    header: str
    hash: str
    tolerance_s: int
    payload: str | None = None


def token_in(given: Any) -> Token:
    """Return what `token` says; WrongError for a wrong one."""
    form = '{ header = "X-Token" }, { query = "token" }, { field = "token" }, { basic = "user" }, or "path"'
    if given == "path":
        return Token("path", "")
    if not isinstance(given, dict):
        raise WrongError("", f"{kind_of(given)}; write {form}")
    no_others(given, (*_PLACES, "prefix"))
    places = [key for key in _PLACES if key in given]
    if len(places) != 1:
        raise WrongError("", f"{len(places)} places; write one of {form}")
    (where,) = places
    name = text_at(given, where, form) or ""
    if where == "header":
        header_name(where, name)
    elif where == "query" and not _NAME.fullmatch(name):
        raise WrongError(where, f'{kind_of(name)}; write the name of a parameter: "token"')
    elif where == "basic" and (":" in name or not name.isprintable()):
        raise WrongError(where, f"{kind_of(name)}; write the name of the user, without a colon")
    if "prefix" in given and where != "header":
        raise WrongError("prefix", f"beside {where}; write it beside header, or leave it out")
    return Token(where, name, text_at(given, "prefix", 'what stands before the token: "Token "', "") or "")


def hmac_in(given: Any) -> Hmac:
    """Return what `hmac` says; WrongError for a wrong one."""
    if not isinstance(given, dict):
        raise WrongError("", f'{kind_of(given)}; write [sender.hmac] and below it header = "X-Signature"')
    no_others(given, ("header", "form", "hash", "encoding", "over", "timestamp", "unit", "tolerance_s", "key"))
    over = template("over", given.get("over", "{body}"), _SIGNED, headers=True)
    form = template("form", given.get("form", "{signature}"), ("signature", "timestamp"))
    timestamp = _timestamp(given)
    _agree(over, form, timestamp)
    made = Hmac(
        header_name("header", given.get("header")),
        form,
        one_of("hash", given.get("hash", "sha256"), HASHES),
        one_of("encoding", given.get("encoding", "hex"), ENCODINGS),
        over,
        timestamp,
        one_of("unit", given.get("unit", "s"), UNITS),
        _tolerance(given),
        one_of("key", given.get("key", "text"), KEYS),
    )
    for key in ("unit", "tolerance_s"):
        if key in given and not made.is_dated:
            raise WrongError(
                key, 'without a timestamp it does nothing; write timestamp = "X-Timestamp", or leave it out'
            )
    return made


def _agree(over: Template, form: Template, timestamp: str | None) -> None:
    """Refuse a signature that does not hold what it seems to."""
    if "body" not in over.holes:
        raise WrongError("over", 'no {body} in it, so that anybody could change that; write "{timestamp}.{body}"')
    if form.holes.count("signature") != 1:
        raise WrongError("form", 'not one {signature} in it; write "sha256={signature}"')
    if len(form.holes) > 1 and separator_of(form) is None:
        raise WrongError("form", 'no comma or semicolon between its holes; write "t={timestamp},v1={signature}"')
    if form.holes.count("timestamp") > 1 or ("timestamp" in form.holes and timestamp is not None):
        raise WrongError("timestamp", "there twice; write it in the form, or the header that has it")
    dated = timestamp is not None or "timestamp" in form.holes
    if dated and "timestamp" not in over.holes:
        raise WrongError("over", 'no {timestamp} in it, so that anybody could change that; write "{timestamp}.{body}"')
    if not dated and "timestamp" in over.holes:
        raise WrongError(
            "timestamp", 'missing, and over has it; write the header that has it: timestamp = "X-Timestamp"'
        )


def jwt_in(given: Any) -> Jwt:
    """Return what `jwt` says; WrongError for a wrong one."""
    if not isinstance(given, dict):
        raise WrongError("", f'{kind_of(given)}; write [sender.jwt] and below it header = "Authorization"')
    no_others(given, ("header", "hash", "tolerance_s", "payload"))
    return Jwt(
        header_name("header", given.get("header")),
        one_of("hash", given.get("hash", "sha256"), HASHES[1:]),
        _tolerance(given),
        text_at(given, "payload", 'the claim that has what is posted: "payload"'),
    )


def _timestamp(given: dict[str, Any]) -> str | None:
    return header_name("timestamp", given["timestamp"]) if "timestamp" in given else None


def _tolerance(given: dict[str, Any]) -> int:
    value = given.get("tolerance_s", _TOLERANCE_S)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_TOLERANCE_S:
        raise WrongError("tolerance_s", f"{kind_of(value)}; write seconds from 1 to {LONGEST_TOLERANCE_S}")
    return value
