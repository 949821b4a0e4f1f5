"""From anybody's records to Ringboard's events, as a mapping file says: no Kafka, no files but the mapping's own."""

from __future__ import annotations
