"""What lies in the repository: its top level, its rooms, and nothing that belongs to one machine."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
TOP = {
    ".ci", ".dockerignore", ".editorconfig", ".env.example", ".github", ".gitignore", ".pre-commit-config.yaml",
    "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile", "README.md", "agents", "benchmarks",
    "constraints.txt", "docker-compose.yml", "docs", "grafana", "pyproject.toml", "stream", "tests",
}  # fmt: skip
LOOSE = {
    "stream": {"__init__", "clock", "configuration", "errors", "finding", "kpi_table"},
    "agents": {
        "__init__", "app", "worker", "supervisor", "preparation", "stamp", "rebuilding", "lead_alerts",
        "documentation", "exits", "memory",
    },
}  # fmt: skip
IGNORED = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines() if line]

# Folders where people and machines keep their own things; /etc, /usr and /var are the same on all of them.
A_MACHINES_PATH = re.compile(r"(?<![\w.~/-])/(home|root|Users|work|workspace|builds|farm|private|tmp)/\w")
A_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
A_DOCUMENT = re.compile(r"[\w./-]+\.md\b")


def tree(folder: Path = ROOT) -> list[Path]:
    """Return every file and link of the project, without what git ignores; a clone may have come without git."""
    found: list[Path] = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name == ".git" or any(fnmatch(entry.name, pattern) for pattern in IGNORED):
            continue
        if entry.is_dir(follow_symlinks=False):
            found += tree(Path(entry.path))
        else:
            found.append(Path(entry.path))
    return found


FILES = tree()


def texts(*endings: str) -> list[tuple[Path, str]]:
    """Return the files whose name ends so (any, without `endings`), with what is written in them."""
    some = [path for path in FILES if not endings or path.name.endswith(endings)]
    return [
        (path.relative_to(ROOT), content)
        for path in some
        if not path.is_symlink() and (content := _text(path)) is not None
    ]


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


def test_the_top_level_is_what_a_newcomer_is_told_of() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == TOP


@pytest.mark.parametrize("package", LOOSE)
def test_a_module_stands_in_the_room_of_its_subject(package: str) -> None:
    loose = {path.stem for path in FILES if path.parent == ROOT / package and path.suffix == ".py"}
    assert loose == LOOSE[package], "a new module belongs in a room of its subject (docs/architecture.md)"


def test_unit_tests_stand_in_the_same_rooms_as_what_they_test() -> None:
    mirrored = {"agents": "agents", "grafana": "grafana", "benchmarks": "benchmarks", "repository": "."}
    unit = ROOT / "tests/unit"
    assert [path.name for path in unit.glob("test_*.py")] == []
    for folder in {path.parent.relative_to(unit) for path in FILES if path.match("tests/unit/**/test_*.py")}:
        first, *rest = folder.parts
        there = ROOT / mirrored[first] if first in mirrored else ROOT / "stream" / first
        assert there.joinpath(*rest).exists(), f"tests/unit/{folder} tests no room that there is"


def test_no_file_is_a_link() -> None:
    assert [path for path in FILES if path.is_symlink()] == []


def test_no_file_names_a_path_of_a_machine() -> None:
    named = {str(path): found[0] for path, text in texts() if (found := A_MACHINES_PATH.search(text))}
    assert named == {}


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{path}: {link}"
        for path, text in texts(".md")
        for link in A_LINK.findall(text)
        if "://" not in link and not link.startswith(("#", "mailto:"))
        if not (ROOT / path.parent / link.partition("#")[0]).exists()
    ]
    assert broken == []


def test_no_document_is_cited_that_is_not_here() -> None:
    names = {path.name for path in FILES}
    cited = {
        f"{path}: {document}"
        for path, text in texts(".py", ".md", ".toml", ".yml", ".js", ".css", "Makefile", "Dockerfile")
        for document in A_DOCUMENT.findall(text)
        if document.rpartition("/")[2] not in names
    }
    sections = {str(path) for path, text in texts(".py", ".md") if path.name != Path(__file__).name and "§" in text}
    assert (cited, sections) == (set(), set())


def test_what_runs_before_a_commit_is_what_the_project_installs() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    lint = (ROOT / "Makefile").read_text("utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    tools = re.findall(r"\$\(BIN\)/([\w-]+)", lint)
    assert {Path(hook["entry"].split()[0]).name for hook in hooks} == set(tools)


def test_the_workflow_runs_what_any_other_machine_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    steps = workflow["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci/run", os.X_OK)
