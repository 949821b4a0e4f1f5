"""What happens on a floor whose Asterisk is listened to, as a script tells it, and what is read of it."""

from __future__ import annotations

from typing import Any

from stream.sources.dial_plan import names
from tests.read_source import FileRead, read_bytes
from tests.unit.sources.asterisk.ami_script import LEAD, Script

REP = "PJSIP/107-00000001"
OTHER = "PJSIP/108-00000002"
LINE = "PJSIP/provider-00000003"
SPARE = "PJSIP/backup-00000004"


def read(script: Script, **given: Any) -> FileRead:
    told = read_bytes("asterisk-ami", script.raw(), **given)
    assert not told.refused
    return told


def dialled(script: Script, line: str = LINE, number: str = LEAD) -> Script:
    """A rep's telephone dials a number outside."""
    script.new(line, REP, context="from-trunk").set(line, CallerIDNum=number)
    return script.set(REP, Exten=number).dial(REP, line, f"{number}@{names.channel(line).peer}")


def a_rep() -> Script:
    return Script().new(REP, number="107", context="from-internal", exten=LEAD, account="solar", rings=True)


def a_caller(number: str = LEAD, context: str = "from-trunk", timed: bool = True) -> Script:
    return Script(timed=timed).new(LINE, number=number, context=context, exten="0180000000", rings=True)


def in_queue(script: Script, queue: str = "sales") -> Script:
    return script.up(LINE).queue("QueueCallerJoin", LINE, queue, Position=1, Count=1)


def connected(script: Script, wait: float = 12, queue: str = "sales") -> Script:
    script.new(REP, LINE, context="from-queue").queue("AgentCalled", LINE, queue, "107").dial(LINE, REP, "107")
    script.wait(wait).up(REP).dial_end(LINE, REP, "ANSWER").queue("QueueCallerLeave", LINE, queue)
    return script.queue("AgentConnect", LINE, queue, "107", HoldTime=int(wait), RingTime=3).bridge("b", REP, LINE)


def originated(caller_id: str = "<unknown>") -> Script:
    """A dialler calls the prospect first."""
    script = Script().new(LINE, number=caller_id, context="dialler", account="solar")
    return script.dial(None, LINE, f"{LEAD}@provider")
