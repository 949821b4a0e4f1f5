"""How much may be under way at once, requests and bytes: of known senders, and of strangers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.web.http_refusal import HttpReason, HttpRefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

STRANGERS_OF_A_SOURCE: Final = 32
STRANGERS_OF_A_CLIENT: Final = 16
_MIB: Final = 1_048_576


class Most(NamedTuple):
    """What may be held at once: in all, for one source, and by one client of it."""

    in_all: int
    of_source: int
    of_client: int


REQUESTS: Final = Most(128, 96, 32)


def bytes_for(body_limit: int) -> Most:
    """Return how many bytes of bodies known senders may have under way, where one has up to `body_limit`."""
    one = max(_MIB, body_limit)
    return Most(8 * one, 6 * one, 4 * one)


class Share:
    """What is held of one thing, requests or bytes, and what may be."""

    def __init__(self, most: Most) -> None:
        self._most = most
        self.in_all = 0
        self._of_source: Counter[str] = Counter()
        self._of_client: Counter[tuple[str, str]] = Counter()

    def has_room(self, source: str, client: str, amount: int) -> bool:
        """Return whether so much more may be held."""
        return (
            self.in_all + amount <= self._most.in_all
            and self._of_source[source] + amount <= self._most.of_source
            and self._of_client[source, client] + amount <= self._most.of_client
        )

    def hold(self, source: str, client: str, amount: int) -> None:
        """Hold so much more, or with a negative amount less."""
        self.in_all += amount
        self._of_source[source] += amount
        self._of_client[source, client] += amount
        if not self._of_client[source, client]:
            del self._of_client[source, client]


class Strangers:
    """
    The requests to one source whose body is being read, as only that shows who sent them.

    There are never more than so many: where there is no room for another one, the oldest of the client that has most
    of them is given up. What an honest sender posts is read in moments, so slow ones displace each other.
    """

    def __init__(self) -> None:
        self._places: dict[str, dict[Place, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, place: Place) -> None:
        """Take in another one, whoever has to go for it."""
        if len(self._places.get(place.client, ())) >= STRANGERS_OF_A_CLIENT:
            self._give_up(place.client)
        elif self._count >= STRANGERS_OF_A_SOURCE:
            self._give_up(max(self._places, key=lambda client: len(self._places[client])))
        self._places.setdefault(place.client, {})[place] = None
        self._count += 1

    def leave(self, place: Place) -> None:
        """Forget one, if it is there."""
        of_client = self._places.get(place.client, {})
        if place in of_client:
            del of_client[place]
            self._count -= 1
            if not of_client:
                del self._places[place.client]

    def _give_up(self, client: str) -> None:
        oldest = next(iter(self._places[client]))
        self.leave(oldest)
        oldest.give_up()


class Room:
    """The room of one gateway: for each source its own for strangers, and one for all known senders together."""

    def __init__(self, body_limit: int) -> None:
        self.requests = Share(REQUESTS)
        self.bytes = Share(bytes_for(body_limit))
        self.strangers: dict[str, Strangers] = {}
        self.strangers_bytes = 0

    @property
    def held_bytes(self) -> int:
        """How many bytes of bodies are held now."""
        return self.bytes.in_all + self.strangers_bytes


class Place:
    """
    What one request of `client` to `source` takes of the room, until `leave`.

    It holds nothing before `enter` or `know`. Where it is `given_up`, `on_give_up` is called, which ends its reading.
    """

    def __init__(self, room: Room, source: str, client: str) -> None:
        self.source = source
        self.client = client
        self.known = False
        self.given_up = False
        self.on_give_up: Callable[[], None] | None = None
        self._room = room
        self._bytes = 0
        self._entered = False

    def enter(self) -> None:
        """Hold a place among the strangers of the source, unless the sender is known."""
        if not self.known:
            self._room.strangers.setdefault(self.source, Strangers()).enter(self)
            self._entered = True

    def know(self) -> None:
        """Move to the known senders; raises HttpRefusalError where they have no room."""
        room = self._room
        if not room.requests.has_room(self.source, self.client, 1):
            raise busy()
        if not room.bytes.has_room(self.source, self.client, self._bytes):
            raise busy()
        self._leave_strangers()
        room.requests.hold(self.source, self.client, 1)
        room.bytes.hold(self.source, self.client, self._bytes)
        self.known = True

    def grow(self, count: int) -> None:
        """Hold so many more bytes; raises HttpRefusalError where there is no room for them."""
        if not self.known:
            self._room.strangers_bytes += count
        elif self._room.bytes.has_room(self.source, self.client, count):
            self._room.bytes.hold(self.source, self.client, count)
        else:
            raise busy()
        self._bytes += count

    def give_up(self) -> None:
        """End its reading, as another one needs the room."""
        self.given_up = True
        if self.on_give_up is not None:
            self.on_give_up()

    def leave(self) -> None:
        """Hold nothing any more."""
        if self.known:
            self._room.requests.hold(self.source, self.client, -1)
            self._room.bytes.hold(self.source, self.client, -self._bytes)
            self.known = False
        else:
            self._leave_strangers()
        self._bytes = 0

    def _leave_strangers(self) -> None:
        self._room.strangers_bytes -= self._bytes
        if self._entered:
            self._room.strangers[self.source].leave(self)
            self._entered = False


def busy() -> HttpRefusalError:
    """Return the refusal of what there is no room for now."""
    return HttpRefusalError(HttpReason.BUSY, 503, "too many requests at once; send it again", retry_s=1, closes=True)
