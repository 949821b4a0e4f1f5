"""What opens a worker's part of the numbers to another worker, and nothing else: a signature of that one request."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import hmac
    from collections.abc import Iterable

    from stream.clock import Clock
    from stream.privacy.identity import Identity

SCHEME: Final = "Ringboard-Worker"
ANSWER: Final = "Ringboard-Signature"
VALID_MS: Final = 60_000
_FORM: Final = re.compile(rf"{SCHEME} ([0-9]{{1,16}})\.([0-9a-f]{{16}})\.([0-9a-f]{{64}})")


class Tokens:
    """
    The tokens of the requests that the worker named `own` makes and gets.

    A token is made for one worker, one set of parameters and the minute around it, with a key that is drawn from the
    floor's for nothing else; the answer is signed with another one, together with the token that it answers.
    """

    def __init__(self, own: str, identity: Identity, clock: Clock) -> None:
        self._own = own
        self._requests = identity.signer("requests between workers")
        self._answers = identity.signer("answers between workers")
        self._clock = clock

    def token(self, worker: str, parameters: Iterable[tuple[str, str]]) -> str:
        """Return the Authorization header of a request to `worker` with `parameters`."""
        at, nonce = str(self._clock.now_ms()), secrets.token_hex(8)
        return f"{SCHEME} {at}.{nonce}.{self._requests.sign(*_parts(worker, at, nonce, parameters))}"

    def opens(self, token: str, parameters: Iterable[tuple[str, str]]) -> bool:
        """Return whether `token` was made for a request to this worker with `parameters`, within the last minute."""
        form = _FORM.fullmatch(token)
        if form is None:
            return False
        at, nonce, signature = form.groups()
        right = self._requests.verify(signature.encode(), *_parts(self._own, at, nonce, parameters))
        return right and abs(self._clock.now_ms() - int(at)) <= VALID_MS

    def answer_signature(self, token: str, body: bytes) -> str:
        """Return the signature of `body` as this worker's answer to the request with `token`."""
        begun = self.answer_of(self._own, token)
        begun.update(body)
        return begun.hexdigest()

    def answer_of(self, worker: str, token: str) -> hmac.HMAC:
        """Return what the signature of the answer of `worker` to `token` is made of, before its body."""
        return self._answers.begin(worker.encode(), token.encode())


def _parts(worker: str, at: str, nonce: str, parameters: Iterable[tuple[str, str]]) -> list[bytes]:
    pairs = sorted(parameters)
    texts = [worker, at, nonce, *(text for pair in pairs for text in pair)]
    return [text.encode("utf-8", "surrogatepass") for text in texts]
