"""The formats that files are read in: what each is called, how its reader is made, and what such a file begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stream.sources import ndjson
from stream.sources.asterisk import cdr, cel, pbxware_queue_log, queue_log
from stream.sources.asterisk.ami import capture
from stream.sources.freeswitch import cdr as freeswitch_cdr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.settings.model import Settings
    from stream.sources.reading import Source


class Format(NamedTuple):
    """
    A format of files.

    `make(settings)` gives a reader for one file; `looks(head)` tells whether a file that begins with `head` (its first
    64 KiB, unpacked, without a byte order mark or leading white space) is of this format, beyond doubt.
    """

    name: str
    make: Callable[[Settings], Source]
    looks: Callable[[bytes], bool]


# Asked in this order: what is told by more of its content comes first.
_ALL: Final = (
    Format("asterisk-ami", capture.AmiCapture, capture.looks),
    Format("pbxware-queue-log", lambda _: pbxware_queue_log.PbxwareQueueLog(), pbxware_queue_log.looks),
    Format("asterisk-cel", cel.AsteriskCel, cel.looks),
    Format("asterisk-cdr", cdr.AsteriskCdr, cdr.looks),
    # Its reader takes PBXware's table of the log too, where this name is given.
    Format("asterisk-queue-log", queue_log.AsteriskQueueLog, queue_log.looks),
    Format("freeswitch-cdr", freeswitch_cdr.FreeSwitchCdr, freeswitch_cdr.looks),
    Format("ndjson", lambda _: ndjson.Ndjson(), ndjson.looks),
)
FORMATS: Final[Mapping[str, Format]] = {one.name: one for one in _ALL}
