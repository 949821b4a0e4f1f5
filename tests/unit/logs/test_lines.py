"""Each event is one line, as text or JSON, with its moment in the floor's zone and nothing private of an error."""

from __future__ import annotations

import json
import logging
import re
import threading
import warnings
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from stream.configuration import load_settings
from stream.logs.lines import JsonLine, TextLine
from stream.logs.set_up import logging_by

if TYPE_CHECKING:
    from pathlib import Path

    from stream.settings.model import Settings

NUMBER = "0639980001"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)")


def settings(folder: Path, **given: Any) -> Settings:
    return load_settings(data_dir=folder, **given)


def failed() -> Exception:
    """Return an error that was raised, with a number in its text."""
    try:
        fail()
    except LookupError as error:
        return error
    raise AssertionError


def fail() -> None:
    raise LookupError(f"of {NUMBER}")


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def objects_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(capsys)]


def test_as_text_a_line_has_its_moment_with_the_floors_zone_its_level_and_what_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_by(settings(tmp_path, timezone="Asia/Kolkata"), "gateway"):
        logging.getLogger("stream.gateway.gate").warning("%d requests", 3)
    (line,) = lines_of(capsys)
    assert LINE.fullmatch(line)
    assert line.endswith("+05:30 WARNING 3 requests")


def test_as_json_a_line_has_the_same_in_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_by(settings(tmp_path, timezone="Asia/Kolkata", log_format="json"), "gateway"):
        logging.getLogger("stream.gateway.gate").warning("à %d", 3)
    (said,) = objects_of(capsys)
    assert said.pop("time").endswith("+05:30")
    assert said == {"level": "warning", "logger": "stream.gateway.gate", "program": "gateway", "message": "à 3"}


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("level", ["info", "debug"])
@pytest.mark.parametrize("said", ["two\nlines", "one\r2026-11-30T12:00:00.000+01:00 ERROR forged", "\x1b[2J"])
def test_whatever_is_said_it_is_one_line_that_acts_on_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, level: str, said: str
) -> None:
    with logging_by(settings(tmp_path, log_format=form, log_level=level), "worker"):
        logging.getLogger("stream").error("%s", said)
    written = capsys.readouterr().err
    assert written.endswith("\n")
    assert written[:-1].isprintable()


@pytest.mark.parametrize("form", [TextLine(ZoneInfo("UTC")), JsonLine(ZoneInfo("UTC"), "worker")])
def test_a_byte_that_was_no_text_is_written_as_one_reads_it(form: logging.Formatter) -> None:
    record = logging.LogRecord("stream", logging.ERROR, "", 1, "%s", ("a\udcff",), None)
    assert "\\udcff" in form.format(record)
    assert form.format(record).isascii()


def test_an_error_is_one_line_that_names_its_kind_and_place_and_not_its_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_by(settings(tmp_path), "worker"):
        logging.getLogger("agents").error("it failed", exc_info=failed())
    (line,) = lines_of(capsys)
    assert re.search(r" ERROR it failed: LookupError at test_lines\.py:\d+$", line)


def test_an_error_of_the_machine_says_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_by(settings(tmp_path), "worker"):
        logging.getLogger("agents").error("it failed", exc_info=OSError(98, "Address already in use"))
    (line,) = lines_of(capsys)
    assert "it failed: OSError ([Errno 98] Address already in use)" in line


def test_as_json_the_traceback_is_a_field_without_the_errors_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_by(settings(tmp_path, log_format="json"), "worker"):
        logging.getLogger("agents").error("it failed", exc_info=failed())
    written = capsys.readouterr().err
    assert NUMBER not in written
    said = json.loads(written)
    assert said["error"]["kind"] == "LookupError"
    assert said["error"]["text"] is None
    assert said["error"]["at"].startswith("test_lines.py:")
    assert "in failed" in said["traceback"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_at_debug_the_whole_traceback_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    with logging_by(settings(tmp_path, log_format=form, log_level="debug"), "worker"):
        logging.getLogger("agents").error("it failed", exc_info=failed())
    written = capsys.readouterr().err
    assert "Traceback (most recent call last):" in written
    assert "LookupError: of" in written


@pytest.mark.parametrize(
    ("level", "heard"),
    [("debug", ["d", "i", "w", "e"]), ("info", ["i", "w", "e"]), ("warning", ["w", "e"]), ("error", ["e"])],
)
def test_the_level_is_that_of_the_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str, heard: list[str]
) -> None:
    log = logging.getLogger("stream.gateway")
    with logging_by(settings(tmp_path, log_level=level, log_format="json"), "gateway"):
        for one in ("debug", "info", "warning", "error"):
            log.log(logging.getLevelNamesMapping()[one.upper()], one[0])
    assert [said["message"] for said in objects_of(capsys)] == heard


@pytest.mark.parametrize("library", ["aiohttp.server", "faust.app", "mode", "asyncio", "some_other"])
def test_what_a_library_says_comes_in_the_same_form_with_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], library: str
) -> None:
    with logging_by(settings(tmp_path), "worker"):
        logging.getLogger(library).error("a\n+- tree\n", exc_info=failed())
    (line,) = lines_of(capsys)
    assert LINE.fullmatch(line)
    assert f" ERROR {library.partition('.')[0]}: a +- tree: LookupError at " in line
    assert NUMBER not in line


def test_a_library_that_logs_with_the_wrong_arguments_is_one_line_too() -> None:
    record = logging.LogRecord("faust", logging.ERROR, "", 1, "%d of %d", ("one",), None)
    assert TextLine(ZoneInfo("UTC")).format(record).endswith(" ERROR faust: %d of %d")


def test_no_library_is_heard_below_info_as_it_shows_what_it_reads_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_by(settings(tmp_path, log_level="debug"), "connect kafka"):
        for name in ("aiokafka.conn", "aiohttp.client", "faust", "some_other"):
            logging.getLogger(name).debug("a record of %s", NUMBER)
    assert lines_of(capsys) == []


def test_a_warning_of_python_and_the_end_of_a_thread_are_lines_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_by(settings(tmp_path), "worker"), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("an old way", stacklevel=1)
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    first, second = lines_of(capsys)
    assert LINE.fullmatch(first)
    assert "an old way" in first
    assert re.search(r" ERROR a thread ended: LookupError at test_lines\.py:\d+$", second)


def test_a_process_that_was_forked_logs_each_event_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = settings(tmp_path)
    with logging_by(own, "worker"), logging_by(own, "worker"):
        logging.getLogger("agents").error("once")
    assert len(lines_of(capsys)) == 1


def test_after_it_all_is_as_it_was(tmp_path: Path) -> None:
    root, library = logging.getLogger(), logging.getLogger("aiokafka")
    before = (list(root.handlers), root.level, library.level, threading.excepthook)
    with logging_by(settings(tmp_path, log_level="debug"), "worker"):
        assert root.handlers != before[0]
    assert (list(root.handlers), root.level, library.level, threading.excepthook) == before
