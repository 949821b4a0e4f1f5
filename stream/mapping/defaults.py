"""What a mapping says once for all of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import tzinfo

    from stream.mapping.times import TimeForm


class Squeeze(NamedTuple):
    """Times from `since` on are moved together: what took `length` ms takes `into` ms."""

    since: int
    length: int
    into: int

    def __call__(self, moment: int) -> int:
        """Return where `moment` comes to lie."""
        return self.since + (moment - self.since) * self.into // self.length


class Defaults(NamedTuple):
    """
    What holds for each field that says nothing else.

    `zone` is that of local times, `times` the forms they are written in, `decimal` what stands before decimals,
    `region` that of national numbers; `squeeze` and `makes_up` (whether the mapping says what it makes up) hold for
    all times; `odd_hours` counts the local times that the clocks show `twice` or `never`; `tables` are codes and what
    they mean, by the name of the table, and `looked_up` the names of those that a rule uses.
    """

    zone: tzinfo | None
    times: tuple[TimeForm, ...]
    decimal: str
    region: str | None
    squeeze: Squeeze | None
    makes_up: bool
    odd_hours: Counter[str]
    tables: Mapping[str, Mapping[str, str]]
    looked_up: set[str]
