"""The verdict on an attempt: whether a call that was placed and has ended became a meaningful conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from stream.kpi.cells import Owner  # noqa: TC001  msgspec reads the annotations
from stream.kpi.measures import ANSWERED, ATTEMPTS, CONTACTS, VOICEMAILS
from stream.kpi.rules import CONTACT_DISPOSITIONS, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.kpi.cells import Row
    from stream.kpi.facts import Call, Verdict
    from stream.kpi.rules import Rules

_CODES: Final = {
    (answered, contact, voicemail): (
        ATTEMPTS,
        *[ANSWERED] * answered,
        *[CONTACTS] * contact,
        *[VOICEMAILS] * voicemail,
    )
    for answered in (False, True)
    for contact in (False, True)
    for voicemail in (False, True)
}


class Attempt(msgspec.Struct, frozen=True, order=True, gc=False):
    """An attempt as judged; sorts by the moment it was placed, then by call id. `owner` has the effective campaign."""

    placed_at: int
    call: str
    owner: Owner
    answered: bool
    contact: bool
    refused: bool
    voicemail: bool


def is_contact(call: Call, meaning: str | None, campaign: str | None, rules: Rules) -> bool:
    """
    Return whether an ended outbound `call` of the effective `campaign` was a contact.

    The first rule that applies: what the disposition in force means, if it means anything (`meaning`); a machine or
    fax; no answer; talk time.
    """
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
        meaning = rules.disposition(disposition)
        campaign = call.campaign or campaign_of(call)
        contact = is_contact(call, meaning, campaign, rules)
        owner = (campaign, call.team, call.rep)
        # A disposition that means something outranks what a machine was detected as.
        voicemail = call.machine if meaning is None else meaning == "voicemail"
        refused = meaning == "refused"
        attempts.append(Attempt(call.placed_at, call.call, owner, call.answered, contact, refused, voicemail))
    attempts.sort()
    return attempts


def attempt_rows(attempts: Iterable[Attempt]) -> list[Row]:
    """Count `attempts` where they are keyed, each in the minute it was placed."""
    return [(a.placed_at // MINUTE, a.owner, _CODES[a.answered, a.contact, a.voicemail]) for a in attempts]
