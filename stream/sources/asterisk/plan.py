"""The dial plan of the floor's Asterisk, as the settings describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.sources.asterisk.settings import AsteriskSettings
from stream.sources.dial_plan.directions import DialPlan, Directions

if TYPE_CHECKING:
    from stream.settings.model import Settings


def directions_of(settings: Settings) -> Directions:
    """Return the directions of calls by the contexts, queues, peers and codes that the settings name."""
    own = settings.group(AsteriskSettings)
    return Directions(
        DialPlan(
            own.asterisk_outbound_contexts,
            own.asterisk_inbound_contexts,
            own.asterisk_outbound_queues,
            own.asterisk_extension_digits,
            settings.extension_pattern,
            own.asterisk_campaign_from,
            own.asterisk_campaign_variable,
            own.asterisk_campaigns,
            own.asterisk_reps,
            own.asterisk_trunks,
            own.asterisk_phones,
            own.asterisk_internal_contexts,
            own.asterisk_click_to_call_contexts,
            own.asterisk_own_numbers,
            own.asterisk_ring_groups,
        )
    )
