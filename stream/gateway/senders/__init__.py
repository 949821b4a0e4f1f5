"""Holds a request to what its mapping says of who may send."""

from __future__ import annotations
