"""The settings that do not belong to a source, and how all of them are read."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  as above
from pathlib import Path  # noqa: TC003  pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, FiniteFloat, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, TomlConfigSettingsSource

from stream.kpi.rules import DISPOSITIONS
from stream.privacy import SHORTEST_KEY
from stream.settings import validators
from stream.settings.alerts import AlertSettings
from stream.settings.backup import BackupSettings
from stream.settings.broker_security import BrokerSecuritySettings
from stream.settings.connect import ConnectSettings
from stream.settings.fields import (
    Absentable,
    BaseUrl,
    Brokers,
    FromJson,
    Host,
    Label,
    NetworkNames,
    Seconds,
    Zone,
    setting,
)
from stream.settings.gateway import GatewaySettings
from stream.settings.labels import LabelSettings
from stream.settings.loading import ENV_PREFIX, config_file, data_folder
from stream.settings.logs import LogSettings
from stream.settings.pacing import PacingSettings
from stream.settings.text import TextSettings
from stream.settings.web import WebSettings

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource

PROFILE_MEANING: Final = "Whose disposition codes are known from the beginning."

Group = TypeVar("Group", bound=BaseModel)
_Target = Annotated[FiniteFloat, Field(ge=0)]
_KpiId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_Targets = Annotated[dict[_KpiId, _Target], AfterValidator(validators.targets)]


class Settings(
    AlertSettings,
    BackupSettings,
    PacingSettings,
    LogSettings,
    ConnectSettings,
    LabelSettings,
    GatewaySettings,
    TextSettings,
    WebSettings,
    BrokerSecuritySettings,
    BaseSettings,
):
    """
    The settings: `RINGBOARD_…` variables first, then `ringboard.toml`, then the defaults.

    `stream.configuration` puts those of the sources beside them; `load_settings` there reports a user's mistake in one
    line. Durations are in the unit that the key's end names (`_s`, `_h`, `_days`), fractions allowed where the meaning
    allows them. `profiles` has, by the name of each profile, what its disposition codes mean.
    """

    profiles: ClassVar[Mapping[str, Mapping[str, str]]] = {"none": {}}

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    broker: Brokers = setting(
        "127.0.0.1:9092", "The Kafka brokers to start from.", 'host:port, or several with commas: "127.0.0.1:9092"'
    )
    app_id: str = setting(
        "ringboard",
        "The name of this floor on the broker: what its topics, changelogs, groups and transactions begin with.",
        'lower-case letters, digits and hyphens: "ringboard"',
        pattern=r"^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$",
    )
    web_port: int = setting(6066, "The port of the worker's pages.", "a port from 1 to 65535", ge=1, le=65_535)
    web_host: Host = setting(
        "127.0.0.1",
        "The address the pages listen on. Beyond this machine (0.0.0.0) only with a token.",
        'an address or a host name: "127.0.0.1"',
    )
    advertised_url: Annotated[BaseUrl | None, Absentable] = setting(
        None,
        "Where other workers reach this one's pages; by default its web_host and web_port.",
        'a web address without a password: "http://10.0.0.5:6066"',
    )
    peer_networks: NetworkNames = setting(
        [],
        "The networks that other workers are in, beside this machine: a worker asks no address outside them.",
        '["10.0.0.0/24", …], or in the environment with commas',
    )
    data_dir: Annotated[Path, AfterValidator(validators.folder)] = setting(
        None, "The folder of what Ringboard keeps on this machine; by default in the user's data folder.", "a folder"
    )
    pseudonym_key: Annotated[SecretStr | None, Absentable] = setting(
        None,
        "The secret that turns numbers into pseudonyms, the same on every machine of a floor; by default the file "
        "pseudonym.key in data_dir, made when first needed.",
        f"a secret of at least {SHORTEST_KEY} characters",
        min_length=SHORTEST_KEY,
    )
    timezone: Zone = setting(
        "Europe/Paris", "The floor's time zone: where its days begin.", 'an IANA time zone: "Europe/Paris"'
    )
    default_region: Annotated[str, AfterValidator(validators.region)] = setting(
        "FR", "The region that national numbers are read in.", 'two letters of ISO 3166: "FR"'
    )
    language: Literal["en", "fr"] = setting("en", "The language of names and meanings.", '"en" or "fr"')
    simulated: Literal["no", "yes"] = setting(
        "no", "Whether the events are simulated, which the page then says.", '"no" or "yes"'
    )

    partitions: int = setting(
        8, "Partitions of the events; it cannot be changed later.", "a whole number from 1 to 1000", ge=1, le=1000
    )
    replication_factor: int = setting(
        1,
        "How many brokers keep each record; from 3 on, all but one of them before it counts as written.",
        "a whole number from 1 to 9",
        ge=1,
        le=9,
    )

    min_talk_s: Seconds = setting(
        30.0, "Seconds of talk from which an answered attempt is a contact.", "seconds from 0 to 86400"
    )
    min_talk_s_by_campaign: Annotated[dict[Label, Seconds], NoDecode, FromJson] = setting(
        {}, "The same for single campaigns.", 'seconds by campaign: {"Spring" = 20}'
    )
    follow_up_within_h: FiniteFloat = setting(
        72.0, "Hours within which the next attempt keeps a follow-up.", "hours, more than 0, up to 720", gt=0, le=720
    )
    early_follow_up_h: FiniteFloat = setting(
        4.0, "Hours before which a kept follow-up was early.", "hours from 0 to follow_up_within_h", ge=0, le=720
    )
    lead_cold_days: int = setting(
        30,
        "Days after the last thing done about a lead, neither won nor lost, after which it counts as lost.",
        "a whole number from 1 to 365",
        ge=1,
        le=365,
    )
    risk_days: int = setting(
        30,
        "Days after a customer's risk began after which, if nothing was heard, it counts as ended well.",
        "a whole number from 1 to 365",
        ge=1,
        le=365,
    )
    opening_hours: Annotated[dict[str, list[str]], NoDecode, FromJson, AfterValidator(validators.opening_hours)] = (
        setting(
            {day: ["09:00-18:00"] for day in validators.DAYS[:5]},
            "When the floor is open, in its time zone: what business hours are. A day that is not named is closed.",
            '{mon = ["09:00-12:00", "14:00-18:00"], …} with days mon to sun',
        )
    )
    holidays_country: Annotated[str | None, Absentable, AfterValidator(validators.holidays_country)] = setting(
        "FR",
        "The country (or subdivision, as DE-BY) on whose public holidays the floor is closed; none for none.",
        'two letters of ISO 3166, or "none"',
    )
    dispositions_profile: str = setting("none", PROFILE_MEANING, '"none"', pattern="^none$")
    dispositions: Annotated[dict[str, str], NoDecode, FromJson, AfterValidator(validators.dispositions)] = setting(
        {},
        "What a vendor's disposition codes mean here; these go before those of the profile.",
        '{"SALE" = "interested", …} with one of ' + ", ".join(sorted(DISPOSITIONS)),
    )
    extension_pattern: Annotated[str | None, Absentable, AfterValidator(validators.pattern)] = setting(
        None,
        "A regular expression of the whole of an internal extension, which is left out; none: no number is.",
        'a regular expression: "[0-9]{3,4}"',
    )
    service_level_s: Seconds = setting(
        20.0, "Seconds within which an inbound call should be answered.", "seconds from 0 to 86400"
    )
    service_level_formula: int = setting(
        4, "Which of the four known formulas of the service level is used (docs/kpis.md).", "1, 2, 3 or 4", ge=1, le=4
    )
    targets: Annotated[_Targets, NoDecode, FromJson] = setting(
        {}, "The floor's targets by KPI; ratios as 0 to 1.", "{contact_rate = 0.25, …} with a KPI's id"
    )
    targets_by_campaign: Annotated[dict[Label, _Targets], NoDecode, FromJson] = setting(
        {}, "The same for single campaigns.", '{"Spring" = {contact_rate = 0.3}, …}'
    )

    journey_days: int = setting(
        90,
        "Days without an event after which a lead, a number or a customer is forgotten.",
        "a whole number from 1 to 3650",
        ge=1,
        le=3650,
    )
    journey_events: int = setting(
        5000,
        "The most events that are kept of one lead, number or customer.",
        "a whole number from 10 to 100000",
        ge=10,
        le=100_000,
    )
    ahead_limit_h: FiniteFloat = setting(
        24.0,
        "Hours by which an event may lie ahead of the clock before it is refused.",
        "hours from 0 to 720",
        ge=0,
        le=720,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_boolean(cls, value: Any) -> Any:
        return validators.no_boolean(value)

    @field_validator("data_dir", mode="before")
    @classmethod
    def _default_data_dir(cls, value: Any) -> Any:
        return data_folder() if value is None else value

    @model_validator(mode="after")
    def _agree(self) -> Settings:
        if self.early_follow_up_h > self.follow_up_within_h:
            raise ValueError("early_follow_up_h: more than follow_up_within_h; write hours up to that")
        for name, has_token in (("web_host", self.has_tokens), ("connect_host", self.api_token is not None)):
            if not has_token and not validators.is_loopback(getattr(self, name)):
                raise ValueError(
                    f"{ENV_PREFIX}API_TOKEN: not set, while {name} lets other machines in; "
                    f"set a secret of your own, or {name} to 127.0.0.1"
                )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is given, then the environment, then the file: the first that names a key stands."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())

    @property
    def known_dispositions(self) -> dict[str, str]:
        """What each disposition code means: the profile's, and over them the floor's own."""
        return {**self.profiles[self.dispositions_profile], **self.dispositions}

    @property
    def zone(self) -> ZoneInfo:
        """The floor's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def ahead_ms(self) -> int:
        """How far ahead of the clock an event may lie, in milliseconds."""
        return round(self.ahead_limit_h * 3_600_000)

    @property
    def opening_minutes(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """The opening hours as (start, end) in minutes since midnight, for each day from Monday; () where closed."""
        return tuple(
            tuple(validators.span_of(span) for span in self.opening_hours.get(day, ())) for day in validators.DAYS
        )

    def group(self, kind: type[Group]) -> Group:
        """Return these settings as a group of them, such as a source's; raises TypeError where they have none of it."""
        if not isinstance(self, kind):
            raise TypeError(f"these settings have no {kind.__name__}: put them together by stream.configuration")
        return self
