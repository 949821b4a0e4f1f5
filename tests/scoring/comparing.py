"""Compares one call of the truth with what a format told of it, field by field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.scoring.told import Event, Told

Truth = dict[str, Any]

# What each format tells at all, of the fields that are compared; `within` is how many seconds its times are exact to.
_ALL: Final = frozenset({"direction", "number", "rep", "answered", "talk", "campaign", "why", "stays", "wait"})
CAN_TELL: Final[Mapping[str, frozenset[str]]] = {
    "ami": _ALL,
    "cel": _ALL,
    "cdr": _ALL,
    "cdr-custom": _ALL,
    "queue_log": frozenset({"rep", "answered", "talk", "stays", "wait"}),
}
WITHIN_S: Final = {"ami": 0.5, "cel": 0.5, "cdr": 2.1, "cdr-custom": 2.1, "queue_log": 1.5}
_APPROXIMATE_S: Final = 2.5
# The truth counts a wait from when the caller was answered, half a second before the queue has them.
_WAIT_S: Final = 0.7
_SAME_DIGITS: Final = 9


@dataclass(slots=True)
class Score:
    """One call: the fields that are told wrong, with what was told and what is true, and those left out."""

    id: int
    scenario: str
    wrong: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)

    @property
    def right(self) -> bool:
        """Return whether all that is told is true, and all that can be told is there."""
        return not self.wrong and not self.absent


def scores(truth: Mapping[str, Any], told: Told, form: str) -> list[Score]:
    """Return a score for each call of the truth that a format can know; those that are told twice are wrong."""
    calls = [call for call in truth["calls"] if call.get("pbx") and (form != "queue_log" or call["queue_stays"])]
    return [_score(call, told, form) for call in calls]


def strangers(truth: Mapping[str, Any], told: Told) -> list[Event]:
    """Return the calls that were told and are none of the truth."""
    ids = {one for call in truth["calls"] if call.get("pbx") for one in call["pbx"].values()}
    return [event for event in told.calls if _base(event) not in ids]


def _base(event: Event) -> str:
    return str(event["call"]).partition("/")[0]


def _score(call: Truth, told: Told, form: str) -> Score:
    score = Score(call["id"], call["scenario"])
    ids = set(call["pbx"].values())
    events = [event for event in told.calls if _base(event) in ids]
    stays = sorted((event for event in told.stays if _base(event) in ids), key=lambda event: event["at"])
    can = CAN_TELL[form]
    if form != "queue_log" and len(events) != 1:
        score.wrong["calls"] = (len(events), 1)
    event = events[0] if events else None
    compared = [] if event is None else _fields(call, event, WITHIN_S[form])
    for name, said, true, same in [*compared, *_stays(call, stays, form)]:
        if name not in can:
            continue
        if said is None and true is not None:
            score.absent.add(name)
        elif not same:
            score.wrong[name] = (said, true)
    return score


def _fields(call: Truth, event: Event, within: float) -> Iterator[tuple[str, Any, Any, bool]]:
    outbound = call["way"] == "outbound"
    # A house call that reaches a queue counts as its callers do.
    yield (
        "direction",
        event["direction"],
        "outbound" if outbound else "inbound",
        outbound == (event["direction"] == "outbound"),
    )
    if call.get("outside") and not (call.get("withheld") or call.get("cid") == ""):
        number = str(event.get("number", ""))
        same = number[-_SAME_DIGITS:] == call["outside"][-_SAME_DIGITS:]
        yield "number", None if number == "anonymous" else number, call["outside"], same
    rep = call.get("rep") if outbound and call.get("rep") else call.get("answered_by")
    rep = None if rep in {"none", "machine"} else rep
    reps = {rep, *([call["segments"][0]["rep"]] if call["segments"] and not outbound else [])}
    if call["segments"] or (outbound and call.get("rep")):
        yield "rep", event.get("rep"), rep, event.get("rep") in reps
    # Of a number that was dialled: by whoever, or whatever, picked up; a caller was answered by a rep.
    answered = call["answered_at"] is not None if outbound else bool(call["segments"] or call["joined_talk"])
    yield "answered", event.get("answered_at") is not None, answered, (event.get("answered_at") is not None) == answered
    talk, true = event.get("talk_s"), call["joined_talk"]
    parts = max(1, len(call["segments"]))
    if true and event.get("amd") != "machine":
        yield "talk", talk, true, talk is not None and abs(talk - true) <= within * parts
    if call.get("campaign"):
        yield "campaign", event.get("campaign"), call["campaign"], event.get("campaign") == call["campaign"]
    if call.get("not_answered"):
        yield "why", event.get("disposition"), call["not_answered"], event.get("disposition") == call["not_answered"]


def _stays(call: Truth, told: Sequence[Event], form: str) -> Iterator[tuple[str, Any, Any, bool]]:
    if (
        call["way"] == "outbound"
        and form != "queue_log"
        and not any(one.get("by_transfer") for one in call["queue_stays"])
    ):
        return  # a dialler's queue holds prospects, who do not wait for the floor
    true = [(stay["queue"], stay["outcome"]) for stay in call["queue_stays"]]
    said = [(stay["queue"], stay["outcome"]) for stay in told]
    yield "stays", said, true, said == true
    for one, stay in zip(told, call["queue_stays"], strict=False):
        within = _APPROXIMATE_S if stay.get("approximate") else max(WITHIN_S[form], _WAIT_S)
        wait = one.get("wait_s")
        yield "wait", wait, stay["wait"], wait is not None and abs(wait - stay["wait"]) <= within
