"""The containers are pinned, ask for a secret, and are configured only with what exists."""

from __future__ import annotations

import copy
import json
import re
import shlex
import shutil
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from compose_spec import PyCompose
from packaging.version import Version

from stream.broker.directory import FIXED
from stream.broker.jars import read_lock
from stream.cli import COMMANDS
from stream.configuration import AllSettings, load_settings
from stream.settings.secret_files import secret_names
from supply import current
from supply.sbom import images
from tests.prometheus.tools import CURRENT, run

if TYPE_CHECKING:
    import click

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = [
    shlex.split(line)
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
# The settings that differ between a container and a process on the machine itself.
CONTAINER_ONLY = {"listener.security.protocol.map", "inter.broker.listener.name"}

KAFKA_INSIDE = "kafka:19092"


PERFORMANCE = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
LEAST: dict[str, dict[str, str]] = tomllib.loads((ROOT / "supply/images.toml").read_text(encoding="utf-8"))


def megabytes(size: str) -> int:
    """A size as Docker and Java write it."""
    number, unit = int(size[:-1]), size[-1]
    return number * {"m": 1, "g": 1024}[unit]


def parameters_of(command: str) -> list[click.Parameter]:
    found: click.Command = import_module(f"stream.cli.{command}").command
    return found.params


def instructions(name: str) -> list[list[str]]:
    return [words[1:] for words in DOCKERFILE if words[0] == name]


OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("ringboard:")}
WORKERS = {name: service for name, service in OURS.items() if service["command"] == ["worker"]}
# The wallboard and Grafana: what each asks for is in the environment, and has no default.
BEYOND_THIS_MACHINE = {"worker-1": "RINGBOARD_API_TOKEN", "grafana": "GF_SECURITY_ADMIN_PASSWORD"}
PROMETHEUS: dict[str, Any] = yaml.safe_load((ROOT / "grafana/prometheus/prometheus.yml").read_text(encoding="utf-8"))
PROMETHEUS_PORT = 9090


def mounts(name: str) -> dict[str, str]:
    """What is mounted in a service, by the place where it is mounted."""
    parts = [one.split(":") for one in SERVICES[name].get("volumes", ()) if isinstance(one, str)]
    return {part[1]: part[0] for part in parts}


def on_this_machine(name: str, path: str) -> Path:
    """The file or folder of the project that a service sees at `path`."""
    for place, source in mounts(name).items():
        if source.startswith("./") and (path == place or path.startswith(f"{place}/")):
            return ROOT / source / path.removeprefix(place).strip("/")
    raise AssertionError(f"{name} sees nothing of the project at {path}")


def read_by_the_specification(composed: dict[str, Any]) -> PyCompose:
    """Return what is read once variables that are not set have their defaults, which is done before."""
    return PyCompose.from_json(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", json.dumps(composed)))


def test_it_is_what_the_compose_specification_says() -> None:
    read = read_by_the_specification(COMPOSE)
    read.validate()
    assert set(read.service_names()) == set(SERVICES)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("services", "kafka", "restart"), "sometimes"),
        (("services", "grafana", "healthcheck", "interval"), "ten"),
        (("services", "worker-1", "ports"), ["6066:x"]),
        (("services", "worker-1", "enviroment"), {}),
        (("services", "prometheus", "secrets"), ["another"]),
    ],
)
def test_what_the_specification_does_not_know_would_be_found(place: tuple[str, ...], wrong: Any) -> None:
    changed = copy.deepcopy(COMPOSE)
    within = changed
    for name in place[:-1]:
        within = within[name]
    within[place[-1]] = wrong
    with pytest.raises(ValueError, match=r"\w"):
        read_by_the_specification(changed).validate()


@pytest.mark.parametrize("image", sorted({service["image"] for service in SERVICES.values()}))
def test_every_image_is_pinned_to_one_release(image: str) -> None:
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", image)


def test_the_container_runs_the_kafka_of_the_jars() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{read_lock().kafka}"


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("prometheus", "prometheus"),
        ("prometheus", "promtool"),
        ("alertmanager", "prometheus-alertmanager"),
        ("alertmanager", "amtool"),
    ],
)
def test_what_make_test_current_runs_is_what_the_containers_run(name: str, program: str) -> None:
    if CURRENT is None:
        pytest.skip("these are other programs: make test-current builds those of the containers")
    version = re.search(r"version (\d+\.\d+\.\d+)", run(program, "--version"))
    assert version is not None
    assert SERVICES[name]["image"] == f"prom/{name}:v{version[1]}"


