"""Signs what the processes of a floor send each other, with keys drawn from the floor's key: one for each purpose."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SALT: Final = b"ringboard: keys drawn from the floor's key"
_LENGTH_BYTES: Final = 8


def derived_key(key: bytes, purpose: bytes, salt: bytes = _SALT) -> bytes:
    """
    Return the 32 bytes drawn from `key` for `purpose`: HKDF with SHA-256 (RFC 5869).

    Pseudonyms are HMACs under `key` itself. HKDF takes it as the message first, so no text that somebody sends to have
    a pseudonym made of it yields one of these keys.
    """
    extracted = hmac.digest(salt, key, "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")


class Signer:
    """Signs and verifies for one `purpose`, by HMAC-SHA256 under the key drawn for it from the floor's `key`."""

    def __init__(self, key: bytes, purpose: str) -> None:
        self._key = derived_key(key, purpose.encode())

    def begin(self, *parts: bytes | None) -> hmac.HMAC:
        """Return the HMAC of `parts`, to be updated with what follows them; each has its length before it."""
        begun = hmac.new(self._key, digestmod=hashlib.sha256)
        for chunk in _framed(parts):
            begun.update(chunk)
        return begun

    def sign(self, *parts: bytes | None) -> str:
        """Return the signature of `parts`: 64 hexadecimal digits. None differs from an empty part."""
        return self.begin(*parts).hexdigest()

    def verify(self, signature: bytes, *parts: bytes | None) -> bool:
        """Return whether `signature` is that of `parts`, in a time that does not show how much of it is right."""
        return same(self.begin(*parts), signature)


def same(made: hmac.HMAC, signature: bytes) -> bool:
    """Return whether `signature` is what `made` comes to, in a time that does not show how much of it is right."""
    return hmac.compare_digest(made.hexdigest().encode(), signature)


def _framed(parts: Iterable[bytes | None]) -> Iterable[bytes]:
    for part in parts:
        if part is None:
            yield b"\x00"
        else:
            yield b"\x01" + len(part).to_bytes(_LENGTH_BYTES, "big")
            yield part
