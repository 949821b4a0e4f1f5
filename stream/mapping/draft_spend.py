"""The draft of a mapping for rows of spend: an amount for each campaign and day, or period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.mapping.draft_parts import quoted, text_of

if TYPE_CHECKING:
    from stream.mapping.draft_parts import Draft


def write(draft: Draft) -> None:
    """Write the rule into `draft`."""
    draft.rule("spend.recorded")
    times = [one for one in draft.left() if one.time is not None][:2]
    for one in times:
        draft.take(one)
    if not times:
        draft.field("at", draft.made_up_time())
        draft.field("from", draft.made_up_time())
        draft.field("to", draft.made_up_time("86400"))
        draft.ask("no column says when it was spent")
    else:
        first, last = times[0], times[-1]
        draft.text("at", first)
        draft.text("from", first)
        draft.field("to", f"{{ from = {quoted(last.name)}, day_end = true }}", "the last day counts in full")
    money = draft.pick("money", lambda one: one.decimal is not None and one.time is None) or draft.take(
        next((one for one in draft.left() if one.decimal is not None), None)
    )
    draft.campaign()
    draft.text("channel", draft.pick("channel", lambda one: one.time is None and one.decimal is None))
    if money is None:
        draft.field("amount", '"0"')
        draft.ask("no column has an amount")
        return
    draft.field("amount", text_of(money))
    draft.currency(money)
