"""Webhooks of one's own: who may post to each, what is posted, and what is answered, as its mapping says."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import web

from stream.errors import RingboardError
from stream.events.original import original_of
from stream.events.refusal import Refused
from stream.gateway.mapped_calls import MappedCalls
from stream.gateway.requests import authorise
from stream.gateway.senders.hmac_signature import HmacSignature, key_of
from stream.gateway.senders.tokens import check_jwt, check_token, payload_of_jwt, token_in_head
from stream.mapping.lookup import place
from stream.mapping.senders.proofs import Hmac, Jwt, Token
from stream.settings.webhook_secrets import each_secret
from stream.sources.payloads import payload_in
from stream.sources.registry import SOURCES
from stream.sources.webhooks import BODY_LIMIT, STRANGERS_BODY_LIMIT
from stream.web.responses import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stream.mapping.lookup import Record
    from stream.mapping.parts.rule import PartsRule
    from stream.mapping.parts.told import Told
    from stream.mapping.senders.sender import Sender
    from stream.mapping.senders.templates import Template
    from stream.settings.model import Settings
    from stream.sources.webhooks import Posted, Signature
    from stream.web.proxies import Proxies

LONGEST_CHALLENGE: Final = 1_024
_TAKEN: Final = (HTTPStatus.OK, HTTPStatus.NO_CONTENT)


class PayloadMapping(Protocol):
    """What reads the payloads of a webhook of one's own, and says who may send them."""

    @property
    def name(self) -> str:
        """The source of its events."""

    @property
    def sender(self) -> Sender:
        """Who may send."""

    @property
    def parts(self) -> PartsRule | None:
        """What reads calls that come in parts, if any do."""

    def events_of(
        self,
        payload: Any,
        known: Callable[[int], Record] = ...,
        unused: Callable[[Record], None] = ...,
        told: Callable[[Told], None] = ...,
    ) -> Iterator[dict[str, Any]]:
        """
        Yield the events that a payload tells; Refused, after all that are right, for a record that is wrong.

        `unused` is given each record that no rule takes, `told` what one tells of a call that comes in parts.
        """


