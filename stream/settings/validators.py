"""The forms that single settings must have; each check returns the value as it is used, or raises ValueError."""

from __future__ import annotations

import codecs
import difflib
import ipaddress
import json
import re
import tomllib
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from stream.events.describe import shape_of
from stream.kpi.catalogue import BY_ID
from stream.kpi.rules import DISPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Whoever is called within 5 minutes is called within the hour; of a lower percentile the time is no longer.
_NEVER_MORE = tuple(
    (f"lead_response_{smaller}_{end}", f"lead_response_{greater}_{end}")
    for end in ("attempt", "contact", "attempt_business", "contact_business")
    for smaller, greater in (("within_5m", "within_1h"), ("p50", "p90"), ("p90", "p95"), ("p50", "p95"))
)
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))")
_HIGHEST_PORT = 65535
_CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,29}")
_MANY_DIGITS = re.compile(r"(?:[0-9][.-]?){6}")


def absent_if_empty(value: Any) -> Any:
    """Take "" and "none" as absent: TOML and the environment have no null."""
    return None if isinstance(value, str) and value.strip().lower() in {"", "none"} else value


def encoding(value: str | None) -> str | None:
    """Return the name of an encoding of text as Python has it."""
    if value is None:
        return None
    try:
        name = codecs.lookup(value).name
        "a1".encode(name).decode(name)
    except (LookupError, UnicodeError):
        raise ValueError("no encoding of text has that name") from None
    return name


def no_boolean(value: Any) -> Any:
    """Refuse true and false where a number or text belongs; Python would take them as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("got true or false")  # noqa: TRY004  pydantic reports ValueError only
    return value


def table(value: Any) -> Any:
    """Read the table that an environment variable holds, as TOML or JSON; what comes from the file is one already."""
    if not isinstance(value, str):
        return value
    read: Any = None
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        with suppress(tomllib.TOMLDecodeError, RecursionError):
            read = tomllib.loads(f"value = {value.strip()}").get("value")
    if not isinstance(read, dict):
        raise ValueError(f"got {shape_of(value)} that is no table")  # noqa: TRY004  pydantic reports ValueError only
    return read


def words(value: Any) -> Any:
    """Read the words, with commas between them, that an environment variable holds; what comes from TOML is a list."""
    if not isinstance(value, str):
        return value
    return [word for part in value.strip().strip("[]").split(",") if (word := part.strip().strip("\"'"))]


def bootstrap_servers(value: str) -> str:
    """Check a comma-separated list of host:port."""
    servers = [server.strip() for server in value.split(",")]
    for server in servers:
        match = _SERVER.fullmatch(server)
        if match is None or not 0 < int(match[2]) <= _HIGHEST_PORT:
            raise ValueError("not a list of host:port")
    return ",".join(servers)


def zone_name(value: str) -> str:
    """Check the IANA name of a time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no IANA time zone has that name{did_you_mean(value, available_timezones())}") from None
    return value


def region(value: str) -> str:
    """Check a region that telephone numbers are known for."""
    from stream.privacy.numbers import is_region  # noqa: PLC0415  it loads all regions, and most commands need none

    if not is_region(value.upper()):
        raise ValueError("no telephone region has that code")
    return value.upper()


def holidays_country(value: str | None) -> str | None:
    """Check a country (with its subdivision, as in DE-BY) whose public holidays are known."""
    if value is None:
        return None
    import holidays  # noqa: PLC0415  as above

    country, _, subdivision = value.upper().partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known or (subdivision and subdivision not in known[country]):
        raise ValueError("its public holidays are not known")
    return value.upper()


def web_host(value: str) -> str:
    """Check an address or a host name to listen on."""
    if _HOST.fullmatch(value) is None:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise ValueError("not an address or a host name") from None
    return value


def networks(value: list[str]) -> list[str]:
    """Check addresses, and networks as in 10.0.0.0/8."""
    for network in value:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ValueError("not an address or a network") from None
    return value


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def bounded_networks(value: list[str]) -> list[str]:
    """Check networks, as in 10.0.0.0/24; one that holds all addresses would be no bound."""
    for name in value:
        try:
            network = ipaddress.ip_network(name)
        except ValueError:
            raise ValueError(_no_network(name)) from None
        if network.prefixlen == 0:
            raise ValueError("one is every address there is")
    return value


def _no_network(name: str) -> str:
    """Return what is wrong with `name`, and the network that its address is in, where it has one."""
    try:
        return f"{name} has bits beyond its length (did you mean {ipaddress.ip_network(name, strict=False)}?)"
    except ValueError:
        return f"got {shape_of(name)} that is no network"


