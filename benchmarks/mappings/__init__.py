"""What a mapping costs: a gateway with one beside a bare handler without, and a day's calls of a CSV replayed."""

from __future__ import annotations
