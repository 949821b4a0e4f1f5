"""The forms that single settings must have; each check returns the value as it is used, or raises ValueError."""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stream.kpi.catalogue import BY_ID
from stream.kpi.rules import DISPOSITIONS

if TYPE_CHECKING:
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


def absent_if_empty(value: Any) -> Any:
    """Take "" and "none" as absent: TOML and the environment have no null."""
    return None if isinstance(value, str) and value.strip().lower() in {"", "none"} else value


def no_boolean(value: Any) -> Any:
    """Refuse true and false where a number or text belongs; Python would take them as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("got a boolean")  # noqa: TRY004  pydantic reports ValueError only
    return value


def json_object(value: Any) -> Any:
    """Read the JSON object that an environment variable holds; what comes from TOML is one already."""
    if not isinstance(value, str):
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("got text that is no JSON") from None
    if not isinstance(read, dict):
        raise ValueError("got JSON that is no object")  # noqa: TRY004  pydantic reports ValueError only
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
        raise ValueError("no IANA time zone has that name") from None
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


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


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
            raise ValueError(f"{len(day)} characters that name no day of {', '.join(DAYS)}")
        read = sorted((span_of(span), span.strip()) for span in spans)
        if any(later[0][0] < earlier[0][1] for earlier, later in pairwise(read)):
            raise ValueError(f"the hours of {day} overlap")
        ordered[day] = [text for _, text in read]
    return ordered


def dispositions(value: dict[str, str]) -> dict[str, str]:
    """Check that a vendor's codes map onto Ringboard's dispositions."""
    if "" in value:
        raise ValueError("a code is empty")
    if not DISPOSITIONS.issuperset(value.values()):
        raise ValueError("a code maps to something else than a disposition")
    return value


def targets(value: dict[str, float]) -> dict[str, float]:
    """Check that targets are of KPIs that there are, and those of ratios from 0 to 1."""
    for name, target in value.items():
        if name not in BY_ID:
            close = difflib.get_close_matches(name, BY_ID, n=1)
            raise ValueError(f"there is no KPI {name}" + (f" (did you mean {close[0]}?)" if close else ""))
        if BY_ID[name].unit == "ratio" and target > 1:
            raise ValueError(f"{name} is a ratio, and {target} is more than 1")
    for smaller, greater in _NEVER_MORE:
        if smaller in value and greater in value and value[smaller] > value[greater]:
            raise ValueError(f"{smaller} can never be more than {greater}, but {value[smaller]} is")
    return value
