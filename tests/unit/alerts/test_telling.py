"""What Alertmanager is told, given what it holds."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest

from stream.alerts.alertmanager import OpenAlert
from stream.alerts.leads import LateLead, Stage
from stream.alerts.telling import ENDS_BY_ITSELF_AFTER, TOLD_AGAIN_AFTER, next_round
from stream.alerts.wording import Voice, age, rfc3339
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.kpi.rules import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from stream.alerts.telling import Round
    from stream.alerts.wording import Labels

NOW = 1_773_835_200_000
VOICE = Voice("ringboard", UTC, "en", "https://crm.example.org/leads/{lead}?c={campaign}")
LATE = LateLead(Stage.OVERDUE, "L 1/é", 'Été "}{<script>', "north", "ada", NOW - 70 * MINUTE, NOW - 10 * MINUTE, HOUR)
LABELS = VOICE.labels(LATE)
FRESH = OpenAlert(NOW + ENDS_BY_ITSELF_AFTER, {"summary": "s"})


def tell(late: list[LateLead], held: dict[Labels, OpenAlert], **how: Any) -> Round:
    return next_round(
        late, held, **{"told": {}, "voice": VOICE, "is_own": lambda _lead: True, "sure": True, "now": NOW, **how}
    )


def test_a_late_lead_is_told_with_all_that_helps() -> None:
    (alert,) = tell([LATE], {}).fire
    assert alert["labels"] == {
        "alertname": "RingboardLeadOverdue",
        "severity": "warning",
        "area": "leads",
        "floor": "ringboard",
        "lead": "L 1/é",
        "campaign": 'Été "}{<script>',
        "team": "north",
    }
    told = alert["annotations"]
    assert told["summary"] == 'Lead L 1/é of Été "}{<script> was not called in time'
    assert told["description"] == "Requested at 2026-03-18 10:50+00:00, 70 min ago; the limit is 60 min. Rep: ada."
    assert (told["rep"], told["age"]) == ("ada", "70 min")
    assert told["crm_url"] == "https://crm.example.org/leads/L%201%2F%C3%A9?c=%C3%89t%C3%A9%20%22%7D%7B%3Cscript%3E"
    assert alert["generatorURL"] == told["crm_url"]
    assert (alert["startsAt"], alert["endsAt"]) == (rfc3339(NOW - 10 * MINUTE), rfc3339(NOW + ENDS_BY_ITSELF_AFTER))


def test_what_it_knows_is_told_again_only_in_time_not_to_end() -> None:
    assert tell([LATE], {LABELS: FRESH}).fire == []
    old = OpenAlert(NOW + ENDS_BY_ITSELF_AFTER - TOLD_AGAIN_AFTER - 1, {})
    (again,) = tell([LATE], {LABELS: old}).fire
    assert again["labels"] == dict(LABELS)


def test_labels_and_beginning_are_the_same_for_every_worker_at_any_time() -> None:
    first, later = tell([LATE], {}).fire[0], tell([LATE], {}, now=NOW + HOUR).fire[0]
    assert (first["labels"], first["startsAt"]) == (later["labels"], later["startsAt"])
    assert first["annotations"]["age"] != later["annotations"]["age"]


def test_a_lead_that_was_called_is_ended_with_the_words_it_had() -> None:
    done = tell([], {LABELS: FRESH})
    (alert,) = done.end
    assert alert == {"labels": dict(LABELS), "annotations": {"summary": "s"}, "endsAt": rfc3339(NOW)}
    assert done.told == {}


def test_it_is_ended_also_where_alertmanager_has_forgotten_it() -> None:
    told = tell([LATE], {}).told
    (alert,) = tell([], {}, told=told).end
    assert alert["labels"] == dict(LABELS)


def test_a_lead_of_another_worker_is_left_alone() -> None:
    assert tell([], {LABELS: FRESH}, is_own=lambda _lead: False).end == []


def test_while_not_all_is_known_nothing_new_is_told_and_nothing_ended_but_what_is_open_lasts() -> None:
    assert tell([LATE], {}, sure=False) == tell([], {}, sure=False)
    ending = OpenAlert(NOW + MINUTE, {})
    assert len(tell([LATE], {LABELS: ending}, sure=False).fire) == 1
    unsure = tell([], {LABELS: FRESH}, sure=False)
    assert (unsure.end, unsure.told) == ([], {LABELS: {"summary": "s"}})


def test_without_a_team_rep_or_crm_there_is_no_empty_label_nor_annotation() -> None:
    plain = Voice("ringboard", UTC, "fr")
    bare = LateLead(Stage.ESCALATED, "L1", "Été", None, None, NOW - 3 * HOUR, NOW - HOUR, HOUR)
    (alert,) = next_round([bare], {}, {}, voice=plain, is_own=bool, sure=True, now=NOW).fire
    assert "team" not in alert["labels"]
    assert not alert["annotations"].keys() & {"rep", "crm_url"}
    assert "generatorURL" not in alert
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["summary"].startswith("Le lead L1 de Été attend toujours")
    assert alert["annotations"]["description"].endswith("Commercial : aucun pour l'instant.")


def test_ages_read_as_one_says_them() -> None:
    ages = [age(ms) for ms in (3_000, 119_999, 2 * MINUTE, 119 * MINUTE, 2 * HOUR + MINUTE, 50 * HOUR, 7 * DAY)]
    assert ages == ["3 s", "119 s", "2 min", "119 min", "2 h 01", "2 d 2 h", "7 d 0 h"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("crm_url", "https://crm.example.org/", "without {lead}"),
        ("crm_url", "https://crm.example.org/{lead}/{rep}", "something else in braces"),
        ("crm_url", "crm.example.org/{lead}", "not a web address"),
        ("crm_url", "https://me:secret@crm.example.org/{lead}", "password"),
        ("alertmanager", "127.0.0.1:9093", "not a web address"),
        ("lead_limit_s", 0, "lead_limit_s"),
        ("lead_warn_share", 1.5, "lead_warn_share"),
        ("lead_limit_clock", "moon", "lead_limit_clock"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(key: str, value: Any, said: str) -> None:
    with pytest.raises(RingboardError) as refused:
        load_settings(**{key: value})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)