class MappedSource:
    """
    One webhook, at /v1/sources/<name>.

    Its requests come with one of `secrets`: as the mapping's `sender` says, or signed in a source's own way. Where
    only the body shows that, `needs_body`. `calls` are those that come in parts, None where none do.
    """

    def __init__(
        self, name: str, secrets: Sequence[str], mapping: PayloadMapping, signature: Signature | None = None
    ) -> None:
        self.name = name
        self.mapping = mapping
        self.calls = None if mapping.parts is None else MappedCalls(name, mapping.parts)
        self._secrets = secrets
        self._sender = sender = mapping.sender
        self._token = sender.proof if isinstance(sender.proof, Token) else None
        self._jwt = sender.proof if isinstance(sender.proof, Jwt) else None
        self._hmac = HmacSignature(sender.proof) if isinstance(sender.proof, Hmac) else None
        self._signature = signature or self._hmac
        in_field = self._token is not None and self._token.where == "field"
        self._field = place(self._token.name) if self._token is not None and in_field else None
        self.needs_body = self._signature is not None or in_field

    @property
    def path(self) -> str:
        """The path of the webhook, with a hole where its last part is the token."""
        of_token = "/{token}" if self._token is not None and self._token.where == "path" else ""
        return f"/v1/sources/{self.name}{of_token}"

    @property
    def signs_its_address(self) -> bool:
        """Whether what is signed has the address in it, as the sender knows it."""
        proof = self._sender.proof
        return isinstance(proof, Hmac) and "url" in proof.over.holes

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are taken: a challenge in the address is asked by GET, too."""
        challenge = self._sender.challenge
        return ("POST", "GET") if challenge is not None and challenge.where == "query" else ("POST",)

    @property
    def body_limit(self) -> int:
        """The largest body that is read."""
        return STRANGERS_BODY_LIMIT if self.needs_body else BODY_LIMIT

    def asked_in_head(self, request: web.Request) -> web.Response | None:
        """Return the answer to a request without a body that only asks for a text back; None for any other."""
        challenge = self._sender.challenge
        if challenge is None or challenge.where == "field" or request.body_exists:
            return None
        place_of = request.headers if challenge.where == "header" else request.query
        asked = place_of.get(challenge.name)
        if not asked or not _may_be_echoed(asked):
            return None
        if challenge.where == "header":
            return web.Response(status=200, headers={challenge.name: asked})
        if challenge.token is not None:
            check_token(Token("query", challenge.token), request.query.get(challenge.token), self._secrets)
        return web.Response(text=asked)

    def check_head(self, request: web.Request, received_ms: int, proxies: Proxies) -> None:
        """
        Raise HttpRefusalError where the head shows that the request does not come from the sender.

        What it does not show is left to `authorise`, where the source `needs_body`.
        """
        if self._signature is not None:
            self._signature.check_head(request.headers, received_ms)
        elif self._jwt is not None:
            check_jwt(self._jwt, request.headers.get(self._jwt.header, ""), self._secrets, received_ms)
        elif self._token is None:
            authorise(request, self._secrets, proxies)
        elif self._field is None:
            check_token(self._token, token_in_head(self._token, request), self._secrets)

    def authorise(self, posted: Posted) -> None:
        """Raise HttpRefusalError unless the body, too, comes from the sender."""
        if self._signature is not None:
            self._signature.check(self._secrets, posted)
        elif self._token is not None and self._field is not None:
            try:
                given = self._field.find(_object(payload_in(posted.body, self._sender.body)))
            except Refused:
                given = None
            check_token(self._token, given if isinstance(given, str) else None, self._secrets)

    def payload(self, posted: Posted) -> Any:
        """Return what is posted, without the token in it; raises Refused where it has no such form."""
        if self._jwt is not None and (signed := payload_of_jwt(self._jwt, posted.headers)) is not None:
            return signed
        payload = payload_in(posted.body, self._sender.body)
        return payload if self._field is None else _without(payload, self._field.path, self._field.name)

    def asked_in(self, payload: Any, posted: Posted) -> web.Response | None:
        """Return the answer to a payload that only asks for a text back; None for any other."""
        challenge = self._sender.challenge
        if challenge is None or challenge.where != "field":
            return None
        asked = place(challenge.name).find(_object(payload))
        if not isinstance(asked, str) or not asked or not _may_be_echoed(asked):
            return None
        if challenge.answer is None:
            return web.Response(text=asked)
        hashed = ""
        if challenge.is_hashed and self._hmac is not None:
            hashed = self._hmac.hash_of(self._hmac.signer_of(self._secrets, posted), asked)
        fillings = {"challenge": asked, "hash": hashed}
        return as_json({name: _filled(form, fillings) for name, form in challenge.answer.items()})

    def kept(self, posted: Posted) -> bytes:
        """Return the bytes to keep of a request that is refused, without the token in it."""
        if self._field is None and self._sender.body == "json":
            return posted.body
        try:
            return original_of(self.payload(posted))
        except Refused:
            return posted.body if self._field is None else b""

    def answer(self, taken: web.Response, request_headers: Mapping[str, str]) -> web.Response:
        """Return what the sender is answered: in place of `taken`, which says what was, what its mapping says."""
        if taken.status not in _TAKEN:
            return taken
        answer, challenge = self._sender.answer, self._sender.challenge
        response = taken
        if answer is not None:
            response = web.Response(status=answer.status)
            if answer.body:
                response = web.Response(status=answer.status, text=answer.body, content_type=answer.type)
        if challenge is not None and challenge.where == "header":
            asked = request_headers.get(challenge.name)
            if asked and _may_be_echoed(asked):
                response.headers[challenge.name] = asked
        return response


def mapped_sources(settings: Settings, mappings: Mapping[str, PayloadMapping]) -> dict[str, MappedSource]:
    """
    Return, by name, the webhooks that the settings name, each with its mapping.

    Raises RingboardError where a key, or a signature, is not what its mapping says.
    """
    offered = {one.name: one.signature for one in SOURCES if one.signature is not None}
    made = {}
    for name, one in settings.gateway_sources.items():
        mapping = mappings[name]
        proof, secrets = mapping.sender.proof, each_secret(one.key)
        if one.signed != "no" and proof is not None:
            raise RingboardError(
                f"gateway_sources, {name}, signed: set, and the mapping {mapping.name} says who may send, too "
                "(sender); leave one of them out"
            )
        if isinstance(proof, Hmac):
            for secret in secrets:
                try:
                    key_of(secret, proof.key)
                except ValueError:
                    raise RingboardError(
                        f"gateway_sources, {name}, key: not {proof.key}, which it is by its mapping (sender, hmac, "
                        "key); write it as the sender shows it, or correct key in the mapping"
                    ) from None
        made[name] = MappedSource(name, secrets, mapping, offered[one.signed]() if one.signed != "no" else None)
    return made


def _may_be_echoed(text: str) -> bool:
    return len(text) <= LONGEST_CHALLENGE and text.isprintable()


def _filled(form: Template, fillings: Mapping[str, str]) -> str:
    parts = [form.between[0]]
    for hole, after in zip(form.holes, form.between[1:], strict=True):
        parts += fillings[hole], after
    return "".join(parts)


def _object(payload: Any) -> Mapping[str, Any]:
    return payload if isinstance(payload, Mapping) else {}


def _without(payload: Any, path: Sequence[str], name: str) -> Any:
    """Return `payload` without what stands at `name`, or else at `path`."""
    if isinstance(payload, Mapping):
        if name in payload:
            return {key: value for key, value in payload.items() if key != name}
        if path[0] in payload:
            rest = {key: value for key, value in payload.items() if key != path[0]}
            return (
                rest if len(path) == 1 else rest | {path[0]: _without(payload[path[0]], path[1:], ".".join(path[1:]))}
            )
    if isinstance(payload, list) and path[0].isdecimal() and int(path[0]) < len(payload):
        at = int(path[0])
        inner = [] if len(path) == 1 else [_without(payload[at], path[1:], ".".join(path[1:]))]
        return payload[:at] + inner + payload[at + 1 :]
    return payload
