"""Who is behind a telephone number, without the number: E.164, then a pseudonym under the floor's key."""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol
from urllib.parse import unquote

from stream.privacy import numbers
from stream.privacy.key_file import KEY_FILE, read_or_create_key
from stream.privacy.labels import Labels
from stream.privacy.masking import emails_in, masked
from stream.privacy.scrub import Scrubber
from stream.privacy.signing import Signer

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

PSEUDONYM: Final = re.compile(r"num_[0-9a-f]{32}")
CACHED_NUMBERS: Final = 65_536
LONGEST_ID: Final = 200

_WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "unknown",
        "private",
        "restricted",
        "withheld",
        "unavailable",
        "blocked",
        "inconnu",
        "masqué",
        "privé",
    }
)
_NAME_AND_ADDRESS = re.compile(r"(.*)<([^<>]*)>[^<>]*", re.DOTALL)
_SIP = re.compile(r"sips?:([^@;?]*)(?:@([^;?]*))?.*", re.IGNORECASE | re.DOTALL)
# phonenumbers stops at these, the narrow no-break space of French numbers among them.
_BETWEEN_GROUPS = re.compile(r"[\s_·\u200b\u2060\ufeff]+")
_WRITTEN_NUMBER = re.compile(r"[+(]?[0-9][0-9 ().\-/]{5,30}")
_INTERNATIONAL = re.compile(r"(?:\+|%2[Bb])[0-9](?:[ ().\-/]{0,2}[0-9]){6,14}")


class KeySettings(Protocol):
    """The settings that say where the key is, and how numbers are read."""

    @property
    def pseudonym_key(self) -> SecretStr | None:
        """The key itself, where it is not kept in a file."""

    @property
    def data_dir(self) -> Path:
        """The folder of the key's file."""

    @property
    def default_region(self) -> str:
        """The region that national numbers are read in."""

    @property
    def extension_pattern(self) -> str | None:
        """What internal extensions look like."""


class Number(NamedTuple):
    """A number as it is keyed: its E.164 form or, where it can have none, its digits; `recognised` if it is valid."""

    text: str
    recognised: bool


class Pseudonym(NamedTuple):
    """What stands for a number: `num_` and 32 hexadecimal digits; `recognised` is false for one that is not valid."""

    value: str
    recognised: bool


