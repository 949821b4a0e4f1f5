"""What a source offers: settings, formats of files, tables, a live side, a webhook, dispositions, advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from stream.sources.text import Written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import BaseModel

    from stream.clock import Clock
    from stream.finding import Finding
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings
    from stream.sources.left_out import Reason
    from stream.sources.live_source import LiveSource
    from stream.sources.reading import Source
    from stream.sources.table_layout import TableLayout
    from stream.sources.webhooks import Signature, Webhook


class Format(NamedTuple):
    """
    A format of files.

    `make(settings)` returns a reader for one file, which is UTF-8 by then; `looks(head)` whether a file that begins
    with `head` (its first 64 KiB, unpacked, as UTF-8, without a byte order mark or leading white space) is of this
    format, beyond doubt. `written` is how its files are written, where that is known before. `follow_h` are the hours
    by which rows of what is under way may lie behind the last one; None where a file of it cannot be followed.

    Where what belongs together may lie in several files, such as a file for each leg of a call, `begins(head)` returns
    when a file begins, as a number to sort by, or None; then `make` returns a `JoiningSource`, which reads all of them.
    What its events say is `described` by a person, in a mapping or a program, and no vendor's own.
    """

    name: str
    make: Callable[[Settings], Source]
    looks: Callable[[bytes], bool]
    written: Written = Written()
    follow_h: int | None = None
    begins: Callable[[bytes], int | None] | None = None
    described: bool = False


class LiveModule(Protocol):
    """What connects to a source, and looks whether that works."""

    def source_of(self, settings: Settings, clock: Clock) -> LiveSource:
        """Return the source that `settings` describe; raises RingboardError where they do not."""

    async def check(self, settings: Settings, clock: Clock) -> list[Finding]:
        """Look at the connection, for `ringboard check`: one finding for each thing; none if it is not configured."""


class Option(NamedTuple):
    """An option of `ringboard connect`: the setting that it stands for, and its help."""

    flag: str
    setting: str
    help: str


class Live(NamedTuple):
    """A live side: `ringboard connect <name>`, what its help says, and how its module is loaded."""

    name: str
    summary: str
    load: Callable[[], LiveModule]
    options: Sequence[Option] = ()


class WebhookOffer(NamedTuple):
    """
    A webhook at /v1/<name>, offered where the setting `secret` is set; `open` loads it.

    `findings` are what `ringboard check` says of one that is offered, beyond that it is.
    """

    name: str
    secret: str
    open: Callable[[Settings, Identity], Webhook]
    findings: Callable[[Settings], Sequence[Finding]] = lambda _: ()

    def offered(self, settings: Settings) -> bool:
        """Return whether its secret is set."""
        return getattr(settings, self.secret) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSource:
    """
    A source by its `name`, which settings and commands know it by, its `title` in prose, and its pages in docs/sources.

    All else is what it offers; `left_out` are the reasons why its calls may be left out. What takes time to import is
    behind a function, and loaded when it is used.
    """

    name: str
    title: str
    docs: Sequence[str]
    settings: Sequence[type[BaseModel]] = ()
    formats: Callable[[], Sequence[Format]] | None = None
    tables: Callable[[], Sequence[TableLayout]] | None = None
    live: Live | None = None
    webhook: WebhookOffer | None = None
    signature: Callable[[], Signature] | None = None
    dispositions: Callable[[], Mapping[str, str]] | None = None
    left_out: Callable[[], Sequence[Reason]] | None = None
