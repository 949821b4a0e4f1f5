"""A customer's risks: when each began, and whether it ended in a loss."""

from dataclasses import dataclass

from tests.reference.facts import Event, Facts

KINDS = ("customer.at_risk", "customer.kept", "customer.lost")


@dataclass(frozen=True)
class Risk:
    """A risk by the fields of its beginning; it has no team."""

    began: int
    campaign: str | None
    rep: str | None
    lost: bool
    team: None = None


def risks_of(events: list[Event]) -> list[Risk]:
    """The risks of one customer."""
    ended: list[tuple[Event, bool]] = []
    risk: Event | None = None
    customer_is_lost = False
    for event in sorted(events, key=lambda e: (e["at"], KINDS.index(e["type"]), e["id"])):
        if event["type"] == "customer.at_risk":
            if risk is None:
                risk = event
                customer_is_lost = False
        elif event["type"] == "customer.kept":
            if risk is not None:
                ended.append((risk, False))
                risk = None
        elif risk is not None:
            ended.append((risk, True))
            risk = None
            customer_is_lost = True
        elif not customer_is_lost:
            ended.append((event, True))
            customer_is_lost = True
    if risk is not None:
        ended.append((risk, False))
    return [Risk(began["at"], began.get("campaign"), began.get("rep"), lost) for began, lost in ended]


def all_risks(facts: Facts) -> list[Risk]:
    events = [event for kind in KINDS for event in facts.of(kind)]
    customers = {event["customer"] for event in events}
    return [risk for name in customers for risk in risks_of([e for e in events if e["customer"] == name])]
