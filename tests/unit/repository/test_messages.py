"""Every message that a user can cause is listed, word by word, and the advice in it works where it can be followed."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway_in_memory import serve
from tests.unit.repository.messages_in_source import ROOT, Message, messages
from tests.unit.repository.shown_messages import KINDS, NOW, read

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve

__all__ = ["serve"]
HERE = Path(__file__).parent
CASES = read((HERE / "messages.toml").read_text(encoding="utf-8"))
NOT_SHOWN = {
    Message(place, text): reason["reason"]
    for reason in tomllib.loads((HERE / "messages_not_shown.toml").read_text(encoding="utf-8"))["not_shown"]
    for place, texts in reason["messages"].items()
    for text in texts
}
POSTS = [case for kind, case in CASES if kind == "post"]
OTHERS = [(kind, case) for kind, case in CASES if kind != "post"]
SECRET = "a secret of sixteen or more"  # noqa: S105
QUOTED = 16
"""So many characters of a message on end stand in the test that shows it."""


def named(case: Any) -> str | None:
    return str(case["told"])[:60] if isinstance(case, dict) else None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ringboard.toml").touch()
    return tmp_path


@pytest.mark.parametrize(("kind", "case"), OTHERS, ids=named)
def test_it_is_said_word_by_word_and_what_it_advises_works(kind: str, case: dict[str, Any], folder: Path) -> None:
    said = KINDS[kind](case, folder)
    assert said == case["told"].rstrip("\n")
    assert all(line.isprintable() for line in said.splitlines())
    if "then" in case:
        assert KINDS[kind](case["then"], folder) == ""


@pytest.mark.parametrize("case", POSTS, ids=named)
async def test_the_gateway_answers_word_by_word(case: dict[str, Any], serve: Serve, tmp_path: Path) -> None:
    crm = tmp_path / "crm.toml"
    crm.write_text('name = "our-crm"\n[[events]]\ntype = "lead.lost"\nlead = "{id}"\nat = "{date}"\n')
    served = await serve(
        gateway_key=SECRET,
        gateway_aircall_token=SECRET,
        gateway_connect_key=SECRET,
        gateway_sources={"crm": {"mapping": str(crm), "key": SECRET}},
    )
    status, answer = await served.post(case["path"], case["body"].encode(), headers=case["headers"])
    refused = [line["message"] for line in answer.get("lines", ()) if line["status"] == "refused"]
    assert f"{status} {answer.get('error') or '; '.join(refused)}" == case["told"]
    assert SECRET not in str(answer)


@cache
def in_tests() -> str:
    """Return the tests' own words, without what stands between the parts of a text."""
    skipped = {"messages_in_source.py", "shown_messages.py"}
    paths = [path for path in sorted((ROOT / "tests").rglob("*.py")) if path.name not in skipped]
    return plain(" ".join(path.read_text(encoding="utf-8") for path in paths))


def plain(text: str) -> str:
    joined = re.sub(r"[\"']\s+r?f?[\"']", "", text)
    return " ".join(re.sub(r"[\"'\\]", "", joined).split())


def is_quoted(message: Message) -> bool:
    words = plain(message.words)
    parts = {words[start : start + QUOTED] for start in range(max(1, len(words) - QUOTED + 1))}
    return len(words) >= QUOTED // 2 and any(part in in_tests() for part in parts)


def test_every_message_in_the_source_is_in_the_table_in_a_test_or_not_shown_for_a_reason() -> None:
    table = [case["told"] for _, case in CASES]
    missing = [
        f"{message.path}: {message.text}"
        for message in messages()
        if message not in NOT_SHOWN and not any(message.says(line) for line in table) and not is_quoted(message)
    ]
    assert not missing, (
        "no test shows these: read each as the person who gets it, and add a case to messages.toml beside this file; "
        f"or if there can be none, a reason to messages_not_shown.toml: {missing}"
    )


def test_no_reason_is_left_of_a_message_that_is_gone_or_shown() -> None:
    table = [case["told"] for _, case in CASES]
    there = set(messages())
    gone = [message for message in NOT_SHOWN if message not in there]
    assert not gone
    shown = [message for message in NOT_SHOWN if any(message.says(line) for line in table)]
    assert not shown


def test_the_events_of_the_table_are_of_the_present() -> None:
    assert NOW > 1_767_000_000_000
