"""The settings of the alerts that name a lead: how long one may wait, and where alerts are sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, FiniteFloat
from pydantic_settings import NoDecode

from stream.settings import validators
from stream.settings.fields import Absentable, BaseUrl, FromJson, Label, setting

_Limit = Annotated[FiniteFloat, Field(gt=0, le=2_592_000)]


class AlertSettings(BaseModel):
    """When there is an alert of a lead that nobody has called, and where it is sent."""

    alertmanager: Annotated[BaseUrl | None, Absentable] = setting(
        None,
        "Alertmanager, which gets an alert for every lead that waits too long; none: no such alerts.",
        'a web address without a password: "http://127.0.0.1:9093"',
    )
    lead_limit_s: _Limit = setting(
        3600.0,
        "Seconds from its request within which a lead should be called; it is escalated at twice as many.",
        "seconds, more than 0, up to 2592000",
    )
    lead_limit_s_by_campaign: Annotated[dict[Label, _Limit], NoDecode, FromJson] = setting(
        {}, "The same for single campaigns.", 'seconds by campaign: {"Spring" = 900}'
    )
    lead_limit_clock: Literal["wall", "business"] = setting(
        "business",
        "Whether these seconds run only in the opening hours, or always; the response among the six goes by it too.",
        '"business" or "wall"',
    )
    lead_warn_share: FiniteFloat = setting(
        0.75,
        "The share of its limit after which a lead is warned of; 1 for no warning.",
        "a number more than 0, up to 1",
        gt=0,
        le=1,
    )
    lead_alarm_days: FiniteFloat = setting(
        7.0,
        "Days from its request after which a lead that nobody called alarms no longer, and is listed as given up on.",
        "days, more than 0, up to 90",
        gt=0,
        le=90,
    )
    lead_alerts_at_most: int = setting(
        200,
        "The most alerts that one worker has open at once; the latest stand, and the rest are counted.",
        "a whole number from 1 to 10000",
        ge=1,
        le=10_000,
    )
    crm_url: Annotated[Annotated[str, AfterValidator(validators.lead_url)] | None, Absentable] = setting(
        None,
        "Where a lead is found in the CRM; {lead} and {campaign} stand for its own.",
        'a web address with {lead}: "https://crm.example.org/leads/{lead}"',
    )
