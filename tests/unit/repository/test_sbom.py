"""The bill of materials is what the locks, the compose file and the image hold, in CycloneDX's form."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from stream.broker.jars import read_lock
from supply.lock_files import read
from supply.sbom import images, render

ROOT = Path(__file__).parents[3]
WRITTEN = (ROOT / "supply/sbom.cdx.json").read_text("utf-8")
BILL = json.loads(WRITTEN)
COMPONENTS = {component["bom-ref"]: component for component in BILL["components"]}


def test_the_committed_bill_is_the_one_of_this_checkout() -> None:
    assert render() == WRITTEN, "make sbom"


def test_it_follows_the_schema() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(WRITTEN) is None


@pytest.mark.parametrize("wrong", [{"type": "gadget"}, {"colour": "red"}])
def test_what_does_not_follow_the_schema_would_be_found(wrong: dict[str, str]) -> None:
    changed = json.loads(WRITTEN)
    changed["components"][0] |= wrong
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(changed)) is not None


def test_it_names_no_time_no_serial_number_and_no_registry() -> None:
    assert "serialNumber" not in BILL
    assert "timestamp" not in BILL["metadata"]
    assert set(re.findall(r"https?://[^\"]*", WRITTEN)) == {BILL["$schema"]}


def test_every_package_jar_and_image_is_in_it() -> None:
    packages = {
        f"pkg:pypi/{one.name}@{one.version}" for lock in ("run", "freeswitch", "build", "dev") for one in read(lock)
    }
    jars = {"pkg:maven/" + jar.coordinate.replace(":", "/", 1).replace(":", "@") for jar in read_lock().jars}
    containers = {"pkg:docker/" + image.replace(":", "@") for image in images()}
    assert set(COMPONENTS) == packages | jars | containers | {"inter.woff2"}


def test_what_runs_is_required_and_what_only_builds_or_tests_is_not() -> None:
    for package in read("run"):
        assert COMPONENTS[f"pkg:pypi/{package.name}@{package.version}"]["scope"] == "required"
    required = {ref for ref, component in COMPONENTS.items() if component["scope"] == "required"}
    assert len(required) == len(read("run")) + 1


def test_the_jars_have_the_hashes_of_their_lock() -> None:
    for jar in read_lock().jars:
        group, artifact, version = jar.coordinate.split(":")
        (found,) = COMPONENTS[f"pkg:maven/{group}/{artifact}@{version}"]["hashes"]
        assert found == {"alg": "SHA-256", "content": jar.sha256}


def test_everything_is_reached_from_the_project() -> None:
    needs = {one["ref"]: one.get("dependsOn", []) for one in BILL["dependencies"]}
    reached, left = set[str](), ["ringboard"]
    while left:
        if (ref := left.pop()) not in reached:
            reached.add(ref)
            left += needs.get(ref, [])
    assert set(COMPONENTS) - reached == set()
