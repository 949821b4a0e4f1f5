"""The peers' own environment: a virtual environment of pinned packages, and Kafka Streams' jars beside the broker's."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from stream.broker.jars import Jar, Lock, ensure_jars, read_lock
from stream.settings.loading import cache_folder

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
LOCK = HERE.parents[1] / "supply/locks/peers.txt"
HOME = HERE / ".venv"
STREAMS = (
    Jar(
        "org.apache.kafka:kafka-streams:4.3.1",
        "bd73f3805e116f711e8456ee89a8a5b43ff5dcf5a5bb865afae29deae89e7c4b",
        2_277_950,
    ),
    Jar(
        "org.rocksdb:rocksdbjni:10.1.3",
        "e7f925287d9fe2574fb7c7a86f7facaa9b8ab602a2eed0e598bf633528121498",
        72_725_808,
    ),
)
JAVA_SOURCE = HERE / "KafkaStreamsJob.java"
HEAP = "-Xmx1g"


def python() -> Path:
    """Return the peers' Python, after creating its environment anew if the requirements have changed."""
    path = HOME / "bin" / "python"
    stamp = HOME / "made-of"
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if path.exists() and stamp.exists() and stamp.read_text() == wanted:
        return path
    print(f"Installing the peers into {HOME.relative_to(HERE.parents[1])}…")
    shutil.rmtree(HOME, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
    free = {name: value for name, value in os.environ.items() if name not in {"PIP_CONSTRAINT", "PYTHONPATH"}}
    install = [
        str(path),
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-build-isolation",
        "-r",
        str(LOCK),
    ]
    subprocess.run([*install, "--quiet", "--disable-pip-version-check"], check=True, env=free)
    stamp.write_text(wanted)
    return path


def versions() -> dict[str, str]:
    """Return the version of each peer, by package."""
    code = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()))"
    listed = subprocess.run([str(python()), "-c", code], check=True, capture_output=True, text=True).stdout.split()
    installed = {name.lower(): version for name, _, version in (one.partition("==") for one in listed)}
    wanted = [name.lower() for name in re.findall(r"^([A-Za-z0-9-]+)==", REQUIREMENTS.read_text(), flags=re.MULTILINE)]
    found = {name: installed[name] for name in wanted}
    found |= {jar.coordinate.split(":")[1]: jar.coordinate.split(":")[2] for jar in STREAMS}
    return found | {"java": java_version() or "none"}


def java_version() -> str | None:
    """Return the version of the machine's JDK; None if there is none."""
    if not shutil.which("javac") or not shutil.which("java"):
        return None
    printed = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=False)
    return (printed.stdout or printed.stderr).strip().removeprefix("javac ") or None


def streams(folder: Path) -> list[str] | None:
    """Compile the Kafka Streams job into `folder` and return the command that runs it; None without a JDK."""
    if java_version() is None:
        return None
    lock = read_lock()
    jars = ensure_jars(Lock(lock.kafka, lock.jars + STREAMS), cache_folder())
    classpath = os.pathsep.join(str(jar) for jar in jars)
    classes = folder / "classes"
    classes.mkdir(exist_ok=True)
    subprocess.run(["javac", "-cp", classpath, "-d", str(classes), str(JAVA_SOURCE)], check=True)
    logging = folder / "log4j2.properties"
    logging.write_text("rootLogger.level = error\n")
    return [
        "java",
        HEAP,
        f"-Dlog4j2.configurationFile={logging}",
        "-cp",
        f"{classes}{os.pathsep}{classpath}",
        JAVA_SOURCE.stem,
    ]
