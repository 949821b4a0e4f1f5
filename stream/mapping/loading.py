"""Reads mapping files, one's own or a ready one, and reports a wrong one in one line."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stream.errors import RingboardError
from stream.events.describe import kind_of
from stream.mapping.amounts import DECIMALS
from stream.mapping.columns import columns_of
from stream.mapping.convert import region_of
from stream.mapping.defaults import Defaults, Squeeze
from stream.mapping.fields import FIELDS
from stream.mapping.file_form import FileForm, file_form
from stream.mapping.finding import codes_of
from stream.mapping.mapping import OUTER, Mapping
from stream.mapping.numbers import no_bare_numbers
from stream.mapping.parts.loading import parts_rule
from stream.mapping.rules import rule
from stream.mapping.senders.sender import KEY_ALONE, sender_in
from stream.mapping.written import CANONICAL, moment_of, time_forms, zone_of
from stream.mapping.wrong import WrongError, no_others, one_of, text_at

if TYPE_CHECKING:
    from datetime import tzinfo
    from importlib.resources.abc import Traversable

    from stream.mapping.parts.rule import PartsRule

_KEYS: Final = (
    "name", "about", "made_up", "timezone", "time", "decimal", "region", "records", "squeeze", "file", "sender",
    "events", "tables",
)  # fmt: skip
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_DAY_MS: Final = 86_400_000


def ready() -> list[str]:
    """Return the names of the mappings that come with Ringboard."""
    return sorted(_ready_files())


def ready_text(name: str) -> str:
    """Return the file of a ready mapping; raises RingboardError where none has that `name`."""
    known = _ready_files()
    if name not in known:
        raise RingboardError(f"{name}: no ready mapping has that name; name one of {', '.join(sorted(known))}")
    return known[name].read_text("utf-8")


def _ready_files() -> dict[str, Traversable]:
    """Return the mappings that come with Ringboard, by name: those of data sets, and those of each source's folder."""
    stream = resources.files("stream")
    folders = [stream / "mapping" / "ready", *(one / "mappings" for one in (stream / "sources").iterdir())]
    files = [file for folder in folders if folder.is_dir() for file in folder.iterdir()]
    return {file.name.removesuffix(".toml"): file for file in files if file.name.endswith(".toml")}


def load_mapping(path: Path | str, timezone: str | None = None, *, one_by_one: bool = False) -> Mapping:
    """
    Return the mapping in the file at `path`, or the ready one of that name.

    Local times are of its own `timezone`, or else of the one given. Where records are read `one_by_one`, one whose
    calls are told in parts is wrong. Raises RingboardError, of one line that names the file, the rule, the key and the
    right form, for a wrong one.
    """
    name, given = _read(path)
    try:
        return _one_by_one(mapping_of(given, timezone)) if one_by_one else mapping_of(given, timezone)
    except WrongError as wrong:
        # A key may have any characters in TOML, and a column too.
        raise RingboardError(" ".join(f"{name}: {wrong.key}: {wrong.message}".split())) from None


def mapping_of(given: dict[str, Any], timezone: str | None = None) -> Mapping:
    """Return the mapping that the tables of a file tell; WrongError for a wrong one."""
    no_others(given, _KEYS)
    name = text_at(given, "name", 'a short name, the source of the events: name = "our-crm"')
    if name is None or not _NAME.fullmatch(name):
        raise WrongError("name", f'{kind_of(name)}; write lower-case letters, digits and hyphens: name = "our-crm"')
    made_up = text_at(given, "made_up", "in a sentence which times nobody has recorded")
    defaults = _defaults(given, timezone, makes_up=made_up is not None)
    rules = given.get("events")
    if not isinstance(rules, list) or not rules:
        raise WrongError("events", f"{'missing' if rules is None else kind_of(rules)}; write a rule below [[events]]")
    nths: dict[str, int] = {}
    made = []
    in_parts: PartsRule | None = None
    for number, one in enumerate(rules, 1):
        try:
            if isinstance(one, dict) and "parts" in one and one.get("type") in FIELDS:
                in_parts = _in_parts(name, one, defaults, in_parts)
            else:
                made.append(rule(name, one, nths, defaults))
        except WrongError as wrong:
            kind = one.get("type") if isinstance(one, dict) else None
            of = f" ({kind})" if isinstance(kind, str) else ""
            raise wrong.within(f"events {number}{of}") from None
    no_bare_numbers(rules)
    for table in defaults.tables:
        if table not in defaults.looked_up:
            raise WrongError(
                f"tables, {table}", f'of no effect, as no rule looks into it; write map = "{table}" in one'
            )
    within = text_at(given, "records", 'the path to the list of records: records = "data.items"')
    looks_around = OUTER in repr(rules)
    if looks_around and within is None:
        raise WrongError("events", f'{OUTER}, the object around a record, needs records = "data.items" above all rules')
    return Mapping(
        name,
        text_at(given, "about", "in a line what is mapped", "") or "",
        made_up,
        _file(given),
        columns_of(rules),
        defaults.decimal,
        defaults.odd_hours,
        within,
        looks_around,
        tuple(made),
        sender_in(given["sender"]) if "sender" in given else KEY_ALONE,
        in_parts,
    )


