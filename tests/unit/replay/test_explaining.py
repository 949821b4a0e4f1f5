"""`replay --dry-run --explain` says of one call what spoke for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.errors import RingboardError
from stream.replay.explaining import explained
from tests.read_source import settings_of
from tests.shared_data import OWN
from tests.unit.sources.asterisk import ami_calls
from tests.unit.sources.asterisk.ami_script import LEAD
from tests.unit.sources.asterisk.cdr_rows import NUMBER, T, dialled

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Master.csv"
    path.write_text(dialled() + "\n" + dialled(f"{T + 900}.5", ("15:00", "", "16:00")) + "\n")
    return path


@pytest.mark.parametrize("which", ["1", f"{T}.1"])
def test_a_call_is_explained_by_its_line_or_its_id_without_its_number(file: Path, which: str) -> None:
    lines = list(explained([file], None, which, settings_of()))
    assert lines[0] == "Master.csv: line 1: outbound"
    assert any("dialling for outbound: a telephone of the floor dialled a number of 10 digits" in one for one in lines)
    assert lines[-1].startswith("Master.csv: call.ended: direction outbound, rep 101")
    assert not any(NUMBER in one for one in lines)


@pytest.mark.parametrize("by_line", [True, False])
def test_a_call_of_a_capture_is_explained_by_a_line_of_it_or_its_linkedid(tmp_path: Path, by_line: bool) -> None:
    script = ami_calls.dialled(ami_calls.a_rep()).wait(4).dial_end(ami_calls.REP, ami_calls.LINE, "ANSWER")
    data = script.bridge("b", ami_calls.LINE, ami_calls.REP).wait(20).hang_up(ami_calls.LINE, ami_calls.REP).raw()
    path = tmp_path / "ami.txt"
    path.write_bytes(data)
    last = str(data.count(b"\n") - 3)
    lines = list(explained([path], None, last if by_line else script.call_id(ami_calls.LINE), settings_of()))
    assert "ami.txt: the call: outbound" in lines
    assert any("dialling for outbound: a telephone of the floor dialled a number of 10 digits" in one for one in lines)
    assert any("ami.txt: call.ended: direction outbound, rep 107" in one for one in lines)
    assert not any(LEAD in one for one in lines)


def test_a_call_that_is_not_there_is_said_not_to_be(file: Path) -> None:
    with pytest.raises(RingboardError, match="no call of these files has that line or id"):
        list(explained([file], None, "99", settings_of()))


def test_a_format_that_says_all_itself_has_nothing_to_explain() -> None:
    with pytest.raises(RingboardError) as refused:
        list(explained([OWN / "vicidial" / "vicidial_log.tsv"], None, "2", settings_of()))
    assert str(refused.value) == (
        "--explain: there is nothing to explain in vicidial-log: its rows say themselves which way a call went and "
        "whose it was; run it without --explain to see what each comes to"
    )
