"""What the names of channels and interfaces say: `PJSIP/107-0000001a`, `Local/107@reps-0000001b;1`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from stream.sources.dial_plan.numbers import LOCAL, bare_extension

_CHANNEL: Final = re.compile(
    r"(?:(?:AsyncGoto|Bridge|Transfered|Parked)/)?"
    r"(?P<tech>[A-Za-z0-9_]+)/(?P<rest>.+?)(?:-(?P<id>[0-9a-fA-F]{1,10}))?(?:;(?P<half>[12]))?(?:<[A-Z]+>)*"
)
_INTERFACE: Final = re.compile(r"(?P<tech>[A-Za-z0-9_]+)/(?P<rest>[^\s]+)")
_CALLED_HALF: Final = 2


class Name(NamedTuple):
    """
    A channel's technology, `peer` (of a Local channel, the extension), `context` (of a Local channel only), its half.

    `half` is 1 or 2 for the two ends of a Local channel, 0 otherwise.
    """

    tech: str
    peer: str
    context: str = ""
    half: int = 0

    @property
    def is_local(self) -> bool:
        """Return whether this is one end of a Local channel, which nobody speaks on."""
        return self.tech == LOCAL

    @property
    def is_called_half(self) -> bool:
        """Return whether this is the end of a Local channel that runs the dial plan for whoever was called."""
        return self.half == _CALLED_HALF


@lru_cache(maxsize=4096)
def channel(name: str) -> Name:
    """Read the name of a channel; one that is of no known form is all peer."""
    match = _CHANNEL.fullmatch(name)
    if match is None:
        return Name("", name)
    return _name(match["tech"], match["rest"], int(match["half"] or 0))


@lru_cache(maxsize=4096)
def interface(name: str) -> Name:
    """Read what is dialled, or the interface of a queue's member: a channel's name without what is its alone."""
    match = _INTERFACE.fullmatch(name)
    if match is None:
        return Name("", name)
    return _name(match["tech"], match["rest"], 0)


def _name(tech: str, rest: str, half: int) -> Name:
    if tech == LOCAL:
        extension, _, context = rest.partition("@")
        return Name(tech, bare_extension(extension), context.partition("/")[0], half)
    # PJSIP/107/sip:107@10.0.0.7 and SIP/provider/0639980001 name the peer first; IAX2/user@peer last.
    peer = rest.partition("/")[0]
    return Name(tech, peer.rpartition("@")[2] if tech == "IAX2" else peer.partition("@")[0], "", half)
