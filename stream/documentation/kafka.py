"""docs/kafka.md: a secured Kafka, with the rights of each process from the table that `ringboard check` goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.documentation.words import GENERATED, table
from stream.kafka.rights import PROCESSES, rights_of, rights_to_create
from stream.kafka.topics import topics
from stream.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.kafka.rights import Resource, Right

_WAYS: Final = (
    ("TLS", '`broker_security = "SSL"`; `broker_tls_ca` where the authority is your own'),
    (
        "TLS with a client's certificate",
        "also `broker_tls_cert`, `broker_tls_key`; a renewed one is loaded by itself",
    ),
    (
        "user and password",
        (
            '`broker_security = "SASL_SSL"`; `broker_sasl`: `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`; '
            "`broker_user`, `broker_password`"
        ),
    ),
    (
        "tokens (OAuth 2, client credentials)",
        (
            '`broker_security = "SASL_SSL"`; `broker_sasl = "OAUTHBEARER"`; `broker_token_url`, `broker_token_client`, '
            "`broker_token_secret`, perhaps `broker_token_scope`"
        ),
    ),
)
_HEAD: Final = """# A secured Kafka

{generated}

Every process reaches the brokers by the same settings, `broker` and `broker_…` ([settings](settings.md)); secrets may
stand in files (`RINGBOARD_…_FILE`). The demo's own broker stays plain, on this machine.

{ways}
A token is renewed when four fifths of its time have passed. A topic of your own on other brokers has a login of its own
(`connect_kafka_…`); on the floor's brokers it is read by the floor's.

```toml
# An API key of a managed Kafka
broker = "kafka.example.org:9092"
broker_security = "SASL_SSL"
broker_sasl = "PLAIN"                # or SCRAM-SHA-512
broker_user = "the key"              # and RINGBOARD_BROKER_PASSWORD_FILE=/run/secrets/kafka

# A certificate
broker = "kafka.example.org:9093"
broker_security = "SSL"
broker_tls_ca = "/run/secrets/ca.pem"
broker_tls_cert = "/run/secrets/ringboard.pem"
broker_tls_key = "/run/secrets/ringboard.key"
```

## What keeps a process out

`ringboard check` says which it is, and what to do: nobody answers; TLS at a plain port, or the other way round; an
unknown authority; another host name; a certificate of the client that is missing or refused; a wrong password or user
(a broker does not say which); a mechanism that is not offered; a token endpoint that fails or refuses; a token that
the broker refuses; an address that the brokers name themselves and that cannot be reached; a right that is lacking.
Each command ends with that line. A worker, a gateway and `connect` wait where nobody answers, and end where they are
refused.

## The least rights of each process

`*` ends a prefix (`--resource-pattern-type prefixed`); all begin with `app_id`, here `ringboard`. `ringboard check
--for gateway` looks at those of one process with its login, and names the command of Kafka's (`kafka-acls.sh`) for
each that is lacking. Tests grant each process its row alone, on a real broker, and take each right away. No process
needs a right on the cluster.

"""

_TAIL: Final = """
`connect kafka` needs `Read` on the topic and on its group too (`connect_kafka_group`, by default `ringboard-connect-`
and the topic). Where no administrator creates the topics, whoever starts first needs {create} too. The first process
of a floor writes the fingerprint of its key to `ringboard.control.v1`: start a worker first.

`ringboard restore` makes topics: run it as an administrator of `ringboard.*` and `ringboard-*`, with **Create**,
**Delete**, **Read**, **Write**, **AlterConfigs** and **DescribeConfigs**, and **Describe** on the group.

A worker that loses a right while it runs ends, and says which (exit code 78).

## Topics made beforehand

With all [topics](operations.md#topics) there, nobody needs `Create`. Each is taken as it is where it fits: the number
of partitions, `message.timestamp.type=LogAppendTime`, and `cleanup.policy` (`compact` for the changelogs and
`ringboard.control.v1`, `delete` for the others) must; a worker refuses to start otherwise. `retention.ms`,
`retention.bytes=-1` and `max.message.bytes` should not be less than what the worker would set: it logs that, and
`ringboard check` names the value. It also lists the topics that are not there yet, changelogs included.
"""


def render() -> str:
    """Return docs/kafka.md."""
    floor = topics(Settings.model_construct())
    rows = [(f"`{process}`", *_cells(rights_of(process, floor))) for process in PROCESSES]
    create = _of_topics(rights_to_create(floor))
    return (
        _HEAD.format(generated=GENERATED, ways=table(("Way in", "Settings"), _WAYS))
        + table(("Process", "Topics", "Group", "Transactional ids"), rows)
        + _TAIL.format(create=create)
    )


def _cells(rights: Iterable[Right]) -> Iterator[str]:
    of: dict[Resource, list[Right]] = {"topic": [], "group": [], "transactional-id": []}
    for right in rights:
        of[right.resource].append(right)
    for some in of.values():
        yield _of_topics(some) or "-"


def _of_topics(rights: Iterable[Right]) -> str:
    by_operation: dict[str, list[str]] = {}
    for right in rights:
        by_operation.setdefault(right.operation, []).append(f"`{right.name}{'*' if right.prefixed else ''}`")
    return "; ".join(f"**{operation}** {', '.join(names)}" for operation, names in by_operation.items())
