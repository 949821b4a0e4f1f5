"""The pages of a worker: its API, its metrics, and its wallboard."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from agents.lead_alerts import LeadAlertStats
from agents.metrics.labels import Labels
from agents.metrics.metrics import FloorMetrics
from agents.metrics.pipeline import Pipeline
from agents.metrics.scrape import Scrape
from agents.metrics.waiting import Opening
from agents.pages.answers import Answers
from agents.pages.api import Api
from agents.pages.health import Health
from agents.pages.page import Page
from agents.pages.streams import Streams
from agents.peers.address import url_of
from agents.peers.floor_view import Alone, FloorView
from stream.alerts.leads import limits_of
from stream.journeys.compose import rules_of
from stream.settings.labels import LIMITED_LABELS

if TYPE_CHECKING:
    from aiohttp import web

    from agents.peers.floor_view import EngineView
    from agents.peers.peers import Peers
    from stream.clock import Clock
    from stream.journeys.floor import Floor
    from stream.settings.model import Settings


def add_pages(
    web_app: web.Application,
    settings: Settings,
    engine: EngineView,
    clock: Clock,
    *,
    floor: Floor | None = None,
    peers: Peers | None = None,
    lead_alerts: LeadAlertStats | None = None,
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
        lead_alerts: the counts of the alerts for late leads; all 0 by default.

    """
    rules = floor.rules if floor else rules_of(settings)
    answers = Answers(settings, limits_of(settings, rules))
    view = FloorView(peers.worker if peers else uuid.uuid4().hex[:12], engine, peers or Alone(), clock, settings.zone)
    streams = Streams(view, answers)
    pipeline = Pipeline(
        engine, floor, lambda: 1 + len(peers.others() if peers else ()), lambda: streams.ticker.listeners
    )
    opening = Opening(rules.business, settings.service_level_formula)
    labels = Labels({label: settings.limit_of(label) for label in LIMITED_LABELS})
    stats = lead_alerts or LeadAlertStats()
    metrics = FloorMetrics(view, answers.targets, pipeline, opening=opening, lead_alerts=stats, labels=labels)
    api = Api(
        view=view,
        answers=answers,
        streams=streams,
        health=Health(view, peers),
        page=Page(settings),
        scrape=Scrape(metrics),
    )
    token = settings.api_token.get_secret_value() if settings.api_token else None
    host = url_of(settings).rpartition("//")[2].rpartition(":")[0].strip("[]")
    api.add_to(web_app, token, frozenset({settings.web_host, host}))
    if peers is not None:
        web_app.cleanup_ctx.append(peers.serve)
