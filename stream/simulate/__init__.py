"""A seeded, simulated telephone-prospecting floor: the input of the demo and of many tests, never anybody's data."""

from __future__ import annotations

from stream.simulate.floor import Floor
from stream.simulate.play import Play, Sizes, begin, history, live
from stream.simulate.profile import Profile
from stream.simulate.story import Story

__all__ = ["Floor", "Play", "Profile", "Sizes", "Story", "begin", "history", "live"]
