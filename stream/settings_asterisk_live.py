"""The settings of the connection to Asterisk's manager interface."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, SecretStr

from stream.settings.fields import Absentable, Host, Label, key


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("a character that does not print")
    return value


class AsteriskLiveSettings(BaseModel):
    """Where the manager interface (AMI) of an Asterisk is, and who Ringboard is there."""

    asterisk_host: Annotated[Host | None, Absentable] = key(
        None, "The Asterisk that `ringboard connect asterisk` listens to.", 'an address or a host name: "10.0.0.7"'
    )
    asterisk_port: int = key(5038, "The port of its manager interface.", "a port from 1 to 65535", ge=1, le=65_535)
    asterisk_user: Annotated[Annotated[Label, AfterValidator(_one_line)] | None, Absentable] = key(
        None, "The user in its manager.conf.", 'a name: "ringboard"'
    )
    asterisk_secret: Annotated[SecretStr | None, Absentable] = key(
        None,
        "The user's secret there; a digest of it is sent, and itself only over TLS or within this machine.",
        "the secret of the user",
    )
    asterisk_tls: Literal["no", "yes"] = key(
        "no", "Whether the manager interface speaks TLS (tlsenable in manager.conf).", '"no" or "yes"'
    )
