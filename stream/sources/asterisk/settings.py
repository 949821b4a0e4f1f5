"""The settings of Asterisk: how its contexts, queues, channels and codes are read, live and from its logs."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, FiniteFloat, SecretStr
from pydantic_settings import NoDecode

from stream.settings.fields import Absentable, FromJson, Host, Label, Names, Seconds, Words, Zone, setting

_GLOBS = '["from-trunk*", …], or in the environment with commas; * stands for anything'


class AsteriskSettings(BaseModel):
    """How the telephone system is set up that the sources of Asterisk (AMI, queue log, CDR, CEL) read."""

    asterisk_outbound_contexts: Words = setting(
        ["outbound*", "outgoing*", "outrt-*", "macro-dialout-trunk*"],
        "Contexts of the dial plan that calls to prospects are dialled in.",
        _GLOBS,
    )
    asterisk_inbound_contexts: Words = setting(
        [
            "inbound*",
            "incoming*",
            "from-trunk*",
            "from-pstn*",
            "from-did*",
            "from-extern*",
            "ext-did*",
            "from-zaptel*",
            "from-dahdi*",
            "from-analog*",
            "from-sip-external*",
        ],
        "Contexts of the dial plan that calls from outside come in by.",
        _GLOBS,
    )
    asterisk_internal_contexts: Words = setting(
        ["from-internal*", "internal*", "phones*"],
        "Contexts of the dial plan that the floor's telephones call from.",
        _GLOBS.replace("from-trunk*", "from-internal*"),
    )
    asterisk_click_to_call_contexts: Words = setting(
        ["click*to*call*", "click2call*", "c2c*"],
        "Contexts in which click-to-call rings the rep, before the number that they call.",
        _GLOBS.replace("from-trunk*", "c2c"),
    )
    asterisk_own_numbers: Words = setting(
        [],
        "Numbers that the floor shows when it calls out; whoever has one for a caller id is of the floor.",
        '["0199000100", …], or in the environment with commas',
    )
    asterisk_ring_groups: Names = setting(
        {},
        "What stands for a queue where there is none: a ring group's extension, a direct number or a context, "
        "and what its queue is called.",
        '{"600" = "front desk", "0199000200" = "front desk", "ext-group" = "front desk", …}',
    )
    asterisk_outbound_queues: Words = setting(
        [],
        "Queues that a dialler gives the calls it has placed to; a caller in any other queue has called the floor.",
        '["dialler*", …], or in the environment with commas; * stands for anything',
    )
    asterisk_trunks: Words = setting(
        [],
        "Peers (what stands in PJSIP/peer-0000001a) that are lines to the outside; "
        "by default numbers, names and codes show it.",
        '["provider*", …], or in the environment with commas; * stands for anything',
    )
    asterisk_phones: Words = setting(
        [],
        "Peers that are telephones of the floor, where they are taken for something else.",
        '["desk-*", …], or in the environment with commas; * stands for anything',
    )
    asterisk_cdr_timezone: Annotated[Zone | None, Absentable] = setting(
        None,
        "The time zone of the times in call detail records and CEL; by default what their ids say, or the floor's.",
        'an IANA time zone: "UTC"',
    )
    asterisk_cel_columns: Words = setting(
        [],
        "The columns of cel_custom, where its file has no header and not the order of the sample.",
        '["eventtype", "eventtime", …], or in the environment with commas',
    )
    asterisk_extension_digits: int = setting(
        6,
        "The most digits of an internal extension; more of them are a number.",
        "a whole number from 1 to 12",
        ge=1,
        le=12,
    )
    asterisk_campaign_from: Literal["accountcode", "variable", "queue", "context", "none"] = setting(
        "accountcode",
        "What names the campaign of a call.",
        '"accountcode", "variable" (asterisk_campaign_variable), "queue", "context" or "none"',
    )
    asterisk_campaign_variable: Annotated[Label | None, Absentable] = setting(
        None, "The channel variable, or field of a UserEvent, that names the campaign.", 'a name: "CAMPAIGN"'
    )
    asterisk_lead_variable: Annotated[Label | None, Absentable] = setting(
        None, "The channel variable, or field of a UserEvent, that names the lead.", 'a name: "LEAD_ID"'
    )
    asterisk_queue_wrapup_s: Annotated[dict[Label, Seconds], NoDecode, FromJson] = setting(
        {},
        "The seconds of wrap-up after a call of each queue (wrapuptime in queues.conf), which Asterisk does not tell.",
        '{"support" = 15, …}, each from 0 to 86,400',
    )
    asterisk_stale_call_h: FiniteFloat = setting(
        4.0,
        "Hours without a word of a call, after which it is taken to have ended when it was last heard of.",
        "hours, more than 0, up to 168",
        gt=0,
        le=168,
    )
    asterisk_campaigns: Names = setting(
        {}, "Campaigns by what names them, where they are called something else.", '{"1001" = "solar-home", …}'
    )
    asterisk_reps: Names = setting(
        {},
        "Reps by their peer, extension, agent or queue member, where they are called something else.",
        '{"107" = "rep-04", "Local/101@reps" = "rep-05", …}',
    )

    @property
    def asterisk_cdr_zone(self) -> ZoneInfo | None:
        """The configured time zone of the call detail records, if there is one."""
        return None if self.asterisk_cdr_timezone is None else ZoneInfo(self.asterisk_cdr_timezone)


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("a character that does not print")
    return value


class AsteriskLiveSettings(BaseModel):
    """Where the manager interface (AMI) of an Asterisk is, and who Ringboard is there."""

    asterisk_host: Annotated[Host | None, Absentable] = setting(
        None, "The Asterisk that `ringboard connect asterisk` listens to.", 'an address or a host name: "10.0.0.7"'
    )
    asterisk_port: int = setting(5038, "The port of its manager interface.", "a port from 1 to 65535", ge=1, le=65_535)
    asterisk_user: Annotated[Annotated[Label, AfterValidator(_one_line)] | None, Absentable] = setting(
        None, "The user in its manager.conf.", 'a name: "ringboard"'
    )
    asterisk_secret: Annotated[SecretStr | None, Absentable] = setting(
        None,
        "The user's secret there; a digest of it is sent, and itself only over TLS or within this machine.",
        "the secret of the user",
    )
    asterisk_tls: Literal["no", "yes"] = setting(
        "no", "Whether the manager interface speaks TLS (tlsenable in manager.conf).", '"no" or "yes"'
    )
