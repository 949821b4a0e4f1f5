"""Declares the metrics of the pipeline itself once: what this process has handled, and its partitions' condition."""

from __future__ import annotations

from typing import Final

from stream.web.metric import Metric

_SINCE: Final = " Since this process began; no KPI is made of it."
_PLACE: Final = ("group", "partition")


def _counter(name: str, help_: str, *labels: str) -> Metric:
    return Metric(f"ringboard_{name}", "counter", help_ + _SINCE, labels)


def _gauge(name: str, help_: str, *labels: str) -> Metric:
    return Metric(f"ringboard_{name}", "gauge", help_, labels)


EVENTS: Final = _counter("events", "Events read and understood, duplicates included.", "type")
ATTEMPTS: Final = _counter("call_attempts", "Attempts as they came, before any correction.", "campaign", "outcome")
REJECTED: Final = _counter("events_rejected", "Records refused and put on the topic of the rejected ones.", "reason")
UNMAPPED: Final = _counter(
    "dispositions_unmapped",
    "Dispositions that the settings map to nothing, by their code if it looks like one.",
    "code",
)

LABELS: Final = _counter(
    "labels_changed",
    "Labels that came with a number or an e-mail address, masked on reading, and reasons that are too long.",
    "field",
    "why",
)

# By the first part of the name under which the states count them.
COUNTED: Final = {
    "duplicates": _counter("events_duplicate", "Events that were known already, and changed nothing."),
    "revised": _counter(
        "events_revised", "Events that came with a greater revision, and stand in place of the former."
    ),
    "conflicts": _counter("events_conflicting", "Events whose id was known with another content, and left out."),
    "beyond_horizon": _counter("events_beyond_horizon", "Corrections to what lies past the horizon, dropped."),
    "rerouted": _counter("events_rerouted", "Events on a partition that is not their key's, sent on to the right one."),
    "raw_numbers": _counter("events_raw_number", "Events that came with a raw number, pseudonymised on reading."),
    "passed_on": _counter("links_read", "Links and calls passed on between numbers and leads, read."),
    "journeys_erased": _counter("journeys_erased", "Journeys taken out because their person was erased."),
    "journeys_expired": _counter("journeys_expired", "Journeys dropped after long silence."),
}
AGES: Final = Metric("ringboard_event_age_seconds", "histogram", "How old events were when they were folded." + _SINCE)
RESPONSES: Final = Metric(
    "ringboard_lead_response_seconds",
    "histogram",
    "How long leads had waited when their first attempt became known." + _SINCE,
)

LAG: Final = _gauge("lag_records", "Records of the topic not applied yet, as of the last read.", "topic", "partition")
WATERMARK: Final = _gauge(
    "watermark_seconds", "Event time of the latest event of the partition, in seconds since the epoch.", *_PLACE
)
READY: Final = _gauge("partitions_ready", "Partitions that are ready on this worker.", "group")
OWNED: Final = _gauge("partitions_owned", "Partitions assigned to this worker.", "group")
EXPECTED: Final = _gauge(
    "partitions_expected", "Partitions that the floor has, on all workers together. The same on every worker.", "group"
)
RESTORE_PROGRESS: Final = _gauge(
    "partition_restored_ratio", "How far a partition that is being recovered has been restored.", *_PLACE
)
JOURNEYS: Final = _gauge(
    "journeys",
    "Journeys remembered: leads, numbers and customers; in the group of the floor, queued calls and hours of reps.",
    *_PLACE,
)
CELLS: Final = _gauge("slice_cells", "Cells of slices kept: a minute or hour of one campaign, team and rep.", *_PLACE)
WORKERS: Final = _gauge("workers_known", "Workers of the floor that were announced lately, this one included.")
PEERS_REFUSED: Final = _counter(
    "peers_refused",
    "What was not believed to be another worker's: records of the control topic, requests and answers.",
    "what",
    "reason",
)
STREAMS: Final = _gauge("stream_clients", "Open streams of server-sent events.")
CONNECTIONS: Final = _gauge("page_connections", "Open connections to this worker's pages.")
CONNECTIONS_CLOSED: Final = _counter(
    "page_connections_closed", "Connections closed as there were too many, or as they took too long."
)
PAGES_REFUSED: Final = _counter("page_requests_refused", "Requests for pages that were not let in, by why.", "reason")
LEADS_LATE: Final = _gauge(
    "leads_late",
    "Leads of this worker with an alert, by how late they are; 0 without an Alertmanager.",
    "stage",
)
LEADS_LEFT_OUT: Final = _gauge(
    "lead_alerts_left_out", "Late leads of this worker beyond lead_alerts_at_most, without an alert."
)
LEAD_ALERTS: Final = _counter("lead_alerts_posted", "Alerts for leads handed to Alertmanager, each time.", "stage")
LEAD_ALERTS_FAILED: Final = _counter("lead_alerts_failed", "Times that posting alerts for leads failed.")
LEAD_ALERTS_LAST: Final = _gauge(
    "lead_alerts_last_success_seconds",
    "When all alerts of this worker were last posted, in seconds since the epoch; 0: not yet, or no Alertmanager.",
)
CLOCK: Final = _gauge("clock_seconds", "The time of this worker's clock, in seconds since the epoch.")
FLOOR_OPEN: Final = _gauge(
    "floor_open",
    "1 while the floor is open by its opening hours and holidays, else 0. The same on every worker.",
)
SERVICE_LEVEL_FORMULA: Final = _gauge(
    "service_level_formula", "Which of the four formulas the service level is made by. The same on every worker."
)
BUILD: Final = Metric("ringboard_build", "info", "The version that runs.", ("version", "python"))

# By the name of the engine's counter.
ENGINE: Final = {
    "batches": _counter("batches", "Batches folded and committed."),
    "transactions": _counter("transactions", "Kafka transactions committed."),
    "transaction_seconds": _counter("transaction_seconds", "Time spent in transactions."),
    "fold_seconds": _counter("fold_seconds", "Time spent folding."),
    "aborted": _counter("transactions_aborted", "Transactions aborted."),
    "fenced": _counter("transactions_fenced", "Transactions refused as another worker had taken the partition."),
    "epochs_renewed": _counter(
        "producer_epochs_renewed", "Times that a partition's producer took a new epoch, as a request got no answer."
    ),
    "gaps_accepted": _counter("gaps_accepted", "Gaps in the offsets of a topic, checked and accepted."),
    "seeks": _counter("seeks", "Times that a partition was read again from its next offset."),
    "trimmed": _counter("records_trimmed", "Records read a second time and left out."),
    "restores": _counter("restores", "Recoveries of state."),
    "states_reused": _counter(
        "shares_kept",
        "Partitions assigned to this worker again whose state it still had in memory, and did not restore.",
    ),
    "restored_records": _counter("restored_records", "Records read from changelogs."),
    "restore_seconds": _counter("restore_seconds", "Time spent in recoveries."),
    "last_restore_seconds": _gauge("last_restore_seconds", "How long the latest recovery took."),
    "last_batch_records": _gauge("last_batch_records", "Records in the latest batch."),
}
APPLIED: Final = _counter("records_applied", "Records applied, by topic.", "topic")
