"""Input that is right, of every form that Ringboard reads: invented, and small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from stream.clock import FixedClock
from stream.journeys.passing import messages
from stream.kpi.facts import Call, Link, Shared, Verdict
from tests.floor_in_memory import FloorInMemory
from tests.property.test_damaged_logs import LOGS
from tests.unit.events.test_reading import NOW, ONE_OF_EACH
from tests.unit.gateway.test_sources import notification
from tests.unit.sources.aircall.test_webhook import three
from tests.unit.sources.amazon_connect.test_webhook import INBOUND
from tests.unit.sources.asterisk.ami_calls import LINE, REP, a_caller, a_rep, connected, dialled, in_queue, originated
from tests.unit.sources.asterisk.test_live import talking
from tests.unit.sources.freeswitch.test_live import day
from tests.unit.sources.twilio.test_calls import leg, with_children

HOUR: Final = 3_600_000
RECORDINGS: Final = Path(__file__).parents[1] / "recordings"
VICIDIAL: Final = sorted((RECORDINGS / "vicidial").glob("*.tsv"))


def encoded(value: Any) -> bytes:
    """Write `value` as JSON."""
    return json.dumps(value).encode()


EVENTS: Final = [
    encoded({"id": f"{name}{i}", "type": name, "at": at, **fields, **more})
    for name, (fields, _, _) in ONE_OF_EACH.items()
    for i, at in enumerate((NOW - HOUR, "2025-10-09T08:00:00.5+02:00", NOW + HOUR))
    for more in ({}, {"number": "+33 6 39 98 00 01"} if "call" in fields or name == "lead.requested" else {"team": "t"})
]

_FACTS: Final[dict[bytes, list[Any]]] = {
    b"n": [Link(NOW - HOUR, "L1", NOW - HOUR, "r1", "c"), Link(NOW - HOUR, "L2", NOW, "r2", "c")],
    b"l": [
        Call(NOW, "e1", "c1", NOW - HOUR, True, True, 50_000, False, "c", "r", "t", "SALE", "num_1"),
        Verdict(NOW, "v1", "c1", "SALE", "num_1"),
        Shared(NOW - HOUR, "num_1"),
    ],
}
LINKS: Final = [send.value for kind, facts in _FACTS.items() for send in messages("links", kind, "L1", facts)]

AMI: Final = [
    script.raw()
    for script in (
        dialled(a_rep()).wait(9).hang_up(LINE, REP),
        talking().wait(33).hang_up(LINE, REP),
        connected(in_queue(a_caller())).wait(20),
        originated().wait(5),
        a_caller(timed=False).wait(5),
    )
]

_QUEUE_LOG: Final = [
    "1,1780300800,NONE,q,Agent/7,ADDMEMBER,,0,0",
    "2,1780300801,c1,q,NONE,ENTERQUEUE,0639980001,0,0",
    "3,1780300811,c1,q,Agent/7,CONNECT,,10,0",
    "4,1780300851,c1,q,Agent/7,COMPLETECALLER,,10,40",
    "5,1780300861,c2,NONE,Agent/7,OUTDIAL,0639980002,0,0",
    "6,1780300871,c2,NONE,Agent/7,OUTCANCEL,0639980002,9,0",
    "7,1780300961,c3,NONE,Agent/7,OUTANSWER,0639980003,9,30",
]
PBXWARE: Final = [
    "\n".join(["uid,date_time,callid,queue_name,type,event,param1,htime,ttime", *_QUEUE_LOG]).encode(),
]

FILES: Final[dict[str, list[bytes]]] = {
    "asterisk-ami": AMI,
    "pbxware-queue-log": PBXWARE,
    "asterisk-queue-log": [PBXWARE[0]],
    "3cx-cdr": [(RECORDINGS / "threecx" / "3cx_cdr.csv").read_bytes()],
    "ndjson": [b"\n".join(EVENTS[i : i + 5]) for i in range(0, len(EVENTS), 5)],
}
FILES.update({path.stem.replace("_", "-"): [path.read_bytes()] for path in VICIDIAL})
for _form, _write in LOGS.values():
    FILES.setdefault(_form, []).append("\n".join(_write(call) for call in (1, 2, 3)).encode())

ESL: Final = [encoded(one) for one in day()]
CHANNELS: Final = [
    encoded([{"uuid": "a0000001-0000-4000-8000-000000000000", "call_uuid": "x", "created_epoch": "1780300800"}] * 2)
]
AMAZON: Final = [encoded(one) for one in INBOUND] + [
    encoded({"Type": "Notification", "Message": json.dumps(INBOUND[0])}),
    encoded({"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.eu-west-3.amazonaws.com/?x=1"}),
    encoded(
        {
            "AgentARN": "arn:x/agent/a", "EventType": "STATE_CHANGE", "EventTimestamp": "2026-01-05T08:00:00.000Z",
            "CurrentAgentSnapshot": {
                "AgentStatus": {"Name": "Lunch", "StartTimestamp": "2026-01-05T08:00:00.000Z"},
                "Contacts": [{"State": "CONNECTED", "StateStartTimestamp": "2026-01-05T08:00:00.000Z"}],
            },
        }
    ),
]  # fmt: skip
HUBSPOT: Final = [
    encoded([notification(1), notification(2, propertyName="phone", propertyValue="06 39 98 00 01")]),
    encoded([notification(3, subscriptionType="contact.propertyChange", propertyName="lifecyclestage")]),
]
TWILIO: Final = [encoded(form) for form in (*leg("CA1", 8, 61), *with_children("CA2", leg("CA2", 4, 30), "CA1"))]
AIRCALL: Final = [encoded(one) for one in three()] + [encoded({"event": "call.created", "data": {"id": 1}})]
FACTS_OF_LEGS: Final = [
    encoded({"sid": "CA1", "at": NOW, "status": "completed", "direction": "inbound", "talked_s": 9, "sequence": 3}),
    encoded({"sid": "CA2", "at": NOW, "parent": "CA1", "status": "in-progress", "called": {"rep": "r"}}),
    encoded({"sid": "CA1", "at": NOW, "parent": "CA2", "amd": "human", "context": {"lead": "L"}}),
]
ROWS: Final = [
    b"\n".join(
        [
            b"a;d;g;m;c;n;p;s;t;u",
            b"2025-12-31;o;true;1.234,5;EUR;2;0639980001;1500;31/12/2025 10:00;1:02:03",
            b'x;i;false;"5";JPY;1;"06 39";9;2025-12-31T10:00:00;2',
        ]
    )
]
RECORDS: Final = [
    encoded({"a": [{"b": "x"}], "d": "o", "g": True, "m": "1.234,5", "c": "EUR", "n": 2, "p": "0639980001", "s": "1500",
             "t": "31/12/2025", "u": "1:02:03"}),
]  # fmt: skip
CONTROL: Final = [
    encoded({"url": "http://192.0.2.1:6066", "claims": [], "generation": 1, "at": NOW, "member": "m"}),
    encoded({"schema": "5", "min_talk_s": "30.0"}),
]


def changelogs() -> list[tuple[str, str, bytes, bytes]]:
    """Return what a small floor has written to its changelogs: the group, the table, the key and the value."""
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=1)
    floor.feed([json.loads(event) for event in EVENTS])
    return [
        (group, table, key, value)
        for (group, _), entries in floor.changelogs.items()
        for table, key, value in entries
        if value is not None
    ]


def packed(parts: Any) -> bytes:
    """Write `parts` as msgpack."""
    return msgspec.msgpack.encode(parts)
