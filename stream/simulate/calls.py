"""The outcome of one outbound call: who answers, how long they talk, which disposition the rep records and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from random import Random

    from stream.simulate.profile import Profile

CONTACTS: Final = frozenset({"interested", "refused", "callback", "conversation"})
FRESH_MS: Final = 3_600_000  # a request is fresh for an hour


class Outcome(NamedTuple):
    """
    The outcome of one call; durations in ms, `talk` None if neither a human nor a machine answered.

    `kind` is what truly happened (a disposition, or `hangup`), `written` the disposition that the rep records first,
    `revised` what it is corrected to later; both None if nothing is recorded. `late`: it is recorded after the call.
    """

    kind: str
    ring: int
    talk: int | None
    wrap: int
    amd: str | None
    cause: str
    written: str | None
    revised: str | None
    late: bool


def answer_odds(rng: Random, profile: Profile, *, hour: int, attempts: int, fresh: bool) -> float:
    """Return the probability that a human answers the next call after `attempts` earlier ones."""
    odds = profile.human_answers * profile.human_by_hour[hour]
    odds *= profile.human_by_attempt[min(attempts, len(profile.human_by_attempt) - 1)]
    # Random noise of ±10 %.
    return odds * (profile.human_when_fresh if fresh else 1.0) * (0.9 + 0.2 * rng.random())


def draw_outcome(rng: Random, profile: Profile, *, human: float, interest: float) -> Outcome:
    """Draw the outcome of a call that a human answers with probability `human`, who is interested with `interest`."""
    draw = rng.random()
    ring = 3000 + int(rng.random() * 19_000)
    if draw < human:
        return _human(rng, profile, ring, interest)
    draw -= human
    if draw < profile.machine_answers:
        # Most machines are recognised by answering-machine detection, the others by the rep.
        detected = rng.random()
        amd = None
        if detected < profile.machine_detected:
            amd = "machine"
        elif detected - profile.machine_detected < profile.machine_unknown:
            amd = "unknown"
        written = "voicemail" if amd != "machine" or rng.random() < profile.machine_written_down else None
        talk = 3000 + int(rng.random() * 31_000)
        return Outcome("voicemail", ring, talk, 3000, amd, "NORMAL_CLEARING", written, None, late=False)
    draw -= profile.machine_answers
    if draw < profile.busy:
        return Outcome("busy", 1200 + ring // 8, None, 1500, None, "USER_BUSY", "busy", None, late=False)
    draw -= profile.busy
    if draw < profile.failed:
        return Outcome("failed", 800, None, 1500, None, "UNALLOCATED_NUMBER", "failed", None, late=False)
    return Outcome("no_answer", 18_000 + ring // 2, None, 1500, None, "NO_ANSWER", "no_answer", None, late=False)


def _human(rng: Random, profile: Profile, ring: int, interest: float) -> Outcome:
    random = rng.random
    draw = random()
    amd = "human" if random() < profile.human_detected else "unknown"
    if draw < profile.hangs_up_at_once:
        talk = 2000 + int(random() * 24_000)
        return Outcome("hangup", ring, talk, 4000, amd, "NORMAL_CLEARING", None, None, late=False)
    draw -= profile.hangs_up_at_once
    if draw < profile.wrong_number:
        talk = 5000 + int(random() * 15_000)
        return Outcome("wrong_number", ring, talk, 6000, amd, "NORMAL_CLEARING", "wrong_number", None, late=False)
    draw = random()
    if draw < interest:
        kind, talk = "interested", int(rng.lognormvariate(12.5, 0.45))
    elif (draw := random()) < profile.refuses:
        kind, talk = "refused", int(rng.lognormvariate(11.0, 0.5))
    elif draw < profile.refuses + profile.calls_back:
        kind, talk = "callback", int(rng.lognormvariate(11.2, 0.5))
    else:
        kind, talk = "conversation", int(rng.lognormvariate(11.9, 0.55))
    written: str | None = kind
    revised: str | None = None
    late = False
    draw = random()
    if draw < profile.verdict_late:
        late = True
    elif (draw := draw - profile.verdict_late) < profile.verdict_revised:
        written, revised = ("other" if random() < profile.revised_from_other else "conversation"), kind
    elif (draw := draw - profile.verdict_revised) < profile.verdict_never:
        written = None
    elif draw - profile.verdict_never < profile.code_unknown:
        written = "XFER"
    wrap = 15_000 + int(random() * 45_000)
    return Outcome(kind, ring, talk + 12_000, wrap, amd, "NORMAL_CLEARING", written, revised, late=late)
