"""Scores a recorded floor: `python -m tests.scoring --floor DIR [--format cdr] [--setup none|yes] [--wrong]`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.scoring.comparing import scores, strangers
from tests.scoring.setup import SETUPS
from tests.scoring.told import FILES, told_by

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.scoring", description=__doc__)
    parser.add_argument("--floor", type=Path, required=True, help="a folder with truth.json and the recordings")
    parser.add_argument("--format", choices=FILES, action="append", help="only this format")
    parser.add_argument("--setup", choices=SETUPS, action="append", help="only this set-up")
    parser.add_argument("--wrong", action="store_true", help="name the calls that are not right, and why")
    given = parser.parse_args()
    truth = json.loads((given.floor / "truth.json").read_text())
    for form in given.format or FILES:
        for setup in given.setup or SETUPS:
            _score(given.floor, truth, form, setup, wrong=given.wrong)


def _score(floor: Path, truth: Mapping[str, Any], form: str, setup: str, *, wrong: bool) -> None:
    told = told_by(floor, form, SETUPS[setup])
    found = scores(truth, told, form)
    others = strangers(truth, told) if form != "queue_log" else []
    right = sum(score.right for score in found)
    no_wrong = sum(not score.wrong for score in found)
    fields = Counter(name for score in found for name in score.wrong)
    absent = Counter(name for score in found for name in score.absent)
    print(  # noqa: T201
        f"{form:11} set up: {setup:4} right {right} of {len(found)}, nothing wrong in {no_wrong}; "
        f"wrong {dict(fields)}, absent {dict(absent)}, no call of the truth {len(others)}, refused {len(told.refused)}"
    )
    if wrong:
        for score in found:
            if not score.right:
                print(f"  {score.id:3} {score.scenario:24} {score.wrong} absent {sorted(score.absent)}")  # noqa: T201
        for event in others:
            print(f"  none {event}")  # noqa: T201
        for line in [*told.remarks, *told.refused[:5]]:
            print(f"  says: {line}")  # noqa: T201


if __name__ == "__main__":
    main()
