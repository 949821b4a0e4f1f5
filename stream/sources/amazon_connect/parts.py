"""What Amazon Connect's events have in common: keys whose case varies, names at the end of an ARN, and times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused

SOURCE: Final = "amazon-connect"


def lowered(value: Any) -> Any:
    """Return `value` with every key of its objects begun in lower case: `AgentInfo` and `agentInfo` are the same."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:] if isinstance(key, str) else key: lowered(one) for key, one in value.items()}
    return [lowered(one) for one in value] if isinstance(value, list) else value


def part_of(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object `name`, an empty one where there is none."""
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def last_part(arn: Any, names: Mapping[str, str]) -> str | None:
    """Return what an ARN, or an id, names: by `names`, else by its last part."""
    if not isinstance(arn, str) or not arn:
        return None
    last = arn.rpartition("/")[2].rpartition(":")[2] or arn
    return names.get(last) or names.get(arn) or last


def time_of(fields: Mapping[str, Any], name: str) -> int | None:
    """Return a time in ms; raises Refused where it is none."""
    value = fields.get(name)
    if value is None:
        return None
    try:
        read = dt.datetime.fromisoformat(value)
        if read.tzinfo is None:
            read = read.replace(tzinfo=dt.UTC)
        return round(read.timestamp() * 1000)
    except (TypeError, ValueError, OverflowError):
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {kind_of(value)}; a time is written as ISO 8601") from None
