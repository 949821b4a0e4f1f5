"""Writes a channel event log as a script: who starts, rings, answers, joins and leaves, at which second."""

from __future__ import annotations

import csv
import io
import json

T = 1_780_300_800
COLUMNS = (
    "eventtype", "eventtime", "cid_num", "exten", "context", "channame", "appname", "appdata", "accountcode",
    "uniqueid", "linkedid", "peer", "extra",
)  # fmt: skip


class CelScript:
    """One call; each step is at a second after its begin, and says of a channel what has changed of it since."""

    def __init__(self, call: int = 1, *, extra: bool = True) -> None:
        self.linked = f"{T}.{call}"
        self.rows: list[dict[str, str]] = []
        self._extra = extra
        self._known: dict[str, dict[str, str]] = {}

    def row(self, kind: str, at: float, channel: str, **more: str) -> CelScript:
        known = self._known.setdefault(
            channel, {"uniqueid": f"{T}.{len(self._known) + 1}" if self._known else self.linked}
        )
        passing = {name: more.pop(name, "") for name in ("peer", "extra")}
        known.update(more)
        row = {"eventtype": kind, "eventtime": f"{T + at:.3f}", "channame": channel, "linkedid": self.linked}
        self.rows.append({**known, **row, **passing})
        return self

    def starts(self, at: float, channel: str, **more: str) -> CelScript:
        return self.row("CHAN_START", at, channel, **{"exten": "s", "context": "default", **more})

    def local(self, at: float, exten: str, context: str, number: str = "1") -> tuple[str, str]:
        halves = [f"Local/{exten}@{context}-0000000{number};{half}" for half in (1, 2)]
        for half in halves:
            self.starts(at, half, exten=exten, context=context)
        return halves[0], halves[1]

    def runs(self, at: float, channel: str, app: str, data: str, **more: str) -> CelScript:
        return self.row("APP_START", at, channel, appname=app, appdata=data, **more)

    def stops(self, at: float, channel: str) -> CelScript:
        return self.row("APP_END", at, channel)

    def answers(self, at: float, channel: str, app: str = "AppDial", **more: str) -> CelScript:
        return self.row("ANSWER", at, channel, appname=app, **more)

    def joins(self, at: float, bridge: str, *channels: str, beside: str = "") -> CelScript:
        """Have channels enter a bridge one after the other; the second names the first, as Asterisk does."""
        extra = json.dumps({"bridge_id": bridge}) if self._extra else ""
        peer = beside
        for channel in channels:
            self.row("BRIDGE_ENTER", at, channel, peer=peer, extra=extra)
            peer = peer or channel
        return self

    def leaves(self, at: float, *channels: str) -> CelScript:
        for channel in channels:
            self.row("BRIDGE_EXIT", at, channel)
        return self

    def gone(self, at: float, *channels: str, cause: int = 16, status: str = "") -> CelScript:
        extra = json.dumps({"hangupcause": cause, "dialstatus": status}) if self._extra else ""
        for channel in channels:
            self.row("HANGUP", at, channel, appname="", appdata="", extra=extra)
            self.row("CHAN_END", at, channel)
        return self

    def text(self) -> str:
        last = self.rows[-1]
        rows = [*self.rows, {**last, "eventtype": "LINKEDID_END", "extra": ""}]
        columns = COLUMNS if self._extra else COLUMNS[:-1]
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()
