"""The settings of who may see the pages: tokens by name, each with what it opens, and the proxies that are believed."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from stream.settings import validators
from stream.settings.fields import Absentable, FromJson, Label, setting
from stream.settings.webhook_secrets import SHORTEST_SECRET

Scope = Literal["wall", "read", "explain", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]


def _long_enough(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"a secret of {len(value.get_secret_value())} characters")
    return value


Token = Annotated[SecretStr, AfterValidator(_long_enough)]


class NamedToken(BaseModel, extra="forbid", frozen=True, hide_input_in_errors=True):
    """A token, what it opens, and the campaign or team of which alone it shows anything."""

    token: Token
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    campaign: Label | None = None
    team: Label | None = None


class WebSettings(BaseModel):
    """Who may see the pages."""

    api_token: Annotated[Token | None, Absentable] = setting(
        None,
        "The secret that opens every page. This, or one of tokens, is needed where web_host is not this machine.",
        f"a secret of your own, of at least {SHORTEST_SECRET} characters",
    )
    tokens: Annotated[dict[_Name, NamedToken], NoDecode, FromJson] = setting(
        {},
        "Tokens by name: what each opens, and if it names a campaign or a team, of which alone (docs/api.md).",
        f'{{hall = {{token = "…", scopes = ["wall"], team = "north"}}}} with a secret of at least {SHORTEST_SECRET} '
        f"characters and scopes among {', '.join(SCOPES)}",
    )
    trusted_proxies: Annotated[
        list[str], NoDecode, BeforeValidator(validators.words), AfterValidator(validators.networks)
    ] = setting(
        [],
        "The proxies before the pages, and before the gateway, whose X-Forwarded-For, -Proto and -Host are believed.",
        '["10.0.0.0/8", …], or in the environment with commas',
    )

    @model_validator(mode="after")
    def _tokens_differ(self) -> Self:
        secrets = [one.token.get_secret_value() for one in self.tokens.values()]
        if self.api_token is not None:
            secrets.append(self.api_token.get_secret_value())
        if len(set(secrets)) < len(secrets):
            raise ValueError("RINGBOARD_TOKENS: two names have the same token; give each a secret of its own")
        return self

    @property
    def has_tokens(self) -> bool:
        """Whether the pages ask for a token."""
        return self.api_token is not None or bool(self.tokens)

    @property
    def token_to_read(self) -> SecretStr | None:
        """A token that opens metrics and every sum of the whole floor, for Ringboard's own commands."""
        if self.api_token is not None:
            return self.api_token
        whole = (one for one in self.tokens.values() if one.campaign is None and one.team is None)
        return next((one.token for one in whole if one.scopes & {"read", "admin"}), None)
