"""Reads the lock files of `supply/locks`: which versions, the hashes of their files, and what needs each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = Path(__file__).parent / "locks"
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VIA = "# via "
# A cause in a lock's comment that is a package, as in `ringboard (pyproject.toml)`; not `-c supply/locks/dev.txt`.
A_CAUSE = re.compile(r"([A-Za-z0-9][\w.-]*)")


@dataclass(frozen=True, slots=True)
class Locked:
    """One locked package: its requirement as written (with its marker), the SHA-256 of each file, who needs it."""

    requirement: Requirement
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]

    @property
    def name(self) -> str:
        """The package's name in the registry's form."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The one version that the lock allows; raise ValueError if it allows others."""
        (only,) = self.requirement.specifier
        if only.operator != "==" or "*" in only.version:
            raise ValueError(f"{self.requirement} must be one version, as in name==1.2.3")
        return only.version


def read(name: str) -> tuple[Locked, ...]:
    """Return what the lock `name` (such as `run`) holds, in its order."""
    return parse((LOCKS / f"{name}.txt").read_text("utf-8"))


def parse(text: str) -> tuple[Locked, ...]:
    """Return what a lock's text holds; raise ValueError for a line that is no part of one."""
    found: list[Locked] = []
    for line in text.replace("\\\n", "").splitlines():
        words = line.strip()
        if words.startswith(VIA) and found:
            causes = (A_CAUSE.match(cause) for cause in words.removeprefix(VIA).split(", "))
            named = tuple(canonicalize_name(cause[1]) for cause in causes if cause)
            found.append(replace(found.pop(), needed_by=named))
        if not words or words.startswith("#"):
            continue
        requirement, *options = line.split(" --hash=")
        hashes = HASH.findall(line)
        if len(hashes) != len(options):
            raise ValueError(f"{requirement.strip()}: a hash must be --hash=sha256: and 64 hexadecimal digits")
        found.append(Locked(Requirement(requirement), tuple(hashes), ()))
    return tuple(found)
