"""
What happened in each of the 51 scenarios recorded on a PBX of VoIPGRID: written from reading each recording.

One line is one call. `number` is the one outside whom it is with; `answered` says whether anyone did; `talk` whether
two people heard each other (how long is not known: the recordings have no times); `with` are those who spoke on it, by
their telephone, and `outside` for another line, in the order in which they came to it. An internal call is told to
nobody, and stands here to show that it is known as one. Numbers are those of the recordings' laboratory.

Two are not determined. In `cmn-world-world` two numbers outside are called and joined, and nothing tells which of them
is the rep's: the one that is called second is taken for the one the call is made to. In `cmn-world-world-unaccepted`
the first of such a pair picks up and does not accept, and no second one is called: that it is an attempt at all is a
reading of ours.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from tests.shared_data import SHARED
from tests.unit.sources.asterisk.ami_lab import Lab
from tests.unit.sources.asterisk.ami_played import PLAYED

TABLE = """
mobile/acceptance_group_pickup             inbound   +31150010003  yes  yes  outside
mobile/acceptance_group_reject             inbound   +31150010003  yes  yes  outside
mobile/acceptance_reject                   inbound   +31150010003  no   no   -
mobile/acceptance_simple                   inbound   +31150010001  yes  yes  outside
mobile/acceptance_timeout                  inbound   +31150010003  no   no   -
mobile/simple_mobile                       inbound   +31150010001  yes  yes  outside
originate/cmn-world-world-unaccepted       outbound  +31260010001  yes  no   -
originate/cmn-world-world                  outbound  +31150010001  yes  yes  outside
originate/ctd-account-account-xfer-attn-abbcac  internal  -        yes  yes  150010001 150010002 150010003
originate/ctd-account-account-xfer-attn-abbcac  internal  -        yes  yes  150010001 150010002 150010003
originate/ctd-account-account              internal  -             yes  yes  150010001 150010002
originate/ctd-account-world-deny-a         internal  -             no   no   -
originate/ctd-account-world-deny-b         outbound  +31260010001  no   no   -
originate/ctd-account-world-no-ringing     outbound  +31260010001  yes  yes  150010063
originate/ctd-account-world-xfer-attn-abacbc  outbound  +31260010001  yes  yes  150010001 150010003
originate/ctd-account-world-xfer-attn-abacbc  internal  -          yes  yes  150010001 150010003 outside
originate/ctd-account-world                outbound  +31260010001  yes  yes  150010001
queue/queue_a_cancel                       inbound   +31150010001  no   no   -
queue/queue_attn_xfer                      inbound   +31260010001  yes  yes  150010001 150010002
queue/queue_attn_xfer                      internal  -             yes  yes  150010001 150010002 outside
queue/queue_blind_xfer                     inbound   +31260010001  yes  yes  150010001 150010002
queue/queue_group                          inbound   +31150010001  yes  yes  150010002
queue/queue_simple                         inbound   +31150010001  yes  yes  150010002
simple/a_created_no_answer                 inbound   +31150010001  no   no   -
simple/ab_a_cancel                         internal  -             no   no   -
simple/ab_callgroup                        internal  -             yes  yes  150010001 150010002
simple/ab_callgroup_no_answer              internal  -             no   no   -
simple/ab_dnd                              internal  -             no   no   -
simple/ab_reject                           internal  -             no   no   -
simple/ab_success_a_hangup                 internal  -             yes  yes  150010001 150010002
simple/ab_success_b_hangup                 internal  -             yes  yes  150010001 150010002
simple/ab_success_o3                       internal  -             yes  yes  100060001 100060002
simple/ab_success_twoclients               outbound  +31150010001  yes  yes  260010001
simple/ab_success_twoclients               inbound   +31260010001  yes  yes  150010001
var_set/user_events                        outbound  +31150010001  yes  yes  260010001
var_set/user_events                        inbound   +31260010001  yes  yes  150010001
xfer_attended/xfer_abacbc                  internal  -             yes  yes  150010001 150010002 150010003
xfer_attended/xfer_abacbc                  internal  -             yes  yes  150010001 150010002 150010003
xfer_attended/xfer_abbcac                  internal  -             yes  yes  150010001 150010002 150010003
xfer_attended/xfer_abbcac                  internal  -             yes  yes  150010001 150010002 150010003
xfer_attended/xfer_abbcac_anon             inbound   +31260010001  yes  yes  150010001 150010003
xfer_attended/xfer_abbcac_anon             internal  -             yes  yes  150010001 150010003 outside
xfer_attended/xfer_abcbac                  internal  -             yes  yes  150010001 150010002 150010003
xfer_attended/xfer_abcbac                  internal  -             yes  yes  150010001 150010002 150010003
xfer_blind/xfer_blind_a_no_answer          internal  -             yes  yes  150010001 150010002
xfer_blind/xfer_blind_abacbc               internal  -             yes  yes  150010001 150010002 150010003
xfer_blind/xfer_blind_abbcac               internal  -             yes  yes  150010001 150010002 150010003
xfer_blind/xfer_blind_b_no_answer          internal  -             yes  yes  150010001 150010002
xfer_blind/xfer_blind_group                inbound   +31260010001  yes  yes  150010001 150010003
xfer_blind/xfer_blind_group_no_answer      inbound   +31260010001  yes  yes  150010001
xfer_blind/xfer_blind_reject               internal  -             yes  yes  150010001 150010002
xfer_blonde/xfer_blonde_abacbc             internal  -             yes  yes  150010001 150010002 150010003
xfer_blonde/xfer_blonde_abacbc             internal  -             yes  yes  150010002 150010003
xfer_blonde/xfer_blonde_abbcac             inbound   +31260010001  yes  yes  150010001 150010002
xfer_blonde/xfer_blonde_abbcac             internal  -             yes  yes  150010002 outside
xfer_blonde/xfer_blonde_group_a            outbound  +31260010001  yes  yes  150010001 150010002
xfer_blonde/xfer_blonde_group_a            internal  -             yes  yes  150010002 outside
xfer_blonde/xfer_blonde_group_b            inbound   +31260010001  yes  yes  150010001 150010002
xfer_blonde/xfer_blonde_group_b            internal  -             yes  yes  150010002 outside
xfer_blonde/xfer_blonde_reject             inbound   +31260010001  yes  yes  150010001
xfer_blonde/xfer_blonde_reject             internal  -             no   no   -
xfer_misc/call_forwarding                  inbound   +31260010001  yes  yes  150010002
xfer_misc/call_forwarding_to_group         inbound   +31260010001  yes  yes  150010003
xfer_misc/sip_pickup                       internal  -             yes  yes  150010001 150010003
xfer_misc/sip_pickup                       internal  -             yes  yes  150010001 150010003
xfer_misc/star_pickup                      internal  -             yes  yes  150010001 150010003
xfer_misc/star_pickup                      internal  -             yes  yes  150010001 150010003
"""


class ExpectedCall(NamedTuple):
    """A line of the table."""

    direction: str
    number: str
    answered: str
    talk: str
    who: tuple[str, ...]


class Scenario(NamedTuple):
    """The messages of some calls, and what they come to."""

    messages: list[dict[str, str]]
    calls: list[ExpectedCall]


FOLDER: Final = SHARED / "ami_cacofonisk" / "tests" / "fixtures"


def read(line: str) -> ExpectedCall:
    """Read a line of the table, without the name."""
    direction, number, answered, talk, *who = line.split()
    return ExpectedCall(direction, number, answered, talk, tuple(sorted(one for one in who if one != "-")))


def recorded() -> dict[str, list[ExpectedCall]]:
    """Return the calls of each recorded scenario, by its name."""
    table: dict[str, list[ExpectedCall]] = {}
    for line in TABLE.strip().splitlines():
        name, _, call = line.partition(" ")
        table.setdefault(name, []).append(read(call))
    return table


def names() -> list[str]:
    """Return which scenarios there are: our own, and the recorded ones where they lie beside the repository."""
    return [*PLAYED, *(recorded() if FOLDER.exists() else ())]


def scenario(name: str) -> Scenario:
    """Return a scenario, played or recorded."""
    if name in PLAYED:
        plays, calls = PLAYED[name]
        lab = Lab()
        plays(lab)
        return Scenario(lab.messages, [read(call) for call in calls])
    return Scenario(json.loads((FOLDER / f"{name}.json").read_text()), recorded()[name])
