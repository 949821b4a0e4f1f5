"""The table `sender` of a mapping file: how a sender shows who it is, what it posts, and what it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from stream.events.describe import kind_of
from stream.mapping.senders.challenge import Challenge, challenge_in
from stream.mapping.senders.proofs import Hmac, Jwt, Token, hmac_in, jwt_in, token_in
from stream.mapping.wrong import WrongError, no_others, one_of, text_at

if TYPE_CHECKING:
    from collections.abc import Callable

BODIES: Final = ("json", "form", "xml")
LONGEST_ANSWER: Final = 4_096
_KEYS: Final = ("body", "token", "hmac", "jwt", "challenge", "answer")
_SUCCESS: Final = range(200, 300)
_NO_CONTENT: Final = 204

T = TypeVar("T")


class Answer(NamedTuple):
    """What a sender is answered where something was taken: a `status`, and a `body` of a content `type`."""

    status: int
    type: str
    body: str


@dataclass(frozen=True, slots=True)
class Sender:
    """
    What a mapping says of who may send.

    `proof` is how the sender shows who it is; None: by the key alone, in one of the usual headers. `body` is the form
    of what it posts, `answer` what it wants to hear where something was taken.
    """

    proof: Token | Hmac | Jwt | None = None
    body: str = "json"
    challenge: Challenge | None = None
    answer: Answer | None = None


KEY_ALONE: Final = Sender()
"""What holds for a mapping that says nothing of who may send."""


def sender_in(given: Any) -> Sender:
    """Return what the table `sender` of a mapping file says; WrongError for a wrong one."""
    try:
        return _sender(given)
    except WrongError as wrong:
        raise wrong.within("sender") from None


def _sender(given: Any) -> Sender:
    if not isinstance(given, dict):
        raise WrongError("", f'{kind_of(given)}; write a table: [sender] and below it token = {{ query = "token" }}')
    no_others(given, _KEYS)
    proofs: dict[str, Callable[[Any], Token | Hmac | Jwt]] = {"token": token_in, "hmac": hmac_in, "jwt": jwt_in}
    shown_by = [key for key in proofs if key in given]
    if len(shown_by) > 1:
        raise WrongError(shown_by[1], f"beside {shown_by[0]}; write the one by which this sender shows who it is")
    proof = _within(shown_by[0], proofs[shown_by[0]], given) if shown_by else None
    body = one_of("body", given.get("body", "json"), BODIES)
    challenge = _within("challenge", challenge_in, given) if "challenge" in given else None
    if challenge is not None and challenge.is_hashed and not isinstance(proof, Hmac):
        raise WrongError("challenge, answer", "{hash} is made as hmac says, which is missing; write [sender.hmac]")
    answer = _within("answer", _answer, given) if "answer" in given else None
    return Sender(proof, body, challenge, answer)


def _within(key: str, read: Callable[[Any], T], given: dict[str, Any]) -> T:
    try:
        return read(given[key])
    except WrongError as wrong:
        raise wrong.within(key) from None


def _answer(given: Any) -> Answer:
    form = '{ status = 200, type = "text/xml", body = "<ok/>" }'
    if not isinstance(given, dict):
        raise WrongError("", f"{kind_of(given)}; write {form}")
    no_others(given, ("status", "type", "body"))
    body = text_at(given, "body", "what is answered, as a text", "") or ""
    status = given.get("status", 200 if body else _NO_CONTENT)
    if isinstance(status, bool) or not isinstance(status, int) or status not in _SUCCESS:
        raise WrongError("status", f"{kind_of(status)}; write a status of success, from 200 to 299")
    kind = text_at(given, "type", 'a content type: "text/xml"', "text/plain") or ""
    if not kind.isascii() or not kind.isprintable() or kind.count("/") != 1 or ";" in kind:
        raise WrongError("type", f'{kind_of(kind)}; write a content type: "text/xml"')
    if len(body.encode()) > LONGEST_ANSWER:
        raise WrongError("body", f"{kind_of(body)}; write up to {LONGEST_ANSWER} bytes")
    if body and status == _NO_CONTENT:
        raise WrongError("body", f"beside status = {_NO_CONTENT}, which has none; write status = 200")
    return Answer(status, kind, body)
