"""What is posted to Alertmanager, given the alerts that fire there, and the texts of an alert."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest

from stream.alerts.alertmanager import OpenAlert
from stream.alerts.leads import LateLead, Stage
from stream.alerts.reconcile import ENDS_BY_ITSELF_AFTER, POSTED_AGAIN_AFTER, reconcile
from stream.alerts.wording import AlertFormat, age, rfc3339
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.kpi.rules import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from stream.alerts.reconcile import Changes
    from stream.alerts.wording import Labels

NOW = 1_773_835_200_000
FORM = AlertFormat("ringboard", UTC, "en", "https://crm.example.org/leads/{lead}?c={campaign}")
LATE = LateLead(Stage.OVERDUE, "L 1/é", 'Été "}{<script>', "north", "ada", NOW - 70 * MINUTE, NOW - 10 * MINUTE, HOUR)
LABELS = FORM.labels(LATE)
FRESH = OpenAlert(NOW + ENDS_BY_ITSELF_AFTER, {"summary": "s"})


def changes(late: list[LateLead], firing: dict[Labels, OpenAlert], **arguments: Any) -> Changes:
    return reconcile(
        late,
        firing,
        **{"posted": {}, "form": FORM, "is_own": lambda _lead: True, "sure": True, "now": NOW, **arguments},
    )


def test_a_late_lead_is_posted_with_all_that_helps() -> None:
    (alert,) = changes([LATE], {}).fire
    assert alert["labels"] == {
        "alertname": "RingboardLeadOverdue",
        "severity": "warning",
        "area": "leads",
        "floor": "ringboard",
        "lead": "L 1/é",
        "campaign": 'Été "}{<script>',
        "team": "north",
    }
    texts = alert["annotations"]
    assert texts["summary"] == 'Lead L 1/é of Été "}{<script> was not called in time'
    assert texts["description"] == "Requested at 2026-03-18 10:50+00:00, 70 min ago; the limit is 60 min. Rep: ada."
    assert (texts["rep"], texts["age"]) == ("ada", "70 min")
    assert texts["crm_url"] == "https://crm.example.org/leads/L%201%2F%C3%A9?c=%C3%89t%C3%A9%20%22%7D%7B%3Cscript%3E"
    assert alert["generatorURL"] == texts["crm_url"]
    assert (alert["startsAt"], alert["endsAt"]) == (rfc3339(NOW - 10 * MINUTE), rfc3339(NOW + ENDS_BY_ITSELF_AFTER))


def test_a_firing_alert_is_posted_again_only_in_time_not_to_end() -> None:
    assert changes([LATE], {LABELS: FRESH}).fire == []
    old = OpenAlert(NOW + ENDS_BY_ITSELF_AFTER - POSTED_AGAIN_AFTER - 1, {})
    (again,) = changes([LATE], {LABELS: old}).fire
    assert again["labels"] == dict(LABELS)


def test_labels_and_beginning_are_the_same_for_every_worker_at_any_time() -> None:
    first, later = changes([LATE], {}).fire[0], changes([LATE], {}, now=NOW + HOUR).fire[0]
    assert (first["labels"], first["startsAt"]) == (later["labels"], later["startsAt"])
    assert first["annotations"]["age"] != later["annotations"]["age"]


def test_the_alert_on_a_lead_that_was_called_is_ended_with_the_annotations_it_had() -> None:
    done = changes([], {LABELS: FRESH})
    (alert,) = done.end
    assert alert == {"labels": dict(LABELS), "annotations": {"summary": "s"}, "endsAt": rfc3339(NOW)}
    assert done.open == {}


def test_it_is_ended_also_where_alertmanager_has_forgotten_it() -> None:
    posted = changes([LATE], {}).open
    (alert,) = changes([], {}, posted=posted).end
    assert alert["labels"] == dict(LABELS)


def test_a_lead_of_another_worker_is_left_alone() -> None:
    assert changes([], {LABELS: FRESH}, is_own=lambda _lead: False).end == []


def test_while_not_all_is_known_no_alert_is_opened_or_ended_and_what_is_open_lasts() -> None:
    assert changes([LATE], {}, sure=False) == changes([], {}, sure=False)
    ending = OpenAlert(NOW + MINUTE, {})
    assert len(changes([LATE], {LABELS: ending}, sure=False).fire) == 1
    unsure = changes([], {LABELS: FRESH}, sure=False)
    assert (unsure.end, unsure.open) == ([], {LABELS: {"summary": "s"}})


def test_without_a_team_rep_or_crm_there_is_no_empty_label_nor_annotation() -> None:
    plain = AlertFormat("ringboard", UTC, "fr")
    bare = LateLead(Stage.ESCALATED, "L1", "Été", None, None, NOW - 3 * HOUR, NOW - HOUR, HOUR)
    (alert,) = reconcile([bare], {}, {}, form=plain, is_own=bool, sure=True, now=NOW).fire
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
    ("key", "value", "message"),
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
def test_a_wrong_setting_is_refused_in_one_line(key: str, value: Any, message: str) -> None:
    with pytest.raises(RingboardError) as refused:
        load_settings(**{key: value})
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)
