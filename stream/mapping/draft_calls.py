"""The draft of a mapping for rows of calls, one each: which call it is, its way, to whom, by whom, and how it went."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stream.mapping import draft_moments
from stream.mapping.draft_moments import NO, YES
from stream.mapping.draft_parts import codes_of, listed, quoted, source_of, text_of
from stream.mapping.draft_words import INTERNAL, only_answered, pure_way_of, verdict_of, way_of
from stream.mapping.guessing import looks_like_phone

if TYPE_CHECKING:
    from stream.mapping.draft_parts import Draft
    from stream.mapping.guessing import Column

_NUMBERS: Final = "'^[+]?[0-9][0-9 ().-]{7,}$'"
_TO: Final = re.compile(r"(?:^|[^a-z])to(?:[^a-z]|$)|callee|dst|dest|called|dnis|dial")
_THEIRS: Final = re.compile(r"customer|client|prospect|contact|lead|external|externe")
_OF_A_CALL: Final = re.compile(r"call|unique|history|session|interaction|conversation|appel|linked")
_OF_A_LEAD: Final = re.compile(r"\b(?:lead|contact|prospect)[ _.-]?(?:id|ref)")


def write(draft: Draft) -> None:
    """Write the rule into `draft`."""
    call = draft.pick("id", lambda one: one.is_unique and one.time is None and one.decimal in {None, "point"})
    part = None if call else next((one for one in draft.left() if one.is_nearly_unique and _may_be_id(one)), None)
    draft.take(part)
    way = _way(draft)
    internal = [code for code in way.codes or () if way_of(code) == INTERNAL] if way is not None else []
    if way is not None and internal:
        draft.never.setdefault(way.name, []).extend(internal)
    draft.rule("call.ended")
    place = len(draft.lines)
    _direction(draft, way)
    placed = draft_moments.write(draft)
    _parties(draft, way)
    rep = draft.rep()
    draft.lines.insert(place, f"call = {_call(draft, call or part, placed, rep)}")
    draft.text("team", draft.pick("team", lambda one: one.time is None and one.decimal is None))
    draft.campaign()
    _verdict(draft)


def _call(draft: Draft, column: Column | None, placed: Column | None, rep: Column | None) -> str:
    """Return what names a call, in this file and in the next: a column, or else when it was placed and by whom."""
    if column is not None and column.is_unique:
        return text_of(column)
    if column is not None:
        return f"{text_of(column)}  # some rows share one, and count as one call: the row that ends last"
    if placed is None:
        return '"row-{#row}"  # no column has an id'
    names = [*(placed.parts or (placed.name,)), *((rep.name,) if rep is not None and rep.filled == 1 else ())]
    made = [tuple(row.get(name, "") for name in names) for row in draft.rows]
    if any(set(name) & set("{}") for name in names):
        return '"row-{#row}"  # ? no column has an id: make one of when it was placed, and by whom'
    rest = "" if len(set(made)) == len(made) else "-{#row}"
    return f"{quoted(' '.join(f'{{{name}}}' for name in names) + rest)}  # no column has an id"


def _may_be_id(column: Column) -> bool:
    """Return whether what stands there names a call: by its name, or without one as digits and letters."""
    if column.time is not None or column.is_phone or column.holds_phones or column.is_clock:
        return False
    if not column.name.isdecimal():
        return column.says("id") and _OF_A_CALL.search(column.name.casefold()) is not None
    return all(any(map(str.isdigit, text)) and any(map(str.isalpha, text)) for text in column.texts)


def _way(draft: Draft) -> Column | None:
    """Return, and take, the column of which way calls went."""
    words = [one for one in draft.left() if one.codes and one.time is None]
    pure = (one for one in words if all(map(pure_way_of, one.codes or ())))
    named = (one for one in words if one.says("direction") and sum(map(bool, map(way_of, one.texts))) * 2 > one.count)
    return draft.take(next(pure, None) or next(named, None))


def _direction(draft: Draft, way: Column | None) -> None:
    if way is None:
        draft.field("direction", quoted("outbound"))
        ways = {one.name: _ways_by_numbers(draft, one) for one in draft.left() if one.codes}
        words = [one for one in draft.left() if one.codes and (one.says("direction") or ways[one.name])]
        words.sort(key=lambda one: (len(one.codes or ()), any(map(str.isdecimal, one.codes or ()))))
        shown = "; ".join(f"{quoted(one.name)} has {codes_of(one, 4)}" for one in words[:3])
        draft.ask(f"which calls are inbound? {shown or 'no column tells'}")
        if words and (found := ways[words[0].name]):
            pairs = ", ".join(f"{quoted(code)} = {quoted(means)}" for code, means in found.items())
            draft.ask(f"is it direction = {{ from = {quoted(words[0].name)}, map = {{ {pairs} }} }}?")
        return
    known = {code: means for code in way.codes or () if (means := way_of(code)) not in {None, INTERNAL}}
    unknown = [code for code in way.codes or () if way_of(code) is None]
    pairs = ", ".join(f"{quoted(code)} = {quoted(str(means))}" for code, means in known.items())
    rest = ', otherwise = "outbound"' if unknown else ""
    draft.field("direction", f"{{ {source_of(way)}, map = {{ {pairs} }}{rest} }}")
    if unknown or not all(map(pure_way_of, known)):
        draft.ask(f"which are inbound? {codes_of(way)}")


def _verdict(draft: Draft) -> None:
    named = [one for one in draft.left() if (one.says("verdict") or one.says("status")) and len(one.codes or ()) > 1]
    column = draft.take(max(named, key=lambda one: (_understood(one), one.says("verdict")), default=None))
    if column is None or column.codes is None:
        return
    yes = [code for code in column.codes if code.casefold() in YES]
    no = [code for code in column.codes if code.casefold() in NO]
    if yes and len(yes) + len(no) == len(column.codes):
        absent = f", absent = {listed(no)}" if no else ""
        pairs = ", ".join(f'{quoted(code)} = "interested"' for code in yes)
        draft.field("disposition", f"{{ from = {quoted(column.name)}{absent}, map = {{ {pairs} }} }}")
        draft.ask(f"is a yes of {quoted(column.name)} what the call was for? {codes_of(column)}")
        return
    known = {code: means for code in column.codes if (means := verdict_of(code)) is not None}
    nothing = [*column.absent, *(code for code in column.codes if only_answered(code))]
    keys = [f"from = {quoted(column.name)}", *([f"absent = {listed(nothing)}"] if nothing else [])]
    if known:
        pairs = ", ".join(f"{quoted(code)} = {quoted(means)}" for code, means in known.items())
        keys += [f"map = {{ {pairs} }}"]
        if len(known) + len(nothing) < len(column.codes) + len(column.absent):
            keys += [f"otherwise = {quoted('{' + column.name + '}')}"]
    draft.field("disposition", f"{{ {', '.join(keys)} }}" if len(keys) > 1 else text_of(column))
    draft.ask(f"what do its codes mean? {codes_of(column)}; a map names them as docs/events.md does")


def _understood(column: Column) -> bool:
    """Return whether most of what stands there is a verdict, or yes and no."""
    known = (bool(verdict_of(text)) or text.casefold() in YES | NO or only_answered(text) for text in column.texts)
    return sum(known) * 2 > len(column.texts)


def _parties(draft: Draft, way: Column | None) -> None:
    if (lead := next((one for one in draft.left() if _OF_A_LEAD.search(one.name.casefold())), None)) is not None:
        draft.ask(f"are the leads of {quoted(lead.name)} those of your CRM? then write lead = {text_of(lead)}")
    phones = [one for one in draft.left() if one.is_phone]
    if not phones:
        _among_others(draft)
        return
    for one in phones:
        draft.take(one)
    theirs = next((one for one in phones if _THEIRS.search(one.name.casefold())), None)
    to = next((one for one in phones if _TO.search(one.name.casefold())), None)
    other = next((one for one in phones if one is not to), None)
    inbound = [code for code in way.codes or () if way_of(code) == "inbound"] if way is not None else []
    if theirs is None and way is not None and to is not None and other is not None and inbound:
        wanted = quoted(inbound[0]) if len(inbound) == 1 else listed(inbound)
        draft.lines += [
            "number = [",
            f"  {{ when = {{ {quoted(way.name)} = {wanted} }}, {source_of(other)} }},",
            f"  {{ {source_of(to)} }},",
            "]",
        ]
        return
    number = theirs or to or max(phones, key=lambda one: len(set(one.texts)))
    draft.text("number", number, "telephone numbers")
    if len(phones) > 1:
        others = ", ".join(quoted(one.name) for one in phones if one is not number)
        draft.ask(f"numbers stand in {others} too: which is the prospect's?")


def _ways_by_numbers(draft: Draft, column: Column) -> dict[str, str]:
    """Return the ways that codes stand for, if each goes with a number in one of two columns: the called comes last."""
    mixed = [one for one in draft.left() if one.holds_phones][:2]
    if column.time is not None or len(set(column.texts)) == len(column.texts):
        return {}
    if len(mixed) < 2 or column in mixed or not 2 <= len(column.codes or ()) <= 4:  # noqa: PLR2004
        return {}
    found: dict[str, set[str]] = {}
    for row in draft.rows:
        phones = [one.name for one in mixed if looks_like_phone(row.get(one.name, ""))]
        if len(phones) == 1 and row.get(column.name):
            found.setdefault(row[column.name], set()).add("inbound" if phones[0] == mixed[0].name else "outbound")
    return {code: ways.pop() for code, ways in found.items()} if all(len(one) == 1 for one in found.values()) else {}


def _among_others(draft: Draft) -> None:
    """Write the number of columns in which extensions stand too, or that there is none."""
    mixed = [one for one in draft.left() if one.holds_phones][:2]
    if not mixed:
        draft.field("lead", '"row-{#row}"')
        draft.ask("no column has telephone numbers, so no two calls are known to be to one person")
        return
    for one in mixed:
        draft.take(one)
    draft.field(
        "number", f"{{ from = {listed(one.name for one in mixed)}, match = {_NUMBERS} }}",
        "the first of them that is a telephone number",
    )  # fmt: skip
    draft.ask("a row without one is refused: if it is a call within the house, leave it out, when = { … }")
