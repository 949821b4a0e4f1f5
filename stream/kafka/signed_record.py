"""The signature of a record of the control topic, in a header beside its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.privacy.identity import Identity

SIGNATURE: Final = "ringboard-signature"
MOST_BYTES: Final = 131_072  # an announcement of a thousand partitions has a quarter of that
_PURPOSE: Final = "records of the control topic"

Distrust = Literal["unsigned", "forged", "too_large"]


class Consumed(Protocol):
    """What is read of a consumed record."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its value, None where it deletes its key."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Its headers."""


class RecordSigner:
    """Signs the records of `topic`, with the key drawn for that from the key of `identity`."""

    def __init__(self, topic: str, identity: Identity) -> None:
        self._topic = topic.encode()
        self._signer = identity.signer(_PURPOSE)

    def headers(self, key: bytes, value: bytes | None) -> list[tuple[str, bytes]]:
        """Return the headers of a record: its signature, which is of this topic, key and value only."""
        return [(SIGNATURE, self._signer.sign(self._topic, key, value).encode())]

    def distrust(self, record: Consumed) -> Distrust | None:
        """Return why `record` is not to be believed; None if a process with the floor's key has written it."""
        if len(record.value or b"") > MOST_BYTES:
            return "too_large"
        signatures = [value for name, value in record.headers if name == SIGNATURE]
        if not signatures:
            return "unsigned"
        right = len(signatures) == 1 and self._signer.verify(
            signatures[0], self._topic, record.key or b"", record.value
        )
        return None if right else "forged"
