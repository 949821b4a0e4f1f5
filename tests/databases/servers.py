"""Real databases for tests: Debian's MariaDB and PostgreSQL, each started once for a process that runs tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import trustme

ROOT: Final = Path(__file__).parents[2]
UNPACKED: Final = ROOT / ".venv" / "databases"
PASSWORD: Final = "of the tests: @ / %"  # noqa: S105  signs that an address has to encode
STARTS_WITHIN_S: Final = 240
SETUP: Final = f"CREATE USER admin@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;\n"
OTHER_USER: Final = "nobody"


def _found(name: str, *folders: str) -> Path | None:
    """Return a program of the machine, or of what `make databases` has unpacked; the unpacked first."""
    places = [path for folder in folders for root in (UNPACKED, Path("/")) for path in root.glob(f"{folder}/{name}")]
    return max(places, default=None, key=lambda path: (UNPACKED in path.parents, str(path)))


def mariadbd() -> Path | None:
    return _found("mariadbd", "usr/sbin")


def postgres() -> Path | None:
    return _found("postgres", "usr/lib/postgresql/*/bin")


def _environment() -> dict[str, str]:
    libraries = ":".join(str(path.parent) for path in UNPACKED.glob("usr/lib/*/lib*.so*"))
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(dict.fromkeys(libraries.split(":"))), "LC_ALL": "C"}


class Server:
    """A server on a port of its own; it can be stopped, and started again where it was."""

    scheme = ""
    ended_by = signal.SIGKILL

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"ringboard-{self.scheme}-"))
        self.log = self.folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.ca = self.folder / "ca.pem"
        self._process: subprocess.Popen[bytes] | None = None
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        self.certificate, self.key = self.folder / "cert.pem", self.folder / "key.pem"
        certificate.cert_chain_pems[0].write_to_path(self.certificate)
        certificate.private_key_pem.write_to_path(self.key)
        self.key.chmod(0o600)
        try:
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start it, and return when it takes connections; raises AssertionError with its log where it ends instead."""
        with self.log.open("ab") as log:
            begins = log.tell()
            self._process = subprocess.Popen(
                self._command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=_environment(), **self._user()
            )
        until = time.monotonic() + STARTS_WITHIN_S
        while True:
            assert self._process.poll() is None, f"{self.scheme} ended: {self.said()}"
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
                if self._is_ready(begins):
                    return
            assert time.monotonic() < until, f"{self.scheme} does not answer: {self.said()}"
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        assert self._process is not None, "it is stopped"
        return self._process.pid

    def stop(self) -> None:
        """End it as if the machine went down."""
        if self._process is not None:
            self._process.send_signal(self.ended_by)
            self._process.wait(60)
            self._process = None

    def close(self) -> None:
        with suppress(ProcessLookupError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3000:] if self.log.exists() else ""

    def url(self, database: str, user: str = "admin", password: str = PASSWORD) -> str:
        return f"{self.scheme}://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def _is_ready(self, begins: int) -> bool:  # noqa: ARG002
        """Return whether it takes connections, that it answers at; its log of this start is from `begins` on."""
        return True

    def _make(self) -> None:
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _user(self) -> dict[str, Any]:
        return {}

    def _run(self, command: list[str], given: bytes = b"") -> None:
        done = subprocess.run(
            command, input=given, capture_output=True, env=_environment(), check=False, **self._user()
        )
        said = (done.stdout + done.stderr).decode("utf-8", "replace")[-3000:]
        assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {said}"


class MariaDb(Server):
    scheme = "mysql"

    def _base(self) -> list[str]:
        program = mariadbd()
        assert program is not None
        base = program.parents[2]
        options = {
            "basedir": base / "usr", "datadir": self.folder / "data", "lc-messages-dir": base / "usr/share/mysql",
            "character-sets-dir": base / "usr/share/mysql/charsets", "plugin-dir": self.folder,
            "tmpdir": self.folder,
        }  # fmt: skip
        command = [str(program), "--no-defaults", *(f"--{name}={value}" for name, value in options.items())]
        # Its asynchronous I/O fails where many servers have taken what the kernel allows of that.
        command += ["--innodb-use-native-aio=0", "--innodb-buffer-pool-size=32M", "--skip-log-bin"]
        return [*command, "--user=root"] if os.geteuid() == 0 else command

    def _make(self) -> None:
        (self.folder / "data").mkdir()
        (self.folder / "setup.sql").write_text(SETUP)
        program = mariadbd()
        assert program is not None
        share = program.parents[2] / "usr/share/mysql"
        parts = ["CREATE DATABASE mysql;\nUSE mysql;\n"]
        parts += [(share / f"mysql_system_tables{part}.sql").read_text("utf-8") for part in ("", "_data")]
        self._run([*self._base(), "--bootstrap"], "\n".join(parts).encode())

    def _command(self) -> list[str]:
        first = not self.log.stat().st_size
        return [
            *self._base(), f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}", "--skip-name-resolve", f"--ssl-cert={self.certificate}",
            f"--ssl-key={self.key}", "--innodb-flush-log-at-trx-commit=2", "--default-time-zone=+00:00",
            *([f"--init-file={self.folder / 'setup.sql'}"] if first else []),
        ]  # fmt: skip


class PostgreSql(Server):
    """PostgreSQL does not run as root: it is run by another user there, who owns its folder."""

    scheme = "postgresql"
    ended_by = signal.SIGQUIT  # at once, with its children, which would hold its memory

    def _is_ready(self, begins: int) -> bool:
        return b"ready to accept connections" in self.log.read_bytes()[begins:]

    def _program(self, name: str) -> str:
        found = postgres()
        assert found is not None
        folder = found.parent
        if os.geteuid() == 0 and any(not parent.stat().st_mode & 0o001 for parent in folder.parents):
            # The checkout lies where nobody else may go.
            copy = self.folder / "programs"
            if not copy.exists():
                shutil.copytree(found.parents[5], copy, symlinks=True)
            folder = copy / folder.relative_to(found.parents[5])
        return str(folder / name)

    def _user(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        other = pwd.getpwnam(OTHER_USER)
        return {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": [], "cwd": self.folder}

    def _make(self) -> None:
        (self.folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            other = pwd.getpwnam(OTHER_USER)
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, other.pw_uid, other.pw_gid)
        command = [self._program("initdb"), "-D", str(self.folder / "data"), "-U", "admin", "--auth=scram-sha-256"]
        self._run([*command, f"--pwfile={self.folder / 'password'}", "-E", "UTF8", "--no-locale", "--no-sync"])

    def _command(self) -> list[str]:
        options = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
            "jit": "off", "timezone": "GMT", "ssl": "on", "ssl_cert_file": self.certificate, "ssl_key_file": self.key,
            "shared_buffers": "16MB",
        }  # fmt: skip
        command = [self._program("postgres"), "-D", str(self.folder / "data")]
        return [*command, *(part for name, value in options.items() for part in ("-c", f"{name}={value}"))]


KINDS: Final[dict[str, type[Server]]] = {"mariadb": MariaDb, "postgresql": PostgreSql}
