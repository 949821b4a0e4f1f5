"""Has each part of Ringboard say what it says to a wrong input: a line for a setting, a file, a command, a request."""

from __future__ import annotations

import asyncio
import json
import os
import tomllib
from typing import TYPE_CHECKING, Any

from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner
from yarl import URL

from stream.cli import main
from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.events.refusal import Refused
from stream.intake.admission import Admission
from stream.kafka.topics import topics
from stream.mapping.loading import load_mapping
from stream.privacy.identity import Identity
from tests.engine_in_memory import pages_of
from tests.unit.agents.pages.conftest import a_floor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NOW = 1_767_800_000_000
NO_BROKER = {"RINGBOARD_BROKER": "127.0.0.1:1"}
KEY = b"a key of the tests, and of nothing else"


def of_setting(case: Mapping[str, Any], folder: Path) -> str:
    """Return what is said to variables, or to a ringboard.toml in `folder`; nothing where they are right."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("RINGBOARD_")}
    try:
        os.environ.update(case.get("environment", {}))
        os.environ.setdefault("RINGBOARD_CONFIG", str(folder / "ringboard.toml"))
        (folder / "ringboard.toml").write_text(case.get("file", ""), encoding="utf-8")
        load_settings()
    except RingboardError as error:
        return str(error).replace(f"{folder}{os.sep}", "")
    finally:
        for name in [name for name in os.environ if name.startswith("RINGBOARD_")]:
            del os.environ[name]
        os.environ.update(before)
    return ""


def of_mapping(case: Mapping[str, str], folder: Path) -> str:
    """Return what is said to a mapping; nothing where it is right."""
    (folder / "our-crm.toml").write_text(case["mapping"], encoding="utf-8")
    try:
        load_mapping(folder / "our-crm.toml", "Europe/Paris")
    except RingboardError as error:
        return str(error).replace(f"{folder}{os.sep}", "")
    return ""


def of_event(case: Mapping[str, str], _folder: Path) -> str:
    """Return what is said to an event, as JSON; nothing where it is admitted."""
    settings = load_settings(data_dir=".")
    admission = Admission(Identity(KEY, "FR"), topics(settings), FixedClock(NOW), settings.ahead_ms)
    try:
        admission.admit(case["event"].encode("utf-8", "surrogateescape"))
    except Refused as refused:
        return refused.message
    return ""


def of_file(case: Mapping[str, str], folder: Path) -> str:
    """Return what `replay --dry-run` says of each line of a file that it refuses, or of the file."""
    (folder / case["name"]).write_bytes(case["content"].encode(case.get("encoding", "utf-8")))
    options = case.get("options", "").split()
    if "mapping" in case:
        (folder / "our-crm.toml").write_text(case["mapping"], encoding="utf-8")
        options += ["--mapping", str(folder / "our-crm.toml")]
    result = CliRunner().invoke(main, ["replay", "--dry-run", "--json", *options, str(folder / case["name"])])
    if result.exit_code:
        return result.stderr.strip().splitlines()[-1]
    return "\n".join(one["message"] for one in json.loads(result.stdout)["refusals"])


def of_command(case: Mapping[str, str], folder: Path) -> str:
    """Return what a command says as it fails, in `folder`."""
    before = os.getcwd()  # noqa: PTH109  it goes back there
    os.chdir(folder)
    try:
        result = CliRunner().invoke(main, case["command"].split(), env={"RINGBOARD_DATA_DIR": str(folder), **NO_BROKER})
    finally:
        os.chdir(before)
    assert result.exit_code, result.output
    assert isinstance(result.exception, SystemExit)
    return result.stderr.strip().splitlines()[-1]


def of_request(case: Mapping[str, str], _folder: Path) -> str:
    """Return what the API says to a request of a page."""

    async def ask() -> str:
        async with (
            TestClient(TestServer(pages_of(a_floor()))) as client,
            client.get(URL(case["request"], encoded=True)) as answer,
        ):
            assert answer.status >= 400
            return f"{answer.status} {(await answer.json())['error']}"

    return asyncio.run(ask())


KINDS: dict[str, Callable[[Any, Path], str]] = {
    "setting": of_setting,
    "mapping": of_mapping,
    "event": of_event,
    "file": of_file,
    "command": of_command,
    "request": of_request,
}


def read(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the cases of the table in `text`, each with its kind."""
    return [(kind, case) for kind, cases in tomllib.loads(text).items() for case in cases]
