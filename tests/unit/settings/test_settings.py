"""The settings say what is wrong in one line, wherever it stands, and never repeat a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stream.configuration import load_settings, reference
from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], None]:
    def _write(text: str) -> None:
        (tmp_path / "ringboard.toml").write_text(text, encoding="utf-8")

    return _write


def refusal() -> str:
    with pytest.raises(RingboardError) as caught:
        load_settings()
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_with_nothing_said_the_floor_is_in_paris_and_the_broker_on_this_machine() -> None:
    settings = load_settings()
    assert settings.broker == "127.0.0.1:9092"
    assert settings.zone.key == "Europe/Paris"
    assert settings.data_dir.name == "ringboard"
    assert settings.ahead_ms == 86_400_000
    assert settings.opening_minutes == (((540, 1080),),) * 5 + ((), ())


def test_the_environment_wins_over_the_file_and_what_is_given_over_both(
    write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write('timezone = "Europe/Madrid"\nweb_port = 1\npartitions = 3\n')
    monkeypatch.setenv("RINGBOARD_TIMEZONE", "Europe/Rome")
    monkeypatch.setenv("RINGBOARD_WEB_PORT", "2")
    settings = load_settings(web_port=4)
    assert (settings.timezone, settings.web_port, settings.partitions) == ("Europe/Rome", 4, 3)


def test_another_file_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.toml"
    other.write_text('language = "fr"\n')
    monkeypatch.setenv("RINGBOARD_CONFIG", str(other))
    assert load_settings().language == "fr"
    other.unlink()
    assert refusal().startswith("RINGBOARD_CONFIG: there is no file")


def test_objects_come_as_tables_or_as_json_and_keep_their_keys(
    write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write('[min_talk_s_by_campaign]\nSpring = 20\n[opening_hours]\nmon = ["14:00-24:00", "09:00-12:00"]\n')
    monkeypatch.setenv("RINGBOARD_DISPOSITIONS", '{"SALE": "interested", "sale": "callback"}')
    settings = load_settings()
    assert settings.min_talk_s_by_campaign == {"Spring": 20.0}
    assert settings.dispositions == {"SALE": "interested", "sale": "callback"}
    assert settings.opening_minutes[0] == ((540, 720), (840, 1440))
    assert settings.opening_minutes[1:] == ((),) * 6


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "TIMEZONE",
            "Europe/Pari",
            "TIMEZONE: no IANA time zone has that name (did you mean Europe/Paris?); write an IANA time zone",
        ),
        ("TIMEZONE", "../../etc/passwd", "TIMEZONE: no IANA time zone"),
        ("TIMEZONE", "Europe", "TIMEZONE: no IANA time zone"),
        ("DEFAULT_REGION", "XX", "DEFAULT_REGION: no telephone region has that code"),
        ("WEB_PORT", "70000", "WEB_PORT: got 70000; write a port from 1 to 65535"),
        ("WEB_PORT", "soon", "WEB_PORT: got a string of 4 characters; write a port"),
        ("MIN_TALK_S", "nan", "MIN_TALK_S: got a string of 3 characters; write seconds"),
        ("MIN_TALK_S", "-1", "MIN_TALK_S: got -1; write seconds from 0 to 86400"),
        ("BROKER", "kafka://host:1", "BROKER: not a list of host:port; write host:port"),
        ("BROKER", "host", "BROKER: not a list of host:port"),
        ("APP_ID", "My_App", "APP_ID: got a string of 6 characters; write lower-case letters"),
        (
            "OPENING_HOURS",
            '{"monday": []}',
            "OPENING_HOURS: got a string of 6 characters that is no day (did you mean mon?); ",
        ),
        ("OPENING_HOURS", '{"mon": ["9-18"]}', "OPENING_HOURS: mon: not of the form 09:00-18:00"),
        ("OPENING_HOURS", '{"mon": ["18:00-09:00"]}', "OPENING_HOURS: mon: hours that end before they begin"),
        ("OPENING_HOURS", '{"mon": ["09:00-12:00", "11:00-13:00"]}', "OPENING_HOURS: the hours of mon"),
        ("OPENING_HOURS", "mon", "OPENING_HOURS: got a string of 3 characters that is no table; write"),
        ("OPENING_HOURS", "[]", "OPENING_HOURS: got a string of 2 characters that is no table; write"),
        (
            "LABEL_LIMITS",
            '{"rep": 0}',
            "LABEL_LIMITS, rep: got 0; write {rep = 300} with campaign, team, rep",
        ),
        (
            "LABEL_LIMITS",
            '{"lead": 5}',
            "LABEL_LIMITS, lead: no name that may stand here; write {rep = 300} with",
        ),
        (
            "DISPOSITIONS",
            '{"SALE": "sold"}',
            "DISPOSITIONS: SALE: got a string of 4 characters that is no disposition; write",
        ),
        ("DISPOSITIONS", '{"SALE": 3}', "DISPOSITIONS, SALE: got 3; write"),
        ("EXTENSION_PATTERN", "[0-9", "EXTENSION_PATTERN: not a regular expression"),
        ("HOLIDAYS_COUNTRY", "XX", "HOLIDAYS_COUNTRY: its public holidays are not known"),
        ("ADVERTISED_URL", "10.0.0.1:80", "ADVERTISED_URL: not a web address"),
        ("ADVERTISED_URL", "http://me:secret@h:80", "ADVERTISED_URL: not a web address"),
        (
            "PEER_NETWORKS",
            "10.0.0.0/24, 10.0.1.5/24",
            "PEER_NETWORKS: 10.0.1.5/24 has bits beyond its length (did",
        ),
        (
            "PEER_NETWORKS",
            "worker-1",
            "PEER_NETWORKS: got a string of 8 characters that is no network; write",
        ),
        ("PEER_NETWORKS", "0.0.0.0/0", 'PEER_NETWORKS: one is every address there is; write ["10.0.0.0/24",'),
        ("LANGUAGE", "de", 'LANGUAGE: got a string of 2 characters; write "en" or "fr"'),
        ("SERVICE_LEVEL_FORMULA", "5", "SERVICE_LEVEL_FORMULA: got"),
        ("EARLY_FOLLOW_UP_H", "80", "early_follow_up_h: more than follow_up_within_h"),
        ("TARGETS", '{"contact_rate": "high"}', "TARGETS, contact_rate: got a string of 4 characters"),
        (
            "TARGETS",
            '{"contact_rat": 0.3}',
            "TARGETS: there is no KPI contact_rat (did you mean contact_rate?)",
        ),
        (
            "TARGETS",
            '{"contact_rate": 25}',
            "TARGETS: contact_rate is a ratio from 0 to 1, and 25 is more (did you",
        ),
        (
            "TARGETS",
            '{"lead_response_within_5m_attempt": 0.9, "lead_response_within_1h_attempt": 0.5}',
            "TARGETS: lead_response_within_5m_attempt can never be more than lead_response_within_1h_",
        ),
        (
            "TARGETS",
            '{"lead_response_p90_contact": 60, "lead_response_p95_contact": 30}',
            "TARGETS: lead_response_p90_contact can never be more than lead_response_p95_contact, but 60",
        ),
        (
            "TARGETS_BY_CAMPAIGN",
            '{"Spring": {"loss": 1}}',
            "TARGETS_BY_CAMPAIGN, Spring: there is no KPI loss",
        ),
        ("TIMZONE", "Europe/Paris", "TIMZONE: no such setting (did you mean RINGBOARD_TIMEZONE?)"),
    ],
)
def test_a_wrong_variable_is_refused_with_its_name_and_the_right_form(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"RINGBOARD_{name}", value)
    line = refusal()
    assert line.removeprefix("RINGBOARD_").startswith(told)
    assert "etc/passwd" not in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("partitions = true", "ringboard.toml: partitions: got true or false; write a whole number"),
        ("timezne = 1", "ringboard.toml: timezne: no such setting (did you mean timezone?); see docs/settings.md"),
        ("web_port = ?\n", "ringboard.toml: not TOML (at line 1, column 12)"),
        ("web_port = 1\nweb_port = 2\n\n", "ringboard.toml: not TOML (at line 2"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(text: str, told: str, write: Callable[[str], None]) -> None:
    write(text)
    assert refusal().startswith(told)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("targets", "{contact_rate = 0.25}", {"contact_rate": 0.25}),
        ("targets", ' {"contact_rate": 0.25} ', {"contact_rate": 0.25}),
        ("dispositions", '{"SALE" = "interested"}', {"SALE": "interested"}),
        ("targets_by_campaign", '{"Spring" = {contact_rate = 0.3}}', {"Spring": {"contact_rate": 0.3}}),
        ("opening_hours", '{mon = ["09:00-12:00", "14:00-18:00"]}', {"mon": ["09:00-12:00", "14:00-18:00"]}),
    ],
)
def test_a_variable_takes_the_table_that_its_error_shows(
    name: str, value: str, read: Any, write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"RINGBOARD_{name.upper()}"
    monkeypatch.setenv(variable, "x")
    shown = refusal().partition("; write ")[2]
    assert shown.replace(" ", "").startswith(value.replace(" ", "").rstrip("}")) or '"' in value[:3]
    monkeypatch.setenv(variable, value)
    assert getattr(load_settings(), name) == read
    monkeypatch.delenv(variable)
    if "=" in value:
        write(f"{name} = {value}\n")
        assert getattr(load_settings(), name) == read


def test_a_key_of_a_table_that_may_be_a_persons_is_counted_and_not_repeated(
    write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write('[asterisk_reps]\n107 = "rep-04"\n"Jane Roe" = ""\n')
    assert "Jane" not in refusal()
    write('[dispositions]\nOK = "interested"\n"01 99 00 12 34" = "sold"\n')
    assert refusal().startswith(
        "ringboard.toml: dispositions: entry 2: got a string of 4 characters that is no disposi"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{crm = {mapping = "crm.toml"}}', ", crm, key: missing; write"),
        ('{crm = {mapping = "crm.toml", key = "short"}}', ", crm, key: a secret of 5 characters; write"),
        ('{crm = {mapping = "crm.toml", keys = "k"}}', ", crm, key: missing"),
        (
            '{crm = {mapping = "crm.toml", key = "a key of the tests", signed = "zoho"}}',
            ": crm, signed: got a string of 4 characters that names no source with one (hubspot); write",
        ),
    ],
)
def test_a_wrong_part_of_a_table_is_named(text: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_GATEWAY_SOURCES", text)
    assert refusal().startswith(f"RINGBOARD_GATEWAY_SOURCES{told}")


def test_several_mistakes_are_one_line_and_a_number_of_the_rest(write: Callable[[str], None]) -> None:
    write("partitions = 0\nweb_port = 0\nlanguage = 1\n")
    assert refusal().endswith("(and 2 more)")


def test_a_secret_is_never_repeated(write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_PSEUDONYM_KEY", "tiny-secret")
    line = refusal()
    assert line == ("RINGBOARD_PSEUDONYM_KEY: got a string of 11 characters; write a secret of at least 16 characters")
    write("api_token = 12345678\n")
    monkeypatch.delenv("RINGBOARD_PSEUDONYM_KEY")
    assert "12345678" not in refusal()
    monkeypatch.setenv("RINGBOARD_API_TOKEN", "a-token-of-my-own")
    assert "a-token-of-my-own" not in repr(load_settings())


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_API_TOKEN", "")
    monkeypatch.setenv("RINGBOARD_TIMEZONE", "")
    settings = load_settings()
    assert settings.api_token is None
    assert settings.timezone == "Europe/Paris"


def test_holidays_may_be_none(write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_HOLIDAYS_COUNTRY", "none")
    assert load_settings().holidays_country is None
    monkeypatch.setenv("RINGBOARD_HOLIDAYS_COUNTRY", "de-by")
    assert load_settings().holidays_country == "DE-BY"
    monkeypatch.delenv("RINGBOARD_HOLIDAYS_COUNTRY")
    write('holidays_country = ""\n')
    assert load_settings().holidays_country is None


def test_other_machines_are_let_in_only_with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_WEB_HOST", "0.0.0.0")  # noqa: S104  that is the case
    assert refusal().startswith("RINGBOARD_API_TOKEN: not set, while web_host lets other machines in")
    monkeypatch.setenv("RINGBOARD_API_TOKEN", "a-token-of-my-own")
    assert load_settings().web_host == "0.0.0.0"  # noqa: S104
    for host in ("127.0.0.2", "::1", "localhost"):
        assert load_settings(web_host=host, api_token=None).web_host == host


def test_what_kubernetes_puts_beside_a_container_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_WORKER_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("RINGBOARD_WORKER_PORT", "tcp://10.0.0.1:6066")
    monkeypatch.setenv("RINGBOARD_WORKER_PORT_6066_TCP_ADDR", "10.0.0.1")
    assert load_settings().web_port == 6066


def test_the_reference_is_what_the_settings_say() -> None:
    committed = Path(__file__).parents[3] / "docs" / "settings.md"
    assert committed.read_text(encoding="utf-8") == reference()


def test_a_short_token_and_one_without_a_known_scope_are_refused_by_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RINGBOARD_API_TOKEN", "a-short-token")
    line = "RINGBOARD_API_TOKEN: a secret of 13 characters; write a secret of your own, of at least 16 characters"
    assert refusal() == line
    monkeypatch.delenv("RINGBOARD_API_TOKEN")
    good = {"token": "the-token-of-the-hall", "scopes": ["wall"]}
    for wrong, why in (
        ({**good, "token": "short"}, ", token: a secret of 5 characters"),
        ({**good, "scopes": ["peer"]}, ", scopes, entry 1: got a string of 4 characters"),
        ({**good, "scopes": []}, ", scopes: got a list of 0 values"),
        ({**good, "teem": "north"}, ", teem: no such key"),
        ({"token": good["token"]}, ", scopes: missing"),
    ):
        monkeypatch.setenv("RINGBOARD_TOKENS", json.dumps({"hall": wrong}))
        assert refusal().startswith(f"RINGBOARD_TOKENS, hall{why}; write {{hall = "), wrong
        assert "the-token-of-the-hall" not in refusal()
    monkeypatch.setenv("RINGBOARD_TOKENS", json.dumps({"hall": good, "lobby": good}))
    assert refusal() == "RINGBOARD_TOKENS: two names have the same token; give each a secret of its own"


def test_a_named_token_lets_other_machines_in(monkeypatch: pytest.MonkeyPatch, write: Callable[[str], None]) -> None:
    write('[tokens.hall]\ntoken = "the-token-of-the-hall"\nscopes = ["wall"]\nteam = "north"\n')
    monkeypatch.setenv("RINGBOARD_WEB_HOST", "0.0.0.0")  # noqa: S104  that is the case
    hall = load_settings().tokens["hall"]
    assert (sorted(hall.scopes), hall.campaign, hall.team) == (["wall"], None, "north")
    assert "the-token-of-the-hall" not in repr(load_settings())


def test_the_gateway_believes_the_trusted_proxies_or_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")
    assert load_settings().proxies_of_gateway == ["10.0.0.0/8", "192.0.2.1"]
    monkeypatch.setenv("RINGBOARD_GATEWAY_TRUSTED_PROXIES", "198.51.100.7")
    assert load_settings().proxies_of_gateway == ["198.51.100.7"]
    monkeypatch.setenv("RINGBOARD_TRUSTED_PROXIES", "everywhere")
    assert refusal().startswith("RINGBOARD_TRUSTED_PROXIES: not an address or a network; write ")
