"""What to do on a floor to which no event has come yet, in a sentence for each way."""

from __future__ import annotations

from typing import Final

from stream.sources.live_kinds import KINDS

_SENTENCES: Final = {
    "en": (
        "No event has come yet.",
        "Connect a telephone system: `ringboard connect` with {kinds}.",
        "Replay a file: `ringboard replay day.csv --to-now`.",
        "Or look at a simulated floor: `ringboard simulate`.",
    ),
    "fr": (
        "Aucun événement n'est encore arrivé.",
        "Branchez un système téléphonique : `ringboard connect` avec {kinds}.",
        "Rejouez un fichier : `ringboard replay day.csv --to-now`.",
        "Ou regardez un plateau simulé : `ringboard simulate`.",
    ),
}


def on_one_line() -> str:
    """Return the ways in which events come, as what is to be done about there being none."""
    _, *ways = first_steps()
    return " ".join(ways).replace("Connect", "connect", 1)


def first_steps(language: str = "en") -> tuple[str, ...]:
    """Return that nothing has come, and each way in which events come, as sentences in "en" or "fr"."""
    kinds = sorted(KINDS)
    either = {"en": "or", "fr": "ou"}[language]
    listed = f"{', '.join(kinds[:-1])} {either} {kinds[-1]}"
    return tuple(sentence.format(kinds=listed) for sentence in _SENTENCES[language])