def _one_by_one(mapping: Mapping) -> Mapping:
    if mapping.parts is not None:
        raise WrongError("parts", "read by `ringboard gateway` and `ringboard replay` alone; send the records to these")
    return mapping


def _in_parts(name: str, given: dict[str, Any], defaults: Defaults, other: PartsRule | None) -> PartsRule:
    if other is not None:
        raise WrongError("parts", "a rule above has parts, too; write all of them into one rule")
    if defaults.squeeze is not None:
        raise WrongError("parts", "of no effect beside squeeze, which moves rows; leave squeeze out")
    return parts_rule(name, given, defaults)


def _read(path: Path | str) -> tuple[str, dict[str, Any]]:
    """Return the name of a mapping file as the user knows it, and its tables."""
    known = _ready_files()
    if isinstance(path, str) and path in known:
        return path, tomllib.loads(known[path].read_text("utf-8"))
    file = Path(path)
    try:
        return file.name, tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise RingboardError(
            f"{path}: there is no such mapping file; name one, or a ready mapping: {', '.join(sorted(known))}"
        ) from None
    except OSError as error:
        raise RingboardError(f"{path}: cannot be read: {error.strerror or 'the file fails'}") from None
    except UnicodeDecodeError:
        raise RingboardError(f"{path}: not UTF-8; write it as UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise RingboardError(f"{path}: not TOML: {error}; correct it there") from None


def _defaults(given: dict[str, Any], timezone: str | None, *, makes_up: bool) -> Defaults:
    own = given.get("timezone", timezone)
    zone = None if own is None else zone_of(own)
    return Defaults(
        zone,
        time_forms(given["time"]) if "time" in given else CANONICAL,
        one_of("decimal", given.get("decimal", "point"), DECIMALS),
        region_of(given["region"]) if "region" in given else None,
        _squeeze(given["squeeze"], zone, makes_up=makes_up) if "squeeze" in given else None,
        makes_up,
        Counter(),
        _tables(given.get("tables", {})),
        set(),
    )


def _tables(given: Any) -> dict[str, dict[str, str]]:
    if not isinstance(given, dict):
        raise WrongError("tables", f"{kind_of(given)}; write [tables.reps] and the codes below it")
    try:
        return {name: codes_of(codes, name) for name, codes in given.items()}
    except WrongError as wrong:
        raise wrong.within("tables") from None


def _squeeze(given: Any, zone: tzinfo | None, *, makes_up: bool) -> Squeeze:
    form = "write { since = 2016-10-01, until = 2018-01-01, into_days = 28 }"
    if not isinstance(given, dict) or given.keys() != {"since", "until", "into_days"}:
        raise WrongError("squeeze", f"{kind_of(given)}; {form}")
    if not makes_up:
        raise WrongError("squeeze", 'times are moved without a mark; write made_up = "…" above all rules')
    days = given["into_days"]
    try:
        since, until = (moment_of(key, given[key], zone) for key in ("since", "until"))
    except WrongError as wrong:
        raise wrong.within("squeeze") from None
    if isinstance(days, bool) or not isinstance(days, (int, float)) or days <= 0 or until <= since:
        raise WrongError("squeeze", f"until lies before since, or into_days is not more than 0; {form}")
    return Squeeze(since, until - since, round(days * _DAY_MS))


def _file(given: dict[str, Any]) -> FileForm:
    try:
        return file_form(given.get("file", {}))
    except WrongError as wrong:
        raise wrong.within("file") from None
