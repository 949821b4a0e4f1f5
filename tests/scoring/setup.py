"""The settings that an administrator of the second recorded floor would write, who knows it as its page does."""

from __future__ import annotations

from typing import Any, Final

SETUPS: Final[dict[str, dict[str, Any]]] = {
    # A floor that is in France, and nothing else.
    "none": {},
    "yes": {
        "asterisk_trunks": ["0033170", "gsm1"],
        "asterisk_phones": [*(str(peer) for peer in range(101, 109)), "rep1*"],
        "asterisk_internal_contexts": ["from-internal"],
        "asterisk_inbound_contexts": ["from-trunk", "from-trunk*"],
        "asterisk_outbound_contexts": ["macro-dialout-trunk*", "numeroteur", "numeroteur-in"],
        "asterisk_outbound_queues": ["campagne"],
        "asterisk_click_to_call_contexts": ["c2c"],
        "asterisk_own_numbers": ["0199000100"],
        "asterisk_ring_groups": {},
        "asterisk_queue_wrapup_s": {"ventes": 6, "support": 4, "campagne": 3},
        "asterisk_reps": {
            **{str(number): f"rep{number}" for number in range(109, 120)},
            **{f"Poste {number}": f"rep{number}" for number in range(109, 120)},
            "Poste 108": "108",
            "0639980007": "107",
            "0639980019": "rep119",
            "8600113": "rep113",
            "8600114": "rep114",
            "Zoé Lefèvre": "rep115",
            "André Bénard": "rep116",
        },
    },
}
