"""Writes what the manager interface tells of calls that a test makes up: channels, dials, bridges, queues, in time."""

from __future__ import annotations

from typing import Any, Self

BEGAN = 1_700_000_000
LEAD = "0639980001"
E164 = "+33639980001"


class Script:
    """A PBX whose clock the test moves; `timed` is timestampevents=yes."""

    def __init__(self, *, timed: bool = True) -> None:
        self.messages: list[dict[str, str]] = []
        self.now = float(BEGAN)
        self.timed = timed
        self._channels: dict[str, dict[str, str]] = {}
        self._born = 0

    def wait(self, seconds: float) -> Self:
        self.now += seconds
        return self

    def tell(self, event: str, *channels: str, dest: str | None = None, **headers: Any) -> Self:
        message = {"Event": event}
        if self.timed:
            message["Timestamp"] = f"{self.now:.6f}"
        for channel in channels:
            message |= self._channels[channel]
        if dest is not None:
            message |= {f"Dest{name}": value for name, value in self._channels[dest].items()}
        message |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
        self.messages.append(message)
        return self

    def new(
        self,
        channel: str,
        of: str | None = None,
        *,
        number: str = "<unknown>",
        context: str = "from-internal",
        exten: str = "s",
        account: str = "",
        rings: bool = False,
    ) -> Self:
        """Give birth to a channel, in the call of another one or as the first of its own; `rings` if it calls in."""
        self._born += 1
        unique = f"{int(self.now)}.{self._born}"
        self._channels[channel] = {
            "Channel": channel,
            "ChannelState": "4" if rings else "0",
            "CallerIDNum": number,
            "AccountCode": account,
            "Context": context,
            "Exten": exten,
            "Uniqueid": unique,
            "Linkedid": self._channels[of]["Linkedid"] if of else unique,
        }
        return self.tell("Newchannel", channel)

    def set(self, channel: str, **headers: str) -> Self:
        self._channels[channel] |= headers
        return self

    def call_id(self, channel: str) -> str:
        return self._channels[channel]["Linkedid"]

    def up(self, *channels: str) -> Self:
        for channel in channels:
            self._channels[channel]["ChannelState"] = "6"
            self.tell("Newstate", channel)
        return self

    def dial(self, dialler: str | None, dialled: str, string: str = "") -> Self:
        return self.tell("DialBegin", *([dialler] if dialler else []), dest=dialled, DialString=string)

    def dial_end(self, dialler: str | None, dialled: str, status: str) -> Self:
        return self.tell("DialEnd", *([dialler] if dialler else []), dest=dialled, DialStatus=status)

    def bridge(self, name: str, *channels: str) -> Self:
        for channel in channels:
            self.tell("BridgeEnter", channel, BridgeUniqueid=name)
        return self

    def unbridge(self, name: str, *channels: str) -> Self:
        for channel in channels:
            self.tell("BridgeLeave", channel, BridgeUniqueid=name)
        return self

    def hang_up(self, *channels: str, cause: int = 16) -> Self:
        for channel in channels:
            self.tell("HangupRequest", channel, Cause=cause)
            self.tell("Hangup", channel, Cause=cause)
        return self

    def queue(self, event: str, caller: str, queue: str, member: str | None = None, **headers: Any) -> Self:
        member_headers = {"Interface": f"PJSIP/{member}", "MemberName": f"Somebody {member}"} if member else {}
        return self.tell(event, caller, Queue=queue, **member_headers, **headers)

    def raw(self) -> bytes:
        return b"".join(
            "".join(f"{name}: {value}\r\n" for name, value in message.items()).encode() + b"\r\n"
            for message in self.messages
        )
