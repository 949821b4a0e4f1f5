"""
How right the states of reps are: `python -m tests.scoring.states --floor DIR` reads the manager's events of a floor.

The truth's time line and the told one are compared at each hundredth of a second: a moment is right where each of the
two has, within a second of it, the state that the other has. Where the truth has a rep on the line with nobody outside,
nothing is compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.read_source import read_bytes
from tests.shared_data import Recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STATES: Final = ("talking", "ringing", "wrap_up", "paused", "offline", "available")
UNKNOWN: Final = "unknown"
_NOT_COMPARED: Final = "with nobody outside"
_WITHIN_MS: Final = 1000
_STEP_MS: Final = 10


@dataclass(slots=True)
class TimeLine:
    """What a rep did: the state from each moment (ms) on, and each span of one state."""

    moments: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def at(self, moment: int) -> str:
        place = bisect_right(self.moments, moment)
        return self.states[place - 1] if place else UNKNOWN

    def around(self, moment: int) -> set[str]:
        """Return the states within a second of `moment`."""
        first = max(0, bisect_right(self.moments, moment - _WITHIN_MS) - 1)
        last = bisect_left(self.moments, moment + _WITHIN_MS)
        found = set(self.states[first:last])
        return found if self.moments and self.moments[0] <= moment - _WITHIN_MS else found | {UNKNOWN}


@dataclass(slots=True)
class Score:
    """
    Seconds that the truth has of each state, and seconds of them that were told right.

    `wrong` holds the others by (rep, state, told), `unheard` those before anything was told of their rep.
    """

    seconds: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    unheard: Counter[str] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    spans: list[tuple[str, float, float, str, str]] = field(default_factory=list)

    def share(self, state: str) -> float:
        """Return which part of the heard time of a state is right."""
        heard = self.seconds[state] - self.unheard[state]
        return self.right[state] / heard if heard else 1.0


def told(events: Iterable[Mapping[str, Any]], *, lasts: bool = True) -> dict[str, TimeLine]:
    """Return the time line of each rep by their `rep.state` events; with `lasts`, none for longer than it says."""
    by_rep: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        if event["type"] == "rep.state":
            by_rep.setdefault(event["rep"], []).append(event)
    lines = {}
    for rep, states in by_rep.items():
        line = lines[rep] = TimeLine()
        states.sort(key=lambda event: (event["at"], event["id"]))
        for event, following in zip(states, [*states[1:], None], strict=True):
            line.moments.append(event["at"])
            line.states.append(event["state"])
            over = event["at"] + 1000 * event.get("lasts_s", 4 * 3600)
            if lasts and event["state"] != "offline" and (following is None or following["at"] > over):
                line.moments.append(round(over))
                line.states.append(UNKNOWN)
    return lines


def true_line(spans: Sequence[Mapping[str, Any]]) -> TimeLine:
    return TimeLine([round(1000 * span["from"]) for span in spans], [span["state"] for span in spans])


def score(lines: Mapping[str, TimeLine], truth: Mapping[str, Any]) -> Score:
    """Compare told time lines with the `reps` of a truth."""
    result = Score()
    for rep, spans in truth["reps"].items():
        true, line = true_line(spans), lines.get(rep, TimeLine())
        first = line.moments[0] if line.moments else None
        for span in spans:
            if span.get("note") == _NOT_COMPARED:
                continue
            _compare(result, rep, span, (true, line), first)
    return result


def _compare(
    result: Score, rep: str, span: Mapping[str, Any], lines: tuple[TimeLine, TimeLine], first: int | None
) -> None:
    state, (true, line) = span["state"], lines
    begins, ends = round(1000 * span["from"]), round(1000 * span["to"])
    wrong_since: tuple[int, str] | None = None
    for moment in range(begins, ends, _STEP_MS):
        part = min(_STEP_MS, ends - moment) / 1000
        result.seconds[state] += part
        said = line.at(moment)
        right = said in true.around(moment) and state in line.around(moment)
        if right:
            result.right[state] += part
        elif first is None or moment < first:
            result.unheard[state] += part
        else:
            result.wrong[rep, state, said] += part
            wrong_since = wrong_since or (moment, said)
        if wrong_since is not None and (right or moment + _STEP_MS >= ends):
            result.spans.append((rep, wrong_since[0] / 1000, moment / 1000, state, wrong_since[1]))
            wrong_since = None


def occupancy(lines: Mapping[str, TimeLine], reps: Iterable[str], begins: int, ends: int) -> float:
    """Return the share of talk and wrap-up in the time that reps were at work, from `begins` to `ends` (ms)."""
    spent: Counter[str] = Counter()
    for rep in reps:
        line = lines.get(rep, TimeLine())
        for place, moment in enumerate(line.moments):
            until = line.moments[place + 1] if place + 1 < len(line.moments) else ends
            spent[line.states[place]] += max(0, min(until, ends) - max(moment, begins))
    on_contact = spent["talking"] + spent["wrap_up"]
    return on_contact / (on_contact + spent["available"])


def report(result: Score) -> str:
    """Return the score as a table: seconds right of those heard, and those before anything was heard."""
    rows = [f"{'state':<10}{'right s':>9}{'of s':>9}{'before first heard s':>22}"]
    rows += [
        f"{state:<10}{result.right[state]:>9.0f}{result.seconds[state] - result.unheard[state]:>9.0f}"
        f"{result.unheard[state]:>22.0f}"
        for state in STATES
    ]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.scoring.states", description=__doc__)
    parser.add_argument("--floor", type=Path, required=True, help="a folder with ami.txt(.gz) and truth.json")
    parser.add_argument("--settings", type=json.loads, default={}, help="settings of Asterisk, as JSON")
    parser.add_argument("--wrong", action="store_true", help="each span that is wrong")
    given = parser.parse_args()
    recorded = Recording("", given.floor)
    truth = json.loads(recorded.read_text("truth.json"))
    lines = told(read_bytes("asterisk-ami", recorded.read_bytes("ami.txt"), **given.settings).events)
    result = score(lines, truth)
    text = [report(result)]
    begins, ends = (round(1000 * moment) for moment in truth["recorded"])
    true = {rep: true_line(spans) for rep, spans in truth["reps"].items()}
    text.append(
        f"occupancy {occupancy(lines, true, begins, ends):.3f}, truth {occupancy(true, true, begins, ends):.3f}"
    )
    text.append("not in the truth: " + (", ".join(sorted(lines.keys() - true.keys())) or "none"))
    if given.wrong:
        for rep, begin, end, state, said in sorted(result.spans):
            text.append(f"{rep:8} {begin - begins / 1000:9.2f} {end - begins / 1000:9.2f} {state:10} told {said}")
    sys.stdout.write("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
