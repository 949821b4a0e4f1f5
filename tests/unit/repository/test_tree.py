"""What lies in the repository: its top level, its rooms, and nothing that belongs to one machine."""

from __future__ import annotations

import os
import re
import tomllib
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
TOP = {
    ".ci", ".dockerignore", ".editorconfig", ".env.example", ".github", ".gitignore", ".pre-commit-config.yaml",
    "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile", "README.md",
    "SECURITY.md", "agents", "benchmarks",
    "docker-compose.yml", "docs", "grafana", "pyproject.toml", "stream", "supply", "tests",
}  # fmt: skip
LOOSE = {
    "stream": {"__init__", "clock", "configuration", "errors", "finding", "kpi_table"},
    "agents": {
        "__init__", "app", "worker", "supervisor", "preparation", "rebuilding", "lead_alerts",
        "documentation", "exits", "memory",
    },
}  # fmt: skip
IGNORED = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines() if line]

# Folders where people and machines keep their own things; /etc, /usr and /var are the same on all of them.
A_MACHINES_PATH = re.compile(r"(?<![\w.~/-])/(home|root|Users|work|workspace|builds|farm|private|tmp)/\w")
A_LINK = re.compile(r"\[[^\]]*\]\((?!\+\))([^)\s]+)\)")
A_BLOCK = re.compile(r"^ *(?:\d\. )?```.*?^ *```$", re.MULTILINE | re.DOTALL)
A_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
A_DOCUMENT = re.compile(r"[\w./-]+\.md\b")
GUIDES = ("docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md")
# What stands in backticks below a folder of the project, as far as it is no example such as `golden/<number>/`.
A_PLACE = re.compile(r"`((?:stream|agents|grafana|tests|docs|benchmarks|supply|\.github)/[\w./-]*)`")
A_NAME_IN_IT = re.compile(r"`([\w/]+\.(?:py|js))`\s+`([A-Za-z_][\w.]*)`")
A_TARGET = re.compile(r"`?\bmake ([a-z]+(?:-[a-z]+)*)\b")


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


def test_every_link_into_a_page_leads_to_a_heading_there() -> None:
    headings = {
        path: {re.sub(r"[^\w -]", "", one.strip().lower()).replace(" ", "-") for one in A_HEADING.findall(text)}
        for path, text in ((path, A_BLOCK.sub("", text)) for path, text in texts(".md"))
    }
    broken = [
        f"{path}: {link}"
        for path, text in texts(".md")
        for link in A_LINK.findall(text)
        if "#" in link and "://" not in link
        for page, _, place in [link.partition("#")]
        if place not in headings[Path(os.path.normpath(path.parent / page)) if page else path]
    ]
    assert broken == []


def test_each_decision_is_listed_once_in_its_order() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \|", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    assert listed == [(path.name[:4], path.name) for path in sorted(folder.glob("0*.md"))]


def test_the_changelog_has_each_section_and_each_line_once() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    assert [line for line, times in Counter(line for line in lines if line.startswith("- ")).items() if times > 1] == []
    for release in "\n".join(lines).split("\n## ")[1:]:
        sections = re.findall(r"^### (\w+)$", release, re.MULTILINE)
        assert sections == [one for one in ("Added", "Changed", "Fixed") if one in sections]


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


@pytest.mark.parametrize("guide", GUIDES)
def test_every_place_that_a_guide_names_is_there(guide: str) -> None:
    places = A_PLACE.findall((ROOT / guide).read_text("utf-8"))
    assert len(places) > 10
    assert [place for place in places if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("guide", GUIDES)
def test_every_name_that_a_guide_places_in_a_module_is_defined_there(guide: str) -> None:
    cited = A_NAME_IN_IT.findall((ROOT / guide).read_text("utf-8"))
    lacking = [f"{path}: {name}" for path, name in cited if not all(_defines(path, one) for one in name.split("."))]
    assert (lacking, bool(cited)) == ([], True)


def _defines(path: str, name: str) -> bool:
    definition = re.compile(rf"^ *(?:async |export )*(?:def |class )?{name}\b *(?:[(:={{]|extends)", re.MULTILINE)
    return definition.search((ROOT / path).read_text("utf-8")) is not None


@pytest.mark.parametrize("package", LOOSE)
def test_the_architecture_describes_every_folder(package: str) -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    table = text.partition(f"| `{package}/` | |\n")[2].partition("\n\n")[0]
    described = re.findall(r"`([\w/]+)/`", "\n".join(row.split("|")[1] for row in table.splitlines()))
    room = ROOT / package
    folders = {path.parent.relative_to(room).as_posix() for path in FILES if path.is_relative_to(room)}
    assert sorted(described) == sorted(folders - {"."})


def test_the_picture_of_the_architecture_has_the_layers_of_the_contracts() -> None:
    picture = (ROOT / "docs/architecture.md").read_text("utf-8").partition("```mermaid\n")[2].partition("```")[0]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    for package in LOOSE:
        drawn = picture.partition(f'["{package}/"]')[2].partition("  end")[0]
        layers = [re.split(r"[ ·]+|<br>", one.replace("<br>", " ")) for one in re.findall(r'\w+\["(.*?)"\]', drawn)]
        (held,) = [one["layers"] for one in contracts if one.get("containers") == [package]]
        assert layers == [layer.split(" | ") for layer in held]


def test_the_contribution_guide_names_targets_that_make_has() -> None:
    named = set(A_TARGET.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"install-dev", "test-quick", "test", "generate"} <= named <= targets


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
    # A tag can be moved to other code; a commit cannot.
    actions = [step["uses"] for step in steps if "uses" in step]
    assert actions
    assert [action for action in actions if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)] == []
