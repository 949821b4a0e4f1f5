"""What a call that is left out looks like: which setting might say the way that it went."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stream.sources.dial_plan import names
from stream.sources.dial_plan.numbers import plain
from stream.sources.signs import Sign

if TYPE_CHECKING:
    from stream.sources.dial_plan.directions import Directions
    from stream.sources.dial_plan.ways import Dialled

# A context may be called by a direct number, which is not said.
_NUMBER: Final = re.compile(r"\d{5}")


def look_of(directions: Directions, dialled: Dialled) -> Sign:
    """
    Return what a call looks like, by its dial.

    The first that fits: a line that is called by digits, as telephones are; a number that is longer than the
    telephones', and no longer than an extension may be; a context that no setting names; else a call within the house.
    """
    caller, called = names.channel(dialled.caller.channel), names.channel(dialled.called.channel)
    number, extension = plain(dialled.caller.number), plain(dialled.extension)
    dials_out = directions.side_of_number(extension) == "outside"
    from_outside = directions.side_of_number(number) == "outside" and not directions.is_own_number(number)
    rung = bool(called.peer) and called.peer in {extension, dialled.extension}
    if dials_out and called.peer.isdecimal() and not called.is_local and not rung:
        return Sign("trunk", f"a peer of {len(called.peer)} digits is dialled over")
    if from_outside and caller.peer.isdecimal() and not caller.is_local and caller.peer != number:
        return Sign("trunk", f"calls come from a peer of {len(caller.peer)} digits")
    own = number if number and not from_outside else caller.peer
    if not rung and not dials_out and own.isdecimal() and len(own) < len(extension) and extension.isdecimal():
        return Sign("digits", f"telephones of {len(own)} digits dial {len(extension)}")
    within = rung and caller.peer.isdecimal() and not from_outside
    if not within and dialled.context and not _is_named(directions, dialled.context):
        name = "" if _NUMBER.search(dialled.context) or dialled.context.isdecimal() else dialled.context
        if dials_out:
            return Sign("outbound context", name)
        return Sign("inbound context" if from_outside or rung else "context", name)
    return Sign("house")


def _is_named(directions: Directions, context: str) -> bool:
    return (
        directions.way_of_context(context) is not None
        or directions.is_internal_context(context)
        or directions.is_click_to_call(context)
    )
