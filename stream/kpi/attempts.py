"""The verdict on an attempt: whether a call that was placed and has ended became a meaningful conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stream.kpi.measures import ANSWERED, ATTEMPTS, CONTACTS
from stream.kpi.rules import CONTACT_DISPOSITIONS, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.kpi.facts import Call, Verdict
    from stream.kpi.measures import Code
    from stream.kpi.rules import Rules

Row = tuple[int, str | None, str | None, str | None, "Code"]
"""One more of a code: minute of the moment, campaign, team, rep, code."""


class Attempt(NamedTuple):
    """An attempt as judged; sorts by the moment it was placed, then by call id. `campaign` is the effective one."""

    placed_at: int
    call: str
    campaign: str | None
    team: str | None
    rep: str | None
    answered: bool
    contact: bool
    refused: bool


def is_contact(call: Call, disposition: str | None, campaign: str | None, rules: Rules) -> bool:
    """
    Judge an ended outbound `call` of the effective `campaign`, `disposition` being the one in force (DESIGN §1.1).

    The first rule that applies: the disposition's flag; a machine or fax; no answer; talk time.
    """
    meaning = rules.disposition(disposition)
    if meaning is not None:
        return meaning in CONTACT_DISPOSITIONS
    if call.machine or not call.answered:
        return False
    return call.talk_ms >= rules.talk_limit(campaign)


def judge(
    calls: Iterable[Call],
    verdicts: dict[str, Verdict],
    campaign_of: Callable[[Call], str | None],
    rules: Rules,
) -> list[Attempt]:
    """Judge the standing `calls`, each with its latest verdict if it has one, in the order they were placed."""
    attempts = []
    for call in calls:
        if not call.outbound:
            continue
        verdict = verdicts.get(call.call)
        disposition = call.disposition if verdict is None else verdict.disposition
        campaign = call.campaign or campaign_of(call)
        contact = is_contact(call, disposition, campaign, rules)
        refused = disposition is not None and rules.disposition(disposition) == "refused"
        attempts.append(
            Attempt(call.placed_at, call.call, campaign, call.team, call.rep, call.answered, contact, refused)
        )
    attempts.sort()
    return attempts


def count_attempts(attempts: Iterable[Attempt], rows: list[Row]) -> None:
    """Count `attempts` where they are keyed."""
    for placed_at, _, campaign, team, rep, answered, contact, _ in attempts:
        minute = placed_at // MINUTE
        rows.append((minute, campaign, team, rep, ATTEMPTS))
        if answered:
            rows.append((minute, campaign, team, rep, ANSWERED))
        if contact:
            rows.append((minute, campaign, team, rep, CONTACTS))
