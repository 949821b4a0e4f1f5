"""The settings that all live sources share: where each serves its pages."""

from __future__ import annotations

from pydantic import BaseModel

from stream.settings.fields import Host, setting


class ConnectSettings(BaseModel):
    """Where a live source serves its /metrics and /healthz."""

    connect_port: int = setting(
        6068,
        "The port of a live source's /metrics and /healthz; each source on a machine needs one of its own, 0 for none.",
        "a port from 0 to 65535",
        ge=0,
        le=65_535,
    )
    connect_host: Host = setting(
        "127.0.0.1",
        "The address these listen on. Beyond this machine (0.0.0.0) only with an api_token.",
        'an address or a host name: "127.0.0.1"',
    )
