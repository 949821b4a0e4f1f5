"""Who is meant by a number or an id, and which journeys are theirs: leads and numbers that name each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from stream.errors import RingboardError
from stream.journeys.erasing import KINDS, name_of
from stream.kafka.partitioner import partition_of
from stream.kpi.facts import Call, Link, Merged, Moved, Request, Shared, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.privacy.identity import Identity

Kind = Literal["lead", "number", "customer"]
_FEWEST_DIGITS: Final = 6
_SCHEMES: Final = ("tel:", "sip:", "sips:")


class Who(NamedTuple):
    """A journey's owner: a lead, a number (its pseudonym) or a customer."""

    kind: Kind
    name: str

    @property
    def key(self) -> bytes:
        """The key of the journey."""
        return KINDS[self.kind] + self.name.encode()

    def partition(self, partitions: int) -> int:
        """Return which of so many partitions has the journey."""
        return partition_of(self.name.encode(), partitions)


@dataclass(slots=True)
class Person:
    """Whose `leads`, `numbers` (pseudonyms) and `customers` are one person's."""

    leads: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)

    def everyone(self) -> list[Who]:
        """Return the owners of all journeys that the person may have."""
        kinds: list[tuple[Kind, set[str]]] = [
            ("lead", self.leads),
            ("number", self.numbers),
            ("customer", self.customers | self.leads),
        ]
        return [Who(kind, name) for kind, names in kinds for name in sorted(names)]

    def names(self) -> set[str]:
        """Return what names the person in a record."""
        return self.leads | self.numbers | self.customers

    def learn(self, kind: str, facts: Iterable[Any]) -> None:
        """Take in whom the facts of one of the person's journeys name."""
        for fact in facts:
            if type(fact) is Merged and kind == "lead":
                self.leads.add(fact.into)
            elif type(fact) is Moved and kind == "lead":
                self.leads.add(fact.lead)
                self.learn(kind, [fact.fact])
            elif type(fact) is Link and kind == "number":
                self.leads.add(fact.id)
            elif type(fact) is Shared and kind == "lead":
                self.numbers.add(fact.id)
            elif type(fact) in {Request, Call, Verdict} and kind == "lead" and fact.number is not None:
                self.numbers.add(fact.number)


def person_of(identity: Identity, text: str, customers: Sequence[str] = ()) -> Person:
    """
    Return who is meant by `text`, a telephone number in any writing or the id of a lead, as far as that says it.

    An id of digits alone may be either: both are looked for. Raises RingboardError for what is neither.
    """
    text = text.strip()
    if not text:
        raise RingboardError("an empty name; write a telephone number, or the id of a lead")
    person = Person(customers={identity.of_person(one) for one in customers})
    pseudonym = identity.pseudonym(text, call=None)
    if pseudonym is not None and _reads_as_number(text, recognised=pseudonym.recognised):
        person.numbers.add(pseudonym.value)
    if pseudonym is None or pseudonym.value != text:
        person.leads.add(identity.of_person(text))
    return person


def _reads_as_number(text: str, *, recognised: bool) -> bool:
    return (
        recognised
        or text.lower().startswith(_SCHEMES)
        or (sum(map(str.isdigit, text)) > _FEWEST_DIGITS and not any(map(str.isalpha, text)))
    )


def owner_of(key: bytes) -> tuple[str, str]:
    """Return the kind and the name of whom a journey, or its past, of this key belongs to."""
    kinds = {short: kind for kind, short in KINDS.items()}
    return kinds.get(key[:1], ""), name_of(key)
