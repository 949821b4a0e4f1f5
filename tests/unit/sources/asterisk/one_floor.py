"""
Two calls of an invented Asterisk as each of its four formats has them.

A dialler originates the line of a prospect itself, who is put through to a rep by its queue. A caller is served in a
queue, and the rep asks in a second queue by a call of their own, which waits there in the caller's place.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from tests.unit.sources.asterisk.ami_script import LEAD, Script
from tests.unit.sources.asterisk.cel_script import CelScript, T

HOUSE, CALLER = "0199000100", "0639980044"
LINE, REP = "PJSIP/provider-00000001", "PJSIP/107-00000002"
CAME, FIRST = "PJSIP/provider-00000003", "PJSIP/107-00000004"
ASKS, SECOND = "PJSIP/107-00000005", "PJSIP/108-00000006"
AFTER: Final = 100  # seconds until the second call

SETUP: Final[dict[str, Any]] = {
    "asterisk_trunks": ["provider*"],
    "asterisk_inbound_contexts": ["from-trunk"],
    "asterisk_outbound_contexts": ["dialler-in"],
    "asterisk_outbound_queues": ["dialler"],
    "asterisk_own_numbers": [HOUSE],
}


def _served(script: Script, caller: str, queue: str, channel: str, of: str) -> Script:
    member = channel[len("PJSIP/") :].partition("-")[0]
    script.queue("QueueCallerJoin", caller, queue, Position=1).new(channel, of, context="from-queue")
    script.queue("AgentCalled", caller, queue, member).dial(caller, channel, member).wait(2).up(channel)
    script.dial_end(caller, channel, "ANSWER").queue("QueueCallerLeave", caller, queue)
    return script.queue("AgentConnect", caller, queue, member, HoldTime=2).bridge(channel, channel, caller)


def _manager() -> bytes:
    script = Script()
    script.now = float(T)
    script.new(LINE, number=HOUSE, context="dialler-in").dial(None, LINE, f"{LEAD}@provider").wait(2).up(LINE)
    script.dial_end(None, LINE, "ANSWER")
    _served(script, LINE, "dialler", REP, LINE).wait(36).hang_up(REP, LINE)
    script.now = float(T + AFTER)
    script.new(CAME, number=CALLER, context="from-trunk", exten="0199000220", rings=True).up(CAME)
    _served(script, CAME, "sales", FIRST, CAME).wait(8)
    script.new(ASKS, CAME, number="107", context="from-internal", exten="501").up(ASKS)
    _served(script, ASKS, "support", SECOND, CAME).wait(20)
    return script.hang_up(FIRST, CAME, ASKS, SECOND).raw()


def _cel() -> bytes:
    placed = CelScript().starts(0, LINE).answers(2, LINE, "AppDial2", cid_num=HOUSE, context="from-trunk")
    placed.runs(2, LINE, "Queue", "dialler,,,,15", exten="8300", context="dialler-in")
    placed.starts(2, REP, uniqueid=f"{T + 2}.2").answers(4, REP, "AppQueue").joins(4, "b", REP, LINE)
    placed.leaves(40, REP, LINE).gone(40, REP, LINE)
    came = CelScript()
    came.linked = f"{T + AFTER}.3"
    at = AFTER
    came.starts(at, CAME, cid_num=CALLER, exten="0199000220", context="from-trunk").answers(at, CAME, "Answer")
    came.runs(at, CAME, "Queue", "sales,,,,20").starts(at, FIRST, uniqueid=f"{T + at}.4")
    came.answers(at + 2, FIRST, "AppQueue").joins(at + 2, "c", FIRST, CAME)
    came.starts(at + 10, ASKS, uniqueid=f"{T + at + 10}.5", cid_num="107", exten="501", context="from-internal")
    came.runs(at + 10, ASKS, "Queue", "support").starts(at + 10, SECOND, uniqueid=f"{T + at + 10}.6")
    came.answers(at + 12, SECOND, "AppQueue").joins(at + 12, "d", SECOND, ASKS)
    came.leaves(at + 32, FIRST, CAME, ASKS, SECOND).gone(at + 32, FIRST, CAME, ASKS, SECOND)
    return (placed.text() + came.text().partition("\n")[2]).encode()


def _row(linked: int, unique: str, src: str, channels: tuple[str, str], where: tuple[str, str, str], *at: int) -> str:
    start, answer, end = (datetime.fromtimestamp(T + one, UTC).strftime("%Y-%m-%d %H:%M:%S") for one in at)
    exten, context, data = where
    talked = str(at[2] - at[1])
    cells = (src, exten, context, src, *channels, "Queue", data, start, answer, end, str(at[2] - at[0]), talked)
    first = T if linked == 1 else T + AFTER
    return ",".join(f'"{cell}"' for cell in (*cells, "ANSWERED", "", unique, f"{first}.{linked}", ""))


_COLUMNS = "src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec,disposition"
_QUEUED = ("8300", "dialler-in", "dialler,,,,15")


def _cdr() -> bytes:
    at = AFTER
    rows = (
        f"{_COLUMNS},accountcode,uniqueid,linkedid,userfield",
        _row(1, f"{T}.1", HOUSE, (LINE, REP), _QUEUED, 0, 2, 40),
        _row(3, f"{T + at}.3", CALLER, (CAME, FIRST), ("0199000220", "from-trunk", "sales,,,,20"), at, at + 2, at + 32),
        _row(
            3, f"{T + at + 10}.5", "107", (ASKS, SECOND), ("501", "from-internal", "support"), at + 10, at + 12, at + 32
        ),
    )
    return "\n".join(rows).encode() + b"\n"


def _queue_log() -> bytes:
    rows = (
        (2, f"{T}.1", "dialler", "NONE", "ENTERQUEUE", "", HOUSE, 1),
        (4, f"{T}.1", "dialler", "PJSIP/107", "CONNECT", 2, f"{T + 2}.2", 2),
        (40, f"{T}.1", "dialler", "PJSIP/107", "COMPLETEAGENT", 2, 36, 1),
        (AFTER, f"{T + AFTER}.3", "sales", "NONE", "ENTERQUEUE", "", CALLER, 1),
        (AFTER + 2, f"{T + AFTER}.3", "sales", "PJSIP/107", "CONNECT", 2, f"{T + AFTER}.4", 2),
        (AFTER + 10, f"{T + AFTER + 10}.5", "support", "NONE", "ENTERQUEUE", "", "", 1),
        (AFTER + 12, f"{T + AFTER + 10}.5", "support", "PJSIP/108", "CONNECT", 2, f"{T + AFTER + 10}.6", 2),
        (AFTER + 32, f"{T + AFTER}.3", "sales", "PJSIP/107", "COMPLETEAGENT", 2, 30, 1),
        (AFTER + 32, f"{T + AFTER + 10}.5", "support", "PJSIP/108", "COMPLETECALLER", 2, 20, 1),
    )
    return "".join("|".join(str(cell) for cell in (T + row[0], *row[1:])) + "\n" for row in rows).encode()


MANAGER, CEL, CDR, QUEUE_LOG = _manager(), _cel(), _cdr(), _queue_log()
