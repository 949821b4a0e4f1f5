"""The receivers of alerts, read from a TOML file; a wrong file is refused with a one-line error."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated

import msgspec

from stream.errors import RingboardError

if TYPE_CHECKING:
    from pathlib import Path

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
_Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s@]+$")]


class Mail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The server that sends e-mails; the password is read from a file of its own."""

    host: _Text
    sender: _Text
    username: _Text | None = None
    password_file: _Text | None = None


class Slack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The incoming webhook of a workspace, which is a secret: it is read from a file of its own."""

    url_file: _Text


class Receiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A receiver of alerts: those of its campaigns and teams, or those that no other receiver gets."""

    campaigns: list[_Text] = []
    teams: list[_Text] = []
    webhook: _Url | None = None
    webhook_token_file: _Text | None = None
    email: list[_Text] = []
    slack: _Text | None = None


class Receivers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The whole file. `floor` gets what no other receiver does, `operations` the alerts on the pipeline."""

    receivers: dict[_Text, Receiver]
    mail: Mail | None = None
    slack: Slack | None = None
    grafana: _Url = "http://127.0.0.1:3000"
    repository: _Url | None = None


def load(file: Path) -> Receivers:
    """
    Return the receivers of `file`.

    Raises:
        RingboardError: the file is missing, or something in it is wrong.

    """
    try:
        settings = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Receivers)
    except (OSError, UnicodeDecodeError) as error:
        raise RingboardError(f"{file}: cannot be read ({type(error).__name__}); name a TOML file in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise RingboardError(f"{file}: not TOML; {error}") from None
    except msgspec.ValidationError as error:
        raise RingboardError(f"{file}: {error}; see receivers.example.toml for the right form") from None
    _check(file, settings)
    return settings


def _check(file: Path, settings: Receivers) -> None:
    if "floor" not in settings.receivers:
        raise RingboardError(f"{file}: receivers: without floor; add [receivers.floor], which gets the rest")
    for name, one in settings.receivers.items():
        if one.email and settings.mail is None:
            raise RingboardError(f"{file}: receivers.{name}.email: needs [mail] with host and sender")
        if one.slack and settings.slack is None:
            raise RingboardError(f"{file}: receivers.{name}.slack: needs [slack] with url-file")
        if name in {"floor", "operations", "nobody"} and (one.campaigns or one.teams):
            raise RingboardError(f"{file}: receivers.{name}: cannot be for campaigns or teams; add a further receiver")
