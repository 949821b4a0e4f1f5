"""What a worker shows: its API, its metrics, and its wallboard, on Faust's own web server."""

from __future__ import annotations

import socket
import uuid
from functools import partial
from typing import TYPE_CHECKING, cast

from faust.web.base import BlueprintManager

from agents.lead_alerts import LeadAlerts
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
from agents.peers.failure_detector import take_out
from agents.peers.floor_view import Alone, FloorView
from agents.peers.peers import Peers
from stream.alerts.leads import limits_of
from stream.journeys.compose import rules_of
from stream.kafka.topics import topics
from stream.settings.labels import LIMITED_LABELS

if TYPE_CHECKING:
    import faust
    from aiohttp import web
    from faust.web.drivers.aiohttp import Web as AiohttpWeb

    from agents.engine.transport import BatchConsumer
    from agents.peers.floor_view import EngineView
    from stream.clock import Clock
    from stream.journeys.floor import Floor
    from stream.settings.model import Settings

_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  told apart here, not listened on


def url_of(settings: Settings) -> str:
    """Return where other workers reach this one's pages."""
    if settings.advertised_url:
        return settings.advertised_url.rstrip("/")
    host = socket.getfqdn() if settings.web_host in _EVERYWHERE else settings.web_host
    return f"http://[{host}]:{settings.web_port}" if ":" in host else f"http://{host}:{settings.web_port}"


def add_pages(
    web_app: web.Application,
    settings: Settings,
    engine: EngineView,
    clock: Clock,
    *,
    floor: Floor | None = None,
    peers: Peers | None = None,
) -> None:
    """
    Add the pages of a worker to an aiohttp application.

    Args:
        web_app: gets routes, middlewares, and what starts and stops with it.
        settings: of the floor.
        engine: the worker's shares.
        clock: what time it is.
        floor: what the shares count in.
        peers: the floor's other workers; none by default.

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
    alerts = LeadAlerts(settings, rules, engine, clock)
    metrics = FloorMetrics(view, answers.targets, pipeline, opening=opening, lead_alerts=alerts.stats, labels=labels)
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
    web_app.cleanup_ctx.append(alerts.serve)
    if peers is not None:
        web_app.cleanup_ctx.append(peers.serve)


def register_pages(
    app: faust.App, settings: Settings, engine: EngineView, clock: Clock, floor: Floor | None = None
) -> None:
    """Give a Faust app Ringboard's pages in place of Faust's own; nothing starts before the app does."""
    token = settings.api_token.get_secret_value() if settings.api_token else None
    peers = Peers(
        uuid.uuid4().hex[:12],
        url_of(settings),
        engine,
        bootstrap=settings.broker,
        topic=topics(settings).control.name,
        clock=clock,
        token=token,
        generation=lambda: app.consumer_generation_id,
        member=lambda: cast("BatchConsumer", app.consumer).member_id,
        take_out=partial(take_out, settings.broker, settings.app_id),
    )
    server = cast("AiohttpWeb", app.web)
    server.blueprints = BlueprintManager()
    add_pages(server.web_app, settings, engine, clock, floor=floor, peers=peers)
