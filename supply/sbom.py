"""Writes the bill of materials (CycloneDX) from the locks: `python -m supply.sbom > supply/sbom.cdx.json`."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from stream.broker.jars import read_lock
from supply.lock_files import read

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
# By lock, what its packages are to whoever runs Ringboard; a package in several has the first that names it.
SCOPES = {
    "run": ComponentScope.REQUIRED,
    "freeswitch": ComponentScope.OPTIONAL,
    "sql": ComponentScope.OPTIONAL,
    "workbooks": ComponentScope.OPTIONAL,
    "build": ComponentScope.EXCLUDED,
    "dev": ComponentScope.EXCLUDED,
}
FONT = ROOT / "agents/pages/static/inter.woff2"


def project() -> dict[str, Any]:
    """Return the `[project]` table of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def packages() -> tuple[dict[str, Component], set[tuple[str, str]]]:
    """Return each Python package of the locks by its name, and every pair of a package and one that it needs."""
    found: dict[str, Component] = {}
    needs: set[tuple[str, str]] = set()
    for lock, scope in SCOPES.items():
        for package in read(lock):
            needs |= {(cause, package.name) for cause in package.needed_by}
            if package.name in found:
                continue
            purl = PackageURL("pypi", None, package.name, package.version)
            # The hashes are of many files, one for each platform, and so stand in the lock alone.
            properties = [Property(name="ringboard:lock", value=f"supply/locks/{lock}.txt")]
            if package.requirement.marker:
                properties.append(Property(name="ringboard:marker", value=str(package.requirement.marker)))
            found[package.name] = Component(
                name=package.name,
                version=package.version,
                scope=scope,
                purl=purl,
                bom_ref=purl.to_string(),
                properties=properties,
            )
    return found, needs


def jars() -> Iterator[Component]:
    """Yield each jar of the broker that `ringboard broker` and the demo run."""
    for jar in read_lock().jars:
        group, artifact, version = jar.coordinate.split(":")
        purl = PackageURL("maven", group, artifact, version)
        yield Component(
            group=group,
            name=artifact,
            version=version,
            scope=ComponentScope.OPTIONAL,
            purl=purl,
            bom_ref=purl.to_string(),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=jar.sha256)],
        )


def images() -> list[str]:
    """Return every image that docker-compose.yml or the Dockerfile names, except our own."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"].values()
    based_on = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    named = {service["image"] for service in services} | set(based_on)
    return sorted(image for image in named if not image.startswith("ringboard:"))


def containers() -> Iterator[Component]:
    """Yield each image that is run or built upon."""
    for image in images():
        name, _, version = image.partition(":")
        namespace, _, last = name.rpartition("/")
        purl = PackageURL("docker", namespace or None, last, version)
        yield Component(
            type=ComponentType.CONTAINER,
            group=namespace or None,
            name=last,
            version=version,
            scope=ComponentScope.OPTIONAL,
            purl=purl,
            bom_ref=purl.to_string(),
        )


def font() -> Component:
    """Return the wallboard's font, which is a file of this repository."""
    return Component(
        type=ComponentType.FILE,
        name=FONT.name,
        bom_ref=FONT.name,
        scope=ComponentScope.REQUIRED,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(FONT.read_bytes()).hexdigest())],
        licenses=[LicenseExpression("OFL-1.1")],
    )


def bill() -> Bom:
    """Return the bill of materials of this checkout."""
    us = project()
    root = Component(
        type=ComponentType.APPLICATION,
        name=us["name"],
        version=us["version"],
        description=us["description"],
        bom_ref=us["name"],
        licenses=[LicenseExpression(us["license"])],
    )
    python, needs = packages()
    others = [*jars(), *containers(), font()]
    bom = Bom(metadata=BomMetaData(component=root), components=[*python.values(), *others])
    bom.register_dependency(root, others)
    for cause, name in sorted(needs):
        bom.register_dependency(root if cause == root.name else python[cause], [python[name]])
    return bom


def render() -> str:
    """Return the bill as JSON, the same for the same checkout: without a time and a serial number."""
    written = make_outputter(bill(), OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    content = json.loads(written)
    del content["serialNumber"], content["metadata"]["timestamp"]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
