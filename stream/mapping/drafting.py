"""Writes a first mapping for a sample: what each column was taken for and why, and what only its owner can tell."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from stream.mapping import draft_calls, draft_leads, draft_spend
from stream.mapping.draft_parts import Draft, quoted
from stream.mapping.guessing import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.mapping.guessing import Column, Sample

_WON: Final = re.compile(r"won|lost|gagn|perdu", re.IGNORECASE)
_CALLS: Final = re.compile(r"call|appel|direction|answer|ring|queue|disposition|agent", re.IGNORECASE)
_LEADS: Final = re.compile(r"lead|deal|opportunit|prospect|stage|statut|signé|close|created", re.IGNORECASE)
_SPEND: Final = re.compile(r"click|impression|cost|coût|spend|spent|dépense|budget", re.IGNORECASE)


def drafted(sample: Sample, file: str, timezone: str, region: str) -> str:
    """Return the text of a mapping for the rows of `file`; times are of `timezone`, national numbers of `region`."""
    columns = columns_of(sample.rows)
    kind, why = _kind(columns)
    draft = Draft(columns, sample, region)
    {"calls": draft_calls.write, "leads": draft_leads.write, "spend": draft_spend.write}[kind](draft)
    name = re.sub(r"[^a-z0-9]+", "-", file.partition(".")[0].casefold()).strip("-")[:40].strip("-") or "file"
    lines = [
        f"# Drafted from the first {len(sample.rows)} rows of {quoted(file)}, which look like {kind}: {why}.",
        f"# Look at what it makes of them: ringboard mapping try {name}.toml FILE",
        "# Lines that begin with # ? ask what only you can tell.",
        f"name = {quoted(name)}",
    ]
    used = [one for one in columns if one.time is not None and one.name in draft.taken]
    if any(not (one.time or "").startswith("epoch") for one in used):
        lines.append(f"timezone = {quoted(timezone)}  # ? of times that have no offset")
    forms = [one.time for one in used if one.time not in {None, "iso"}]
    if forms:
        lines.append(f"time = {json.dumps(list(dict.fromkeys([one.time for one in used])))}")
    if any(not one.sure for one in used):
        lines.append("# ? nothing tells whether the day or the month comes first in its dates; the day is taken to")
    totals = ", ".join(quoted(text) for _, text in sample.totals)
    lines += [f"# A row of {totals} is none, and is left out."] if totals else []
    if any(one.decimal == "comma" and not one.is_whole for one in columns if one.name in draft.taken):
        lines.append('decimal = "comma"')
    if draft.made_up is not None:
        lines.append(f"made_up = {quoted(draft.made_up)}")
    if sample.within is not None:
        lines.append(f"records = {quoted(sample.within)}")
    form = ['format = "json"'] if sample.is_json else []
    form += [f"delimiter = {quoted(sample.delimiter)}"] if sample.delimiter is not None else []
    form += [f"skip = {sample.skip}  # lines above its header"] if sample.skip else []
    form += [] if sample.named else ["header = false  # columns are 1, 2, 3, …; or write their names"]
    lines += ["", "[file]", *form] if form else []
    lines += ["", *draft.lines, "", *_left(columns, draft)]
    return "\n".join(lines).rstrip() + "\n"


def _kind(columns: Sequence[Column]) -> tuple[str, str]:
    """Return what the rows are, and what spoke for it."""
    spoke: dict[str, list[str]] = {"calls": [], "leads": [], "spend": []}
    for one in columns:
        if (
            _CALLS.search(one.name)
            or one.is_clock
            or (one.length is not None and one.decimal is not None and not one.is_phone)
        ):
            spoke["calls"].append(one.name)
        if _LEADS.search(one.name) or (one.codes and any(_WON.search(code) for code in one.codes)):
            spoke["leads"].append(one.name)
        if _SPEND.search(one.name) and one.decimal is not None:
            spoke["spend"].append(one.name)
    if spoke["spend"] and any(one.is_phone for one in columns):
        spoke["spend"] = []
    # Who spends and sells in one file has leads; a cost is seldom in a file of calls.
    weights = {kind: len(names) * (3 if kind == "spend" else 1) for kind, names in spoke.items()}
    kind = max(weights, key=lambda one: weights[one])
    names = ", ".join(quoted(name) for name in spoke[kind][:3])
    return kind, f"its columns {names}" if names else "nothing says so, which is a guess"


def _left(columns: Sequence[Column], draft: Draft) -> list[str]:
    left = [one for one in columns if one.name not in draft.taken and one.texts]
    if not left:
        return []
    lines = ["# Not used:"]
    for one in left:
        codes = one.codes
        what = "times" if one.time else "numbers" if one.decimal else "texts"
        shown = f"{len(codes)} codes" if codes else f"{len(set(one.texts))} different {what}"
        lines.append(f"#   {quoted(one.name)}: {shown}, in {one.filled:.0%} of the rows")
    return lines
