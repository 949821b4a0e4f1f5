"""The containers are pinned, answer to this machine only, and are told only what Ringboard knows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from stream.broker.jars import read_lock
from stream.broker.layout import FIXED
from stream.cli import COMMANDS
from stream.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = [
    shlex.split(line)
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
# What differs between a container and a process on the machine itself.
PLACES = {"listener.security.protocol.map", "inter.broker.listener.name"}


def instructions(name: str) -> list[list[str]]:
    return [words[1:] for words in DOCKERFILE if words[0] == name]


@pytest.mark.parametrize("image", [service["image"] for service in SERVICES.values()])
def test_every_image_is_pinned_to_one_release(image: str) -> None:
    assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+", image)


def test_the_container_runs_the_kafka_of_the_jars() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{read_lock().kafka}"


def test_the_worker_has_the_version_of_the_project() -> None:
    (version,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert SERVICES["worker"]["image"] == f"ringboard:{version}"


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_reached_from_beyond_this_machine(name: str) -> None:
    service = SERVICES[name]
    assert "network_mode" not in service
    for port in service["ports"]:
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), port


def test_the_worker_is_told_only_settings_that_there_are() -> None:
    told = SERVICES["worker"]["environment"]
    known = {f"RINGBOARD_{name.upper()}" for name in Settings.model_fields}
    assert set(told) <= known
    assert told["RINGBOARD_API_TOKEN"].startswith("${RINGBOARD_API_TOKEN:?"), "it listens beyond loopback: no default"


def test_the_worker_asks_the_broker_where_it_says_it_is() -> None:
    listeners = dict(
        one.split("://") for one in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    )
    assert SERVICES["worker"]["environment"]["RINGBOARD_BROKER"] == listeners["INSIDE"]
    assert listeners["PLAINTEXT"] == Settings.model_fields["broker"].default
    assert SERVICES["kafka"]["ports"] == ["127.0.0.1:9092:9092"]


def test_kafka_in_a_container_is_configured_as_the_one_without() -> None:
    environment = SERVICES["kafka"]["environment"]
    ours = {"KAFKA_" + key.upper().replace(".", "_"): value for key, value in FIXED.items() if key not in PLACES}
    shared = ours.keys() & environment.keys()
    assert {key: environment[key] for key in shared} == {key: ours[key] for key in shared}
    assert {"KAFKA_AUTO_CREATE_TOPICS_ENABLE", "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"} <= shared
    assert re.fullmatch(r"[\w-]{22}", environment["CLUSTER_ID"])


def test_what_is_mounted_is_declared_and_used_where_it_is_mounted() -> None:
    mounts = {service: dict(one.split(":") for one in SERVICES[service]["volumes"]) for service in SERVICES}
    assert {volume for mounted in mounts.values() for volume in mounted} == set(COMPOSE["volumes"])
    assert list(mounts["kafka"].values()) == [SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"]]
    assert list(mounts["worker"].values()) == [SERVICES["worker"]["environment"]["RINGBOARD_DATA_DIR"]]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check_and_time_to_stop(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["stop_grace_period"]


def test_the_workers_health_check_is_python() -> None:
    compile(SERVICES["worker"]["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_the_image_is_built_from_pinned_versions_and_files_that_exist() -> None:
    build = SERVICES["worker"]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).is_file()
    for words in instructions("FROM"):
        assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", words[0])
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for words in instructions("COPY"):
        if not words[0].startswith("--from"):
            for source in words[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in allowed, source
    assert any("PIP_CONSTRAINT=/src/constraints.txt" in words for words in instructions("RUN"))


def test_the_image_runs_a_command_that_there_is_and_not_as_root() -> None:
    (user,) = instructions("USER")
    assert int(user[0]) > 0
    (command,) = SERVICES["worker"]["command"]
    assert command in COMMANDS
    assert instructions("ENTRYPOINT") == [["[ringboard]"]]
    assert instructions("CMD") == [[f"[{command}]"]]


def test_the_constraints_pin_exact_versions_and_name_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins
    for pin in pins:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_]+", pin), pin
    assert not any(pin.lower().startswith("ringboard") for pin in pins)
