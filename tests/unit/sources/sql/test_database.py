"""What is wrong with a database is told in its administrator's words, from whatever its driver raises."""

from __future__ import annotations

import ssl

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from stream.sources.sql.database import Trouble, trouble_of

URL = make_url("mysql+aiomysql://reader:secret@pbx/calls")


def test_tls_that_is_not_spoken_there() -> None:
    assert trouble_of(ssl.SSLError(1, "WRONG_VERSION_NUMBER"), URL) == Trouble(
        "it does not speak TLS as we do", "set it up there, or set sql_tls to no within one machine"
    )


def test_what_nobody_knows_is_told_by_its_name_alone() -> None:
    raised = DBAPIError("SELECT 0639980001", None, RuntimeError("0639980001"))
    assert trouble_of(raised, URL) == Trouble(
        "the database refuses to be read (RuntimeError)", "its log says more", hopeless=False
    )


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError()])
def test_nobody_there(error: OSError) -> None:
    told = trouble_of(error, URL)
    assert told is not None
    assert told.message == "no database answers: calls at pbx"
    assert not told.hopeless


def test_a_fault_of_our_own_is_none_of_the_databases() -> None:
    assert trouble_of(KeyError("calldate"), URL) is None
