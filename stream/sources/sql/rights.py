"""What the user of a database may do there beyond reading."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from stream.sources.sql.wanted import Wanted

_WRITING: Final = ("INSERT", "UPDATE", "DELETE")
_GRANT: Final = re.compile(r"GRANT (.*?) ON ")
_MORE: Final = re.compile(r"\b(INSERT|UPDATE|DELETE|DROP|ALTER|CREATE|ALL PRIVILEGES|SUPER)\b")


async def writes_of(connection: AsyncConnection, tables: list[Wanted]) -> str:
    """Return what the user may do to the tables beside reading, in SQL's words; empty where that is nothing."""
    if connection.dialect.name == "mysql":
        return await _of_grants(connection)
    found: set[str] = set()
    for one in tables:
        quoted = connection.dialect.identifier_preparer
        name = ".".join(quoted.quote(part) for part in one.name.split("."))
        for right in _WRITING:
            query = text("SELECT has_table_privilege(to_regclass(:name), :right)")
            if (await connection.execute(query, {"name": name, "right": right})).scalar():
                found.add(right)
    return ", ".join(right for right in _WRITING if right in found)


async def _of_grants(connection: AsyncConnection) -> str:
    rows = (await connection.exec_driver_sql("SHOW GRANTS")).all()
    grants = [match[1] for row in rows if (match := _GRANT.match(str(row[0])))]
    return ", ".join(dict.fromkeys(word for grant in grants for word in _MORE.findall(grant)))
