"""Whatever stands in a mapping file, in a record or in a CSV, it is read or refused in words of ours."""

from __future__ import annotations

import io
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.clock import FixedClock
from stream.events.refusal import Refused
from stream.mapping.loading import load_mapping, mapping_of, ready
from stream.mapping.wrong import WrongError
from stream.sources.mapped import Mapped
from stream.sources.reading import Read, Unreadable
from tests.floor_in_memory import FloorInMemory

if TYPE_CHECKING:
    from stream.mapping.mapping import Mapping

NOW = 1_767_800_000_000
EVERYTHING = """
name = "all"
timezone = "Europe/Paris"
[[events]]
type = "call.ended"
repeat = { from = "n", less = 1 }
id = "{a}{#n}"
call = "{a.0.b}"
direction = { from = "d", map = { o = "outbound", i = "inbound" } }
at = { from = ["a", "t"], time = ["day-first", "iso", "epoch", "%d %b %y"], plus = "s" }
placed_at = { from = "t", minus = { from = "u", unit = "clock" } }
lead = { from = "p", region = "FR" }
talk_s = { from = "s", unit = "ms", decimal = "comma" }
disposition = { from = "d", match = "^(o)?", absent = ["x"], map = "codes", otherwise = "{d}", empty = "unknown" }
revision = { from = "u", time = "iso" }
ring_s = { between = ["t", "u"] }
number = [ { when = { d = "o" }, from = "p" }, { when = { d = "i" }, from = "w" } ]
team = { in = "n", where = { b = "x" }, from = "a", which = "first" }
[[events]]
type = "spend.recorded"
when = { d = { not = ["q"] }, a = { present = true } }
at = { from = "t", day_end = true }
from = "{t}"
to = { from = "t", hour = "12:00" }
campaign = "{d}"
amount = "{m}"
currency = "{c}"
[[events]]
type = "lead.consent"
at = "{t}"
lead = "{d}"
granted = "{g}"
[[events]]
type = "lead.lost"
when = { a = { differs_from = "p" }, "a.0.b" = { named = true }, d = { match = "^[oi]" } }
shared_id = "{d}"
revision = "{u}"
at = { from = ["t", "#received"] }
lead = "{d}"
[[events]]
type = "lead.merged"
repeat = { each = "n" }
lead = "{#each}"
into = { from = "p", region = "FR" }
at = "{t}"
[tables.codes]
o = "sold"
"""

_pieces = st.sampled_from(
    [
        "31/12/2025",
        "2025-12-31T10:00:00",
        "1:02:03",
        "1.234,5",
        "-0",
        "9" * 25,
        "1e400",
        "o",
        "EUR",
        "true",
        "€",
        "\x00",
        "06",
    ]
)
_texts = st.text(max_size=12) | _pieces | st.lists(_pieces, max_size=3).map(" ".join)
_scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | _texts
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3), max_leaves=6
)
_records = st.dictionaries(st.sampled_from([*"adgmncpstuw", "#row", "#line"]) | _texts, _values, max_size=10)
_keys = st.sampled_from(
    ["from", "text", "value", "made_up", "map", "match", "time", "plus", "unit", "region", "hour", "type", "when", "id",
     "repeat", "lead", "at", "amount", "events", "file", "squeeze", "name", "records", "timezone", "between", "in",
     "where", "which", "empty", "otherwise", "tables", "revision", "each", "sender"]
)  # fmt: skip
_tables = st.recursive(
    _scalars | st.sampled_from(["lead.lost", "{a}", "day-first", "a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=12,
)


@cache
def mapping(name: str) -> Mapping:
    return mapping_of(tomllib.loads(EVERYTHING)) if name == "everything" else load_mapping(name, "UTC")


@cache
def floor() -> FloorInMemory:
    return FloorInMemory(clock=FixedClock(NOW))


@given(name=st.sampled_from([*ready(), *["everything"] * 5]), record=_records)
@settings(max_examples=200)
def test_any_record_is_told_or_refused(name: str, record: dict[str, Any]) -> None:
    told = ""
    try:
        for event in mapping(name).events_of([record]):
            floor().append(event)
    except Refused as refused:
        told = refused.message
    assert "\n" not in told


@given(told=st.dictionaries(_keys, _tables, max_size=6), rule=st.dictionaries(_keys, _tables, max_size=6))
@settings(max_examples=200)
def test_any_mapping_is_read_or_refused_with_its_key(told: dict[str, Any], rule: dict[str, Any]) -> None:
    whole = {"name": "a", "events": [{"type": "lead.lost", "lead": "{a}", "at": "{b}", **rule}], **told}
    key = "none is wrong"
    try:
        mapping_of(whole)
    except WrongError as wrong:
        key = wrong.key
    assert key


CSV = mapping_of(
    tomllib.loads(
        'name = "a"\n[file]\nheader = ["a", "b", "c"]\n[[events]]\ntype = "lead.lost"\nat = "{b}"\nlead = "{a}"'
    )
)


@given(content=st.binary(max_size=300) | st.lists(_texts | st.sampled_from(['"', ";", "\n", ","])).map("".join))
@settings(max_examples=200)
def test_any_csv_is_rows_and_refusals(content: bytes | str) -> None:
    mapped = Mapped(CSV)
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    lines = [one.line for one in mapped.read(io.BytesIO(data)) if isinstance(one, Read | Unreadable)]
    assert lines == sorted(lines)
