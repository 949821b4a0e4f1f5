"""
Each comparison of the domain is pinned: turned into its neighbour, it fails a test of its module.

The functions of a module get the code of the changed source while its tests run, and their own back afterwards.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEIGHBOUR: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OTHER_END: Final = {"min": "max", "max": "min", "bisect_left": "bisect_right", "bisect_right": "bisect_left"}

TESTS_OF: Final = {
    "attempts": ("attempts",),
    "calendar": ("calendar",),
    "codes": ("codes", "windows"),
    "follow_ups": ("follow_ups",),
    "hours": ("windows",),
    "leads": ("leads", "leads_steps", "leads_by_number", "responses"),
    "measure_table": ("measures",),
    "money": ("money",),
    "pacing": ("pacing",),
    "reading": ("reading",),
    "responses": ("responses",),
    "risks": ("risks",),
    "rows": ("rows",),
    "rules": ("rules", "attempts"),
    "service": ("service",),
    "slices": ("slices",),
    "windows": ("windows",),
}

MORE_AT_ONCE: Final = "more days are worked out, or at another time, and the answers are the same"
BY_THE_MINUTE: Final = "a whole hour is read minute by minute, and comes to the same"
AT_HAND: Final = "another hour is read anew, and comes to the same"
BEGINS_ANEW: Final = "the sums are taken from the slices again, and are the same"

SAME_EITHER_WAY: Final = {
    "calendar: self._ends[-1] < instant -> self._ends[-1] <= instant": MORE_AT_ONCE,
    "calendar: self._until[-1] < target -> self._until[-1] <= target": MORE_AT_ONCE,
    "calendar: self._from <= instant <= self._ends[-1] -> self._from < instant <= self._ends[-1]": MORE_AT_ONCE,
    "calendar: self._from <= instant <= self._ends[-1] -> self._from <= instant < self._ends[-1]": MORE_AT_ONCE,
    "calendar: needed < self._first_day -> needed <= self._first_day": MORE_AT_ONCE,
    "calendar: max(behind, 0) -> min(behind, 0)": MORE_AT_ONCE,
    "calendar: bisect_right(self._starts, instant) -> bisect_left(self._starts, instant)": (
        "at an opening's first moment no more has gone by than at the end of the one before"
    ),
    "calendar: start < end -> start <= end": "an opening of no length adds nothing",
    "codes: whole <= LAST -> whole < LAST": "the last measure has no minute of ripening: both give its own code",
    "leads: len(counting) > 1 -> len(counting) >= 1": "a short cut: a single attempt is spaced from none",
    "leads: opened <= everything[0].placed_at -> opened < everything[0].placed_at": "a short cut: all are kept",
    "service: until - at < state.lasts -> until - at <= state.lasts": "both are the same moment",
    "windows: code <= LAST -> code < LAST": "a short cut: the last measure has no minute of ripening",
    "windows: now - self._now < len(self._aside) -> now - self._now <= len(self._aside)": "two ways to one list",
    "windows: now < then -> now <= then": BEGINS_ANEW,
    "windows: begins + 60 <= end -> begins + 60 < end": BY_THE_MINUTE,
    "windows: first <= begins -> first < begins": BY_THE_MINUTE,
    "windows: len(self._hours) >= _HOURS_AT_HAND -> len(self._hours) > _HOURS_AT_HAND": AT_HAND,
    "windows: min(self._hours) -> max(self._hours)": AT_HAND,
    "windows: old.first <= span.first <= old.last -> old.first < span.first <= old.last": BEGINS_ANEW,
    "windows: old.first <= span.first <= old.last -> old.first <= span.first < old.last": BEGINS_ANEW,
    "windows: span.first < old.first -> span.first <= old.first": BEGINS_ANEW,
    "windows: span.last < old.last -> span.last <= old.last": "there is no slice between",
}
"""The changes that change no answer, each with its reason; one that is no longer unnoticed fails too."""


class Change(NamedTuple):
    """One comparison `before` and `after`, and the `code` of the whole module with it."""

    before: str
    after: str
    code: CodeType


def changes(path: Path) -> Iterator[Change]:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for place, op in enumerate(node.ops):
                before = ast.unparse(node)
                node.ops[place] = NEIGHBOUR[type(op)]()
                yield Change(before, ast.unparse(node), compile(tree, str(path), "exec"))
                node.ops[place] = op
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OTHER_END:
            before, name = ast.unparse(node), node.func.id
            node.func.id = OTHER_END[name]
            yield Change(before, ast.unparse(node), compile(tree, str(path), "exec"))
            node.func.id = name


def functions_of(module: ModuleType) -> Iterator[FunctionType]:
    for scope in (module, *(each for each in vars(module).values() if inspect.isclass(each))):
        if getattr(scope, "__module__", module.__name__) != module.__name__:
            continue
        for found in vars(scope).values():
            inner = getattr(found, "fget", getattr(found, "__func__", getattr(found, "__wrapped__", found)))
            if isinstance(inner, FunctionType) and inner.__module__ == module.__name__:
                yield inner


def codes_of(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant.co_qualname, constant
            yield from codes_of(constant)


@contextmanager
def in_place(module: ModuleType, changed: CodeType) -> Iterator[None]:
    codes = dict(codes_of(changed))
    own = [(function, function.__code__) for function in functions_of(module)]
    for function, _ in own:
        if function.__qualname__ in codes:
            function.__code__ = codes[function.__qualname__]
    forget(module)
    try:
        yield
    finally:
        for function, code in own:
            function.__code__ = code
        forget(module)


def forget(module: ModuleType) -> None:
    """Empty what functions remember of their answers."""
    for found in vars(module).values():
        if hasattr(found, "cache_clear"):
            found.cache_clear()


def pinned_by(name: str) -> list[Callable[[], Any]]:
    modules = [importlib.import_module(f"tests.unit.kpi.test_{of}") for of in TESTS_OF[name]]
    found = [test for module in modules for what, test in vars(module).items() if what.startswith("test_")]
    assert found
    assert not [test for test in found if inspect.signature(test).parameters], "these tests run without pytest"
    return found


def is_noticed(tests: list[Callable[[], Any]]) -> bool:
    for test in tests:
        try:
            test()
        except (Exception, pytest.fail.Exception):  # noqa: BLE001  a crash is noticed as well as a failure
            return True
    return False


@pytest.mark.uncovering
@pytest.mark.parametrize("name", TESTS_OF)
@pytest.mark.slow
def test_a_comparison_turned_into_its_neighbour_fails_a_test(name: str) -> None:
    module = importlib.import_module(f"stream.kpi.{name}")
    tests = pinned_by(name)
    assert not is_noticed(tests), "they pass while nothing is changed"
    unnoticed = []
    for change in changes(Path(str(module.__file__))):
        with in_place(module, change.code):
            if not is_noticed(tests):
                unnoticed.append(f"{name}: {change.before} -> {change.after}")
    assert sorted(unnoticed) == sorted(known for known in SAME_EITHER_WAY if known.startswith(f"{name}: "))
