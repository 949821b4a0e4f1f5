"""A customer's risks: when each ended, and how."""

from dataclasses import dataclass

from tests.reference.config import DAY, Config
from tests.reference.facts import Event, Facts

KINDS = ("customer.at_risk", "customer.kept", "customer.lost")


@dataclass(frozen=True)
class Risk:
    """A risk by the fields of its beginning; it has no team. `faded`: nothing was heard of it any more."""

    ended: int
    campaign: str | None
    rep: str | None
    lost: bool
    faded: bool
    team: None = None


def risks_of(events: list[Event], config: Config) -> list[Risk]:
    """The risks of one customer."""
    found: list[Risk] = []

    def end(began: Event, at: int, *, lost: bool = False, faded: bool = False) -> None:
        found.append(Risk(at, began.get("campaign"), began.get("rep"), lost, faded))

    risk: Event | None = None
    customer_is_lost = False
    for event in sorted(events, key=lambda e: (e["at"], KINDS.index(e["type"]), e["id"])):
        if event["type"] == "customer.at_risk":
            if risk is not None and event["at"] > fades(risk, config):
                end(risk, fades(risk, config), faded=True)
                risk = None
            if risk is None:
                risk, customer_is_lost = event, False
        elif event["type"] == "customer.kept":
            if risk is not None:
                end(risk, event["at"])
            risk = None
        else:
            if risk is not None:
                end(risk, event["at"], lost=True)
            elif not customer_is_lost:
                end(event, event["at"], lost=True)
            risk, customer_is_lost = None, True
    if risk is not None:
        end(risk, fades(risk, config), faded=True)
    return found


def fades(risk: Event, config: Config) -> int:
    return int(risk["at"] + config.risk_days * DAY)


def all_risks(facts: Facts, config: Config) -> list[Risk]:
    events = [event for kind in KINDS for event in facts.of(kind)]
    customers = {event["customer"] for event in events}
    return [risk for name in customers for risk in risks_of([e for e in events if e["customer"] == name], config)]
