"""Admission: what comes from outside is read, loses its numbers, and gets its topic and key; or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from stream.events.faults import internal
from stream.events.reading import AnyEvent, TopicKind, encode_event, read_event, read_mapping
from stream.events.refusal import Refused
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of
from stream.privacy.labels import LABEL_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.clock import Clock
    from stream.kafka.topics import Topics
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings


_KEYS: Final = ("lead", "customer", "into")
_NO_IDS: Final = frozenset({"number", *LABEL_FIELDS})


class Admitted(NamedTuple):
    """An event that may enter: the name of its `topic`, its Kafka `key` and canonical `value`, and the event itself."""

    topic: str
    key: bytes
    value: bytes
    event: AnyEvent


class Admission:
    """
    Admits events to the topics `names`.

    What has passed is counted: `unrecognised` numbers (admitted under a pseudonym of their digits), `withheld` ones
    (keyed by their call), `extensions` that were left out, and in `labels.counts` what was changed in labels.
    """

    def __init__(self, identity: Identity, names: Topics, clock: Clock, ahead_ms: int) -> None:
        self._identity = identity
        self._topics: dict[TopicKind, str] = {kind: names.of(kind).name for kind in get_args(TopicKind)}
        self._clock = clock
        self._ahead_ms = ahead_ms
        self.unrecognised = 0
        self.withheld = 0
        self.extensions = 0
        self.labels = identity.labels()

    def admit(self, data: bytes | Mapping[str, Any], *, received_ms: int | None = None) -> Admitted | None:
        """
        Return the event in `data` (the bytes of a JSON object, or its fields) as it goes to Kafka.

        None for a call whose only party is an extension. `received_ms` is the time now, where the caller knows it
        already. Raises Refused for anything that is no event, and for what a fault of ours keeps from being taken.
        """
        try:
            return self._admit(data, received_ms)
        except Refused:
            raise
        except Exception as error:
            raise internal(error) from error

    def _admit(self, data: bytes | Mapping[str, Any], received_ms: int | None) -> Admitted | None:
        now = self._clock.now_ms() if received_ms is None else received_ms
        if isinstance(data, bytes):
            event = read_event(data, received_ms=now, ahead_ms=self._ahead_ms)
        else:
            event = read_mapping(data, received_ms=now, ahead_ms=self._ahead_ms)
        number = getattr(event, "number", None)
        if number is not None and not self._replace_number(event, number):
            return None
        self.labels.clean(event)
        self._clean_keys(event)
        value = encode_event(event)
        if b"+" in value or b"@" in value or b"%" in value or b"\xef" in value:  # what may be of a person, in an id
            self._clean_ids(event)
            value = encode_event(event)
        return Admitted(self._topics[event.kind], event.key().encode(), value, event)

    def _replace_number(self, event: Any, number: str) -> bool:
        """Put a pseudonym in the place of `number`; false where that leaves a call without any party."""
        call = getattr(event, "call", None)
        pseudonym = self._identity.pseudonym(number, call=call)
        if pseudonym is None:
            event.number = None
            if self._identity.is_extension(number):
                self.extensions += 1
            else:
                self.withheld += 1
            return event.lead is not None
        event.number = pseudonym.value
        if not pseudonym.recognised:
            self.unrecognised += 1
        elif number != pseudonym.value and call is not None and self._identity.is_withheld(number):
            self.withheld += 1
        return True

    def _clean_keys(self, event: Any) -> None:
        for name in _KEYS:
            key = getattr(event, name, None)
            if key is not None and not key[0].isalpha():
                setattr(event, name, self._identity.of_person(key))

    def _clean_ids(self, event: AnyEvent) -> None:
        for name in event.__struct_fields__:
            value = getattr(event, name)
            if type(value) is str and name not in _NO_IDS:
                setattr(event, name, self._identity.without_numbers(value))


def admission_of(settings: Settings, clock: Clock) -> Admission:
    """Return the admission of the floor that `settings` name; raises RingboardError where its key cannot be read."""
    return Admission(identity_of(settings), topics(settings), clock, settings.ahead_ms)
