"""A connection to the manager interface: login, questions and answers, and events in their order."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import ssl
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from panoramisk.actions import Action
from panoramisk.message import Message as Answer

from stream.events.faults import internal
from stream.events.refusal import Refused
from stream.settings.validators import is_loopback
from stream.sources.asterisk.ami.messages import Splitter, read
from stream.sources.asterisk.settings import AsteriskLiveSettings
from stream.sources.live_source import LostError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stream.settings.model import Settings
    from stream.sources.asterisk.ami.messages import Block, Message

CONNECT_S: Final = 10.0
ANSWER_S: Final = 10.0
CHALLENGE_S: Final = 3.0
SILENCE_S: Final = 30.0
_CHUNK: Final = 1 << 16
_ACCEPTED: Final = "authentication accepted"
_BANNER: Final = b"Asterisk Call Manager/"


class DeniedError(LostError):
    """The user may not ask this."""


class UnansweredError(LostError):
    """Nothing answered."""


class Heard(NamedTuple):
    """An event; or, with `refused`, a block that is no message."""

    block: Block
    message: Message | None
    refused: Refused | None = None


class Ami:
    """
    One connection.

    panoramisk gives an action its id and its form, and knows which messages answer it. Its own `Manager` is not used:
    it decodes each piece of the stream by itself, so that a letter on a cut is lost, reads without bound, and connects
    again every two seconds for whatever reason.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, encoding: str | None = None) -> None:
        self._reader = reader
        self._writer = writer
        self._encoding = encoding
        self._splitter = Splitter()
        self._asked: dict[str, tuple[Action, list[Message]]] = {}
        self._events: deque[Heard] = deque()
        self._heard_at = asyncio.get_running_loop().time()

    async def login(self, user: str, secret: str, *, in_clear: bool) -> None:
        """
        Log in with a digest of `secret`; with the secret itself only if that may be sent `in_clear`, and must.

        Raises:
            LostError: the login was refused, or what answers is no manager interface.

        """
        try:
            await self._log_in(user, secret, in_clear=in_clear)
        except DeniedError as error:
            raise LostError(
                "the login is refused; set asterisk_user and asterisk_secret as in manager.conf, "
                "and see its permit, deny and acl",
                hopeless=True,
            ) from error

    async def _log_in(self, user: str, secret: str, *, in_clear: bool) -> None:
        try:
            answer = (await self.ask(CHALLENGE_S, Action="Challenge", AuthType="MD5"))[0]
        except (DeniedError, UnansweredError):
            if not in_clear:
                raise
            answer = None
        if answer is not None and answer.get("message").casefold() == _ACCEPTED:
            return  # a proxy that has logged in itself
        challenge = answer.get("challenge") if answer is not None else ""
        if challenge or not in_clear:
            key = hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()
            await self.ask(Action="Login", AuthType="MD5", Username=user, Key=key, Events="on")
        else:
            await self.ask(Action="Login", Username=user, Secret=secret, Events="on")

    async def ask(self, within_s: float = ANSWER_S, *, as_list: bool | None = None, **headers: str) -> list[Message]:
        """
        Ask, and return what answers: the response, and the events of a list after it.

        Events that are heard meanwhile are kept for `events`.

        Raises:
            DeniedError: Asterisk answers with an error.
            UnansweredError: nothing answered in time.
            LostError: the connection ended.

        """
        action = Action(headers, as_list=as_list)  # type: ignore[no-untyped-call]
        answers: list[Message] = []
        self._asked[action.id] = (action, answers)
        await self._send(action)
        try:
            async with asyncio.timeout(within_s):
                # A list that is refused has no end of its own.
                while not (action.future.done() or _refused(answers)):
                    await self._read()
        except TimeoutError:
            raise UnansweredError(f"{headers['Action']} is not answered within {within_s:g} s") from None
        finally:
            self._asked.pop(action.id, None)
            action.future.cancel()
        if _refused(answers):
            raise DeniedError(f"{headers['Action']}: refused")
        return answers

    async def events(self, within_s: float) -> list[Heard]:
        """
        Return the events that have come, in their order; none if none came within some time.

        Raises:
            LostError: the connection ended, or nothing was heard for long, not even an answer to a ping.

        """
        if not self._events:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._read()
        if self._silent_s() > SILENCE_S:
            raise LostError(f"nothing was heard for {SILENCE_S:g} s, not even an answer to a ping")
        heard = list(self._events)
        self._events.clear()
        return heard

    async def ping(self) -> None:
        """Have Asterisk say something, whatever it is."""
        await self._send(Action({"Action": "Ping"}))  # type: ignore[no-untyped-call]

    def _silent_s(self) -> float:
        return asyncio.get_running_loop().time() - self._heard_at

    async def log_off(self) -> None:
        """Log off, if that is still possible."""
        with contextlib.suppress(OSError, LostError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._send(Action({"Action": "Logoff"}))  # type: ignore[no-untyped-call]

    async def _send(self, action: Action) -> None:
        try:
            self._writer.write(str(action).encode())
            await self._writer.drain()
        except OSError as error:
            raise LostError("the connection was cut") from error

    async def _read(self) -> None:
        try:
            data = await self._reader.read(_CHUNK)
        except OSError as error:
            raise LostError("the connection was cut") from error
        if not data:
            raise LostError("Asterisk ended the connection")
        self._heard_at = asyncio.get_running_loop().time()
        for block in self._splitter.feed(data):
            try:
                message = read(block, self._encoding)
            except Refused as refused:
                self._events.append(Heard(block, None, refused))
                continue
            try:
                self._hand_on(block, message)
            except Exception as error:  # noqa: BLE001  one of ours puts this message aside, and the next is read
                self._events.append(Heard(block, None, internal(error)))

    def _hand_on(self, block: Block, message: Message) -> None:
        asked = self._asked.get(message.get("actionid"))
        if asked is None and not message.event and "actionid" not in message.headers:
            asked = next(iter(self._asked.values()), None)  # what was asked first is answered first
        if asked is not None:
            action, answers = asked
            answers.append(message)
            action.add_message(Answer(dict(message.headers)))  # type: ignore[no-untyped-call]
        elif message.event:
            self._events.append(Heard(block, message))


@asynccontextmanager
async def connected(settings: Settings) -> AsyncGenerator[Ami]:
    """
    Connect to the manager interface that `settings` name, and log in.

    Raises:
        LostError: it cannot be reached, is none, or refuses the login.

    """
    own = settings.group(AsteriskLiveSettings)
    host, port = own.asterisk_host, own.asterisk_port
    place = f"{host}:{port}"
    tls = ssl.create_default_context() if own.asterisk_tls == "yes" else None
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    except ssl.SSLError as error:
        raise LostError(
            f"{place}: no TLS can be agreed on ({error.reason}); see asterisk_tls", hopeless=True
        ) from error
    except TimeoutError:
        raise LostError(f"{place} does not answer within {CONNECT_S:g} s") from None
    except OSError as error:
        raise LostError(f"{place} cannot be reached: {_why(error)}") from error
    ami = Ami(reader, writer, settings.text_encoding)
    try:
        await _greeted(reader, place)
        secret = own.asterisk_secret.get_secret_value() if own.asterisk_secret else ""
        in_clear = tls is not None or is_loopback(host or "")
        await ami.login(own.asterisk_user or "", secret, in_clear=in_clear)
        yield ami
        await ami.log_off()
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
            async with asyncio.timeout(1.0):
                await writer.wait_closed()


async def _greeted(reader: asyncio.StreamReader, place: str) -> None:
    """Wait for the greeting, by which a manager interface is known."""
    try:
        async with asyncio.timeout(ANSWER_S):
            greeting = await reader.readline()
    except (TimeoutError, ValueError, OSError):
        greeting = b""
    if not greeting.startswith(_BANNER):
        raise LostError(f"{place} does not greet as a manager interface; see port and enabled in manager.conf")


def _refused(answers: list[Message]) -> bool:
    return any(answer.get("response").casefold() == "error" for answer in answers)


def _why(error: OSError) -> str:
    """Return why, without the address that asyncio repeats."""
    return os.strerror(error.errno).lower() if error.errno and error.errno > 0 else "its name is not known"
