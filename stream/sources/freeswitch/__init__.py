"""What is common to the ways in which FreeSWITCH tells of its calls, and each of these ways."""

from __future__ import annotations
