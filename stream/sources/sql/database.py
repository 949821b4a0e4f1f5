"""The connection to a database: opened for reading alone, and what is wrong with it in its administrator's words."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.errors import RingboardError
from stream.kafka.tls import client_context
from stream.sources.sql.settings import SqlSettings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator

    from sqlalchemy.engine import URL
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from stream.settings.model import Settings

CONNECT_S: Final = 10
QUERY_S: Final = 60
"""After so long the database gives up a query of ours."""
_FORM: Final = 'write "mysql://user:password@host/database" or "postgresql://user:password@host/database"'
_DRIVERS: Final = {
    "mysql": "mysql+aiomysql", "mariadb": "mysql+aiomysql", "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}  # fmt: skip
_INSTALL: Final = "the drivers of databases are not installed; run `make install-sql` in the folder of Ringboard"


class Trouble(NamedTuple):
    """What is wrong with the database, what to do, and whether only a person can correct it."""

    message: str
    todo: str
    hopeless: bool = True


class DatabaseError(Exception):
    """The database cannot be read: `trouble` says why, without its password or a value."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"{trouble.message}; {trouble.todo}")
        self.trouble = trouble


def url_of(settings: Settings) -> URL:
    """Return where the database is; raises RingboardError where that is not set, or is no address."""
    try:
        from sqlalchemy.engine import make_url  # noqa: PLC0415  an extra
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415
    except ImportError as error:
        raise RingboardError(f"sql: {_INSTALL}") from error
    given = settings.group(SqlSettings).sql_url
    if given is None:
        raise RingboardError(f"sql_url: not set; {_FORM}")
    try:
        url = make_url(given.get_secret_value().strip())
    except (ArgumentError, ValueError):
        raise RingboardError(f"sql_url: no address of a database; {_FORM}") from None
    driver = _DRIVERS.get(url.drivername.partition("+")[0].lower())
    if driver is None or not url.host or not url.database or not url.username:
        missing = "no kind of database that is read" if driver is None else "it lacks a user, a host or a database"
        raise RingboardError(f"sql_url: {missing}; {_FORM}")
    return url.set(drivername=driver)


def where(url: URL) -> str:
    """Return a database as a person knows it, without user and password."""
    port = f":{url.port}" if url.port else ""
    return f"{url.database} at {url.host}{port}"


@asynccontextmanager
async def connected(settings: Settings) -> AsyncGenerator[AsyncConnection]:
    """
    Yield a connection whose every statement is a transaction of its own that may only read.

    Raises:
        RingboardError: the settings name no database.
        DatabaseError: it cannot be reached, or the connection is lost.

    """
    url = url_of(settings)
    engine = _engine(url, settings)
    try:
        with troubles(url):
            async with asyncio.timeout(CONNECT_S):
                connection = await engine.connect()
            try:
                await _read_only(connection)
                yield connection
            finally:
                with suppress(TimeoutError):  # it may be gone, and then closing hangs
                    await asyncio.wait_for(_closed(connection), CONNECT_S)
    finally:
        await engine.dispose()


@contextmanager
def troubles(url: URL) -> Generator[None]:
    """Raise DatabaseError, in words, for what the database at `url` refuses."""
    try:
        yield
    except RingboardError:
        raise
    except DatabaseError:
        raise
    except Exception as error:
        trouble = trouble_of(error, url)
        if trouble is None:
            raise
        raise DatabaseError(trouble) from None


async def _closed(connection: AsyncConnection) -> None:
    try:
        await connection.close()
    except Exception:  # noqa: BLE001  it is gone already
        await connection.invalidate()


def _engine(url: URL, settings: Settings) -> AsyncEngine:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  an extra
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    own = settings.group(SqlSettings)
    context = client_context(own.sql_tls_ca, prefix="RINGBOARD_SQL_TLS") if own.sql_tls == "yes" else None
    options: dict[str, Any]
    if url.drivername.startswith("mysql"):
        url = url.update_query_dict({"charset": "utf8mb4"})
        options = {"connect_timeout": CONNECT_S, "ssl": context}
    else:
        options = {
            "timeout": CONNECT_S,
            "ssl": context if context is not None else False,
            "server_settings": {"default_transaction_read_only": "on", "statement_timeout": f"{1000 * QUERY_S}"},
        }
    try:
        return create_async_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=options, hide_parameters=True
        )
    except ImportError as error:
        raise RingboardError(f"sql: {_INSTALL}") from error


async def _read_only(connection: AsyncConnection) -> None:
    if connection.dialect.name != "mysql":
        return
    await connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
    limit = f"max_statement_time = {QUERY_S}" if _is_mariadb(connection) else f"max_execution_time = {1000 * QUERY_S}"
    await connection.exec_driver_sql(f"SET SESSION {limit}")


