"""A FreeSWITCH's event socket on a real TCP port: it asks for the password, answers commands, and plays events."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

PASSWORD = "no secret of anybody"  # noqa: S105


def event_bytes(headers: Mapping[str, str]) -> bytes:
    """Write an event as `event plain` has it: URL-encoded values, in a body whose length is told."""
    body = "".join(f"{name}: {quote(value)}\n" for name, value in headers.items()) + "\n"
    return f"Content-Length: {len(body)}\nContent-Type: text/event-plain\n\n{body}".encode()


class EslServer:
    """
    Plays one script a connection: its bytes once events are asked for, and then it hangs up, or stays if there is none.

    `channels` are what `show channels` says; `commands` are those it was given, without the password.
    """

    def __init__(self, scripts: Sequence[bytes], channels: Sequence[Sequence[str]] = ()) -> None:
        self.scripts = list(scripts)
        self.channels = list(channels)
        self.commands: list[str] = []
        self.connections = 0
        self.played = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        rows = [{"uuid": uuid} for uuid in (self.channels.pop(0) if self.channels else ())]
        writer.write(b"Content-Type: auth/request\n\n")
        try:
            while True:
                command = (await reader.readuntil(b"\n\n")).decode().strip()
                if command.startswith("auth "):
                    good = command == f"auth {PASSWORD}"
                    writer.write(_reply("+OK accepted" if good else "-ERR invalid"))
                    if not good:
                        break
                    continue
                self.commands.append(command)
                if command.startswith("api "):
                    body = json.dumps({"row_count": len(rows), "rows": rows}) if "json" in command else "0 total.\n"
                    writer.write(f"Content-Type: api/response\nContent-Length: {len(body)}\n\n{body}".encode())
                    if await self._play(writer):
                        break
                else:
                    writer.write(_reply("+OK event listener enabled plain"))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _play(self, writer: asyncio.StreamWriter) -> bool:
        """Write the next script, in pieces that end anywhere; true if the connection ends with it."""
        if not self.scripts:
            self.played.set()
            return False
        script = self.scripts.pop(0)
        for start in range(0, len(script), 777):
            writer.write(script[start : start + 777])
            await writer.drain()
        if not self.scripts:
            self.played.set()
        return bool(self.scripts)


def _reply(text: str) -> bytes:
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


def channel_event(kind: str, uuid: str, at: float, *, call: str, **more: Any) -> dict[str, str]:
    """Write an event of a channel at `at` (seconds since the epoch); `more` are its headers, with `_` for `-`."""
    headers = {
        "Event-Name": kind,
        "Core-UUID": "cccccccc-0000-4000-8000-000000000000",
        "Event-Date-Timestamp": str(round(at * 1_000_000)),
        "Unique-ID": uuid,
        "Channel-Call-UUID": call,
    }
    return headers | {
        (name if "variable" in name else name.replace("_", "-")): str(value) for name, value in more.items()
    }
