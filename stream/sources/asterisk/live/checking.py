"""What `ringboard check` says of the connection to Asterisk."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from stream.finding import fail, ok, warn
from stream.sources.asterisk.live.ami import DeniedError, connected
from stream.sources.asterisk.settings import AsteriskLiveSettings
from stream.sources.live_source import LostError

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.finding import Finding
    from stream.settings.model import Settings
    from stream.sources.asterisk.live.ami import Ami, Heard

WHAT: Final = "asterisk"
_LISTEN_S: Final = 1.0
_OFF_MS: Final = 2_000
_OURS: Final = "RingboardCheck"
_NEEDED: Final = ("call", "agent")


async def check(settings: Settings, clock: Clock) -> list[Finding]:
    """Log in, ask, and listen for a moment."""
    try:
        async with connected(settings) as ami:
            return await _look(ami, settings, clock)
    except LostError as error:
        return [fail(WHAT, *_parted(str(error)))]


async def _look(ami: Ami, settings: Settings, clock: Clock) -> list[Finding]:
    own = settings.group(AsteriskLiveSettings)
    findings = [ok(WHAT, f"{own.asterisk_host}:{own.asterisk_port} lets {own.asterisk_user} in")]
    open_channels = 0
    try:
        answers = await ami.ask(Action="CoreShowChannels", as_list=True)
        open_channels = sum(message.event == "coreshowchannel" for message in answers)
    except DeniedError:
        findings.append(
            warn(
                WHAT,
                "it may not ask for the open channels, so calls that end while the connection is lost only time out",
                "add write = reporting to the user in manager.conf",
            )
        )
    heard = await _heard(ami)
    findings += _times(heard, clock)
    findings += _classes(heard, open_channels)
    return findings


async def _heard(ami: Ami) -> list[Heard]:
    """Have an event of our own sent, where that is permitted, and return what is heard in a moment."""
    with contextlib.suppress(DeniedError):
        await ami.ask(Action="UserEvent", UserEvent=_OURS)
    return await ami.events(_LISTEN_S)


def _times(heard: list[Heard], clock: Clock) -> list[Finding]:
    messages = [one.message for one in heard if one.message is not None]
    stamps = [stamp for message in messages if (stamp := message.get("timestamp"))]
    if not messages:
        return [
            warn(
                WHAT,
                "no event was heard in a moment, so it cannot be seen whether events have times",
                "check again while calls are made; in manager.conf, timestampevents = yes",
            )
        ]
    if not stamps:
        return [
            warn(
                WHAT,
                "events have no time of their own; they are taken to happen as they arrive",
                "set timestampevents = yes under [general] in manager.conf, then `manager reload`",
            )
        ]
    off = round(float(stamps[-1]) * 1000) - clock.now_ms()
    if abs(off) > _OFF_MS:
        message = f"its clock is {abs(off) / 1000:.1f} s {'ahead of' if off > 0 else 'behind'} this machine's"
        return [warn(WHAT, message, "set the time of both by NTP")]
    return [ok(WHAT, "events have times")]


def _classes(heard: list[Heard], open_channels: int) -> list[Finding]:
    """Return which classes of events are missing, as far as what is heard beside them shows."""
    heard_of = {
        part.strip()
        for one in heard
        if one.message is not None and one.message.get("userevent") != _OURS
        for part in one.message.get("privilege").split(",")
    }
    missing = [name for name in _NEEDED if name not in heard_of]
    if "call" in missing and open_channels and heard:
        return [
            warn(
                WHAT,
                f"{open_channels} channels are open, and nothing is heard of calls",
                "add read = call,agent,user,reporting to the user in manager.conf",
            )
        ]
    return []


def _parted(message: str) -> tuple[str, str]:
    """Part what is wrong from what to do about it."""
    wrong, _, todo = message.partition("; ")
    return wrong, todo or "see enabled, bindaddr and port under [general] in manager.conf, and the firewall"
