"""What is remembered of the weighing is what weighing anew comes to, whatever was weighed or shown before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from stream.configuration import load_settings
from stream.sources.asterisk.plan import directions_of
from stream.sources.dial_plan.ways import Dialled, Party, Ways

if TYPE_CHECKING:
    from stream.sources.dial_plan.directions import Directions

NUMBERS = [
    "",
    "101",
    "201",
    "0639980001",
    "+33639980002",
    "0199000100",
    "0199000101",
    "anonymous",
    "#31#0639980003",
    "s",
]
PEERS = ["201", "alice", "provider", "33170", "0639980001", "gsm1"]
CHANNELS = [
    "",
    *(f"PJSIP/{peer}-0000000{place}" for peer in PEERS for place in (1, 2)),
    *(f"Local/{number}@{context}-00000003;{half}" for number in ("101", "0639980001") for context in ("c2c", "out")
      for half in (1, 2)),
    "DAHDI/i1/0639980001-5",
    "DAHDI/1-1",
]  # fmt: skip
CONTEXTS = ["", "from-internal", "from-trunk", "out", "c2c", "ext-queues"]
DATA = ["", "PJSIP/0639980001@provider,60", "PJSIP/101&PJSIP/alice,20", "Local/101@phones", "IAX2/gsm1/0639980002"]
parties = st.builds(
    Party, st.sampled_from(CHANNELS), st.sampled_from(NUMBERS), st.sampled_from(["", *PEERS]), st.sampled_from(CONTEXTS)
)
dialled = st.builds(
    Dialled,
    caller=parties,
    context=st.sampled_from(CONTEXTS),
    extension=st.sampled_from(NUMBERS),
    data=st.sampled_from(DATA),
    called=st.builds(Party, st.sampled_from(CHANNELS)),
    queue=st.sampled_from(["", "", "support", "campaign"]),
    direct=st.sampled_from(["", "0199000200"]),
    placed=st.booleans(),
)
shown = st.one_of(
    st.tuples(st.just("dials"), st.sampled_from([*DATA, "PJSIP/provider", "PJSIP/alice/0639980004"])),
    st.tuples(st.just("shows"), st.sampled_from(NUMBERS)),
)
PLAIN = directions_of(load_settings())
SET_UP = directions_of(
    load_settings(
        asterisk_trunks=["provider"],
        asterisk_phones=["20*"],
        asterisk_inbound_contexts=["from-trunk"],
        asterisk_internal_contexts=["from-internal"],
        asterisk_click_to_call_contexts=["c2c"],
        asterisk_outbound_queues=["campaign"],
        asterisk_own_numbers=["0199000100"],
        asterisk_reps={"alice": "Alice"},
    )
)


@given(st.sampled_from([PLAIN, SET_UP]), st.lists(st.one_of(dialled, parties, shown), min_size=2, max_size=30))
def test_what_was_weighed_before_does_not_change_what_is_said(
    directions: Directions, asked: list[Dialled | Party | tuple[str, str]]
) -> None:
    told = Ways(directions)
    for one in asked:
        if isinstance(one, Dialled):
            assert told.way(one) == Ways(directions, told.peers).way(one)
        elif isinstance(one, Party):
            assert told.side(one) == Ways(directions, told.peers).side(one)
        elif one[0] == "dials":
            told.peers.dials(one[1])
        else:
            told.peers.shows(one[1])
