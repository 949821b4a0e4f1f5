"""Alertmanager's configuration: from who is to be told, with no secret in it, and as Alertmanager reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from grafana.alertmanager.config import FOLDER, render
from grafana.alertmanager.receivers import load
from grafana.rules.alerts import NAMES
from stream.alerts.wording import NAMES as LEAD_ALERTS
from stream.errors import RingboardError
from tests.prometheus.tools import run

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = FOLDER / "receivers.example.toml"
NASTY = 'Été \\"}{<script> 🌞'


def written(text: str, place: Path) -> Path:
    file = place / "receivers.toml"
    file.write_text(text, encoding="utf-8")
    return file


def config_of(text: str, place: Path) -> Path:
    file = place / "alertmanager.yml"
    file.write_text(render(load(written(text, place))), encoding="utf-8")
    return file


def test_the_file_is_what_the_code_writes() -> None:
    text = (FOLDER / "alertmanager.yml").read_text(encoding="utf-8")
    assert text == render(load(FOLDER / "receivers.toml")), "python -m grafana.alertmanager > …/alertmanager.yml"


def test_amtool_takes_it_and_the_example_with_all_there_can_be(tmp_path: Path) -> None:
    assert "SUCCESS" in run("amtool", "check-config", FOLDER / "alertmanager.yml")
    assert "SUCCESS" in run("amtool", "check-config", config_of(EXAMPLE.read_text(encoding="utf-8"), tmp_path))


def receivers_of(config: Path, *labels: str) -> set[str]:
    told = run("amtool", "config", "routes", "test", f"--config.file={config}", *labels)
    (line,) = [line for line in told.splitlines() if not line.startswith("Warning")]
    return set(line.split(","))


def test_each_alert_goes_to_whom_its_campaign_and_team_belong(tmp_path: Path) -> None:
    config = config_of(EXAMPLE.read_text(encoding="utf-8"), tmp_path)
    assert receivers_of(config, "alertname=RingboardLeadsOverdue", "campaign=Autumn") == {"floor"}
    assert receivers_of(config, "alertname=RingboardLeadsOverdue", "campaign=Spring") == {"spring"}
    assert receivers_of(config, "lead=L1", "campaign=Spring", "team=north") == {"spring", "north"}
    assert receivers_of(config, "lead=L1", "campaign=Autumn", "team=south") == {"floor"}
    assert receivers_of(config, "area=pipeline", "alertname=RingboardLagHigh") == {"operations"}
    assert receivers_of(config, "area=pipeline", "severity=none") == {"nobody"}


def test_links_in_messages_lead_to_where_grafana_and_the_runbook_are(tmp_path: Path) -> None:
    text = render(load(EXAMPLE))
    assert text.count("Grafana: https://grafana.example.org{{ . }}") == 4
    assert text.count("Runbook: https://git.example.org/ringboard/blob/main/{{ . }}") == 4
    bare = '[receivers.floor]\nslack = "#floor"\n[slack]\nurl-file = "/etc/alertmanager/slack-url"\n'
    assert "Runbook: {{ . }}" in render(load(written(bare, tmp_path)))


def test_a_campaign_may_be_called_anything(tmp_path: Path) -> None:
    config = config_of(f'[receivers.floor]\n[receivers.odd]\ncampaigns = ["{NASTY}"]\n', tmp_path)
    assert "SUCCESS" in run("amtool", "check-config", config)
    assert receivers_of(config, f'campaign="{NASTY}"') == {"odd"}


def test_no_secret_stands_in_it() -> None:
    text = render(load(EXAMPLE))
    assert not re.search(r"(password|credentials|api_url|secret|token):", text)
    assert len(re.findall(r"_file: /etc/", text)) == 3


def test_what_keeps_others_quiet_names_alerts_that_there_are() -> None:
    config = yaml.safe_load((FOLDER / "alertmanager.yml").read_text(encoding="utf-8"))
    for rule in config["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            label, _, pattern = matcher.replace("=~", "=").partition("=")
            if label == "alertname":
                names = [name for name in (*NAMES, *LEAD_ALERTS.values()) if re.fullmatch(pattern.strip('"'), name)]
                assert names, matcher


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[receivers.spring]", "receivers: without floor"),
        ('[receivers.floor]\nemail = ["a@example.org"]', "needs [mail]"),
        ('[receivers.floor]\nslack = "#floor"', "needs [slack]"),
        ('[receivers.floor]\ncampaigns = ["Spring"]', "cannot be for campaigns"),
        ('[receivers.floor]\nwebhook = "desk.example.org"', "receivers"),
        ('[receivers.floor]\ntelegram = "x"', "unknown field `telegram`"),
        ("[receivers.floor", "not TOML"),
    ],
)
def test_a_mistake_is_told_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(RingboardError) as refused:
        load(written(text, tmp_path))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RingboardError, match="cannot be read"):
        load(tmp_path / "nowhere.toml")
