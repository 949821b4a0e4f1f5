"""The tables that are named: by names that are known, by a layout, by a mapping; and what is wrong with an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.sources.sql.database import url_of, where
from stream.sources.sql.wanted import wanted_tables

if TYPE_CHECKING:
    from pathlib import Path

URL = "mysql://reader:a%40b@pbx/asteriskcdrdb"


def test_a_table_is_known_by_its_name_or_said_to_be_like_one(tmp_path: Path) -> None:
    mapping = tmp_path / "ours.toml"
    mapping.write_text('name = "ours"\n[[events]]\ntype = "lead.lost"\nlead = "{id}"\nat = "{date}"\n')
    settings = load_settings(sql_tables=["asterisk.CDR", "events=asterisk-cel", f"leads={mapping}@changed"])
    cdr, cel, ours = wanted_tables(settings)
    assert (cdr.schema, cdr.table, cdr.layout.name) == ("asterisk", "CDR", "asterisk-cdr")
    assert (cel.schema, cel.table, cel.layout.name) == (None, "events", "asterisk-cel")
    assert (ours.mapped, ours.layout.order) == (True, ("changed",))


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ([], "sql_tables: none named; "),
        (["=asterisk-cdr"], "sql_tables: an entry without a table; "),
        (["calls"], "sql_tables: calls is no table that is known ("),
        (
            ["calls=asterisk-cdrs"],
            "sql_tables: calls: no layout has that name (did you mean asterisk-cdr?); name one (",
        ),
        (["cdr", "cdr=asterisk-cdr"], "sql_tables: cdr is named twice; name each table once"),
    ],
)
def test_a_wrong_entry_is_told_with_the_right_form(tables: list[str], said: str) -> None:
    with pytest.raises(RingboardError) as error:
        wanted_tables(load_settings(sql_tables=tables))
    assert str(error.value).startswith(said)


def test_a_database_is_named_without_its_user_and_password() -> None:
    assert where(url_of(load_settings(sql_url=URL))) == "asteriskcdrdb at pbx"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "sql_url: not set; "),
        ("pbx", "sql_url: no address of a database; "),
        ("oracle://reader:a@pbx/calls", "sql_url: no kind of database that is read; "),
        ("mysql://pbx/calls", "sql_url: it lacks a user, a host or a database; "),
        ("mysql://reader:a@pbx", "sql_url: it lacks a user, a host or a database; "),
    ],
)
def test_a_wrong_address_is_told_without_itself(url: str | None, said: str) -> None:
    with pytest.raises(RingboardError) as error:
        url_of(load_settings(sql_url=url))
    assert str(error.value).startswith(said)
    assert "pbx" not in str(error.value)


def test_a_layout_that_is_not_known_may_be_meant_as_a_mapping() -> None:
    with pytest.raises(RingboardError) as error:
        wanted_tables(load_settings(sql_tables=["calls=ours.toml"]))
    told = str(error.value)
    assert told.startswith("sql_tables: calls: no layout has that name; name one (")
    assert told.endswith("), or a mapping with the column that says which row is newer: calls=MAPPING.toml@COLUMN")
