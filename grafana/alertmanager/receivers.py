"""Who is to be told, as a TOML file says it; a wrong one is refused in one line."""

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
    """The server that e-mails go through; the password stands in a file of its own."""

    host: _Text
    sender: _Text
    username: _Text | None = None
    password_file: _Text | None = None


class Slack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The incoming webhook of a workspace, which is a secret: it stands in a file of its own."""

    url_file: _Text


class Receiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Somebody who is told: of some campaigns and teams, or of whatever nobody else is told of."""

    campaigns: list[_Text] = []
    teams: list[_Text] = []
    webhook: _Url | None = None
    webhook_token_file: _Text | None = None
    email: list[_Text] = []
    slack: _Text | None = None


class Receivers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """All of it. `floor` is told of what nobody else is, `operations` of the pipeline."""

    receivers: dict[_Text, Receiver]
    mail: Mail | None = None
    slack: Slack | None = None
    grafana: _Url = "http://127.0.0.1:3000"
    repository: _Url | None = None


def load(file: Path) -> Receivers:
    """
    Read a file.

    Raises:
        RingboardError: there is none, or something in it is wrong.

    """
    try:
        told = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Receivers)
    except (OSError, UnicodeDecodeError) as error:
        raise RingboardError(f"{file}: cannot be read ({type(error).__name__}); name a TOML file in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise RingboardError(f"{file}: not TOML; {error}") from None
    except msgspec.ValidationError as error:
        raise RingboardError(f"{file}: {error}; see receivers.example.toml for the right form") from None
    _agree(file, told)
    return told


def _agree(file: Path, told: Receivers) -> None:
    if "floor" not in told.receivers:
        raise RingboardError(f"{file}: receivers: without floor; add [receivers.floor], who is told of the rest")
    for name, one in told.receivers.items():
        if one.email and told.mail is None:
            raise RingboardError(f"{file}: receivers.{name}.email: needs [mail] with host and sender")
        if one.slack and told.slack is None:
            raise RingboardError(f"{file}: receivers.{name}.slack: needs [slack] with url-file")
        if name in {"floor", "operations", "nobody"} and (one.campaigns or one.teams):
            raise RingboardError(f"{file}: receivers.{name}: cannot be for campaigns or teams; add a further receiver")
