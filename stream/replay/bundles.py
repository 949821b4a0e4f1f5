"""Which files are read together, as one recording, and in which order: those of a folder, and those of one format."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from stream.errors import RingboardError
from stream.events.refusal import Reason, Refused
from stream.sources.formats import FORMATS
from stream.sources.opening import opened, recognise
from stream.sources.reading import Unreadable, WrongFileError
from stream.sources.text import Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from stream.sources.opening import Opened
    from stream.sources.source import Format

_LOOKED_AT: Final = 262_144  # bytes of a file in which its first moment stands
_TRIED: Final = 100  # files of a folder that are looked at to know what it holds
_AS_IT_IS: Final = Written()


class Bundle(NamedTuple):
    """Files that one reader reads, one after the other, and what they are called together."""

    name: str
    paths: Sequence[Path]
    form: Format


def bundles_of(paths: Sequence[Path], form: Format | None, written: Written = _AS_IT_IS) -> list[Bundle]:
    """
    Return what is read of `paths`, files and folders so `written`, all of `form` or of what each looks like.

    Files of a format that says when a file begins are read together, the earliest first, for what belongs together may
    lie in several of them. Raises RingboardError, of one line, where nothing can be read of a file or a folder.
    """
    bundles: list[Bundle] = []
    joined: dict[str, list[Path]] = {}
    for path in paths:
        if path.is_dir():
            bundles.append(_folder(path, form))
            continue
        known = form or FORMATS[recognise(path, written)]
        if known.begins is None:
            bundles.append(Bundle(path.name, [path], known))
        elif known.name in joined:
            joined[known.name].append(path)
        else:
            joined[known.name] = [path]
            bundles.append(Bundle(path.name, joined[known.name], known))
    return [_ordered(bundle) for bundle in bundles]


def files_in(path: Path) -> Iterator[Path]:
    """Yield the files of a folder and of those in it, without hidden ones; a file itself."""
    if not path.is_dir():
        yield path
        return
    for one in sorted(path.iterdir()):
        if not one.name.startswith("."):
            yield from files_in(one)


def each_opened(
    paths: Sequence[Path], written: Written, left: Callable[[Opened], None] = lambda _: None
) -> Iterator[tuple[str, BinaryIO] | Unreadable]:
    """
    Yield each of several files with its name, open, and call `left` with it before the next one.

    One that cannot be opened costs nothing but itself.
    """
    for path in paths:
        try:
            with opened(path, written) as file:
                yield path.name, file.content
                left(file)
        except RingboardError as error:
            why = str(error).removeprefix(f"{path.name}: ")
            yield Unreadable(1, Refused(Reason.MALFORMED_LINE, None, why), b"", path.name)


def _folder(path: Path, form: Format | None) -> Bundle:
    files = list(files_in(path))
    known = form or next((one for file in files[:_TRIED] if (one := _known(file)) is not None), None)
    if known is None or known.begins is None or not files:
        raise WrongFileError(f"{path.name}: a folder without records that are a file each; name the files in it")
    return Bundle(path.name, files, known)


def _known(path: Path) -> Format | None:
    try:
        known = FORMATS[recognise(path)]
    except RingboardError:
        return None
    return None if known.begins is None else known


def _ordered(bundle: Bundle) -> Bundle:
    """Return a bundle with its files in the order in which they begin; those that do not say it come last."""
    begins = bundle.form.begins
    if begins is None or len(bundle.paths) == 1:
        return bundle
    moments = [(_begins(path, begins), place) for place, path in enumerate(bundle.paths)]
    moments.sort(key=lambda one: (one[0] is None, one[0] or 0, one[1]))
    more = f" and {len(bundle.paths) - 1} more" if bundle.paths[0].name == bundle.name else ""
    return Bundle(bundle.name + more, [bundle.paths[place] for _, place in moments], bundle.form)


def _begins(path: Path, begins: Callable[[bytes], int | None]) -> int | None:
    try:
        with opened(path) as file:
            return begins(file.content.read(_LOOKED_AT))
    except RingboardError:
        return None  # it is refused when it is read
