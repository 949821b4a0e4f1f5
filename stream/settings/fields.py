"""How a setting is declared, and the kinds of values that several have."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, FiniteFloat
from pydantic_settings import NoDecode

from stream.settings import validators

Absentable = BeforeValidator(validators.absent_if_empty)
FromJson = BeforeValidator(validators.table)
Seconds = Annotated[FiniteFloat, Field(ge=0, le=86_400)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[list[Label], NoDecode, BeforeValidator(validators.words)]
NetworkNames = Annotated[Words, AfterValidator(validators.bounded_networks)]
Names = Annotated[dict[Label, Label], NoDecode, FromJson]
BaseUrl = Annotated[str, AfterValidator(validators.base_url)]
Brokers = Annotated[str, AfterValidator(validators.bootstrap_servers)]
Host = Annotated[str, AfterValidator(validators.web_host)]
Zone = Annotated[str, AfterValidator(validators.zone_name)]


def setting(default: Any, meaning: str, form: str, **limits: Any) -> Any:
    """Declare a setting: what it means, and its right form, which the error of a wrong one names."""
    return Field(default=default, description=meaning, json_schema_extra={"form": form}, **limits)
