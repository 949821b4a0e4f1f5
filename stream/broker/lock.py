"""
Rewrites the lock file of Kafka's jars: `python -m stream.broker.lock 4.3.1`.

Resolves the broker's run-time dependencies with jgo, downloads them, and writes each one's coordinate,
SHA-256 and size to `jars.lock.toml` beside this module. Review the difference before you commit it,
set the same version on the image in `docker-compose.yml`, and run the broker's tests.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from stream.broker.jars import LOCK_FILE, Jar, fetch_from_maven, sha256

# Kafka's release archive adds this bridge from SLF4J to Log4j, which is not among the server's dependencies.
# Group, bridge, and the artifact whose version the bridge shares.
LOGGING_BRIDGE = ("org.apache.logging.log4j", "log4j-slf4j-impl", "log4j-core")

# Not loaded by a broker that starts, compacts and serves transactions, only by Kafka's command-line tools and by the
# part of commons-validator that reads rules from XML.
UNUSED = frozenset(
    {
        "com.fasterxml.jackson.dataformat:jackson-dataformat-csv",
        "com.fasterxml.jackson.dataformat:jackson-dataformat-yaml",
        "commons-beanutils:commons-beanutils",
        "commons-collections:commons-collections",
        "commons-digester:commons-digester",
        "commons-logging:commons-logging",
        "org.yaml:snakeyaml",
    }
)


def resolve(version: str) -> list[str]:
    """Return the coordinates (`group:artifact:version`, sorted) of what Kafka `version` needs at run time."""
    from jgo.maven import MavenContext  # noqa: PLC0415 - needed by this command only

    with tempfile.TemporaryDirectory() as poms:
        context = MavenContext(repo_cache=Path(poms), local_repos=[], timeout=60)
        found = context.resolver.resolve([context.create_dependency(f"org.apache.kafka:kafka_2.13:{version}")])
        versions = {
            f"{dep.groupId}:{dep.artifactId}": dep.version
            for some in found
            for dep in some
            if dep.scope in (None, "compile", "runtime") and not dep.optional
        }
    group, bridge, like = LOGGING_BRIDGE
    versions[f"{group}:{bridge}"] = versions[f"{group}:{like}"]
    return sorted(f"{name}:{found}" for name, found in versions.items() if name not in UNUSED)


def render(version: str, jars: list[Jar]) -> str:
    """Return the text of a lock file for Kafka `version` with `jars`."""
    lines = [
        "# Every jar of the Kafka broker that Ringboard runs. Written by `python -m stream.broker.lock`; do not edit.",
        f'kafka = "{version}"',
    ]
    for jar in jars:
        lines += [
            "",
            "[[jar]]",
            f'coordinate = "{jar.coordinate}"',
            f'sha256 = "{jar.sha256}"',
            f"size = {jar.size}",
        ]
    return "\n".join(lines) + "\n"


@click.command()
@click.argument("version")
def main(version: str) -> None:
    """Pin Apache Kafka VERSION and all that it needs."""
    jars = []
    with tempfile.TemporaryDirectory() as directory:
        for coordinate in resolve(version):
            path = fetch_from_maven(Jar(coordinate, "", 0), Path(directory))
            jars.append(Jar(coordinate, sha256(path), path.stat().st_size))
            click.echo(f"{coordinate} {jars[-1].size:,} bytes")
    Path(__file__).with_name(LOCK_FILE).write_text(render(version, jars), encoding="utf-8")


if __name__ == "__main__":
    main()
