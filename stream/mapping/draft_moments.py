"""When a call of a draft was placed, answered and ended, and how long it rang, waited, talked: which column tells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stream.mapping.amounts import NoNumberError, seconds_of
from stream.mapping.draft_parts import quoted, source_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.mapping.draft_parts import Draft
    from stream.mapping.guessing import Column

YES: Final = frozenset({"yes", "oui", "y", "true", "1"})
NO: Final = frozenset({"no", "non", "n", "false", "0"})
_MOST: Final = 0.9
_ANSWERED: Final = re.compile(r"answer|connect|décroch|pick")
_BEFORE_THE_END: Final = ("ring", "wait", "talk")


@dataclass(slots=True)
class _Moments:
    """The columns of a call's times, and of its lengths by what they are the length of."""

    placed: Column | None = None
    answered: Column | None = None
    ended: Column | None = None
    lengths: dict[str, Column] = field(default_factory=dict)


def write(draft: Draft) -> Column | None:
    """Write the times and lengths of a call into `draft`; return the column of when it was placed."""
    moments = _found(draft)
    placed, ended, lengths = moments.placed, moments.ended, moments.lengths
    parts = [lengths["whole"]] if "whole" in lengths else [lengths[one] for one in _BEFORE_THE_END if one in lengths]
    parts = [one for one in parts if not one.absent]
    more = [f"{{ {_source(one)} }}" for one in parts]
    if placed is None:
        draft.field("placed_at", draft.made_up_time())
        draft.field("at", draft.made_up_time(", ".join(more)))
        draft.ask("no column says when calls were placed: name one, and leave made_up out")
    else:
        draft.text("placed_at", placed, "the earliest of its times")
        draft.text("answered_at", moments.answered, "lies between the others, and is empty in some rows")
        if ended is not None:
            draft.text("at", ended, "the latest")
        elif more:
            draft.field("at", f"{{ {source_of(placed)}, plus = {more[0] if len(more) == 1 else _listed(more)} }}")
        else:
            draft.field("at", text_of(placed))
    _talk(draft, moments)
    for what in ("ring", "wait", "hold", "wrap"):
        if what in lengths:
            draft.field(f"{what}_s", _value(lengths[what]))
    return placed


def _found(draft: Draft) -> _Moments:
    found = _Moments()
    for one in draft.left():
        what = one.length or ("whole" if one.name.isdecimal() else None)
        is_length = not one.is_phone and not one.says("money") and (one.is_clock or (one.length and one.decimal))
        if is_length and one.time is None and what is not None and what not in found.lengths:
            found.lengths[what] = one
            draft.take(one)
    times = [one for one in draft.left() if one.time is not None]
    times = [one for one in times if not one.says("changed")] or times
    if not times:
        return found
    whole = sorted((one for one in times if one.filled == 1), key=lambda one: _middle(one, draft))
    found.placed, *others = whole or [max(times, key=lambda one: one.filled)]
    found.ended = others[-1] if others else None
    between = (one for one in times if one.filled < 1 and _lies_between(draft, found.placed, one, found.ended))
    found.answered = next(between, None)
    for taken in (found.placed, found.answered, found.ended):
        draft.take(taken)
    return found


def _talk(draft: Draft, moments: _Moments) -> None:
    lengths, answered, ended = moments.lengths, moments.answered, moments.ended
    if "talk" in lengths:
        draft.field("talk_s", _value(lengths["talk"]))
        return
    pair = [one for one in (answered, ended) if one is not None and not one.absent and not one.parts]
    if len(pair) == 2:  # noqa: PLR2004
        draft.field("talk_s", f"{{ between = [{quoted(pair[0].name)}, {quoted(pair[1].name)}] }}", "from answer to end")
        return
    whole, ring = lengths.get("whole"), lengths.get("ring")
    if whole is None:
        draft.ask("no column says how long they talked: without talk_s no call is a contact by its length")
        return
    flag = next((one for one in draft.left() if _ANSWERED.search(one.name.casefold()) and _is_flag(one)), None)
    keys = [_source(whole)]
    if flag is not None:
        draft.take(flag)
        yes = next(code for code in flag.texts if code.casefold() in YES)
        keys.insert(0, f"when = {{ {quoted(flag.name)} = {quoted(yes)} }}")
    if ring is not None and not ring.absent and _covers(draft, whole, ring):
        keys.append(f"minus = {{ {_source(ring)}, empty = 0 }}")
        draft.field("talk_s", f"{{ {', '.join(keys)} }}")
        draft.ask(f"does {quoted(whole.name)} count the ringing? it is never the shorter; if not, leave minus out")
        return
    draft.field("talk_s", _value(whole) if len(keys) == 1 else f"{{ {', '.join(keys)} }}")
    draft.ask(f"does {quoted(whole.name)} count the ringing? then it is no talk: take it off, minus = …")


def _is_flag(column: Column) -> bool:
    codes = {code.casefold() for code in column.codes or ()}
    return bool(codes & YES) and codes <= YES | NO


def _source(length: Column) -> str:
    return source_of(length) + (f", unit = {quoted(length.unit)}" if length.unit else "")


def _value(length: Column) -> str:
    return f"{{ {_source(length)} }}" if length.unit else text_of(length)


def _listed(tables: list[str]) -> str:
    return f"[{', '.join(tables)}]"


def _covers(draft: Draft, whole: Column, part: Column) -> bool:
    """Return whether one length is never shorter than another."""
    pairs = [(_seconds(whole, row), _seconds(part, row)) for row in draft.rows]
    known = [(long, short) for long, short in pairs if long is not None and short is not None]
    return bool(known) and all(long >= short for long, short in known)


def _seconds(length: Column, row: Mapping[str, str]) -> float | None:
    try:
        return float(seconds_of(length.text_in(row), length.unit or "s", length.decimal or "point"))
    except NoNumberError:
        return None


def _middle(column: Column, draft: Draft) -> int:
    found = sorted(moment for moment in column.moments(draft.rows) if moment is not None)
    return found[len(found) // 2]


def _lies_between(draft: Draft, first: Column | None, middle: Column, last: Column | None) -> bool:
    if first is None or last is None:
        return False
    rows = zip(first.moments(draft.rows), middle.moments(draft.rows), last.moments(draft.rows), strict=True)
    known = [(a, b, c) for a, b, c in rows if a is not None and b is not None and c is not None]
    return bool(known) and sum(a <= b <= c for a, b, c in known) >= _MOST * len(known)