@pytest.mark.parametrize(
    ("image", "module"),
    [
        ("prom/prometheus:v3.13.5", "github.com/prometheus/prometheus@v0.313.5"),
        ("prom/prometheus:v2.42.0", "github.com/prometheus/prometheus@v0.242.0"),
        ("prom/alertmanager:v0.35.0", "github.com/prometheus/alertmanager@v0.35.0"),
    ],
)
def test_a_go_module_has_its_own_way_with_versions(image: str, module: str) -> None:
    assert current.module(image) == module


@pytest.mark.parametrize("image", images())
def test_no_image_is_older_than_the_first_without_a_known_hole(image: str) -> None:
    name, _, tag = image.partition(":")
    assert Version(tag.partition("-")[0]) >= Version(LEAST[name]["least"]), LEAST[name]["because"]


def test_every_image_has_a_least_release_and_a_reason() -> None:
    assert set(LEAST) == {image.partition(":")[0] for image in images()}
    assert all(set(entry) == {"least", "because"} and entry["because"] for entry in LEAST.values())


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_bounds_for_its_log_its_memory_and_its_processes(name: str) -> None:
    service = SERVICES[name]
    assert service["logging"]["driver"] == "json-file"
    options = service["logging"]["options"]
    assert megabytes(options["max-size"]) * int(options["max-file"]) <= 100
    assert megabytes(service["mem_limit"]) <= 1024
    assert 0 < service["pids_limit"] <= 1024


def test_the_bounds_leave_room_for_what_was_measured() -> None:
    measured = [
        int(row[1]) for row in re.findall(r"^\| ([a-z ]+) \|[^|]+\|[^|]+\| (\d+) \|", PERFORMANCE, re.MULTILINE)
    ]
    supervisor = re.search(r"that of its supervisor, (\d+) MB", PERFORMANCE)
    assert measured
    assert supervisor is not None
    for service in WORKERS.values():
        assert megabytes(service["mem_limit"]) >= 2 * (max(measured) + int(supervisor[1]))
    heap = SERVICES["kafka"]["environment"]["KAFKA_HEAP_OPTS"].removeprefix("-Xmx")
    assert megabytes(SERVICES["kafka"]["mem_limit"]) >= 1.5 * megabytes(heap)


