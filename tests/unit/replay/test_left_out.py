"""A replay says once that it leaves out many calls, and why; the check says it until it is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.check.left_out import check_left_out
from stream.clock import FixedClock
from stream.intake.outbox import Intake, Outbox
from stream.replay.noted import FILE, note, noted_in
from stream.replay.replaying import FileReplay, Replay
from tests.read_source import settings_of

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_795_540_000_000
HEADER = "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid\n"


def house_calls(count: int) -> str:
    """Return call records of telephones that call each other."""
    rows = (
        f'2026-01-05 09:{place:02}:00,"""A"" <101>",101,102,phones,PJSIP/101-{place},PJSIP/102-{place},Dial,PJSIP/102,'
        f"20,15,ANSWERED,17{place:08}.1\n"
        for place in range(count)
    )
    return HEADER + "".join(rows)


async def replayed(tmp_path: Path, text: str) -> FileReplay:
    path = tmp_path / "Master.csv"
    path.write_text(text)
    outboxes = [Outbox(Intake(settings_of(data_dir=tmp_path), FixedClock(NOW))) for _ in range(2)]
    replay = Replay([path], FixedClock(NOW), form="asterisk-cdr")
    await replay.run(*outboxes)
    return replay.files[0]


async def test_a_file_whose_calls_are_left_out_says_so_once_with_three_reasons(tmp_path: Path) -> None:
    file = await replayed(tmp_path, house_calls(25))
    (said,) = [remark for remark in file.remarks if "are left out (" in remark]
    assert said.startswith("25 of 25 calls are left out (25 internal); the likeliest reasons: (1)")
    assert "(3)" in said
    assert "(4)" not in said
    assert "asterisk_trunks" in said


async def test_a_few_calls_say_nothing_yet(tmp_path: Path) -> None:
    file = await replayed(tmp_path, house_calls(19))
    assert not [remark for remark in file.remarks if "are left out (" in remark]


async def test_refused_lines_of_a_file_without_calls_are_no_calls(tmp_path: Path) -> None:
    path = tmp_path / "leads.ndjson"
    path.write_text("{}\n" * 30)
    outboxes = [Outbox(Intake(settings_of(data_dir=tmp_path), FixedClock(NOW))) for _ in range(2)]
    replay = Replay([path], FixedClock(NOW), form="ndjson")
    await replay.run(*outboxes)
    assert not [remark for remark in replay.files[0].remarks if "are left out (" in remark]


async def test_the_check_says_it_until_a_replay_of_that_format_leaves_out_little(tmp_path: Path) -> None:
    settings = settings_of(data_dir=tmp_path, connect_port=0)
    assert await check_left_out(settings) == []
    note(tmp_path, [await replayed(tmp_path, house_calls(25))])
    (finding,) = await check_left_out(settings)
    assert (finding.what, finding.state) == ("calls of asterisk-cdr, replayed", "warn")
    assert finding.todo == "correct the setting, then replay it again (or delete left-out.json in data_dir)"
    note(tmp_path, [FileReplay("queue_log", "asterisk-queue-log", calls=30, complete=True)])
    assert list(noted_in(tmp_path)) == ["asterisk-cdr"]
    note(tmp_path, [FileReplay("Master.csv", "asterisk-cdr", calls=30, complete=True)])
    assert noted_in(tmp_path) == {}


def test_a_note_that_is_none_of_ours_says_nothing(tmp_path: Path) -> None:
    for text in ("[]", "{", "\x00"):
        (tmp_path / FILE).write_text(text)
        assert noted_in(tmp_path) == {}
