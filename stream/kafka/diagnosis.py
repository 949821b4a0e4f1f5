"""Why the brokers do not let a client in: looked at step by step, as aiokafka says only that it did not work."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import IllegalSaslStateError, KafkaError, NoError, UnsupportedSaslMechanismError, for_code
from aiokafka.protocol.admin import SaslAuthenticateRequest, SaslHandShakeRequest
from aiokafka.protocol.metadata import MetadataRequest

from stream.kafka.token_endpoint import TokenError

if TYPE_CHECKING:
    from stream.kafka.connection import Connection

STEP_WITHIN_S: Final = 3.0
WITHIN_S: Final = 12.0
_ALERT_WITHIN_S: Final = 1.0
_OTHER_NAME: Final = (62, 64)  # of OpenSSL: another host name, another address
_OUT_OF_DATE: Final = (9, 10)
_START: Final = "start one (`ringboard broker`), or set"


class Trouble(NamedTuple):
    """What is wrong, and what to do. `away`: nobody answers, so that waiting may help."""

    what: str
    todo: str
    away: bool = False


async def trouble_with(connection: Connection) -> Trouble | None:
    """Return why the brokers at `connection` let nobody in; None where they do."""
    servers = [(host, port) for host, port, _ in collect_hosts(connection.servers, randomize=False)]
    found = await asyncio.gather(*(_trouble_at(host, port, connection) for host, port in servers))
    troubles = [one for one in found if isinstance(one, Trouble)]
    if len(troubles) < len(found):  # aiokafka goes on with the first that lets it in: then the others they name matter
        others = {place for one in found if not isinstance(one, Trouble) for place in one} - set(servers)
        advertised = await asyncio.gather(*(_trouble_at(host, port, connection) for host, port in sorted(others)))
        troubles = [
            one._replace(what=f"the brokers name another address of theirs, and {one.what}", away=False)
            for one in advertised
            if isinstance(one, Trouble)
        ]
    return next((one for one in troubles if not one.away), troubles[0] if troubles else None)


async def _trouble_at(host: str, port: int, connection: Connection) -> Trouble | list[tuple[str, int]]:
    """Return what is wrong there, or where the brokers of the cluster say that they are."""
    look = _Look(host, port, connection)
    try:
        async with asyncio.timeout(WITHIN_S):
            return await look.steps()
    except TimeoutError:
        return Trouble(
            f"no Kafka broker answers at {look.at} in time", f"{_START} {connection.named.servers}", away=True
        )


class _Look:
    def __init__(self, host: str, port: int, connection: Connection) -> None:
        self.at = f"{host}:{port}"
        self._host, self._port = host, port
        self._connection = connection
        self._named = connection.named
        self._tls: ssl.SSLContext | None = connection.security.get("ssl_context")
        self._mechanism: str | None = connection.security.get("sasl_mechanism")

    async def steps(self) -> Trouble | list[tuple[str, int]]:
        """Connect, speak TLS, speak Kafka, log in, and ask for the brokers, as far as it goes."""
        conn = self._new(self._tls)
        try:
            await conn.connect()
        except ssl.SSLCertVerificationError as error:
            return self._untrusted(error)
        except (OSError, KafkaError, AssertionError) as error:
            return await self._not_spoken(error)
        try:
            if self._mechanism is not None and (trouble := await self._log_in(conn, self._mechanism)) is not None:
                return trouble
            return await self._brokers(conn)
        finally:
            conn.close()

    def _new(self, tls: ssl.SSLContext | None) -> Any:
        login = {name: value for name, value in self._connection.security.items() if name.startswith("sasl_")}
        return AIOKafkaConnection(  # which does not log in by itself: what is refused there would be lost
            self._host,
            self._port,
            security_protocol="PLAINTEXT" if tls is None else "SSL",
            ssl_context=tls,
            request_timeout_ms=int(STEP_WITHIN_S * 1000),
            **login,
        )

    def _untrusted(self, error: ssl.SSLCertVerificationError) -> Trouble:
        if error.verify_code in _OTHER_NAME:
            return Trouble(
                f"{self.at} shows a certificate of another host name",
                f"put a name that it has into {self._named.servers}, or have {self._host} put into the certificate",
            )
        if error.verify_code in _OUT_OF_DATE:
            return Trouble(
                f"{self.at} shows a certificate that is not valid now", "have it renewed, or set this machine's clock"
            )
        return Trouble(
            f"{self.at} shows a certificate of an unknown authority ({error.verify_message})",
            f"name the authority's certificate in {self._named.ca}",
        )

    async def _not_spoken(self, error: BaseException) -> Trouble:
        """Return what it is that does not speak as we do."""
        cause = error.__cause__ or error
        nobody = Trouble(f"no Kafka broker answers at {self.at}", f"{_START} {self._named.servers}", away=True)
        if not await self._listens():
            return nobody
        if self._tls is None:
            if await self._speaks_tls():
                instead = "SASL_SSL" if self._mechanism else "SSL"
                return Trouble(
                    f"{self.at} speaks TLS, and is spoken to without",
                    f"set {self._named.security} to {instead}",
                )
        else:
            if isinstance(cause, ssl.SSLError) and "ALERT" in str(cause.reason):
                return self._own_refused(str(cause.reason))
            if await self._speaks_plain():
                instead = "SASL_PLAINTEXT" if self._mechanism else "PLAINTEXT"
                return Trouble(
                    f"{self.at} speaks no TLS, and is spoken to over it",
                    f"name the brokers' port for TLS in {self._named.servers}, "
                    f"or set {self._named.security} to {instead}",
                )
            alert = await self._alert()
            if alert is not None:
                return self._own_refused(alert)
        return nobody

    def _own_refused(self, alert: str) -> Trouble:
        why = alert.lower().rpartition("alert_")[2].replace("_", " ")
        return Trouble(
            f"{self.at} refuses the certificate of this process, or wants one ({why})",
            f"name one that the brokers trust in {self._named.cert}, with its key",
        )

    async def _listens(self) -> bool:
        try:
            async with asyncio.timeout(STEP_WITHIN_S):
                _, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError):
            return False
        writer.transport.abort()
        return True

    async def _speaks_plain(self) -> bool:
        conn = self._new(None)
        try:
            await conn.connect()
        except (OSError, KafkaError, AssertionError, TimeoutError):
            return False
        conn.close()
        return True

    async def _speaks_tls(self) -> bool:
        blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing is sent over it
        blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
        try:
            async with asyncio.timeout(STEP_WITHIN_S):
                _, writer = await asyncio.open_connection(self._host, self._port, ssl=blind)
        except ssl.SSLError as error:
            return "ALERT" in str(error.reason)  # it answers in TLS, if not as it should
        except (OSError, TimeoutError):
            return False
        writer.transport.abort()
        return True

    async def _alert(self) -> str | None:
        """Return the alert that ends a connection which says nothing: after a request it would be lost in a reset."""
        try:
            async with asyncio.timeout(STEP_WITHIN_S):
                reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        except ssl.SSLError as error:
            return str(error.reason) if "ALERT" in str(error.reason) else None
        except (OSError, TimeoutError):
            return None
        try:
            async with asyncio.timeout(_ALERT_WITHIN_S):
                await reader.read(1)
        except ssl.SSLError as error:
            return str(error.reason)
        except (OSError, TimeoutError):
            return None
        finally:
            writer.transport.abort()
        return None

    async def _log_in(self, conn: Any, mechanism: str) -> Trouble | None:
        try:
            answer = await conn.send(SaslHandShakeRequest(mechanism))
            refused = for_code(answer.error_code)
            if refused is IllegalSaslStateError:
                return Trouble(
                    f"{self.at} wants no login",
                    f"name the brokers' port for logins in {self._named.servers}, "
                    f"or set {self._named.security} to {'SSL' if self._tls else 'PLAINTEXT'}",
                )
            if refused is UnsupportedSaslMechanismError or mechanism not in answer.enabled_mechanisms:
                offered = " or ".join(answer.enabled_mechanisms) or "none"
                return Trouble(f"{self.at} does not offer {mechanism}", f"set {self._named.mechanism} to {offered}")
            return await self._say_who(conn, mechanism)
        except TokenError as error:
            return Trouble(str(error), f"look at it, and at {self._named.tokens}", away=error.passing)
        except (KafkaError, OSError):
            return Trouble(f"{self.at} ends the connection at the login", "look at the broker's log")

    async def _say_who(self, conn: Any, mechanism: str) -> Trouble | None:
        if mechanism == "OAUTHBEARER":
            steps = conn.authenticator_oauth()
        else:
            steps = conn.authenticator_scram() if mechanism.startswith("SCRAM") else conn.authenticator_plain()
        heard: bytes | None = None
        while (step := await steps.step(heard)) is not None:
            answer = await conn.send(SaslAuthenticateRequest(step[0]))
            if for_code(answer.error_code) is not NoError:
                return self._who_refused()
            heard = answer.sasl_auth_bytes
            if heard and mechanism == "OAUTHBEARER":  # a refusal, which aiokafka takes for the opposite
                return Trouble(
                    f"{self.at} refuses the token ({_status(heard)})",
                    f"look at what the brokers ask of one (audience, scope, issuer), and at {self._named.tokens}",
                )
        return None

    def _who_refused(self) -> Trouble:
        if self._mechanism == "OAUTHBEARER":
            return Trouble(f"{self.at} refuses the token", f"look at the brokers' log, and at {self._named.tokens}")
        return Trouble(
            f"{self.at} refuses the login of {self._connection.user} by {self._mechanism}: "
            "the password is another, or there is no such user",
            f"correct {self._named.login}",
        )

    async def _brokers(self, conn: Any) -> Trouble | list[tuple[str, int]]:
        try:
            answer = await conn.send(MetadataRequest([]))
        except (KafkaError, OSError, TimeoutError):
            if self._mechanism is None and (offered := await self._logins()):
                return Trouble(
                    f"{self.at} wants a login ({', '.join(offered)})",
                    f"set {self._named.security} to {'SASL_SSL' if self._tls else 'SASL_PLAINTEXT'}, "
                    f"and {self._named.mechanism}",
                )
            return Trouble(f"no Kafka broker answers at {self.at}", f"{_START} {self._named.servers}", away=True)
        return [(broker[1], broker[2]) for broker in answer.brokers]

    async def _logins(self) -> list[str]:
        conn = self._new(self._tls)
        try:
            await conn.connect()
            answer = await conn.send(SaslHandShakeRequest("PLAIN"))
        except (OSError, KafkaError, AssertionError, TimeoutError):
            return []
        finally:
            conn.close()
        return [] if for_code(answer.error_code) is IllegalSaslStateError else list(answer.enabled_mechanisms)


def _status(heard: bytes) -> str:
    try:
        status = json.loads(heard)["status"]
    except (ValueError, KeyError, TypeError):
        return "without a word why"
    return status if isinstance(status, str) and status.replace("_", "").isalpha() else "without a word why"
