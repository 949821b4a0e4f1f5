"""Live sources that we call: each in a process of its own, which stays connected and sends what it hears."""

from __future__ import annotations