def test_what_is_ours_has_the_version_of_the_project() -> None:
    (version,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert {service["image"] for service in OURS.values()} == {f"ringboard:{version}"}


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_but_the_wallboard_and_grafana_is_reached_from_beyond_this_machine(name: str) -> None:
    service = SERVICES[name]
    assert "network_mode" not in service
    for port in service.get("ports", ()):
        inside = re.fullmatch(r"(127\.0\.0\.1:)?(\d+):(\d+)", port)
        assert inside is not None, port
        assert inside[2] == inside[3]
        assert inside[1] or name in BEYOND_THIS_MACHINE, port


@pytest.mark.parametrize(("name", "secret"), [*BEYOND_THIS_MACHINE.items(), ("gateway", "RINGBOARD_GATEWAY_KEY")])
def test_what_is_reached_from_beyond_asks_for_a_secret_that_has_no_default(name: str, secret: str) -> None:
    assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", SERVICES[name]["environment"][secret])


def test_every_variable_without_a_default_is_in_the_example_and_has_no_value_there() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    needed = set(re.findall(r"\$\{(\w+):\?", text))
    assert needed == {line.removesuffix("=") for line in example if re.fullmatch(r"\w+=", line)}
    offered = {line.strip("#").partition("=")[0] for line in example if re.fullmatch(r"#\w+=.*", line)}
    passed_on = {name for service in OURS.values() for name, value in service["environment"].items() if value is None}
    assert offered <= set(re.findall(r"\$\{(\w+)[:}]", text)) | passed_on


def test_a_setting_without_a_value_here_is_left_to_ringboard_toml_which_every_process_of_ours_reads() -> None:
    for service in OURS.values():
        (file,) = [one for one in service["volumes"] if isinstance(one, dict)]
        assert (file["type"], file["read_only"]) == ("bind", True)
        assert file["source"] == "${RINGBOARD_CONFIG:-/dev/null}"
        assert service["environment"]["RINGBOARD_CONFIG"] == file["target"]
        defaults = [value for value in service["environment"].values() if isinstance(value, str) and ":-" in value]
        assert defaults == [], "a default here would stand above the file"


def test_without_a_file_what_is_mounted_in_its_place_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_CONFIG", "/dev/null")
    assert load_settings().timezone == AllSettings.model_fields["timezone"].default


def test_every_secret_that_a_source_in_the_image_needs_is_passed_on_to_the_process_that_uses_it() -> None:
    # The libraries of the last two are extras, which are not in the image; brokers are those of the containers.
    elsewhere = {"freeswitch_password", "sql_url"}
    secrets = {name for name in secret_names(AllSettings) if not name.startswith("broker_")} - elsewhere
    of_workers = {"api_token", "tokens"}
    of_a_live_source = {"asterisk_secret", "connect_kafka_password"}
    wanted = {"gateway": secrets - of_workers - of_a_live_source, "connect": {"pseudonym_key", *of_a_live_source}}
    wanted |= {worker: {"pseudonym_key", *of_workers} for worker in WORKERS}
    for name, own in wanted.items():
        there = {f"RINGBOARD_{secret.upper()}" for secret in secrets} & set(SERVICES[name]["environment"])
        assert there == {f"RINGBOARD_{secret.upper()}" for secret in own}


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_has_only_settings_that_exist(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert set(environment) <= {"RINGBOARD_CONFIG", *(f"RINGBOARD_{key.upper()}" for key in AllSettings.model_fields)}
    assert environment["RINGBOARD_BROKER"] == KAFKA_INSIDE


def test_there_are_two_workers_that_reach_each_other() -> None:
    assert len(WORKERS) == 2
    for name, service in WORKERS.items():
        environment = service["environment"]
        assert environment["RINGBOARD_ADVERTISED_URL"] == f"http://{name}:{environment['RINGBOARD_WEB_PORT']}"


def test_what_is_ours_asks_the_broker_where_it_says_it_is() -> None:
    listeners = dict(
        one.split("://") for one in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    )
    assert listeners["INSIDE"] == KAFKA_INSIDE
    assert listeners["PLAINTEXT"] == AllSettings.model_fields["broker"].default
    assert SERVICES["kafka"]["ports"] == ["127.0.0.1:9092:9092"]


def test_kafka_in_a_container_is_configured_as_the_one_without() -> None:
    environment = SERVICES["kafka"]["environment"]
    ours = {
        "KAFKA_" + key.upper().replace(".", "_"): value for key, value in FIXED.items() if key not in CONTAINER_ONLY
    }
    shared = ours.keys() & environment.keys()
    assert {key: environment[key] for key in shared} == {key: ours[key] for key in shared}
    assert {"KAFKA_AUTO_CREATE_TOPICS_ENABLE", "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"} <= shared
    assert re.fullmatch(r"[\w-]{22}", environment["CLUSTER_ID"])


def test_what_is_mounted_is_there_or_declared() -> None:
    named = {source for name in SERVICES for source in mounts(name).values()}
    assert {source for source in named if not source.startswith("./")} == set(COMPOSE["volumes"])
    for source in named - set(COMPOSE["volumes"]):
        assert (ROOT / source).is_dir(), source
    assert list(mounts("kafka")) == [SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"]]
    for name in OURS:
        assert mounts(name) == {SERVICES[name]["environment"]["RINGBOARD_DATA_DIR"]: "ringboard-data"}
    for name in ("prometheus", "alertmanager", "grafana"):
        assert all(one.endswith(":ro") for one in SERVICES[name]["volumes"] if one.startswith("./"))


def test_what_others_wait_for_is_there_and_has_a_health_check() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            assert how == {"condition": "service_healthy"}


def test_the_simulated_floor_is_there_only_for_who_asks_for_it() -> None:
    assert [name for name, service in SERVICES.items() if "simulation" in service.get("profiles", ())] == ["simulator"]
    command = SERVICES["simulator"]["command"]
    options = {option for parameter in parameters_of(command[0]) for option in parameter.opts}
    assert {word for word in command if word.startswith("--")} <= options


def test_prometheus_reads_files_that_there_are_and_scrapes_every_worker() -> None:
    flags = dict(word.lstrip("-").split("=", 1) for word in SERVICES["prometheus"]["command"])
    assert on_this_machine("prometheus", flags["config.file"]) == ROOT / "grafana/prometheus/prometheus.yml"
    assert flags["storage.tsdb.path"] in mounts("prometheus")
    for name in PROMETHEUS["rule_files"]:
        assert (ROOT / "grafana/prometheus" / name).is_file()
    jobs = {job["job_name"]: job for job in PROMETHEUS["scrape_configs"]}
    scraped = {name: [t for one in job["static_configs"] for t in one["targets"]] for name, job in jobs.items()}
    gateway = f"gateway:{SERVICES['gateway']['environment']['RINGBOARD_GATEWAY_PORT']}"
    assert scraped == {"ringboard": [f"{name}:6066" for name in WORKERS], "ringboard-gateway": [gateway]}
    secrets = [Path(job["authorization"]["credentials_file"]) for job in jobs.values()]
    assert {secret.parent for secret in secrets} == {Path("/run/secrets")}
    assert [secret.name for secret in secrets] == SERVICES["prometheus"]["secrets"] == list(COMPOSE["secrets"])
    shown = [{"environment": "RINGBOARD_API_TOKEN"}, {"environment": "RINGBOARD_GATEWAY_KEY"}]
    assert list(COMPOSE["secrets"].values()) == shown


def test_prometheus_itself_finds_nothing_wrong_with_its_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "prometheus"
    shutil.copytree(ROOT / "grafana/prometheus", folder)
    config = folder / "prometheus.yml"
    config.write_text(config.read_text(encoding="utf-8").replace("/run/secrets/", f"{tmp_path}/"), encoding="utf-8")
    for name in COMPOSE["secrets"]:
        (tmp_path / name).write_text("a secret of the tests")
    assert "SUCCESS" in run("promtool", "check", "config", config)


def test_alertmanager_reads_a_file_that_exists_and_listens_where_it_is_configured_to(tmp_path: Path) -> None:
    flags = dict(word.lstrip("-").split("=", 1) for word in SERVICES["alertmanager"]["command"])
    config = on_this_machine("alertmanager", flags["config.file"])
    assert "SUCCESS" in run("amtool", "check-config", config)
    assert flags["storage.path"] in mounts("alertmanager")
    (there,) = PROMETHEUS["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert there == f"alertmanager{flags['web.listen-address']}"
    for service in WORKERS.values():
        assert service["environment"]["RINGBOARD_ALERTMANAGER"] == f"http://{there}"


def test_grafana_is_provisioned_with_what_there_is() -> None:
    provisioning = on_this_machine("grafana", "/etc/grafana/provisioning")
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text("utf-8"))["datasources"]
    assert source["url"] == f"http://prometheus:{PROMETHEUS_PORT}"
    assert SERVICES["prometheus"]["ports"] == [f"127.0.0.1:{PROMETHEUS_PORT}:{PROMETHEUS_PORT}"]
    for provider in yaml.safe_load((provisioning / "dashboards/ringboard.yml").read_text("utf-8"))["providers"]:
        assert list(on_this_machine("grafana", provider["options"]["path"]).glob("*.json"))
    environment = SERVICES["grafana"]["environment"]
    home = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    for language in ("en", "fr"):
        assert on_this_machine("grafana", home.replace("${RINGBOARD_LANGUAGE:-en}", language)).is_file()
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == environment["GF_USERS_ALLOW_SIGN_UP"] == "false"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check_and_time_to_stop(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["stop_grace_period"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_our_health_checks_are_python(name: str) -> None:
    compile(SERVICES[name]["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_the_image_is_built_from_pinned_versions_and_files_that_exist() -> None:
    (build,) = {tuple(sorted(service["build"].items())): service["build"] for service in OURS.values()}.values()
    assert (ROOT / build["context"] / build["dockerfile"]).is_file()
    for words in instructions("FROM"):
        assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", words[0])
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for words in instructions("COPY"):
        if not words[0].startswith("--from"):
            for source in words[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in allowed, source


def test_the_image_runs_a_command_that_there_is_and_not_as_root() -> None:
    (user,) = instructions("USER")
    assert int(user[0]) > 0
    assert {service["command"][0] for service in OURS.values()} <= set(COMMANDS)
    assert instructions("ENTRYPOINT") == [["[ringboard]"]]
    assert instructions("CMD") == [["[worker]"]]
