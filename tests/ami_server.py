"""
A manager interface on a real socket: it logs in, answers what is asked, and plays recorded messages.

The channels there are, which it is asked for, are those that the messages played so far leave. Where it is told to, it
cuts the connection within the stream; what it plays next is said by the test.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

USER = "ringboard"
SECRET = "a secret of the tests"  # noqa: S105
Headers = dict[str, str]


def wire(message: Headers) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in message.items() if name != "content").encode() + b"\r\n"


class AmiServer:
    """
    Plays `messages`; `cuts` are the offsets (bytes of the whole stream) at which it cuts the connection, each once.

    A message that was cut is played again, whole, after the next login. `skip` says how many messages are lost at each
    cut. With `at_once` they are played as soon as the channels have been listed. `denied` are the actions, in small
    letters, that the user may not ask for.
    """

    def __init__(
        self,
        messages: Sequence[Headers],
        cuts: Iterable[int] = (),
        *,
        skip: int = 0,
        denied: Iterable[str] = (),
        secret: str = SECRET,
        at_once: bool = False,
    ) -> None:
        self.messages = list(messages)
        self.cuts = sorted(cuts)
        self.skip = skip
        self.denied = set(denied)
        self.secret = secret
        self.at_once = at_once
        self.logins = 0
        self.position = 0
        self.sent = 0
        self.done = asyncio.Event()
        self.asked: list[str] = []
        self.channels: dict[str, Headers] = {}
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[AmiServer]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        playing: asyncio.Task[None] | None = None
        try:
            writer.write(b"Asterisk Call Manager/13.0.0\r\n")
            challenge = "145769581"
            while True:
                asked = await self._action(reader)
                if asked is None:
                    return
                name = asked["Action"].casefold()
                self.asked.append(name)
                answer = {"Response": "Success", "ActionID": asked["ActionID"]}
                if name in self.denied:
                    writer.write(wire({**answer, "Response": "Error", "Message": "Permission denied"}))
                elif name == "challenge":
                    writer.write(wire({**answer, "Challenge": challenge}))
                elif name == "login":
                    key = hashlib.md5((challenge + self.secret).encode(), usedforsecurity=False).hexdigest()
                    if asked.get("Key") != key or asked["Username"] != USER:
                        writer.write(wire({**answer, "Response": "Error", "Message": "Authentication failed"}))
                        return
                    self.logins += 1
                    writer.write(wire({**answer, "Message": "Authentication accepted"}))
                elif name == "coreshowchannels":
                    writer.write(wire({**answer, "EventList": "start", "Message": "Channels will follow"}))
                    for channel in self.channels.values():
                        writer.write(wire({"Event": "CoreShowChannel", "ActionID": asked["ActionID"], **channel}))
                    complete = {"Event": "CoreShowChannelsComplete", "EventList": "Complete"}
                    writer.write(wire({**complete, "ActionID": asked["ActionID"]}))
                    if self.at_once:
                        playing = asyncio.create_task(self._play(writer))
                elif name == "queuestatus":
                    writer.write(wire({**answer, "EventList": "start", "Message": "Queue status will follow"}))
                    writer.write(wire({"Event": "QueueStatusComplete", "ActionID": asked["ActionID"]}))
                    playing = playing or asyncio.create_task(self._play(writer))
                else:
                    writer.write(wire(answer))
                await writer.drain()
        except OSError:
            pass
        finally:
            if playing is not None:
                playing.cancel()
            writer.close()

    @staticmethod
    async def _action(reader: asyncio.StreamReader) -> Headers | None:
        asked: Headers = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(": ")
            asked[name] = value
        return asked or None

    async def _play(self, writer: asyncio.StreamWriter) -> None:
        while self.position < len(self.messages):
            message = self.messages[self.position]
            data = wire(message)
            if self.cuts and self.cuts[0] < self.sent + len(data):
                cut = max(0, self.cuts.pop(0) - self.sent)
                for lost in self.messages[self.position : self.position + self.skip]:
                    self._happens(lost)
                    self.sent += len(wire(lost))
                self.position += self.skip
                writer.write(data[:cut])
                await writer.drain()
                writer.close()
                return
            self._happens(message)
            self.position += 1
            self.sent += len(data)
            writer.write(data)
            await writer.drain()
        self.done.set()

    def _happens(self, message: Headers) -> None:
        """Keep the channels that there are, with the bridge that each is in, and the application that it runs."""
        unique = message.get("Uniqueid", "")
        match message.get("Event"):
            case "Newchannel":
                self.channels[unique] = {**message, "Application": "", "BridgeId": ""}
                self.channels[unique].pop("Event")
                self.channels[unique].pop("Timestamp", None)
            case "Hangup":
                self.channels.pop(unique, None)
            case "DialBegin":
                self._runs(message["DestUniqueid"], "AppDial" if "Channel" in message else "AppDial2", message)
                self._runs(unique, "Dial", message)
            case "BridgeEnter" if unique in self.channels:
                self.channels[unique]["BridgeId"] = message["BridgeUniqueid"]
            case "BridgeLeave" if unique in self.channels:
                self.channels[unique]["BridgeId"] = ""
        for prefix in ("", "Dest"):
            channel = self.channels.get(message.get(f"{prefix}Uniqueid", ""))
            if channel is not None:
                for name in ("ChannelState", "CallerIDNum", "Context", "Exten", "AccountCode", "ConnectedLineNum"):
                    channel[name] = message.get(f"{prefix}{name}", channel.get(name, ""))

    def _runs(self, unique: str, application: str, message: Headers) -> None:
        if unique in self.channels:
            self.channels[unique]["Application"] = application
            self.channels[unique]["ApplicationData"] = message.get("DialString", "")
