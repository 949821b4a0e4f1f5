"""Where recorded events come from: files in known formats, read line by line as canonical events."""

from __future__ import annotations
