"""A worker as a process with pages: started, asked until it says what is waited for, killed, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DEADLINE_S = 240.0  # bounds a hang, and nothing else
ASK_WITHIN_S = 20.0
KEY = "a key of the tests, and of nothing else"


@dataclass
class WorkerProcess:
    """One worker: a supervisor and its child, or the child alone where nothing supervises it."""

    process: asyncio.subprocess.Process
    port: int
    log: Path

    @classmethod
    async def start(cls, command: Sequence[str], port: int, log: Path, settings: Mapping[str, str]) -> Self:
        """Start `command` as a worker with `settings` in its environment, and nothing of ours."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBOARD_")}
        environment |= {"RINGBOARD_WEB_PORT": str(port), **settings}
        with log.open("a") as out:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, cwd=log.parent, stdout=out, stderr=out
            )
        return cls(process, port, log)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def read(self, path: str) -> bytes | None:
        """Return what it answers; None while it does not."""
        timeout = aiohttp.ClientTimeout(total=ASK_WITHIN_S)
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(self.url + path) as answer:
                return await answer.read()
        return None

    async def ask(self, path: str) -> dict[str, Any]:
        """Return what it answers in JSON; nothing while it does not."""
        told = await self.read(path)
        with suppress(ValueError):
            return dict(json.loads(told or b"{}"))
        return {}

    async def wait_for(self, path: str, true: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Ask until what it says is `true`."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                assert self.process.returncode is None, self.log.read_text()
                told = await self.ask(path)
                if told and true(told):
                    return told
                await asyncio.sleep(0.03)

    def child(self) -> int | None:
        """Return the process that works, not the one that watches it; None between two of them."""
        watched = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with suppress(FileNotFoundError):
            return next((int(pid) for pid in watched.read_text().split()), None)
        return None

    async def living_child(self) -> int:
        """Wait for the process that works."""
        async with asyncio.timeout(DEADLINE_S):
            while (pid := self.child()) is None:  # noqa: ASYNC110  /proc tells no one
                await asyncio.sleep(0.01)
        return pid

    async def kill_child(self) -> int:
        """Kill the process that works as `kill -9` does, wherever it is in its work, and wait until it is gone."""
        pid = await self.living_child()
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(DEADLINE_S):
            while self.child() == pid:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return pid

    async def kill(self) -> None:
        """Kill the supervisor as `kill -9` does; the child ends with it."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        if self.process.returncode is None:
            self.process.terminate()
        return await self.ended()

    async def ended(self) -> int:
        """Wait for its end, and return its exit code."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.process.wait()

    async def end(self) -> None:
        """Kill it, if it still runs."""
        if self.process.returncode is None:
            await self.kill()
