"""What spoke for what the legs of a call come to is said without a number, in whichever form its records are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stream.errors import RingboardError
from stream.replay.explaining import explained
from tests.freeswitch_legs import NUMBER, A, B, leg, xml
from tests.read_source import settings_of
from tests.unit.sources.freeswitch import test_fusionpbx as fusionpbx
from tests.unit.sources.freeswitch.test_kinds_of_calls import row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_legs_of_a_csv_are_explained_by_a_line_of_either(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_text(row(A, "1012", NUMBER, 0, 25, 33, other=B) + "\n" + row(B, "0199001000", NUMBER, 0, 25, 33) + "\n")
    lines = list(explained([path], None, "2", settings_of()))
    assert lines == list(explained([path], None, "1", settings_of()))
    assert lines == list(explained([path], None, B, settings_of()))
    assert lines[0].startswith("Master.csv: line 1: the call began with it: of the legs of one second most speaks")
    assert lines[1] == "Master.csv:   inside: its number has 4 digits"
    assert lines[2].endswith("line 2: its record does not say whether it came in or was dialled; line 1 names it")
    assert lines[3] == "Master.csv:   outside: its number has 10 digits"
    assert lines[4] == ("Master.csv: outbound: parties: who called is inside, and a number of the outside was dialled")
    assert lines[-1].startswith("Master.csv: call.ended: direction outbound, rep 1012")
    assert not any(NUMBER in one for one in lines)


@pytest.mark.parametrize("written", [json.dumps, xml])
def test_what_stood_for_a_queue_is_explained_of_a_record_of_many_lines(
    tmp_path: Path, written: Callable[[dict[str, Any]], str]
) -> None:
    near = leg(A, 0, 0, 34, caller=NUMBER, called="9000", context="public")
    far = leg(B, 1, 9, 34, caller=NUMBER, called="1012", variables={"originating_leg_uuid": A})
    path = tmp_path / "legs"
    path.write_text(f"{written(near)}\n{written(far)}\n")
    last = str(len(path.read_text().rstrip().splitlines()))
    lines = list(explained([path], None, last, settings_of(freeswitch_ring_groups={"9000": "sales"})))
    assert any("FreeSWITCH dialled it; it was dialled for line 1" in one for one in lines)
    assert "legs: inbound: context: public is a context of inbound calls" in lines
    assert "legs: queue: sales, which freeswitch_ring_groups names for what was called, or its context" in lines
    assert any("queue sales" in one for one in lines)
    other = list(explained([path], None, A, settings_of()))
    assert any("legs: queue: none: it stood in none of mod_callcenter" in one for one in other)


def test_legs_of_a_folder_are_explained_by_the_id_of_one_and_not_by_a_line(tmp_path: Path) -> None:
    near = leg(A, 0, 9, 34)
    far = leg(B, 1, 9, 34, direction="outbound", variables={"sip_gateway_name": "provider"})
    for one in (near, far):
        (tmp_path / f"{one['variables']['uuid']}.cdr.xml").write_text(xml(one))
    lines = list(explained([tmp_path], None, B, settings_of()))
    assert any(f"{B}.cdr.xml, line 1: FreeSWITCH dialled it" in one for one in lines)
    assert any("outside: its channel is by a gateway" in one for one in lines)
    with pytest.raises(RingboardError, match="2 files are read together here, and each has such a line; name the id"):
        list(explained([tmp_path], None, "1", settings_of()))


def test_a_row_of_fusionpbx_is_explained_by_what_its_dial_plan_has_said(tmp_path: Path) -> None:
    path = tmp_path / "v_xml_cdr.csv"
    path.write_bytes(fusionpbx.as_file(fusionpbx.row(context="floor.example", direction="local")))
    lines = list(explained([path], None, "2", settings_of()))
    assert "v_xml_cdr.csv: left out: dial plan: it has called the direction local" in lines
