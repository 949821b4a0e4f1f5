"""What sources and webhooks tell of people of fiction: their numbers and a name, in every place for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stream.errors import RingboardError
from stream.sources.opening import recognise
from tests.shared_data import OWN, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME = "Lovelace"
# +33 6 39 98 xx xx is reserved for fiction; these end as nothing else here does.
NUMBERS = tuple(f"639987{number:03}" for number in range(101, 140))
EMAIL = f"Ada+crm.{NAME}@example.com"
T = 1_767_600_000


def one(place: int, form: str = "+33") -> str:
    """Return the number of that place, as E.164 or as it is written nationally."""
    digits = NUMBERS[place]
    return form + digits if form != "0" else f"06 {digits[1:3]} {digits[3:5]} {digits[5:7]} {digits[7:]}"


FILES: dict[str, str] = {
    "ndjson": f"""\
{{"id":"n1","type":"lead.requested","at":{T}000,"lead":"{one(0)}","campaign":"for {one(1)}","number":"{one(2, "0")}"}}
{{"id":"n2 {one(3)}","type":"call.ended","at":{T}000,"call":"c {one(4)}","direction":"outbound","placed_at":{T}000,\
"number":"Ada {NAME} <sip:{one(5)}@pbx.example>","name":"Ada {NAME}","hangup_cause":"called {one(6)}"}}
{{"id":"n5","type":"lead.lost","at":{T}000,"lead":"{EMAIL}","rep":"{EMAIL}",\
"reason":"ring {one(29, "0")} or write to {EMAIL}"}}
{{"id":"n6","type":"call.ended","at":{T}000,"call":"c6","direction":"inbound","placed_at":{T}000,"number":"{one(30)}",\
"queue":"for {one(31, "0")}","team":"{EMAIL}","disposition":"{one(32, "")}","campaign":"{"0" + one(33, "")}"}}
{{"id":"n7","type":"spend.recorded","at":{T}000,"campaign":"{EMAIL}","amount":"1","currency":"EUR","from":{T}000,\
"to":{T + 60}000,"channel":"{one(34, "0")}"}}
{{"id":"n8","type":"rep.state","at":{T}000,"rep":"{EMAIL}","state":"paused","reason":"{EMAIL} {NAME * 9}"}}
{{"id":"n9","type":"lead.lost","at":"then","lead":"{EMAIL}","reason":"{EMAIL}","rep":"{EMAIL}"}}
{{"id":"n3","type":"call.ended","at":"{T}000","number":"{one(7, "0")}","name":"Ada {NAME}"
{{"id":"n4","type":"call.ended","at":"then","phone":{one(8, "")},"caller":{{"name":"{NAME}","tel":"{one(9, "0")}"}}}}
""",
    "pbxware-queue-log": f"""\
uid,date_time,callid,queue_name,type,event,param1,param2,param3,entpos,expos,htime,ttime,time
1,{T},c1,NONE,Agent/1141,OUTDIAL,{one(10)},,,0,0,0,0,x
2,{T + 60},c1,NONE,Agent/1141,OUTANSWER,{one(10)},,,0,0,9,51,x
soon,{T + 75},c2,NONE,Agent/1141,OUTCANCEL,{one(11, "0")},,,0,0,5,0,{NAME}
""",
    "asterisk-queue-log": f"""\
{T}|pbx1-{T}.1|inbound|NONE|ENTERQUEUE||{one(12)}|1
{T + 2}|pbx1-{T}.1|inbound|Rep 101|CONNECT|2|pbx1-{T}.4|1
{T + 50}|pbx1-{T}.1|inbound|Rep 101|COMPLETECALLER|2|48|1
x|pbx1-{T}.9|inbound|NONE|ENTERQUEUE||{one(13, "0")}|1
""",
    "asterisk-cdr": f"""\
"","{one(14)}","101","inbound","""
    f'"""Ada {NAME}"" <{one(14)}>","SIP/trunk-1","SIP/101-2","Dial","SIP/101","2026-01-05 08:00:00",'
    f'"2026-01-05 08:00:09","2026-01-05 08:01:00",60,51,"ANSWERED","DOCUMENTATION","pbx1-{T}.1",""\n'
    f'"alpha","101","{one(15)}","outbound","""Ada {NAME}"" <101>","SIP/101-3","SIP/trunk-4","Dial",'
    f'"SIP/trunk/{one(15)}","2026-01-05 09:00:00","2026-01-05 09:00:09","2026-01-05 09:01:00",60,51,"ANSWERED",'
    f'"DOCUMENTATION","pbx1-{T}.7",""\n'
    f'"alpha","101","{one(16)}","outbound","""{NAME}"" <101>","SIP/101-3","SIP/trunk-4","Dial"\n',
    "asterisk-cel": "".join(
        f'"{kind}","{T + second}.775326","Ada {NAME}","{one(17)}","","101","inbound","SIP/trunk-1","{app}","","",'
        f'"pbx1-{T}.1","pbx1-{T}.1","","",""\n'
        for kind, second, app in (
            ("CHAN_START", 0, ""),
            ("ANSWER", 1, "Answer"),
            ("HANGUP", 50, ""),
            ("CHAN_END", 50, ""),
            ("LINKEDID_END", 50, ""),
        )
    )
    + f'"CHAN_START","soon","{NAME}","{one(18, "0")}"\n',
    "asterisk-ami": "Asterisk Call Manager/9.0.0\r\n"
    + "".join(
        f"Event: {kind}\r\nTimestamp: {T + second}.5\r\nChannel: PJSIP/trunk-1\r\nUniqueid: pbx1-{T}.1\r\n"
        f"Linkedid: pbx1-{T}.1\r\nCallerIDNum: {one(19)}\r\nCallerIDName: Ada {NAME}\r\nContext: from-trunk\r\n"
        f"Exten: 101\r\nConnectedLineNum: {one(20)}\r\nConnectedLineName: {NAME}\r\nChannelStateDesc: Up\r\n"
        f"ChannelState: 6\r\nCause: 16\r\n\r\n"
        for kind, second in (("Newchannel", 0), ("Newstate", 1), ("Hangup", 50))
    ),
    "freeswitch-cdr": "caller_id_name,caller_id_number,destination_number,context,start_stamp,answer_stamp,end_stamp,"
    "duration,billsec,hangup_cause,uuid,bleg_uuid,accountcode,read_codec,write_codec\n"
    f'"Ada {NAME}","{one(21)}","1002","public","2026-01-05 08:00:00","2026-01-05 08:00:09","2026-01-05 08:01:00",'
    '"60","51","NORMAL_CLEARING","d80e22e0-4c15-11ea-97a0-9dd79410affb","","1002","PCMU","PCMU"\n',
}

MAPPING = """\
name = "our-crm"
about = "requests of a form"

[[events]]
type = "lead.requested"
at = "{when}"
id = "{key}"
lead = "{key}"
number = "{phone}"
campaign = "{campaign}"
"""
MAPPED: Any = [
    {"when": f"{T}000", "key": "k1", "phone": one(22, "0"), "campaign": "Spring", "name": f"Ada {NAME}"},
    {"when": f"{T}000", "key": EMAIL, "phone": one(35, "0"), "campaign": f"{EMAIL} {one(36, '0')}"},
    {"when": "then", "key": "k2", "phone": one(23), "campaign": "Spring", "name": f"Ada {NAME}"},
]
CALLBACK = {
    "CallSid": "CA1",
    "From": one(24),
    "To": one(25),
    "CallerName": f"Ada {NAME}",
    "Direction": "outbound-api",
    "CallStatus": "completed",
    "CallDuration": "61",
    "Timestamp": "Mon, 05 Jan 2026 08:01:10 +0000",
    "SequenceNumber": "3",
}
CONTACT: Any = {
    "eventType": "DISCONNECTED",
    "contactId": f"c {one(26)}",
    "channel": "VOICE",
    "initiationMethod": "INBOUND",
    "initiationTimestamp": "2026-01-05T08:00:00Z",
    "disconnectTimestamp": "2026-01-05T08:01:00Z",
    "customerEndpoint": {"address": one(27), "displayName": f"Ada {NAME}"},
}

# A number stands by itself; seconds, milliseconds and microseconds since the epoch do so too.
_ALONE = re.compile(r"(?<![\w.\-+@:/])\+?([0-9]{9,15})(?![\w.\-:])")
_EPOCH = re.compile(r"1[0-9]{9}|1[0-9]{12}|1[0-9]{15}")
_NAMED = re.compile(r"Name[0-9]{3}")


def recordings() -> dict[str, list[Path]]:
    """Return the recordings there are, our own and those beside the repository, by their format."""
    found: dict[str, list[Path]] = {}
    for path in sorted([*OWN.rglob("*"), *SHARED.rglob("*")]):
        if path.is_file() and path.suffix not in {".json", ".yaml", ".txt", ".md", ".py", ".pyc"}:
            try:
                found.setdefault(recognise(path), []).append(path)
            except RingboardError:
                continue
    return found


def private_of(texts: Iterable[str]) -> set[str]:
    """Return the numbers and names in recorded texts, numbers also as they are written nationally."""
    private: set[str] = set()
    for text in texts:
        private |= set(_NAMED.findall(text))
        for digits in _ALONE.findall(text):
            if not _EPOCH.fullmatch(digits) and len(set(digits)) > 1:  # 0000000000 is nobody's
                private.add(digits)
                if digits.startswith("33"):
                    private.add("0" + digits[2:])
    return private
