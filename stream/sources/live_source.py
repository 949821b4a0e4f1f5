"""What a live source is, and the listener that takes what it hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.events.refusal import Refused
    from stream.web.source_metrics import SourceMetrics


class LostError(Exception):
    """
    The connection to a source ended, or could not be made: one line that says why, without secrets.

    With `hopeless` only a person can correct it (a wrong password): it is tried again, but not soon.
    """

    def __init__(self, message: str, *, hopeless: bool = False) -> None:
        super().__init__(message)
        self.hopeless = hopeless


class Listener(Protocol):
    """
    Takes what a source hears, and brings it to the broker.

    It keeps what the broker has not taken yet, and sends it again when the broker is back: what a source has sent
    is not lost while this process lives.
    """

    metrics: SourceMetrics

    def connected(self) -> None:
        """Note that the source is connected, logged in and listening."""

    def heard(self) -> None:
        """Note that a message came from the source, whatever it says."""

    async def send(self, event: bytes | Mapping[str, Any], original: bytes | None = None) -> None:
        """
        Take an event; `original` are the bytes it was made of, where a person could correct those.

        Returns when there is room for the next one.
        """

    async def refuse(self, refused: Refused, data: bytes) -> None:
        """Take a record that is no event, for the rejected topic."""

    async def flush(self) -> None:
        """Return when the broker has all that was sent."""


class LiveSource(Protocol):
    """
    A system that tells of its calls while it is listened to.

    `name` is what it is called in metrics and records. An event's id must come of what the source says (the call, and
    what happened to it), never of its arrival, so that what is sent twice counts once.
    """

    name: str

    async def listen(self, listener: Listener) -> None:
        """
        Connect, and tell what is heard until the connection ends; then it is called again.

        Whatever has to last beyond one connection (open calls, say) is the source's own to keep. Cancelled, it lets
        go of the connection.

        Raises:
            LostError: the connection failed or ended.

        """
