"""The composition root of a worker: builds the Faust app from the settings, and starts nothing."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, cast

import faust
from faust.web.base import BlueprintManager
from yarl import URL

from agents.engine.agents import AGENTS, register_agent
from agents.engine.assignor import CoPartitionedAssignor
from agents.engine.engine import Engine
from agents.engine.transport import SESSION_S, BatchTransport
from agents.lead_alerts import LeadAlerts
from agents.pages import add_pages
from agents.pages.serving import PagesWeb
from agents.peers.address import url_of
from agents.peers.failure_detector import take_out
from agents.peers.lead_view import LeadView
from agents.peers.peers import Peers
from agents.preparation import changelogs
from stream.clock import SystemClock
from stream.errors import RingboardError
from stream.journeys.compose import floor_of, groups_of
from stream.journeys.stamp import STAMP, content_of, stamp_of
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import FINGERPRINT
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of
from stream.web.networks import Networks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.engine.transport import BatchConsumer
    from stream.clock import Clock
    from stream.journeys.floor import Floor
    from stream.journeys.partition_state import Group
    from stream.settings.model import Settings

HEARTBEAT_S = 0.3  # the answer tells a worker that another one has joined or left
REBALANCE_S = 15.0
REQUEST_S = 20.0  # joining a group is answered when its rebalance is over
BUFFERED_BATCHES = 64  # the inbox of each partition bounds what is held in memory; this limit is never reached first


class RingboardApp(faust.App):
    """
    A Faust app whose consumer hands over batches, and whose state is the engine's.

    Attributes:
        settings: all settings.
        clock: the clock of everything in this worker.
        connection: to the brokers, of every client in this worker.
        engine: the state of this worker's partitions.

    """

    def __init__(self, settings: Settings, groups: Sequence[Group], clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.groups = tuple(groups)
        names = {table: topic.name for table, topic in changelogs(settings, self.groups).items()}
        self.connection = connection_of(settings)
        self.engine = Engine(self.connection, settings.app_id, self.groups, names)
        self.co_assignor = CoPartitionedAssignor(group.topics for group in self.groups)
        super().__init__(
            settings.app_id,
            env={},  # Faust would let variables like WEB_PORT outrank the settings
            broker=[URL(f"kafka://{server.strip()}") for server in settings.broker.split(",")],
            autodiscover=False,
            version=1,
            broker_session_timeout=SESSION_S,
            broker_heartbeat_interval=HEARTBEAT_S,
            broker_rebalance_timeout=REBALANCE_S,
            broker_request_timeout=REQUEST_S,
            stream_buffer_maxsize=BUFFERED_BATCHES,
            stream_wait_empty=False,
            table_standby_replicas=0,
            topic_disable_leader=True,
            topic_allow_declare=False,
            datadir=str(settings.data_dir / "faust"),
            web_bind=settings.web_host,
            web_port=settings.web_port,
            web_host=settings.web_host,
            web_stats_enabled=False,
            web_graph_enabled=False,
            web_router_enabled=False,
            web_tables_enabled=False,
            web_metrics_enabled=False,
            worker_redirect_stdouts=False,
        )
        self.engine.attach(self)

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    def _new_web(self) -> PagesWeb:
        return PagesWeb(self)

    def _create_directories(self) -> None:
        """Leave the disk alone: all state is in Kafka."""


def create_app(settings: Settings, groups: Sequence[Group] | None = None, clock: Clock | None = None) -> RingboardApp:
    """
    Build the app of a worker; it connects to nothing before it is started.

    Args:
        settings: all settings.
        groups: what to fold; by default Ringboard's own events, floor and spend, and then with the pages.
        clock: by default the machine's clock.

    Raises:
        RingboardError: there is no agent for a group.

    """
    clock = clock or SystemClock()
    if groups is None:
        floor = floor_of(settings)
        app = RingboardApp(settings, groups_of(settings, floor, clock), clock)
        _add_pages(app, floor)
    else:
        app = RingboardApp(settings, groups, clock)
    for group in app.groups:
        if group.name not in AGENTS:
            raise RingboardError(f"no agent is there for the group {group.name}: one of {', '.join(AGENTS)}")
        register_agent(app, group, app.engine.put)
    return app


def _add_pages(app: RingboardApp, floor: Floor) -> None:
    """Add Ringboard's pages in place of Faust's own, with the peers and the alerts for late leads."""
    settings, engine, clock = app.settings, app.engine, app.clock
    identity = identity_of(settings)
    peers = Peers(
        uuid.uuid4().hex[:12],
        url_of(settings),
        engine,
        connection=app.connection,
        topic=topics(settings).control.name,
        clock=clock,
        identity=identity,
        agreed={FINGERPRINT: identity.fingerprint().encode(), STAMP: content_of(stamp_of(settings))},
        networks=Networks(settings.peer_networks),
        generation=lambda: app.consumer_generation_id,
        member=lambda: cast("BatchConsumer", app.consumer).member_id,
        take_out=partial(take_out, app.connection, settings.app_id),
    )
    alerts = LeadAlerts(settings, floor.rules, LeadView(engine), clock)
    server = cast("PagesWeb", app.web)
    server.blueprints = BlueprintManager()
    server.web_app.cleanup_ctx.append(alerts.serve)
    add_pages(
        server.web_app,
        settings,
        engine,
        clock,
        floor=floor,
        peers=peers,
        lead_alerts=alerts.stats,
        connections=server.connections,
    )