def base_url(value: str) -> str:
    """Check an address that other workers can ask, and drop its last slash."""
    try:
        parts = urlsplit(value)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("not a web address") from None
    right = parts.scheme in {"http", "https"} and parts.hostname and port_is_right and parts.username is None
    if not right or parts.query or parts.fragment:
        raise ValueError("not a web address")
    return value.rstrip("/")


def token_url(value: str) -> str:
    """Check the address of a token endpoint, which is sent a secret: over TLS, unless it is on this machine."""
    try:
        parts = urlsplit(value)
        host = parts.hostname if parts.port is None or parts.port > 0 else None
    except ValueError:
        raise ValueError("not a web address") from None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or parts.fragment:
        raise ValueError("not a web address without a password")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("over http the secret could be read on the way")
    return value


def lead_url(value: str) -> str:
    """Check the web address of a lead, with {lead} in the place of its id."""
    filled = value.replace("{lead}", "1").replace("{campaign}", "1")
    try:
        parts = urlsplit(filled)
    except ValueError:
        raise ValueError("not a web address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("not a web address without a password")
    if "{lead}" not in value or set(filled) & set("{}"):
        raise ValueError("without {lead}, or with something else in braces than {lead} and {campaign}")
    return value


def pattern(value: str | None) -> str | None:
    """Check a regular expression."""
    if value is not None:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression ({error.msg})") from None
    return value


def folder(value: Path) -> Path:
    """Expand ~ to the user's home."""
    return value.expanduser()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question after the one of `known` that `name` is most like; nothing where it is like none."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def is_code(value: str) -> bool:
    """Return whether `value` may be shown: a short code, and nothing that may be a number, a name or an address."""
    return _CODE.fullmatch(value) is not None and _MANY_DIGITS.search(value) is None


def span_of(value: str) -> tuple[int, int]:
    """Return the minutes since midnight of "09:00-18:00": (540, 1080); the end may be 24:00."""
    match = _HOURS.fullmatch(value.strip())
    if match is None:
        raise ValueError("not of the form 09:00-18:00")
    hours = [int(part) for part in match.groups() if part is not None]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if end <= start:
        raise ValueError("hours that end before they begin (split them at midnight)")
    return start, end


def opening_hours(value: dict[str, list[str]]) -> dict[str, list[str]]:
    """Check the opening hours of each day; they are returned in order, and do not overlap."""
    ordered: dict[str, list[str]] = {}
    for day, spans in value.items():
        if day not in DAYS:
            close = f" (did you mean {day[:3].lower()}?)" if day[:3].lower() in DAYS else ""
            raise ValueError(f"got {shape_of(day)} that is no day{close}")
        try:
            read = sorted((span_of(span), span.strip()) for span in spans)
        except ValueError as error:
            raise ValueError(f"{day}: {error}") from None
        if any(later[0][0] < earlier[0][1] for earlier, later in pairwise(read)):
            raise ValueError(f"the hours of {day} overlap")
        ordered[day] = [text for _, text in read]
    return ordered


def dispositions(value: dict[str, str]) -> dict[str, str]:
    """Check that a vendor's codes map onto Ringboard's dispositions."""
    if "" in value:
        raise ValueError("one of the codes is empty, and a call without a code needs none here")
    for number, (code, meaning) in enumerate(value.items(), 1):
        if meaning not in DISPOSITIONS:
            which = code if is_code(code) else f"entry {number}"
            raise ValueError(
                f"{which}: got {shape_of(meaning)} that is no disposition{did_you_mean(meaning, DISPOSITIONS)}"
            )
    return value


def targets(value: dict[str, float]) -> dict[str, float]:
    """Check that targets are of KPIs that there are, and those of ratios from 0 to 1."""
    for name, target in value.items():
        if name not in BY_ID:
            raise ValueError(f"there is no KPI {name}{did_you_mean(name, BY_ID)}")
        if BY_ID[name].unit == "ratio" and target > 1:
            raise ValueError(f"{name} is a ratio from 0 to 1, and {target:g} is more{_as_percent(target)}")
    for smaller, greater in _NEVER_MORE:
        if smaller in value and greater in value and value[smaller] > value[greater]:
            raise ValueError(f"{smaller} can never be more than {greater}, but {value[smaller]:g} is")
    return value


def _as_percent(target: float) -> str:
    """Return a question whether a percentage was meant, where it may have been."""
    return f" (did you mean {target / 100:g}, for {target:g} %?)" if target <= 100 else ""  # noqa: PLR2004
