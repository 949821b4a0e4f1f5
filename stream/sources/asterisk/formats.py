"""The formats of files that Asterisk writes."""

from __future__ import annotations

from typing import Final

from stream.sources.asterisk import cdr, cel, pbxware_queue_log, queue_log
from stream.sources.asterisk.ami import capture
from stream.sources.source import Format

# A file is shown to them in this order: what is certain by more of its content comes first.
FORMATS: Final = (
    Format("asterisk-ami", capture.AmiCapture, capture.looks),
    Format("pbxware-queue-log", lambda _: pbxware_queue_log.PbxwareQueueLog(), pbxware_queue_log.looks),
    Format("asterisk-cel", cel.AsteriskCel, cel.looks, follow_h=24),
    Format("asterisk-cdr", cdr.AsteriskCdr, cdr.looks, follow_h=6),
    # Its reader takes PBXware's table of the log too, where this name is given.
    Format("asterisk-queue-log", queue_log.AsteriskQueueLog, queue_log.looks, follow_h=48),
)
