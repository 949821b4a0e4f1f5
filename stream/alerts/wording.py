"""An alert on a lead in Alertmanager's form: stable labels, and texts in the floor's language."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from stream.alerts.leads import Stage
from stream.kpi.rules import MINUTE

if TYPE_CHECKING:
    from datetime import tzinfo

    from stream.alerts.leads import LateLead

Labels = tuple[tuple[str, str], ...]
"""An alert's identity: its labels, sorted, without empty ones, as in Alertmanager."""

NAMES: Final = {
    Stage.WARNED: "RingboardLeadDueSoon",
    Stage.OVERDUE: "RingboardLeadOverdue",
    Stage.ESCALATED: "RingboardLeadEscalated",
}
_SEVERITIES: Final = {Stage.WARNED: "info", Stage.OVERDUE: "warning", Stage.ESCALATED: "critical"}
_SUMMARIES: Final = {
    "en": {
        Stage.WARNED: "Lead {lead} of {campaign} must be called soon",
        Stage.OVERDUE: "Lead {lead} of {campaign} was not called in time",
        Stage.ESCALATED: "Lead {lead} of {campaign} still waits, twice its limit after the request",
    },
    "fr": {
        Stage.WARNED: "Le lead {lead} de {campaign} doit être rappelé bientôt",
        Stage.OVERDUE: "Le lead {lead} de {campaign} n'a pas été rappelé à temps",
        Stage.ESCALATED: "Le lead {lead} de {campaign} attend toujours, deux fois le délai après sa demande",
    },
}
_DESCRIPTIONS: Final = {
    "en": "Requested at {at}, {age} ago; the limit is {limit}. Rep: {rep}.",
    "fr": "Demandé à {at}, il y a {age} ; le délai est de {limit}. Commercial : {rep}.",
}
_NOBODY: Final = {"en": "none yet", "fr": "aucun pour l'instant"}


class AlertFormat(msgspec.Struct, frozen=True):
    """
    The labels and texts of a floor's alerts.

    Args:
        floor: its name, so that several floors may share an Alertmanager.
        zone: the time zone of the times in the texts.
        language: the language of the texts, "en" or "fr".
        crm_url: a lead's address in the CRM, with {lead} and {campaign} to fill in; None without a CRM.

    """

    floor: str
    zone: tzinfo
    language: str = "en"
    crm_url: str | None = None

    def labels(self, late: LateLead) -> Labels:
        """Return the labels of the alert on `late`: none changes while the lead waits, so that it notifies once."""
        labels = {
            "alertname": NAMES[late.stage],
            "severity": _SEVERITIES[late.stage],
            "area": "leads",
            "floor": self.floor,
            "lead": late.lead,
            "campaign": late.campaign,
            "team": late.team or "",
        }
        return tuple(sorted((name, value) for name, value in labels.items() if value))

    def annotations(self, late: LateLead, now: int) -> dict[str, str]:
        """Return the annotations of the alert on `late`, as of `now` (ms since the epoch)."""
        at = datetime.fromtimestamp(late.requested_at / 1000, self.zone)
        names = {"lead": late.lead, "campaign": late.campaign}
        details = {
            "at": at.isoformat(sep=" ", timespec="minutes"),
            "age": age(now - late.requested_at),
            "limit": age(late.limit),
            "rep": late.rep or _NOBODY[self.language],
        }
        annotations = {
            "summary": _SUMMARIES[self.language][late.stage].format(**names),
            "description": _DESCRIPTIONS[self.language].format(**details),
            "lead": late.lead,
            "rep": late.rep or "",
            "age": details["age"],
            "requested_at": at.isoformat(timespec="seconds"),
            "runbook_url": f"docs/runbook.md#{NAMES[late.stage].lower()}",
        }
        link = self.link(late)
        return {name: value for name, value in {**annotations, "crm_url": link or ""}.items() if value}

    def link(self, late: LateLead) -> str | None:
        """Return the lead's address in the CRM; None without a CRM."""
        if self.crm_url is None:
            return None
        return self.crm_url.replace("{lead}", quote(late.lead, safe="")).replace(
            "{campaign}", quote(late.campaign, safe="")
        )


def as_posted(labels: Labels, annotations: dict[str, str], starts_at: int | None, ends_at: int) -> dict[str, Any]:
    """Return an alert in the form of Alertmanager's API; times in ms since the epoch."""
    alert: dict[str, Any] = {"labels": dict(labels), "annotations": annotations, "endsAt": rfc3339(ends_at)}
    if starts_at is not None:
        alert["startsAt"] = rfc3339(starts_at)
    if "crm_url" in annotations:
        alert["generatorURL"] = annotations["crm_url"]
    return alert


def rfc3339(ms: int) -> str:
    """Return `ms` since the epoch as RFC 3339, in UTC."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.utcfromtimestamp(seconds).isoformat()}.{rest:03d}Z"  # noqa: DTZ004  written as UTC


def age(ms: int) -> str:
    """Return a duration of `ms` as text: seconds below two minutes, minutes below two hours, then hours, then days."""
    minutes = ms // MINUTE
    if minutes < 2:  # noqa: PLR2004
        return f"{ms // 1000} s"
    if minutes < 2 * 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d}" if hours < 48 else f"{hours // 24} d {hours % 24} h"  # noqa: PLR2004
