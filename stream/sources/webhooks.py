"""What a webhook of a source is: who may post to it, how much, and which events follow from what is posted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import orjson

from stream.events.call_parts import Events
from stream.events.refusal import Reason, Refused

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Events"]

BODY_LIMIT: Final = 512 * 1024  # the largest that any of them sends is 256 KiB
# Of a body that has to be read before it is known who sent it; the largest batches are of a hundred short events.
STRANGERS_BODY_LIMIT: Final = 128 * 1024


class Posted(NamedTuple):
    """A request: its `url` as the sender wrote it, the parameters in that, and when it came (ms)."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    received_ms: int


class Signature(Protocol):
    """How a source signs its requests."""

    def check_head(self, headers: Mapping[str, str], received_ms: int) -> None:
        """Raise HttpRefusalError where the headers alone show that the signature cannot be right."""

    def check(self, secrets: Sequence[str], posted: Posted) -> None:
        """Raise HttpRefusalError unless the request was signed with one of `secrets`."""


class Part(NamedTuple):
    """A part of a call, as the log of parts keeps it: `key` names what it is a part of."""

    key: str
    value: bytes


class Assembly(Protocol):
    """
    Calls put together from parts that come one by one.

    What a part makes of its call depends on the parts before it in the log, and on nothing else: every gateway that
    reads the log says the same, and an event that is sent twice has the same id.
    """

    kept_ms: int

    @property
    def lacking(self) -> Counter[tuple[str, str]]:
        """How many calls were told of, or given up, without a part, by that part and which of both."""

    def __len__(self) -> int:
        """Return how many calls are remembered."""

    def apply(self, value: bytes, at_ms: int) -> Events | None:
        """Take a part that the log has from `at_ms`, and return the events that follow; None for another source's."""

    def overdue(self, now_ms: int) -> Iterator[Events]:
        """Yield, once, the events of each call that has waited long enough for what it lacks."""

    def all_ended(self, now_ms: int) -> Iterator[Events]:
        """Yield, for each call that is remembered and over, or overdue, the events of its end."""


class Webhook(ABC):
    """
    The webhook of one source.

    `keys` are what its requests bring in a header, which is checked before their body is read; a source that signs
    its requests has none, and overrides `authorise`, and `check_head` where a header has the signature; its
    `body_limit` is no more than STRANGERS_BODY_LIMIT. One whose calls come in parts has an `assembly`, and overrides
    `part`; the others override `events`.
    """

    body_limit: int = BODY_LIMIT
    keys: Sequence[str] = ()
    assembly: Assembly | None = None

    def check_head(self, headers: Mapping[str, str]) -> None:  # noqa: B027  what has keys needs no more
        """Raise HttpRefusalError where the headers alone show that the request does not come from the source."""

    def authorise(self, posted: Posted) -> None:  # noqa: B027  what has keys needs no more
        """Raise HttpRefusalError unless the request comes from the source."""

    def confirmation(self, posted: Posted) -> str | None:  # noqa: ARG002  most sources ask for none
        """Return the address to get where the request asks for a subscription to be confirmed, else None."""
        return None

    @abstractmethod
    def events(self, posted: Posted) -> Iterator[dict[str, Any]]:
        """Yield the events that follow from a request; raises Refused, after those that are right, for what is not."""

    def part(self, posted: Posted) -> Part:
        """Return the part of a call that a request brings; raises Refused where it is none."""
        raise NotImplementedError

    def kept(self, posted: Posted) -> bytes:
        """Return the bytes to keep of a request that is refused."""
        return posted.body


def json_in(body: bytes) -> Any:
    """Return what the JSON in `body` says; raises Refused where it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(
            Reason.MALFORMED_JSON, None, f"{len(body)} bytes that are not JSON; a payload is a JSON object"
        ) from None
