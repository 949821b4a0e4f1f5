"""Whatever touches a person's data: pseudonyms, their key, and what is masked."""

from typing import Final

SHORTEST_KEY: Final = 16
"""The fewest characters of the key of the pseudonyms, wherever it comes from."""
