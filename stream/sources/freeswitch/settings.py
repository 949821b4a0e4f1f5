"""The settings of FreeSWITCH: how its contexts, queues and variables are read, live and from its logs; where it is."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr

from stream.settings.fields import Absentable, Label, Names, Words, Zone, setting

_GLOBS = '["public", …], or in the environment with commas; * stands for anything'


class FreeSwitchSettings(BaseModel):
    """How the telephone system is set up that the sources of FreeSWITCH (ESL, CSV and JSON records) read."""

    freeswitch_host: Annotated[str | None, Absentable] = setting(
        None, "Where FreeSWITCH listens for event sockets; none: there is none.", 'a host or an address: "127.0.0.1"'
    )
    freeswitch_port: int = setting(8021, "The port of its event socket.", "a port from 1 to 65535", ge=1, le=65_535)
    freeswitch_password: Annotated[SecretStr | None, Absentable] = setting(
        None, "The password of its event socket, as event_socket.conf.xml has it.", "a secret of your own"
    )
    freeswitch_outbound_contexts: Words = setting(
        ["outbound*", "outgoing*"], "Contexts of the dial plan that calls to prospects are dialled in.", _GLOBS
    )
    freeswitch_inbound_contexts: Words = setting(
        ["public", "inbound*", "incoming*", "from-*"],
        "Contexts of the dial plan that calls from outside come in by.",
        _GLOBS,
    )
    freeswitch_outbound_queues: Words = setting(
        [],
        "Queues (of mod_callcenter, without their domain) that a dialler gives the calls it has placed to.",
        '["dialler*", …], or in the environment with commas; * stands for anything',
    )
    freeswitch_ring_groups: Names = setting(
        {},
        "Queues of inbound calls where there is no mod_callcenter, by what stands for one: a ring group's extension, a "
        "direct number, or a context; without it such calls feed no service KPI.",
        '{"9000" = "sales", "0199001000" = "support", "public" = "front desk"}',
    )
    freeswitch_extension_digits: int = setting(
        6,
        "The most digits of an internal extension; more of them are a number.",
        "a whole number from 1 to 12",
        ge=1,
        le=12,
    )
    freeswitch_timezone: Annotated[Zone | None, Absentable] = setting(
        None,
        "The time zone of the times in its CSV; by default what its ids say, or the floor's.",
        'an IANA time zone: "UTC"',
    )
    freeswitch_campaign_from: Literal["variable", "accountcode", "queue", "context", "none"] = setting(
        "variable",
        "What names the campaign of a call.",
        '"variable" (freeswitch_campaign_variable), "accountcode", "queue", "context" or "none"',
    )
    freeswitch_campaign_variable: Annotated[Label | None, Absentable] = setting(
        "campaign", "The channel variable that names the campaign.", 'a name: "campaign"'
    )
    freeswitch_campaigns: Names = setting(
        {}, "Campaigns by what names them, where they are called something else.", '{"1001" = "solar-home", …}'
    )
    freeswitch_reps: Names = setting(
        {}, "Reps by their extension or agent, where they are called something else.", '{"1002" = "rep-04", …}'
    )

    @property
    def freeswitch_zone(self) -> ZoneInfo | None:
        """The configured time zone of the CSV, if there is one."""
        return None if self.freeswitch_timezone is None else ZoneInfo(self.freeswitch_timezone)