class Identity:
    """
    Turns numbers into pseudonyms under `key`.

    National numbers are read in `default_region` (two letters). A number that matches the whole of
    `extension_pattern` is an internal extension, which has no pseudonym.
    """

    def __init__(self, key: bytes, default_region: str, extension_pattern: str | None = None) -> None:
        self._key = key
        self._region = default_region
        self._extension = re.compile(extension_pattern) if extension_pattern else None
        # Reading a number takes some 50 µs, and the same ones come again and again.
        self._known = lru_cache(maxsize=CACHED_NUMBERS)(self._pseudonym_of)
        self._scrubber = Scrubber(self._number_in_scrubbed, self.without_numbers, self.of_person, self.label)

    def normalise(self, raw: str) -> Number:
        """
        Return the number that `raw` writes, whatever its punctuation: national, international, tel: or sip:.

        One that could be a number of its region but is none keeps its E.164 form, so that its writings agree.
        Anything else keeps its digits, and what has none its own text.
        """
        user = _BETWEEN_GROUPS.sub(" ", _address(raw)[0])
        possible = numbers.possible_number(user, self._region)
        if possible is not None:
            return Number(possible.e164, possible.valid)
        return Number(numbers.digits_of(user) or user.casefold(), recognised=False)

    def pseudonym(self, raw: str, *, call: str | None) -> Pseudonym | None:
        """
        Return what stands for `raw`; a withheld number is keyed by its `call`, a pseudonym stays what it is.

        None where nothing stands for it: an extension, or a withheld number outside any call.
        """
        return self._known(raw) or (
            Pseudonym(self.withheld_in(call), recognised=True) if call and self.is_withheld(raw) else None
        )

    def withheld_in(self, call: str) -> str:
        """Return the pseudonym that stands for a withheld number in `call`."""
        return self._digest(f"call:{call}")

    def is_withheld(self, raw: str) -> bool:
        """Return whether `raw` only says that the caller's number is not shown."""
        user, host = _address(raw)
        return user.casefold() in _WITHHELD or host.casefold().endswith("anonymous.invalid")

    def is_extension(self, raw: str) -> bool:
        """Return whether `raw` is one of the floor's own extensions."""
        return self._extension is not None and self._extension.fullmatch(raw.strip()) is not None

    def label(self, text: str) -> str:
        """Return a label with what reads as a number or an e-mail address in it masked."""
        return masked(text, self._region)

    def labels(self) -> Labels:
        """Return what keeps numbers and addresses out of labels, national numbers being those of the floor's region."""
        return Labels(self._region)

    def fingerprint(self) -> str:
        """Return what tells this key from another one, and nothing about it: 16 hexadecimal digits."""
        return hmac.digest(self._key, b"fingerprint of the key", "sha256").hex()[:16]

    def signer(self, purpose: str) -> Signer:
        """Return what signs for `purpose`, under a key of its own that is drawn from this one."""
        return Signer(self._key, purpose)

    def digest(self, data: bytes) -> str:
        """
        Return what tells `data` from other data: HMAC-SHA256 under the key, 64 hexadecimal digits.

        A plain SHA-256 of a record would give its number away to whoever tries all numbers.
        """
        return hmac.digest(self._key, b"record:" + data, "sha256").hex()

    def without_numbers(self, text: str) -> str:
        """
        Return an id or a label with each e-mail address and each international number (`+` and digits) in it replaced.

        Only these forms are certain to name a person: a bare run of digits may be an id like any other.
        """
        clean = text
        if "@" in text or "%40" in text or "\uff20" in text:
            done, end = [], 0
            for start, stop in emails_in(text):
                done += [text[end:start], self._digest("id:" + text[start:stop].casefold(), "id")]
                end = stop
            clean = "".join(done) + text[end:]
        if "+" in clean or "%2" in clean:
            clean = _INTERNATIONAL.sub(lambda match: self._digest("id:" + _digits(match[0]), "id"), clean)
        return clean if len(clean) <= max(LONGEST_ID, len(text)) else self._digest("id:" + text, "id")

    def of_person(self, key: str) -> str:
        """
        Return the id of a lead or a customer, as `without_numbers`; one that as a whole is a number is replaced too.

        It is one if its digits stand in groups as those of a number do, or if it begins with a 0 and is valid in the
        floor's region. So whatever writes it, it is one lead.
        """
        if _WRITTEN_NUMBER.fullmatch(key) and (key[0] == "0" or not key.isdigit()):
            number = numbers.possible_number(key, self._region)
            if number is not None and (number.valid or not key.isdigit()):
                return self._digest("id:" + _digits(number.e164), "id")
        return self.without_numbers(key)

    def scrub(self, data: bytes, *, names: bool = False) -> bytes:
        """
        Return refused bytes with every telephone number in them replaced by its pseudonym, and names left out.

        Times and ids stay as they are, so that a corrected record is the one it would have been. With `names` the bytes
        are of a log or a form, where names stand among the words. See stream/privacy/scrub.py.
        """
        return self._scrubber.scrub(data, names=names)

    def _pseudonym_of(self, raw: str) -> Pseudonym | None:
        if PSEUDONYM.fullmatch(raw):
            return Pseudonym(raw, recognised=True)
        if self.is_extension(raw) or self.is_withheld(raw):
            return None
        number = self.normalise(raw)
        return Pseudonym(self._digest(number.text), number.recognised)

    def _number_in_scrubbed(self, raw: str) -> str:
        if self.is_withheld(raw):
            return "anonymous" if raw.strip() else raw
        pseudonym = self._known(raw)
        return raw if pseudonym is None else pseudonym.value

    def _digest(self, text: str, prefix: str = "num") -> str:
        return f"{prefix}_{hmac.digest(self._key, text.encode('utf-8', 'surrogatepass'), 'sha256')[:16].hex()}"


def load_key(settings: KeySettings) -> bytes:
    """Return the key of the pseudonyms; raises RingboardError where there is none and none can be made."""
    if settings.pseudonym_key is not None:
        return settings.pseudonym_key.get_secret_value().strip().encode()
    return read_or_create_key(settings.data_dir)


def key_file(settings: KeySettings) -> Path | None:
    """Return the file that has the key, None where the settings have it, or none is there."""
    path = settings.data_dir / KEY_FILE
    return path if settings.pseudonym_key is None and path.exists() else None


def missing_key_file(settings: KeySettings) -> Path | None:
    """Return the file that `load_key` would create the key in, None where there is a key."""
    path = settings.data_dir / KEY_FILE
    return None if settings.pseudonym_key is not None or path.exists() else path


def identity_of(settings: KeySettings) -> Identity:
    """Return the identity of the floor that `settings` name; raises RingboardError where its key cannot be read."""
    return Identity(load_key(settings), settings.default_region, settings.extension_pattern)


def _address(raw: str) -> tuple[str, str]:
    """Return the user and the host of `Name <sip:user@host>`, of its parts, or of a bare number (no host)."""
    text = raw.strip()
    named = _NAME_AND_ADDRESS.fullmatch(text)
    if named is not None:
        text = named[2].strip() or named[1].strip(' "')
    sip = _SIP.fullmatch(text)
    if sip is not None:
        return unquote(sip[1]), sip[2] or ""
    user, _, host = text.partition("@")
    return user.strip(), host


def _digits(text: str) -> str:
    return "".join(character for character in text.removeprefix("%2B").removeprefix("%2b") if character.isdigit())
