"""Whether a port can be listened at on this machine, and what to do where it cannot."""

from __future__ import annotations

import errno
import socket

from stream.errors import RingboardError


def need_web_port(host: str, port: int) -> None:
    """Raise RingboardError where a worker's pages cannot listen at `port` of `host`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as error:
            raise RingboardError(
                f"web_port {port} on {host} cannot be used ({error.strerror}); {_what_to_do(error)}"
            ) from error


def _what_to_do(error: OSError) -> str:
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return "set RINGBOARD_WEB_HOST to an address of this machine"
    if error.errno == errno.EACCES:
        return "set RINGBOARD_WEB_PORT to one from 1024 on: those below are the system's"
    return "stop what uses it, or set RINGBOARD_WEB_PORT to a free one"
