"""The TLS that is spoken to brokers and token endpoints: whom a client trusts, and the certificate that it shows."""

from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple

from stream.errors import RingboardError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

log = logging.getLogger(__name__)


class OwnCertificate(NamedTuple):
    """The files of a client's certificate, and of its key where that is not in the same file."""

    cert: Path
    key: Path | None
    password: SecretStr | None


class ClientContext(ssl.SSLContext):
    """A client's context, which loads a certificate that was renewed before the next connection is made."""

    _own: OwnCertificate | None = None
    _loaded: tuple[float, ...] = ()

    def show(self, own: OwnCertificate) -> None:
        """Load the certificate that is shown; raises OSError (ssl.SSLError among them) where that fails."""
        loaded = _changed_at(own)
        # With an empty password OpenSSL fails; with none it would ask for one at the terminal.
        self.load_cert_chain(own.cert, own.key, own.password.get_secret_value() if own.password else "")
        self._own, self._loaded = own, loaded

    def wrap_bio(self, *args: Any, **named: Any) -> ssl.SSLObject:
        """Begin a connection, as asyncio does; a renewed certificate that cannot be read leaves the former in use."""
        own = self._own
        if own is not None:
            try:
                if _changed_at(own) != self._loaded:
                    self.show(own)
            except OSError as error:
                log.warning("%s: the renewed certificate cannot be used (%s)", own.cert, why_not(error))
        return super().wrap_bio(*args, **named)


def client_context(ca: Path | None, own: OwnCertificate | None = None, *, prefix: str) -> ClientContext:
    """
    Return what a client speaks TLS by; without `ca` it trusts the authorities that the machine trusts.

    Raises:
        RingboardError: a file cannot be used; its setting begins with `prefix`.

    """
    context = ClientContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        try:
            context.load_verify_locations(ca)
        except OSError as error:
            raise RingboardError(
                f"{prefix}_CA: {ca} cannot be used ({why_not(error)}); name certificates in PEM"
            ) from None
    if own is not None:
        try:
            context.show(own)
        except OSError as error:
            files = f"{own.cert} and {own.key}" if own.key else f"{own.cert}"
            raise RingboardError(
                f"{prefix}_CERT: {files} cannot be used ({why_not(error)}); "
                "name a certificate with its chain, its key, and the key's password if it has one, in PEM"
            ) from None
    return context


def why_not(error: OSError) -> str:
    """Return in a few words why a file of certificates cannot be used."""
    if not isinstance(error, ssl.SSLError):
        return error.strerror or type(error).__name__
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key is another certificate's"
    return "not PEM, or its key has another password"


def _changed_at(own: OwnCertificate) -> tuple[float, ...]:
    return tuple(path.stat().st_mtime for path in (own.cert, own.key) if path is not None)
