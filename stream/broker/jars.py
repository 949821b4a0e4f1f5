"""Kafka's jars: downloaded from Maven, checked against the lock file, and stored in the user's cache."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from stream.errors import RingboardError
from stream.privacy.private_files import make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

LOCK_FILE = "jars.lock.toml"
AT_ONCE = 6  # downloads side by side: the jars are many and small, so waiting for answers is most of the time

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned artifact: its Maven coordinate (`group:artifact:version`), SHA-256 in hex, and size in bytes."""

    coordinate: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The file name in Maven's form: `artifact-version.jar`."""
        _group, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


@dataclass(frozen=True, slots=True)
class Lock:
    """The Kafka version that Ringboard runs and every jar that it needs."""

    kafka: str
    jars: tuple[Jar, ...]


def read_lock(text: str | None = None) -> Lock:
    """Read the lock file: the package's own, or `text`."""
    if text is None:
        text = files(__package__).joinpath(LOCK_FILE).read_text(encoding="utf-8")
    content = tomllib.loads(text)
    jars = tuple(Jar(jar["coordinate"], jar["sha256"], jar["size"]) for jar in content["jar"])
    return Lock(content["kafka"], jars)


def ensure_jars(lock: Lock, cache: Path, fetch: Callable[[Jar, Path], Path] | None = None) -> list[Path]:
    """
    Return the paths of the jars of `lock` under `cache`, after checking each one's SHA-256.

    Missing and wrong jars are fetched; when all are there, the network is not used. `fetch` takes a jar and an empty
    directory, and returns the path of the file that it wrote there; the default downloads from Maven Central.

    Raises:
        RingboardError: a jar cannot be fetched or stored, or twice does not match the lock file.

    """
    home = cache / f"kafka-{lock.kafka}"
    try:
        make_folder(home)
        missing = [jar for jar, good in zip(lock.jars, _checked(lock.jars, home), strict=True) if not good]
        if missing:
            _need_room(home, sum(jar.size for jar in missing))
            _fetch_all(missing, home, fetch or fetch_from_maven)
    except OSError as error:
        raise _storage_error(home, error) from error
    return [home / jar.name for jar in lock.jars]


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_from_maven(jar: Jar, directory: Path) -> Path:
    """
    Download one artifact from Maven Central into `directory` and return its path; the caller checks it.

    Raises:
        RingboardError: the download failed.

    """
    import requests  # noqa: PLC0415 - not loaded when all jars are cached
    from jgo.maven import MavenContext  # noqa: PLC0415

    group, artifact, version = jar.coordinate.split(":")
    context = MavenContext(repo_cache=directory, local_repos=[], timeout=30)
    # The file is checked by our own SHA-256; the library's warning on a SHA-1 would be a second line on one fault.
    logging.getLogger("jgo.maven").setLevel(logging.ERROR)
    try:
        return Path(context.project(group, artifact).at_version(version).artifact(packaging="jar").resolve())
    except (requests.RequestException, RuntimeError) as error:
        raise RingboardError(
            f"{jar.name}: cannot be downloaded from Maven Central ({_reason(error)}); "
            "the first start of the broker needs the network, later ones do not"
        ) from error


def _reason(error: Exception) -> str:
    """Return the shortest true cause of a failed download, without addresses."""
    import requests  # noqa: PLC0415

    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate is not trusted"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, requests.RequestException):
        return "the transfer broke off"
    return "not found there"


def _checked(jars: Sequence[Jar], home: Path) -> Iterator[bool]:
    """Yield for each jar whether its file is there and right; a wrong one is deleted with a warning."""

    def good(jar: Jar) -> bool:
        path = home / jar.name
        if not path.exists():
            return False
        if sha256(path) == jar.sha256:
            return True
        log.warning("%s: the cached file does not match the lock file; it is deleted and fetched again", jar.name)
        path.unlink(missing_ok=True)
        return False

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(good, jars)


def _fetch_all(jars: Sequence[Jar], home: Path, fetch: Callable[[Jar, Path], Path]) -> None:
    """Fetch `jars` side by side with a progress bar; a file appears in `home` only when it is complete and right."""
    with (
        _progress(jars) as advance,
        tempfile.TemporaryDirectory(prefix="incoming-", dir=home) as incoming,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):

        def one(jar: Jar) -> None:
            for attempt in (1, 2):
                directory = Path(incoming) / jar.name / str(attempt)
                directory.mkdir(parents=True)
                path = fetch(jar, directory)
                found = sha256(path)
                if found == jar.sha256:
                    path.replace(home / jar.name)
                    advance(jar.size)
                    return
                path.unlink()
            raise RingboardError(
                f"{jar.name}: what was downloaded does not match {LOCK_FILE} (SHA-256 {found[:16]}… for "
                f"{jar.sha256[:16]}…), twice; it is refused and deleted"
            )

        work = [pool.submit(one, jar) for jar in jars]
        try:
            for item in work:
                item.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _progress(jars: Sequence[Jar]) -> Generator[Callable[[int], None]]:
    """Show a progress bar on standard error, or one line if that is no terminal; yields a function that adds bytes."""
    from rich.console import Console  # noqa: PLC0415 - not loaded when all jars are cached
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    total = sum(jar.size for jar in jars)
    if not console.is_terminal:
        console.print(f"Fetching Apache Kafka: {len(jars)} jars, {total / 1e6:.0f} MB")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Fetching Apache Kafka", total=total)
        yield lambda size: progress.advance(task, size)


def _need_room(home: Path, size: int) -> None:
    free = shutil.disk_usage(home).free
    if free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _storage_error(home: Path, error: OSError) -> RingboardError:
    if error.errno == errno.ENOSPC:
        return RingboardError(f"{home}: the disk is full; Kafka's jars need about 50 MB there")
    return RingboardError(f"{home}: the jars cannot be kept there ({error.strerror or error})")
