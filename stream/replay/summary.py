"""What a replay came to, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.privacy.labels import labels_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.intake.outbox import Outbox
    from stream.replay.replaying import FileReplay, Replay


def as_json(replay: Replay, outbox: Outbox, *, sent: bool, interrupted: bool, seconds: float) -> dict[str, Any]:
    """Return the summary as an object of JSON; no number, no content of a refused line is in it."""
    return {
        "sent": sent,
        "interrupted": interrupted,
        "events": outbox.sent.total(),
        "by_type": dict(sorted(outbox.sent.items())),
        "refused": dict(sorted(outbox.refused.items())),
        "refusals": [
            {"source": one.source, "line": one.line, "reason": one.reason, "message": one.message}
            for one in outbox.refusals
        ],
        "left_out": outbox.left_out,
        "unrecognised_numbers": outbox.intake.admission.unrecognised,
        "labels_changed": labels_changed(outbox),
        "shift_ms": replay.shift_ms,
        "seconds": round(seconds, 3),
        "files": [
            {
                "file": file.name,
                "format": file.form,
                "complete": file.complete,
                "line": file.line,
                "events": file.events,
                "refused": file.refused,
                "left_out": file.left_out,
                "unused": dict(sorted(file.unused.items())),
                "left_open": file.left_open,
                "remarks": file.remarks,
            }
            for file in replay.files
        ],
    }


def as_text(replay: Replay, outbox: Outbox, *, sent: bool, interrupted: bool, seconds: float) -> Iterator[str]:
    """Yield the summary line by line."""
    verb = "sent" if sent else "read, and not sent"
    for file in replay.files:
        yield _file(file, verb)
        yield from (f"  note: {remark}" for remark in file.remarks)
    for refusal in outbox.refusals:
        yield f"  {refusal.source}, line {refusal.line}: {refusal.reason}: {refusal.message}"
    more = outbox.refused.total() - len(outbox.refusals)
    if more > 0:
        yield f"  and {more} more refused"
    if outbox.refused and sent:
        reasons = ", ".join(f"{reason} {count}" for reason, count in outbox.refused.most_common())
        yield f"refused by reason: {reasons}; `ringboard rejected` lists them"
    if changed := outbox.intake.admission.labels.counts:
        yield labels_line(changed)
    if replay.shift_ms:
        moved = f"{replay.shift_ms / 1000:.3f}"
        alike = f"; move other files of the same set alike: --shift {moved}" if replay.to_now else ""
        yield f"all times were moved by {moved} s{alike}"
    events = outbox.sent.total()
    yield f"{events} events {verb} in {seconds:.1f} s ({events / max(seconds, 0.001):.0f}/s)"
    if interrupted:
        yield "interrupted: run it again to send the rest; what was sent is not counted twice"


def labels_changed(outbox: Outbox) -> dict[str, dict[str, int]]:
    """Return how many labels were changed, by field and by what they came with."""
    changed: dict[str, dict[str, int]] = {}
    for (field, why), count in sorted(outbox.intake.admission.labels.counts.items()):
        changed.setdefault(field, {})[why] = count
    return changed


def _file(file: FileReplay, verb: str) -> str:
    parts = [f"{file.events} events {verb}", f"{file.refused} refused"]
    if file.left_out:
        parts.append(f"{file.left_out} calls of extensions left out")
    if file.unused:
        rows = ", ".join(f"{kind} {count}" for kind, count in file.unused.most_common())
        parts.append(f"{file.unused.total()} rows say nothing here ({rows})")
    if file.left_open:
        parts.append(f"{file.left_open} calls had not ended when the file did")
    came = "" if file.complete else f", up to line {file.line}"
    return f"{file.name} ({file.form}){came}: {'; '.join(parts)}"
