"""What the engine has done since this process began, as plain numbers for the metrics."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class EngineCounters:
    """Counts and sums of seconds that only grow, except the `last_…` ones, which are of the latest of their kind."""

    batches: int = 0
    records: int = 0
    transactions: int = 0
    transaction_seconds: float = 0.0
    fold_seconds: float = 0.0
    aborted: int = 0
    fenced: int = 0
    epochs_renewed: int = 0
    gaps_accepted: int = 0
    seeks: int = 0
    trimmed: int = 0
    restores: int = 0
    states_reused: int = 0
    restored_records: int = 0
    restore_seconds: float = 0.0
    last_restore_seconds: float = 0.0
    last_batch_records: int = 0
    records_by_topic: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class PartitionStatus:
    """
    The status of one partition of a group: `recovering`, `ready` or `lost`.

    `restored` of `total` changelog offsets have been read (a compacted log has fewer records than offsets).
    """

    group: str
    partition: int
    state: str = "recovering"
    restored: int = 0
    total: int = 0