def _is_mariadb(connection: AsyncConnection) -> bool:
    return bool(getattr(connection.dialect, "is_mariadb", False))


def trouble_of(error: BaseException, url: URL) -> Trouble | None:
    """Return what is wrong with the database at `url`, None where the error is no database's."""
    chain = list(_chain(error))
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in chain):
        return Trouble(
            f"its certificate does not show that it is {url.host}",
            "name the authorities it comes from in sql_tls_ca, and the host as the certificate does",
        )
    if any(isinstance(one, ssl.SSLError) or "SSL upgrade" in str(one) for one in chain):
        return Trouble("it does not speak TLS as we do", "set it up there, or set sql_tls to no within one machine")
    codes = [code for one in chain if (code := _code_of(one)) is not None]
    names = [type(one).__name__ for one in chain]
    known = [_BY_CODE[code] for code in codes if code in _BY_CODE] + [
        _BY_NAME[name] for name in names if name in _BY_NAME
    ]
    if known:
        message, todo, hopeless = known[0]
        return Trouble(message.format(where=where(url), database=url.database, user=url.username), todo, hopeless)
    if _NOBODY_THERE in codes or any(isinstance(one, OSError) for one in chain):
        return Trouble(f"no database answers: {where(url)}", "start it, or correct sql_url", hopeless=False)
    if any(type(one).__module__.startswith(_OF_DATABASES) for one in chain):
        shown = f"error {codes[0]}" if codes else names[-1]
        return Trouble(f"the database refuses to be read ({shown})", "its log says more", hopeless=False)
    return None


_LOST: Final = ("the connection to {where} is lost", "it is made again by itself", False)
_STARTING: Final = ("it is starting or stopping: {where}", "it is tried again", False)
_DENIED: Final = (
    "the user {user} or its password is wrong, or may not log in from this machine",
    "correct sql_url, or create the user there (docs/sources/sql.md)",
    True,
)
_NO_DATABASE: Final = (
    "there is no database {database}, or the user {user} has no right to it",
    "correct sql_url",
    True,
)
_NO_RIGHT: Final = (
    "the user {user} may not read one of the tables",
    "grant it SELECT on them (docs/sources/sql.md)",
    True,
)
_GONE: Final = ("one of the tables is not there", "correct sql_tables", True)
_SLOW: Final = (
    f"a query took more than {QUERY_S} s",
    "let an index begin with the column it is followed by: `ringboard check` names it",
    False,
)
_FULL: Final = ("it has too many connections", "raise max_connections there", False)
_WANTS_TLS: Final = ("it takes nobody without TLS", "set sql_tls to yes", True)
_BY_CODE: Final[dict[int | None, tuple[str, str, bool]]] = {
    1045: _DENIED, 1698: _DENIED, 1130: _DENIED, 1044: _NO_DATABASE, 1049: _NO_DATABASE, 1142: _NO_RIGHT,
    1143: _NO_RIGHT, 1146: _GONE, 1969: _SLOW, 3024: _SLOW, 1040: _FULL, 1203: _FULL, 1226: _FULL, 2006: _LOST,
    2013: _LOST, 2014: _LOST, 1053: _LOST, 1927: _LOST, 3159: _WANTS_TLS,
}  # fmt: skip
_BY_NAME: Final = {
    "InvalidPasswordError": _DENIED,
    "InvalidAuthorizationSpecificationError": _DENIED,
    "InvalidCatalogNameError": _NO_DATABASE,
    "InsufficientPrivilegeError": _NO_RIGHT,
    "UndefinedTableError": _GONE,
    "QueryCanceledError": _SLOW,
    "TooManyConnectionsError": _FULL,
    "ConnectionDoesNotExistError": _LOST,
    "AdminShutdownError": _LOST,
    "CrashShutdownError": _LOST,
    "CannotConnectNowError": _STARTING,
    "InterfaceError": _LOST,
}


def _code_of(error: BaseException) -> int | None:
    """Return the number of an error of MySQL or MariaDB."""
    first = error.args[0] if error.args else None
    of_mysql = type(error).__module__.startswith(("pymysql", "aiomysql"))
    return first if of_mysql and isinstance(first, int) and first else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and those that it comes of."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        come_of = (getattr(one, "orig", None), one.__cause__, one.__context__)
        waiting += [other for other in come_of if isinstance(other, BaseException)]


_NOBODY_THERE: Final = 2003
_OF_DATABASES: Final = ("pymysql", "aiomysql", "asyncpg", "sqlalchemy")
