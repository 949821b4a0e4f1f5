"""Rows of call detail records, as cdr_csv writes them."""

from __future__ import annotations

T = 1_780_300_800  # 2026-06-01 08:00:00 UTC
DAY = "2026-06-01"
NUMBER, OTHER = "0639980001", "0639980002"


def default(  # noqa: PLR0917  a row has its columns
    unique: str,
    src: str,
    dst: str,
    channel: str,
    peer: str,
    app: str,
    times: tuple[str, str, str],
    seconds: tuple[int, int],
    disposition: str,
    *,
    context: str = "from-internal",
    data: str = "",
    userfield: str = "",
    account: str = "",
) -> str:
    """Write a row of cdr_csv; times are minutes and seconds after eight in UTC."""
    start, answer, end = (f"{DAY} 08:{time}" if time else "" for time in times)
    cells = [
        account, src, dst, context, f'"Somebody" <{src}>', channel, peer, app, data, start, answer, end,
        str(seconds[0]), str(seconds[1]), disposition, "DOCUMENTATION", unique, userfield,
    ]  # fmt: skip
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def dialled(unique: str = f"{T}.1", times: tuple[str, str, str] = ("00:00", "00:10", "01:00"), **more: str) -> str:
    talk = 50 if times[1] else 0
    return default(
        unique, "101", more.pop("dst", NUMBER), "PJSIP/101-00000001", "PJSIP/provider-00000002", "Dial", times,
        (60, talk), "ANSWERED" if talk else "NO ANSWER", **more,
    )  # fmt: skip
