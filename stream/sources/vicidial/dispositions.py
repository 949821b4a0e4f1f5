"""What the disposition codes mean that VICIdial is installed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODES: Final[Mapping[str, str]] = {
    # A person, and a conversation. VICIdial's own flags are not followed where they say otherwise: SALE and DNC have
    # customer_contact = N there.
    "interested": "SALE",
    "callback": "CALLBK CBHOLD QCFAIL",
    "refused": "NI DEC DNC",
    "conversation": "XFER",
    # A machine. AA has answering_machine = N there.
    "voicemail": "A AA AM AL",
    "no_answer": "N NA",
    "busy": "B AB",
    "wrong_number": "DC ADC",
    "failed": "ADCT LRERR",
    # A person whom no rep spoke to. They have human_answered = Y there, as the abandon rate of the law needs it; they
    # are no contacts.
    "abandoned": "DROP XDROP PDROP TIMEOT AFTHRS NANQUE MAXCAL IVRXFR QVMAIL",
    # No conversation: hung up before the pitch, picked up only, a fax, a survey or message played by the machine, sent
    # back to the queue, an error of the rep, numbers that were not dialled at all.
    "other": "NP PU AFAX PM SVYEXT SVYVM SVYHU SVYREC SVYCLM RQXFER ERI DNCL DNCC MLINAT LSMERG",
}
NO_OUTCOME: Final = frozenset({"NEW", "QUEUE", "INCALL"})
"""States of a lead before a call has an outcome. They are left unmapped: such a call is judged by its talk."""
UNDER_WAY: Final = NO_OUTCOME | {"DISPO", "LIVE"}
"""The same with what only the tables of calls have, while a call is under way or waits for its outcome."""
NOT_DIALLED: Final = frozenset({"DNCL", "DNCC", "MLINAT", "LSMERG"})
"""What stands for numbers that were left out: they are no attempts."""

DISPOSITIONS: Final[Mapping[str, str]] = {code: meaning for meaning, codes in _CODES.items() for code in codes.split()}
"""Ringboard's disposition of each code."""
