"""The number of the form that state is kept in; state of another number is refused, and made again by a rebuild."""

from __future__ import annotations

from typing import Final

STATE_SCHEMA: Final = 6
"""
Raise it with each change of what a changelog holds, or of what that means: a fact, a measure, a code, a packed form.

Then `python -m tests.unit.journeys.golden_state` keeps an example of the new form.
"""
