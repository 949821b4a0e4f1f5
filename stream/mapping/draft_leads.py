"""The draft of a mapping for rows of leads: requests, and what became of them by a column of stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.mapping.draft_parts import codes_of, quoted, text_of

if TYPE_CHECKING:
    from stream.mapping.draft_parts import Draft
    from stream.mapping.guessing import Column

_MEANS: Final = (
    ("lead.won", ("won", "gagn", "customer", "client", "sold", "vendu", "converted", "signed", "signé", "success")),
    ("lead.lost", ("lost", "perdu", "dead", "unqualified", "abandon", "refus", "rejected", "churn")),
    ("lead.qualified", ("qualif", "opportunit", "proposal", "devis", "negotiat", "engag", "demo", "quote", "meeting")),
)


def write(draft: Draft) -> None:
    """Write the rules into `draft`."""
    lead = _lead(draft)
    stage = draft.take(next((one for one in draft.left() if one.codes and _meant(one)), None))
    created, closed = _moments(draft)
    rep = draft.pick("rep", lambda one: one.time is None and one.decimal is None and not one.says("id")) or draft.pick(
        "rep", lambda one: one.time is None and one.decimal is None
    )
    money = draft.pick("money", lambda one: one.decimal is not None)
    draft.rule("lead.requested", present=created if created is not None and created.filled < 1 else None)
    if created is not None and created.filled < 1:
        draft.ask(f"{1 - created.filled:.0%} of the rows have no {quoted(created.name)}: these make no request")
    draft.field(
        "at", draft.made_up_time() if created is None else text_of(created), "" if created is None else "when it came"
    )
    draft.field("lead", lead)
    number = next((one for one in draft.columns if one.is_phone), None)
    if number is not None:
        draft.take(number)
        draft.text("number", number, "ties calls to the lead")
    draft.campaign()
    draft.text("channel", draft.pick("channel", lambda one: one.time is None))
    draft.text("rep", rep)
    draft.text("team", draft.pick("team", lambda one: one.time is None))
    if stage is None:
        draft.ask("no column says which leads were won and lost")
        return
    meant = _meant(stage)
    if "lead.qualified" in meant:
        # It says where a lead is now: one that is won has been an opportunity before.
        meant["lead.qualified"] += meant.get("lead.won", [])
    for kind, codes in meant.items():
        at = created if kind == "lead.qualified" else closed or created
        _outcome(draft, kind, stage, codes, at, lead, rep, money)
    known = {code for codes in meant.values() for code in codes}
    if set(stage.codes or ()) - known:
        draft.ask(
            f"{quoted(stage.name)} has {codes_of(stage)}: is one that no rule names an opportunity, a win, a loss?"
        )


def _outcome(  # noqa: PLR0917  all that is known of the rows
    draft: Draft,
    kind: str,
    stage: Column,
    codes: list[str],
    at: Column | None,
    lead: str,
    rep: Column | None,
    money: Column | None,
) -> None:
    partly = kind == "lead.qualified" and at is not None and at.filled < 1
    draft.rule(kind, {stage.name: codes}, at if partly else None)
    draft.field("at", draft.made_up_time() if at is None else text_of(at))
    draft.field("lead", lead)
    draft.text("rep", rep)
    if kind == "lead.qualified":
        draft.ask("were those that are lost opportunities before? then name their code here too")
    if kind == "lead.won" and money is not None:
        draft.text("amount", money)
        draft.currency(money)


def _lead(draft: Draft) -> str:
    unique = draft.pick("id", lambda one: one.is_unique and one.time is None)
    phone = next((one for one in draft.left() if one.is_phone), None)
    if unique is None and phone is None:
        unique = draft.take(next((one for one in draft.left() if one.is_unique and one.is_reference), None))
    if unique is not None:
        return f"{text_of(unique)}  # no two rows have the same"
    if phone is not None:
        draft.take(phone)
        return f"{{ from = {quoted(phone.name)}, region = {quoted(draft.region)} }}  # no column has an id"
    return '"row-{#row}"  # ? no column has an id: a row added above changes all below'


def _moments(draft: Draft) -> tuple[Column | None, Column | None]:
    """Return the column of when leads came, by its name or the earliest, and of when they were decided, if any."""
    times = [one for one in draft.left() if one.time is not None]
    if not times:
        return None, None
    times = [one for one in times if not one.says("changed")] or times
    middle = {one.name: sorted(m for m in one.moments(draft.rows) if m is not None) for one in times}
    times.sort(key=lambda one: middle[one.name][len(middle[one.name]) // 2])
    created = next((one for one in times if one.says("created")), times[0])
    others = [one for one in times if one is not created]
    closed = next((one for one in others if one.says("closed")), others[-1] if others else None)
    draft.take(created)
    draft.take(closed)
    return created, closed


def _meant(stage: Column) -> dict[str, list[str]]:
    """Return the codes of a column by the type of event that their words speak for; nothing without wins and losses."""
    found: dict[str, list[str]] = {}
    for code in stage.codes or ():
        kind = next((kind for kind, words in _MEANS if any(word in code.casefold() for word in words)), None)
        if kind is not None:
            found.setdefault(kind, []).append(code)
    return found if {"lead.won", "lead.lost"} & found.keys() else {}
