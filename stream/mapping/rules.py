"""A rule of a mapping: when it applies, and the event that it makes of a record."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.events.types import LONGEST
from stream.mapping.amounts import NoNumberError, decimal_of
from stream.mapping.conditions import condition
from stream.mapping.fields import FIELDS, distinguished_by
from stream.mapping.lookup import Place, Text, place, text
from stream.mapping.values import Filled, filled
from stream.mapping.wrong import WrongError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.mapping.defaults import Defaults
    from stream.mapping.lookup import Record

MOST_REPEATED: Final = 1000
_OWN: Final = ("type", "when", "id", "shared_id", "repeat")
_PARTIES: Final = ("lead", "number")
_COUNTED: Final = frozenset({"from", "less"})


class Repeat(NamedTuple):
    """How often a rule applies to a record: as often as the number at `where` says, `less` so many; or for `each`."""

    where: Place
    less: int
    each: bool

    def records(self, record: Record) -> Iterator[Record]:
        """Yield the record as often, each with `#n` and perhaps `#each`; Refused where that cannot be told."""
        if self.each:
            items = self.where.find(record)
            listed = items if isinstance(items, list) else [] if items is None else [items]
            if len(listed) > MOST_REPEATED:
                raise Refused(
                    Reason.OUT_OF_RANGE, None,
                    f'repeat: "{self.where.name}": {kind_of(items)}; a record has up to {MOST_REPEATED} of each',
                )  # fmt: skip
            for n, item in enumerate(listed, 1):
                yield {**record, "#n": n, "#each": item}
            return
        for n in range(1, self._times(record) + 1):
            yield {**record, "#n": n}

    def _times(self, record: Record) -> int:
        text = self.where.text(record)
        try:
            times = int(decimal_of(text or "0", "point")) - self.less
        except NoNumberError:
            raise _refuse_repeat(self.where, text) from None
        if times > MOST_REPEATED:
            raise _refuse_repeat(self.where, text)
        return times


def _refuse_repeat(where: Place, text: str | None) -> Refused:
    return Refused(
        Reason.OUT_OF_RANGE,
        None,
        f'repeat: "{where.name}": {kind_of(text)}; write a number up to {MOST_REPEATED}',
    )


class Rule:
    """Makes events of one type; `name` is that of the mapping, `nth` tells it from others of its type."""

    def __init__(self, name: str, kind: str, nth: int, given: dict[str, Any], defaults: Defaults) -> None:
        self._name = name
        self._kind = kind
        self._nth = "" if nth == 1 or "shared_id" in given else f":{nth}"
        self.applies: Callable[[Record], bool] = condition(given["when"]) if "when" in given else _always
        self._id: Text | None = _id(given, "shared_id" if "shared_id" in given else "id")
        self._beginning = f"{name}:shared:" if "shared_id" in given else f"{name}:{kind}:"
        self._distinguished_by = distinguished_by(kind)
        self._repeat = _repeat(given)
        self._filled = _fields(kind, given, defaults)

    def events(self, record: Record) -> Iterator[dict[str, Any]]:
        """Yield the events of a `record` that the rule applies to; Refused for what no event can be made of."""
        for one in [record] if self._repeat is None else self._repeat.records(record):
            event = self._event(one)
            # Of what is merged a list may name the lead that stays among those that go.
            if self._kind != "lead.merged" or event["lead"] != event["into"]:
                yield event

    def _event(self, record: Record) -> dict[str, Any]:
        fields: dict[str, Any] = {"id": "", "type": self._kind, "source": self._name}
        for field, where, read in self._filled:
            value = read(record)
            if value is not None:
                fields[field.name] = value
            elif field.required:
                raise Refused(
                    Reason.MISSING_FIELD,
                    field.name,
                    f"{field.name}: {where} is empty or missing; {self._kind} needs it",
                )
        fields["id"] = self._id_of(record, fields)
        return fields

    def _id_of(self, record: Record, fields: dict[str, Any]) -> str:
        """
        Return the id: of what the mapping says, or else of where the record stood in its topic, or of the event itself.

        It never depends on a moved time, nor on what of the record no event tells.
        """
        if self._id is not None:
            own = self._id.text(record)
            if own is None:
                raise Refused(
                    Reason.MISSING_FIELD,
                    "id",
                    "id: what it is made of is empty or not there; make it of columns that are always filled",
                )
            parts = [own]
        elif "#topic" in record:
            parts = [f"{record['#topic']}-{record['#partition']}-{record['#offset']}"]
        else:
            parts = [*(str(fields[name]) for name in self._distinguished_by if name in fields), str(fields["at"])]
        repeated = f"#{record['#n']}" if self._repeat is not None else ""
        whole = f"{self._beginning}{':'.join(parts)}{self._nth}{repeated}"
        if len(whole) <= LONGEST:
            return whole
        return self._beginning + hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _id(given: dict[str, Any], key: str) -> Text | None:
    if key not in given:
        return None
    form = given[key]
    made = text(form) if isinstance(form, str) else None
    if made is None or not made.holes:
        raise WrongError(key, f'{kind_of(form)}; write what no two events share: {key} = "{{event_id}}"')
    if key == "shared_id" and "id" in given:
        raise WrongError("id", "beside shared_id, which is the id; leave one of them out")
    if key == "shared_id" and "revision" not in given:
        raise WrongError(
            "revision", 'missing, and shared_id needs it: the greater stands; write revision = "{version}"'
        )
    return made


def _always(_record: Record) -> bool:
    return True


def _repeat(given: dict[str, Any]) -> Repeat | None:
    if "repeat" not in given:
        return None
    table = given["repeat"] if isinstance(given["repeat"], dict) else {"from": given["repeat"]}
    each = "each" in table
    name, less = table.get("each" if each else "from"), table.get("less", 0)
    right = isinstance(name, (str, int)) and isinstance(less, int) and table.keys() <= ({"each"} if each else _COUNTED)
    if not right or isinstance(name, bool) or isinstance(less, bool):
        form = 'write { from = "attempts", less = 1 }, or { each = "parties" } for a list'
        raise WrongError("repeat", f"{kind_of(given['repeat'])}; {form}")
    return Repeat(place(str(name)), less, each)


def _fields(kind: str, given: dict[str, Any], defaults: Defaults) -> tuple[Filled, ...]:
    known = FIELDS[kind]
    made = []
    for name, value in given.items():
        if name in _OWN:
            continue
        if name not in known:
            raise WrongError(name, f"{kind} has no such field{did_you_mean(name, known)}; see docs/events.md")
        try:
            made.append(filled(known[name], value, defaults))
        except WrongError as wrong:
            raise wrong.within(name) from None
    for name, field in known.items():
        if field.required and name not in given:
            raise WrongError(name, f'missing, and {kind} needs it; write {name} = "{{column}}"')
    if kind.startswith("call.") and not any(name in given for name in _PARTIES):
        raise WrongError("lead", f'missing, and number too; {kind} needs one of them: write number = "{{column}}"')
    return tuple(made)


def rule(name: str, given: Any, nths: dict[str, int], defaults: Defaults) -> Rule:
    """Return the rule that a table of `[[events]]` tells; `nths` counts those of each type."""
    if not isinstance(given, dict):
        raise WrongError("", f"{kind_of(given)}; write [[events]] and the rule below it")
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in FIELDS:
        hint = did_you_mean(kind, FIELDS) if isinstance(kind, str) else ""
        wrong = "missing" if kind is None else f"{kind_of(kind)} that names no event{hint}"
        raise WrongError("type", f"{wrong}; write one of {', '.join(sorted(FIELDS))}")
    nths[kind] = nths.get(kind, 0) + 1
    return Rule(name, kind, nths[kind], given, defaults)
