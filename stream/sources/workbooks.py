"""The first sheet of a workbook (Excel's, LibreOffice's) as lines of CSV, where the library that reads one is there."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from stream.sources.reading import WrongFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.text import Written

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_EXCELS: Final = (b"xl/", b"[Content_Types].xml")
_IN_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_MOST_BYTES: Final = 1 << 30  # unpacked; it is read as a whole
_THREE_DECIMALS: Final = re.compile(r"-?\d{1,3}\.\d{3}")
_ALMOST_S: Final = timedelta(milliseconds=5)  # days are kept as fractions, which miss a second by so much


class Sheet(NamedTuple):
    """A sheet as lines of CSV in UTF-8, each row on the line of its number, and what is to be known of it."""

    data: bytes
    remarks: Sequence[str]


def kind_of_workbook(head: bytes) -> str | None:
    """Return what a workbook is called that begins with `head`; None for what is none."""
    if head.startswith(_OLE):
        return "a workbook of Excel (.xls)"
    if not head.startswith(_ZIP):
        return None
    if _IN_ODS in head:
        return "a workbook of LibreOffice (.ods)"
    if any(name in head for name in _IN_EXCELS):
        return "a workbook of Excel (.xlsx)"
    return None


def as_csv(file: BinaryIO, name: str, kind: str, written: Written) -> Sheet:
    """Return the first sheet of a workbook that has anything in it; raises WrongFileError where none can be read."""
    sheets = [rows for rows in _sheets(file, f"{name}: {kind}") if rows]
    if not sheets:
        raise WrongFileError(f"{name}: {kind} with nothing in it; save the sheet that has the rows")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=written.delimiter, quotechar=written.quote, lineterminator="\n")
    for row in sheets[0]:
        writer.writerow([_text(cell, written.decimal) for cell in row])
    remarks = [f"it is {kind}, and its first sheet was read"]
    if len(sheets) > 1:
        remarks = [f"it is {kind}, and the first of its {len(sheets)} sheets was read; save the others as files"]
    return Sheet(out.getvalue().encode("utf-8", "replace"), remarks)


def _sheets(file: BinaryIO, what: str) -> list[list[list[Any]]]:
    try:
        import python_calamine  # noqa: PLC0415  an extra
    except ImportError as error:
        raise WrongFileError(
            f'{what}; to read it run `make install-workbooks` in the folder of Ringboard, or save it as "CSV UTF-8"'
        ) from error
    damaged = f'{what} that cannot be read: it is damaged, or has a password; save it as "CSV UTF-8"'
    content = io.BytesIO(file.read())
    try:
        if _size(content) > _MOST_BYTES:
            damaged = f'{what} of more than 1 GiB; save it as "CSV UTF-8"'
            raise ValueError(damaged)  # noqa: TRY301  as what is damaged
        content.seek(0)
        workbook = python_calamine.CalamineWorkbook.from_filelike(content)
        return [workbook.get_sheet_by_name(one).to_python(skip_empty_area=False) for one in workbook.sheet_names]
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise WrongFileError(damaged) from error
    except BaseException as error:
        # A fault within the library, which is written in Rust, is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise WrongFileError(damaged) from error


def _size(content: BinaryIO) -> int:
    """Return how many bytes a workbook says that it is, unpacked."""
    if not zipfile.is_zipfile(content):
        return 0
    with zipfile.ZipFile(content) as archive:
        return sum(one.file_size for one in archive.infolist())


def _text(cell: Any, decimal: str) -> str:
    """Return a cell as a person would write it in a file: whole numbers without decimals, times as ISO 8601."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number(cell, decimal)
    if isinstance(cell, datetime):
        nearest = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
        return (nearest if abs(nearest - cell) <= _ALMOST_S else cell).isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    # A row stays one line.
    return " ".join(str(cell).splitlines()) if "\n" in str(cell) or "\r" in str(cell) else str(cell)


def _number(number: float, decimal: str) -> str:
    if number.is_integer() and abs(number) < 1e15:  # noqa: PLR2004  beyond, it has no digits of its own
        return str(int(number))
    text = repr(number)
    if _THREE_DECIMALS.fullmatch(text):
        text += "0"  # 1.125 is not 1,125
    return text.replace(".", ",") if decimal == "comma" else text
