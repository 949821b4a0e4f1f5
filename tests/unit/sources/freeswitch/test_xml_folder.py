"""A folder of XML records of a made-up floor has its calls, each as the truth beside it has it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from stream.sources.formats import FORMATS
from stream.sources.reading import JoiningSource, Read, Unreadable
from tests.read_source import settings_of

FOLDER = Path(__file__).parents[3] / "recordings" / "freeswitch_xml_cdr"
TRUTH = json.loads((FOLDER / "truth.json").read_text("utf-8"))


def read(paths: list[Path]) -> tuple[list[dict[str, Any]], list[Unreadable], JoiningSource]:
    source = FORMATS["freeswitch-cdr"].make(settings_of(freeswitch_ring_groups={"0199002000": "sales"}))
    assert isinstance(source, JoiningSource)
    items = list(source.read_all((path.name, path.open("rb")) for path in paths))
    events = [dict(item.event) for item in items if isinstance(item, Read) and not isinstance(item.event, bytes)]
    return events, [item for item in items if isinstance(item, Unreadable)], source


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_whatever_the_order_of_its_files_every_call_is_as_the_truth_has_it(seed: int) -> None:
    paths = sorted(FOLDER.rglob("*.cdr.xml"))
    Random(seed).shuffle(paths)
    events, refused, source = read(paths)
    calls = [event for event in events if event["type"] == "call.ended"]
    left = {event["call"]: event for event in events if event["type"] == "queue.left"}
    told = {
        call["number"]: [
            call["direction"], call.get("rep"), call["talk_s"], call.get("wait_s"),
            left[call["call"]]["outcome"] if call["call"] in left else None,
        ]
        for call in calls
    }  # fmt: skip
    assert len(calls) == len(told)
    assert told == TRUTH
    assert source.unused == {"internal call": 1}
    assert [one.where for one in refused] == ["a_00000063-5f1a-4c3e-9b7d-019900000063.cdr.xml"]
