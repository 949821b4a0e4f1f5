"""Whoever installs no extra has every command: what needs one says how to get it, and nothing else asks for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]

DATABASE: Final = 'sql_url = "mysql://reader:key@127.0.0.1:1/asteriskcdrdb"'
SWITCH: Final = 'freeswitch_host = "127.0.0.1"\nfreeswitch_password = "a-password"'

# Runs commands in a Python that has none of the extras' packages, and prints how each ended.
WITHOUT: Final = """
import json, sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None
from click.testing import CliRunner
from stream.cli import main
found = []
for command in json.loads(sys.argv[2]):
    told = CliRunner().invoke(main, command)
    error = None if told.exception is None or isinstance(told.exception, SystemExit) else repr(told.exception)
    found.append([told.exit_code, error, told.output])
print(json.dumps(found))
"""


def _of_extras() -> list[str]:
    """Return the names under which what only an extra brings is imported."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = {re.split(r"[\[>=<; ]", one)[0] for name, of in extras.items() if name != "dev" for one in of}
    names = sorted(name for name, of in packages_distributions().items() if asked & {one.lower() for one in of})
    assert len(names) >= len(asked), f"not all of {asked} are installed: {names}"
    return names


def _without_extras(*commands: list[str], folder: Path) -> list[tuple[int, str | None, str]]:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, ",".join(_of_extras()), json.dumps(commands)],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [(code, error, output) for code, error, output in json.loads(done.stdout)]


def test_without_extras_the_check_looks_at_all_that_is_configured(tmp_path: Path) -> None:
    (tmp_path / "ringboard.toml").write_text('broker = "127.0.0.1:1"\n')
    [(code, error, output)] = _without_extras(["check"], folder=tmp_path)
    assert error is None, output
    assert code == 1
    assert "broker" in output
    assert "not installed" not in output


@pytest.mark.parametrize(
    ("settings", "command", "said"),
    [
        (DATABASE, ["connect", "sql"], "make install-sql"),
        (DATABASE, ["check"], "make install-sql"),
        (
            'freeswitch_host = "127.0.0.1"\nfreeswitch_password = "a-password"',
            ["connect", "freeswitch"],
            "make install-freeswitch",
        ),
        (SWITCH, ["check"], "make install-freeswitch"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else None,
)
def test_what_needs_an_extra_says_how_to_get_it(tmp_path: Path, settings: str, command: list[str], said: str) -> None:
    (tmp_path / "ringboard.toml").write_text(f'broker = "127.0.0.1:1"\n{settings}\n')
    [(code, error, output)] = _without_extras(command, folder=tmp_path)
    assert error is None, output
    assert code == 1
    assert said in " ".join(output.split())
