"""The pages of a worker: its API, its metrics, and its wallboard."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from agents.lead_alerts import LeadAlertStats
from agents.metrics.labels import Labels
from agents.metrics.metrics import FloorMetrics
from agents.metrics.pipeline import PagesCounts, Pipeline
from agents.metrics.scrape import Scrape
from agents.metrics.waiting import Opening
from agents.pages.access import Access
from agents.pages.answers import Answers
from agents.pages.api import SCOPES, Api, Parts
from agents.pages.health import Health
from agents.pages.live import LiveAnswers
from agents.pages.login import Login
from agents.pages.page import Page
from agents.pages.streams import Streams, most_viewers
from agents.peers.address import url_of
from agents.peers.floor_view import Alone, FloorView
from stream.alerts.leads import limits_of
from stream.journeys.compose import rules_of
from stream.settings.labels import LIMITED_LABELS
from stream.web.proxies import Proxies

if TYPE_CHECKING:
    from aiohttp import web

    from agents.peers.floor_view import EngineView
    from agents.peers.peers import Peers
    from agents.peers.tokens import Tokens
    from stream.clock import Clock
    from stream.journeys.floor import Floor
    from stream.settings.model import Settings
    from stream.web.connections import Connections


def add_pages(
    web_app: web.Application,
    settings: Settings,
    engine: EngineView,
    clock: Clock,
    *,
    floor: Floor | None = None,
    peers: Peers | None = None,
    tokens: Tokens | None = None,
    lead_alerts: LeadAlertStats | None = None,
    connections: Connections | None = None,
) -> None:
    """
    Add the pages of a worker to an aiohttp application.

    Args:
        web_app: gets the routes and middlewares, and starts and stops the peers.
        settings: all settings.
        engine: the worker's engine.
        clock: the clock of the pages.
        floor: the rules and counts of the partitions' states; by default the rules of the settings, and no counts.
        peers: the other workers of the floor; none by default.
        tokens: which requests for this worker's part are another worker's; by default by those of the peers.
        lead_alerts: the counts of the alerts for late leads; all 0 by default.
        connections: the connections of the server; by default they have no limits.

    """
    rules = floor.rules if floor else rules_of(settings)
    answers = Answers(settings, limits_of(settings, rules))
    view = FloorView(peers.worker if peers else uuid.uuid4().hex[:12], engine, peers or Alone(), clock, settings.zone)
    host = url_of(settings).rpartition("//")[2].rpartition(":")[0].strip("[]")
    access = Access(
        settings,
        SCOPES,
        proxies=Proxies(settings.trusted_proxies),
        hosts=frozenset({settings.web_host, host}),
        connections=connections,
    )
    live = LiveAnswers(settings, answers)
    streams = Streams(view, answers, live, most_viewers(connections))
    pipeline = Pipeline(
        engine,
        floor,
        lambda: 1 + len(peers.others() if peers else ()),
        PagesCounts(
            streams=lambda: streams.viewers,
            connections=lambda: len(connections or ()),
            closed=lambda: connections.refused if connections else 0,
            refused=access.refused,
        ),
        peers.refusals.counts if peers else {},
    )
    opening = Opening(rules.business, settings.service_level_formula, limits_of(settings, rules))
    labels = Labels({label: settings.limit_of(label) for label in LIMITED_LABELS})
    stats = lead_alerts or LeadAlertStats()
    metrics = FloorMetrics(view, answers.targets, pipeline, opening=opening, lead_alerts=stats, labels=labels)
    Api(
        Parts(
            view=view,
            answers=answers,
            live=live,
            streams=streams,
            health=Health(view, peers),
            page=Page(settings),
            scrape=Scrape(metrics),
            access=access,
            login=Login(access, settings.language),
            tokens=tokens or (peers.tokens if peers else None),
            refusals=peers.refusals if peers else None,
        )
    ).add_to(web_app)
    if peers is not None:
        web_app.cleanup_ctx.append(peers.serve)
