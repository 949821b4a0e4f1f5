"""What the words of other systems mean, in English and French: ways of calls, how they went, and what is nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INTERNAL: Final = "internal"
"""What a call within the house is called here, though no event has that way."""

_PURE_WAYS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("out", "outbound", "outgoing", "sortant", "o", "outbound dial"), "outbound"),
    **dict.fromkeys(("in", "inbound", "incoming", "entrant", "i"), "inbound"),
}
_WAYS: Final = tuple(
    (way, re.compile(words))
    for way, words in (
        (INTERNAL, r"\binternal|\binterne\b"),
        ("inbound", r"\bin\b|inbound|incoming|entrant|received|reçu|missed|manqué"),
        ("outbound", r"\bout\b|outbound|outgoing|sortant|émis|dial|manual|preview|predictive|progressive|power|click"),
    )
)
_VERDICTS: Final = tuple(
    (verdict, re.compile(words))
    for verdict, words in (
        ("refused", r"not interested|\bni\b|refus|pas int[ée]r|declin|do not call|\bdnc\b"),
        ("no_answer", r"no ?answer|unanswered|not answered|missed|absent|^na$|pas de réponse|no reply|not available"),
        ("busy", r"\bbusy|occup|engaged"),
        ("voicemail", r"voice ?mail|\bvm\b|answering machine|^machine|répond|^am$|left (?:a )?message|message left"),
        ("wrong_number", r"wrong|faux|invalid|disconnected number|not in service|bad number|intercept"),
        ("abandoned", r"abandon|\bdropped"),
        ("failed", r"fail|congestion|\berror"),
        ("callback", r"call ?back|rappel"),
        ("interested", r"\bsale|\bsold|success|vente|vendu|\brdv\b|appointment|interested|intéressé|\bbooked"),
    )
)
_ANSWERED: Final = re.compile(r"answered|completed|connected|terminée?")
_ABSENT: Final = re.compile(r"[\[(<]?(?:none|null|n/?a|nan|nil)[\])>]?|-+|[\u2013\u2014]|\\n", re.IGNORECASE)
_TOTAL: Final = re.compile(r"(?:grand |sub-?|sous-)?totau?[lx]?s?\b|summe\b|gesamt\b", re.IGNORECASE)


def pure_way_of(code: str) -> str | None:
    """Return the way of a call that `code` names as nothing else does."""
    return _PURE_WAYS.get(_plain(code))


def way_of(code: str) -> str | None:
    """Return the way of a call that `code` speaks for: outbound, inbound or internal."""
    plain = _plain(code)
    return _PURE_WAYS.get(plain) or next((way for way, words in _WAYS if words.search(plain)), None)


def verdict_of(code: str) -> str | None:
    """Return the disposition that `code` speaks for."""
    plain = _plain(code)
    return next((verdict for verdict, words in _VERDICTS if words.search(plain)), None)


def only_answered(code: str) -> bool:
    """Return whether `code` says that a call was answered, and not how it went."""
    return verdict_of(code) is None and _ANSWERED.fullmatch(_plain(code)) is not None


def is_absent(text: str) -> bool:
    """Return whether `text` is what a system writes where there is nothing."""
    return _ABSENT.fullmatch(text) is not None


def total_in(cells: Iterable[str]) -> str | None:
    """Return the text that makes a row one of totals: its first that is not empty."""
    first = next((cell for cell in cells if cell), "")
    return first if _TOTAL.match(first) else None


def _plain(code: str) -> str:
    return " ".join(re.sub(r"[-_/]", " ", code.casefold()).split())
