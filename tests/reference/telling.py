"""Short ways to tell one event by hand, and the local clock of the examples."""

from typing import Any

from tests.reference.config import Config
from tests.reference.kpis import kpis

Event = dict[str, Any]
EXAMPLE = Config(dispositions={"A1": "conversation", "REFUS": "refused"}, min_talk_s_by_campaign={"solar": 45})

# Wednesday 10 June 2026, 12:00:00.000 in Paris.
NOON = 1_781_085_600_000


def event(kind: str, at: int, **fields: Any) -> Event:
    """An event whose id is what it says, unless one is given: told twice, it is the same event."""
    told = {"type": kind, "at": at, **fields}
    return {"id": "|".join(f"{name}={value}" for name, value in sorted(told.items())), **told}


def requested(lead: str, at: int, campaign: str = "roof", **fields: Any) -> Event:
    return event("lead.requested", at, lead=lead, campaign=campaign, **fields)


def called(call: str, placed_at: int, at: int | None = None, **fields: Any) -> Event:
    """An outbound call that ended when it was placed, unless told otherwise."""
    told = {"direction": "outbound", "placed_at": placed_at, "call": call, **fields}
    return event("call.ended", placed_at if at is None else at, **told)


def talked(call: str, placed_at: int, **fields: Any) -> Event:
    """An attempt that is a contact."""
    return called(call, placed_at, **{"talk_s": 60, **fields})


def disposed(call: str, at: int, disposition: str, **fields: Any) -> Event:
    return event("call.disposed", at, call=call, disposition=disposition, **fields)


def step(kind: str, lead: str, at: int, **fields: Any) -> Event:
    """`qualified`, `won`, `lost` or `assigned`."""
    return event(f"lead.{kind}", at, lead=lead, **fields)


def customer(kind: str, name: str, at: int, **fields: Any) -> Event:
    """`at_risk`, `kept` or `lost`."""
    return event(f"customer.{kind}", at, customer=name, **fields)


def spent(amount: str, begin: int, end: int, campaign: str = "roof", currency: str = "EUR", **fields: Any) -> Event:
    told = {"campaign": campaign, "amount": amount, "currency": currency, "from": begin, "to": end, **fields}
    return event("spend.recorded", told.pop("at", begin), **told)


def read(
    kpi: str, *events: Event, as_of: int = NOON, window: str = "30d", config: Config = EXAMPLE, **by: str
) -> Event:
    """One KPI of these events."""
    return kpis(events, as_of=as_of, window=window, config=config, **by)[kpi]


def parts(kpi: str, *events: Event, **how: Any) -> tuple[Any, Any]:
    """The numerator and the denominator of a KPI of these events."""
    found = read(kpi, *events, **how)
    return found["numerator"], found["denominator"]
