"""Whether a request is signed as its mapping says: by HMAC, over what the mapping names, and lately."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.mapping.senders.templates import HEADER, separator_of
from stream.web.http_refusal import HttpReason, HttpRefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.mapping.senders.proofs import Hmac
    from stream.mapping.senders.templates import Template
    from stream.sources.webhooks import Posted

MOST_SIGNATURES: Final = 8
_LENGTHS: Final = {"sha1": 20, "sha256": 32, "sha512": 64}
_MOMENT: Final = re.compile(r"[0-9]{1,14}")
_UNITS_MS: Final = {"s": 1000, "ms": 1}
_PREFIX_OF_KEYS: Final = re.compile(r"^[a-z]+_")  # as whsec_, before a secret in base64


class Shown(NamedTuple):
    """What a head has: the signatures, as bytes, and the moment that they were made at, as it is written."""

    signatures: tuple[bytes, ...]
    timestamp: str


class HmacSignature:
    """Checks requests against `form` of the mapping, under any of the secrets."""

    def __init__(self, form: Hmac) -> None:
        self._form = form
        self._separator = separator_of(form.form) if len(form.form.holes) > 1 else None
        self._parts = _parts(form.form, self._separator)

    def check_head(self, headers: Mapping[str, str], received_ms: int) -> None:
        """Raise HttpRefusalError where the headers have no signature that could be right, or one made long ago."""
        self._shown(headers, received_ms)

    def check(self, secrets: Sequence[str], posted: Posted) -> None:
        """Raise HttpRefusalError unless the request was signed with one of `secrets`."""
        self.signer_of(secrets, posted)

    def signer_of(self, secrets: Sequence[str], posted: Posted) -> str:
        """Return the one of `secrets` that the request was signed with; raises HttpRefusalError where there is none."""
        shown = self._shown(posted.headers, posted.received_ms)
        signed = _filled(self._form.over, posted, shown.timestamp)
        by = [secret for secret in secrets if self._is_right(secret, signed, shown.signatures)]
        if not by:
            raise self._wrong()
        return by[0]

    def hash_of(self, secret: str, text: str) -> str:
        """Return the hash of `text` under `secret`, written as signatures are."""
        return self._written(hmac.digest(key_of(secret, self._form.key), text.encode(), self._form.hash))

    def _is_right(self, secret: str, signed: bytes, signatures: Sequence[bytes]) -> bool:
        right = hmac.digest(key_of(secret, self._form.key), signed, self._form.hash)
        same = [hmac.compare_digest(right, one) for one in signatures]  # each takes as long as any other
        return any(same)

    def _written(self, digest: bytes) -> str:
        return digest.hex() if self._form.encoding == "hex" else base64.b64encode(digest).decode()

    def _shown(self, headers: Mapping[str, str], received_ms: int) -> Shown:
        form = self._form
        signatures, timestamp = self._read(headers.get(form.header, ""))
        if not signatures:
            raise self._wrong()
        if form.timestamp is not None:
            timestamp = headers.get(form.timestamp, "")
        if form.is_dated:
            moment = int(timestamp) * _UNITS_MS[form.unit] if _MOMENT.fullmatch(timestamp) else None
            if moment is None or abs(received_ms - moment) > 1000 * form.tolerance_s:
                raise HttpRefusalError(
                    HttpReason.WRONG_SIGNATURE,
                    403,
                    f"the signature was made more than {form.tolerance_s} s ago, or does not say when; compare the "
                    "clock of this machine, and unit and tolerance_s in the mapping",
                )
        return Shown(signatures, timestamp)

    def _read(self, header: str) -> tuple[tuple[bytes, ...], str]:
        """Return the signatures in a header and the moment beside them; none where it has another form."""
        signatures: list[bytes] = []
        timestamp = ""
        for item in self._items(header)[: 2 * MOST_SIGNATURES]:
            for hole, before, after in self._parts:
                text = _between(item.strip(), before, after)
                if text is None:
                    continue
                if hole == "timestamp":
                    timestamp = timestamp or text
                elif (digest := self._digest(text)) is not None:
                    signatures.append(digest)
        return tuple(signatures[:MOST_SIGNATURES]), timestamp

    def _items(self, header: str) -> list[str]:
        """Return the items of a header; one that has signatures alone has blanks between them."""
        if self._separator is not None:
            return header.split(self._separator)
        return [header] if any(" " in text for text in self._form.form.between) else header.split()

    def _digest(self, text: str) -> bytes | None:
        try:
            digest = bytes.fromhex(text) if self._form.encoding == "hex" else base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            return None
        return digest if len(digest) == _LENGTHS[self._form.hash] else None

    def _wrong(self) -> HttpRefusalError:
        url = "url" in self._form.over.holes
        of_url = ", for the address that the sender was given (RINGBOARD_GATEWAY_PUBLIC_URL)" if url else ""
        return HttpRefusalError(
            HttpReason.WRONG_SIGNATURE,
            403,
            f"the signature is missing or wrong; {self._form.header} is made with the source's key{of_url}, as "
            "sender, hmac in its mapping says",
        )


def key_of(secret: str, written: str) -> bytes:
    """Return the bytes of a secret that is `written` as text, base64 or hex; raises ValueError where it is not."""
    if written == "hex":
        return bytes.fromhex(secret)
    if written == "base64":
        return base64.b64decode(_PREFIX_OF_KEYS.sub("", secret), validate=True)
    return secret.encode()


def _parts(form: Template, separator: str | None) -> list[tuple[str, str, str]]:
    """Return each hole of a form with what stands before and after it, up to what separates two of them."""
    parts = []
    for number, hole in enumerate(form.holes):
        before, after = form.between[number], form.between[number + 1]
        if separator is not None:
            before, after = before.rpartition(separator)[2], after.partition(separator)[0]
        parts.append((hole, before.strip(), after.strip()))
    return parts


def _between(text: str, before: str, after: str) -> str | None:
    if not text.startswith(before) or not text.endswith(after) or len(text) < len(before) + len(after):
        return None
    return text[len(before) : len(text) - len(after)]


def _filled(over: Template, posted: Posted, timestamp: str) -> bytes:
    """Return what was signed."""
    parts = [over.between[0].encode()]
    for hole, after in zip(over.holes, over.between[1:], strict=True):
        parts += _filling(hole, posted, timestamp), after.encode()
    return b"".join(parts)


def _filling(hole: str, posted: Posted, timestamp: str) -> bytes:
    if hole == "body":
        return posted.body
    if hole.startswith(HEADER):
        return posted.headers.get(hole.removeprefix(HEADER), "").encode("utf-8", "surrogateescape")
    if hole == "path":
        return f"/{posted.url.partition('://')[2].partition('/')[2]}".encode("utf-8", "surrogateescape")
    return {"timestamp": timestamp, "method": posted.method, "url": posted.url}[hole].encode("utf-8", "surrogateescape")
