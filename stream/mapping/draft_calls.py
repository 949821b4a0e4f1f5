"""The draft of a mapping for rows of calls, one each: when it was placed, answered and ended, to whom, by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.mapping.draft_parts import codes_of, quoted, text_of
from stream.mapping.guessing import looks_like_phone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.mapping.draft_parts import Draft
    from stream.mapping.guessing import Column

_WAYS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("out", "outbound", "outgoing", "sortant", "o", "outbound-dial"), "outbound"),
    **dict.fromkeys(("in", "inbound", "incoming", "entrant", "i"), "inbound"),
}
_VERDICTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("no answer", "no_answer", "noanswer", "unanswered", "missed", "na", "absent"), "no_answer"),
    **dict.fromkeys(("busy", "occupé", "engaged"), "busy"),
    **dict.fromkeys(("voicemail", "answering machine", "machine", "répondeur", "am"), "voicemail"),
    **dict.fromkeys(("failed", "congestion", "failure"), "failed"),
    **dict.fromkeys(("sale", "sold", "interested", "success", "vente", "rdv", "appointment"), "interested"),
    **dict.fromkeys(("not interested", "ni", "refused", "refus", "pas intéressé"), "refused"),
    **dict.fromkeys(("callback", "call back", "rappel"), "callback"),
    **dict.fromkeys(("wrong number", "faux numéro", "invalid"), "wrong_number"),
}
_YES: Final = frozenset({"yes", "oui", "y", "true"})
_NO: Final = frozenset({"no", "non", "n", "false"})
_NUMBERS: Final = "'^[+]?[0-9][0-9 ().-]{7,}$'"
_TO: Final = ("to", "callee", "dst", "dest", "called", "dnis", "dial")
_MOST: Final = 0.9


def write(draft: Draft) -> None:
    """Write the rule into `draft`."""
    draft.rule("call.ended")
    call = draft.pick("id", lambda one: one.is_unique and one.time is None and one.decimal in {None, "point"})
    draft.field("call", '"row-{#row}"' if call is None else text_of(call), "" if call else "no column has an id")
    way = draft.take(
        next((one for one in draft.left() if one.codes and all(code.casefold() in _WAYS for code in one.codes)), None)
    )
    if way is None:
        draft.field("direction", quoted("outbound"))
        words = [one for one in draft.left() if one.codes and (one.says("direction") or _tells_the_way(draft, one))]
        words.sort(key=lambda one: len(one.codes or ()))
        shown = "; ".join(f"{quoted(one.name)} has {codes_of(one, 4)}" for one in words[:3])
        draft.ask(f"which calls are inbound? {shown or 'no column tells'}")
    else:
        codes = ", ".join(f"{quoted(code)} = {quoted(_WAYS[code.casefold()])}" for code in way.codes or ())
        draft.field("direction", f"{{ from = {quoted(way.name)}, map = {{ {codes} }} }}")
    _moments(draft)
    _parties(draft, way)
    draft.text("rep", draft.pick("rep", lambda one: one.time is None and not one.is_phone and one.decimal is None))
    draft.text("team", draft.pick("team", lambda one: one.time is None and one.decimal is None))
    draft.campaign()
    _verdict(draft)


def _verdict(draft: Draft) -> None:
    verdict = draft.take(next((one for one in draft.left() if one.says("status") and one.codes), None))
    if verdict is None or verdict.codes is None:
        return
    yes = [code for code in verdict.codes if code.casefold() in _YES]
    no = [code for code in verdict.codes if code.casefold() in _NO]
    known = {code: _VERDICTS[code.casefold()] for code in verdict.codes if code.casefold() in _VERDICTS}
    where = f"from = {quoted(verdict.name)}"
    if yes and len(yes) + len(no) == len(verdict.codes):
        absent = f", absent = [{', '.join(map(quoted, no))}]" if no else ""
        pairs = ", ".join(f'{quoted(code)} = "interested"' for code in yes)
        draft.field("disposition", f"{{ {where}{absent}, map = {{ {pairs} }} }}")
        draft.ask(f"is a yes of {quoted(verdict.name)} what the call was for? {codes_of(verdict)}")
        return
    pairs = ", ".join(f"{quoted(code)} = {quoted(means)}" for code, means in known.items())
    draft.field("disposition", f"{{ {where}, map = {{ {pairs} }}, otherwise = {text_of(verdict)} }}" if pairs else
                text_of(verdict))  # fmt: skip
    draft.ask(f"what do its codes mean? {codes_of(verdict)}; a map names them as docs/events.md does")


def _moments(draft: Draft) -> None:
    """Write when a call was placed, answered and ended, and its talk."""
    lengths = [one for one in draft.left() if not one.is_phone and (one.is_clock or (one.says("talk") and one.decimal))]
    times = [one for one in draft.left() if one.time is not None]
    length = draft.take(next((one for one in lengths if one.time is None), None))
    unit = "" if length is None else ', unit = "clock"' if length.is_clock else ""
    more = "" if length is None else f"{{ from = {quoted(length.name)}{unit} }}"
    if not times:
        draft.field("placed_at", draft.made_up_time())
        draft.field("at", draft.made_up_time(more))
        draft.ask("no column says when calls were placed: name one, and leave made_up out")
        _talk(draft, length, unit)
        return
    whole = sorted((one for one in times if one.filled == 1), key=lambda one: _middle(one, draft)) or times[:1]
    placed, ended = whole[0], whole[-1] if len(whole) > 1 else None
    answered = next((one for one in times if one.filled < 1 and _lies_between(draft, placed, one, ended)), None)
    for one in (placed, answered, ended):
        draft.take(one)
    draft.text("placed_at", placed, "the earliest of its times")
    if ended is None:
        draft.field("at", f"{{ from = {quoted(placed.name)}, plus = {more} }}" if more else text_of(placed))
        _talk(draft, length, unit)
        return
    draft.text("answered_at", answered, "lies between the others, and is empty in some rows")
    draft.text("at", ended, "the latest")
    if answered is not None:
        draft.field("talk_s", f"{{ between = [{quoted(answered.name)}, {quoted(ended.name)}] }}", "from answer to end")
        return
    _talk(draft, length, unit)


def _talk(draft: Draft, length: Column | None, unit: str) -> None:
    if length is None:
        draft.ask("no column says how long they talked: without talk_s no call is a contact by its length")
        return
    draft.field("talk_s", f"{{ from = {quoted(length.name)}{unit} }}" if unit else text_of(length))
    draft.ask(f"does {quoted(length.name)} count the ringing? then it is no talk: take it off, minus = …")


def _middle(column: Column, draft: Draft) -> int:
    found = sorted(moment for moment in column.moments(draft.rows) if moment is not None)
    return found[len(found) // 2]


def _lies_between(draft: Draft, first: Column, middle: Column, last: Column | None) -> bool:
    if last is None:
        return False
    rows = zip(first.moments(draft.rows), middle.moments(draft.rows), last.moments(draft.rows), strict=True)
    known = [(a, b, c) for a, b, c in rows if a is not None and b is not None and c is not None]
    return bool(known) and sum(a <= b <= c for a, b, c in known) >= _MOST * len(known)


def _parties(draft: Draft, way: Column | None) -> None:
    phones = [one for one in draft.left() if one.is_phone]
    if not phones:
        _among_others(draft)
        return
    to = next((one for one in phones if any(word in one.name.casefold() for word in _TO)), None)
    other = next((one for one in phones if one is not to), None)
    for one in phones:
        draft.take(one)
    if way is not None and to is not None and other is not None:
        out, into = (
            [code for code in way.codes or () if _WAYS[code.casefold()] == one] for one in ("outbound", "inbound")
        )
        draft.lines += ["number = ["]
        for codes, column in ((out, to), (into, other)):
            if codes:
                wanted = "[" + ", ".join(map(quoted, codes)) + "]"
                draft.lines.append(f"  {{ when = {{ {quoted(way.name)} = {wanted} }}, from = {quoted(column.name)} }},")
        draft.lines.append("]")
        return
    number = to or max(phones, key=lambda one: len(set(one.texts)))
    draft.text("number", number, "telephone numbers")
    if len(phones) > 1:
        draft.ask(f"numbers stand in {', '.join(quoted(one.name) for one in phones)} too: which is the prospect's?")


def _tells_the_way(draft: Draft, column: Column) -> bool:
    """Return whether each code of a column goes with the one or the other column having a telephone number."""
    mixed = [one for one in draft.left() if one.holds_phones][:2]
    if column.time is not None or len(set(column.texts)) == len(column.texts):
        return False
    if len(mixed) < 2 or column in mixed or not 2 <= len(column.codes or ()) <= 4:  # noqa: PLR2004
        return False
    found: dict[str, set[str]] = {}
    for row in draft.rows:
        phones = [one.name for one in mixed if looks_like_phone(row.get(one.name, ""))]
        if len(phones) == 1:
            found.setdefault(row.get(column.name, ""), set()).add(phones[0])
    return len(found) > 1 and all(len(names) == 1 for names in found.values())


def _among_others(draft: Draft) -> None:
    """Write the number of columns in which extensions stand too, or that there is none."""
    mixed = [one for one in draft.left() if one.holds_phones][:2]
    if not mixed:
        draft.field("lead", '"row-{#row}"')
        draft.ask("no column has telephone numbers, so no two calls are known to be to one person")
        return
    for one in mixed:
        draft.take(one)
    names = "[" + ", ".join(quoted(one.name) for one in mixed) + "]"
    draft.field("number", f"{{ from = {names}, match = {_NUMBERS} }}", "the first of them that is a telephone number")
    draft.ask("a row without one is refused: if it is a call within the house, leave it out, when = { … }")
