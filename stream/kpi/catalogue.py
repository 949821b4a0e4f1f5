"""
Every KPI, written down once: its name and meaning in English and French, its unit, and its formula over measures.

Metrics, API, wallboard, boards and docs are drawn from here, in this order.
"""

from __future__ import annotations

from typing import Final

from stream.kpi import measures as m
from stream.kpi.formulas import Cost, Count, Distribution, Kpi, Mean, Ratio, ServiceLevel, Uplift, by_id
from stream.kpi.measure_table import Moment
from stream.kpi.response_kpis import BUSINESS_SUFFIX, RESPONSES
from stream.kpi.rules import HOUR

GROUPS: Final = {
    "contact_rate": ("Contact rate", "Taux de contact"),
    "lead_response": ("Lead response time", "Temps de réponse"),
    "follow_up": ("Follow-up rate", "Taux de suivi"),
    "conversion": ("Conversion rate", "Taux de conversion"),
    "cost_per_lead": ("Cost per lead", "Coût par lead"),
    "loss_rate": ("Loss rate", "Taux de perte"),
    "service": ("Service (inbound calls)", "Service (appels entrants)"),
}
"""What KPIs belong to, in English and French."""

_DECISION: Final = Moment(
    "decision",
    "the win, the loss, or the moment the lead went cold",
    "la vente, l'abandon, ou le moment où le lead refroidit",
)

CATALOGUE: Final[tuple[Kpi, ...]] = (
    Kpi(
        id="contact_rate",
        group="contact_rate",
        unit="ratio",
        better="up",
        formula=Ratio((m.CONTACTS,), (m.ATTEMPTS,)),
        en=("Contact rate", "Of the calls placed, the share that became a meaningful conversation."),
        fr=("Taux de contact", "Part des appels passés qui ont abouti à une vraie conversation."),
        benchmark=0.362,
    ),
    Kpi(
        id="answer_rate",
        group="contact_rate",
        unit="ratio",
        better="up",
        formula=Ratio((m.ANSWERED,), (m.ATTEMPTS,)),
        en=("Answer rate", "Of the calls placed, the share that anyone or anything answered."),
        fr=("Taux de décroché", "Part des appels passés auxquels on a répondu, machine comprise."),
    ),
    Kpi(
        id="voicemail_rate",
        group="contact_rate",
        unit="ratio",
        better="down",
        formula=Ratio((m.VOICEMAILS,), (m.ATTEMPTS,)),
        en=("Voicemail rate", "Of the calls placed, the share that a voicemail, a machine or a fax took."),
        fr=("Taux de messagerie", "Part des appels passés qui sont tombés sur une messagerie, une machine ou un fax."),
    ),
    Kpi(
        id="penetration",
        group="contact_rate",
        unit="ratio",
        better="up",
        formula=Ratio((m.DIALLED_CONTACTED,), (m.DIALLED,), decided=m.DIALLED_DECIDED),
        en=("Penetration", "Of the leads first dialled in the window, the share contacted since."),
        fr=("Pénétration", "Part des leads appelés pour la première fois dans la fenêtre et joints depuis."),
    ),
    Kpi(
        id="opportunities_per_1000_calls",
        group="contact_rate",
        unit="per_1000",
        better="up",
        formula=Ratio((m.QUALIFIED,), (m.ATTEMPTS,), 1000),
        en=("Opportunities per 1,000 calls", "Leads qualified in the window for each thousand calls placed in it."),
        fr=("Opportunités pour 1 000 appels", "Leads qualifiés dans la fenêtre pour mille appels passés."),
        benchmark=32.0,
    ),
    *RESPONSES,
    Kpi(
        id="fast_response_uplift",
        group="lead_response",
        unit="factor",
        better="neither",
        formula=Uplift(),
        en=(
            "Fast response uplift",
            "How many times likelier a lead contacted within the hour was to qualify, of those closed in the window.",
        ),
        fr=(
            "Gain d'une réponse rapide",
            "Combien de fois un lead joint dans l'heure a été plus souvent qualifié, parmi les leads clos.",
        ),
        benchmark=7.0,
    ),
    Kpi(
        id="follow_up_rate",
        group="follow_up",
        unit="ratio",
        better="up",
        formula=Ratio((m.KEPT,), (m.KEPT, m.MISSED)),
        en=("Follow-up rate", "Of the follow-ups whose time ran out in the window, the share that was made in time."),
        fr=("Taux de suivi", "Part des relances faites à temps, parmi celles dont le délai a expiré dans la fenêtre."),
    ),
    Kpi(
        id="early_follow_ups",
        group="follow_up",
        unit="count",
        better="down",
        formula=Count(m.EARLY),
        en=(
            "Early follow-ups",
            "Attempts that came sooner after the one before to the same lead than good spacing allows.",
        ),
        fr=("Relances trop rapprochées", "Tentatives faites trop tôt après la précédente vers le même lead."),
    ),
    Kpi(
        id="pressing_attempts",
        group="follow_up",
        unit="count",
        better="down",
        formula=Count(m.PRESSING),
        en=("Pressing attempts", "Attempts that are at least the fourth to one lead in less than 24 h."),
        fr=("Tentatives insistantes", "Tentatives qui sont au moins la quatrième vers un lead en moins de 24 h."),
    ),
    Kpi(
        id="attempts_to_first_contact",
        group="follow_up",
        unit="count",
        better="down",
        formula=Distribution(m.TO_CONTACT),
        en=("Attempts to first contact", "How many attempts it took to reach a lead for the first time."),
        fr=("Tentatives jusqu'au contact", "Nombre de tentatives jusqu'au premier contact d'un lead."),
    ),
    Kpi(
        id="noes_before_win",
        group="follow_up",
        unit="count",
        better="neither",
        formula=Distribution(m.NOES),
        en=("Noes before the win", "How many times the leads won had said no before."),
        fr=("Refus avant la vente", "Nombre de refus que les leads gagnés avaient opposés."),
    ),
    Kpi(
        id="wins_with_one_contact",
        group="follow_up",
        unit="ratio",
        better="neither",
        formula=Ratio((m.WON_ONE_CONTACT,), (m.WON,)),
        en=("Wins with one contact", "Of the leads won, the share with a single contact (the article claims 2 %)."),
        fr=("Ventes en un contact", "Part des leads gagnés avec un seul contact (2 % selon l'article)."),
        benchmark=0.02,
    ),
    Kpi(
        id="wins_after_four_noes",
        group="follow_up",
        unit="ratio",
        better="neither",
        formula=Ratio((m.WON_FOUR_NOES,), (m.WON,)),
        en=("Wins after four noes", "Of the leads won, the share that said no four times or more (claim: 80 %)."),
        fr=("Ventes après quatre refus", "Part des leads gagnés après au moins quatre refus (80 % selon l'article)."),
        benchmark=0.8,
    ),
    Kpi(
        id="leads_given_up_early",
        group="follow_up",
        unit="ratio",
        better="down",
        formula=Ratio((m.LOST_EARLY,), (m.LOST,)),
        en=("Leads given up early", "Of the leads lost, the share given up with fewer than five attempts."),
        fr=("Leads abandonnés trop tôt", "Part des leads perdus après moins de cinq tentatives."),
    ),
    Kpi(
        id="conversion_rate",
        group="conversion",
        unit="ratio",
        better="up",
        formula=Ratio((m.WON,), (m.WON, m.LOST_FINALLY, m.COLD)),
        by=_DECISION,
        en=("Conversion rate", "Of the leads decided in the window (won, lost or gone cold), the share won."),
        fr=(
            "Taux de conversion",
            "Part des leads gagnés parmi ceux décidés dans la fenêtre : gagnés, perdus, refroidis.",
        ),
    ),
    Kpi(
        id="win_rate",
        group="conversion",
        unit="ratio",
        better="up",
        formula=Ratio((m.WON_OPPORTUNITIES,), (m.WON_OPPORTUNITIES, m.LOST_OPPORTUNITIES, m.COLD_OPPORTUNITIES)),
        by=_DECISION,
        en=("Win rate", "Of the opportunities decided in the window (won, lost or gone cold), the share won."),
        fr=("Taux de gain", "Part des opportunités gagnées parmi celles décidées dans la fenêtre."),
    ),
    Kpi(
        id="lead_to_opportunity",
        group="conversion",
        unit="ratio",
        better="up",
        formula=Ratio((m.CONTACTED_QUALIFIED,), (m.CONTACTED,), decided=m.CONTACTED_DECIDED),
        en=("Lead to opportunity", "Of the leads first contacted in the window, the share qualified since."),
        fr=("Lead vers opportunité", "Part des leads d'abord joints dans la fenêtre et qualifiés depuis."),
    ),
    Kpi(
        id="opportunity_to_customer",
        group="conversion",
        unit="ratio",
        better="up",
        formula=Ratio((m.QUALIFIED_WON,), (m.QUALIFIED,), decided=m.QUALIFIED_DECIDED),
        en=("Opportunity to customer", "Of the leads qualified in the window, the share won since."),
        fr=("Opportunité vers client", "Part des leads qualifiés dans la fenêtre et gagnés depuis."),
    ),
    Kpi(
        id="lead_to_customer",
        group="conversion",
        unit="ratio",
        better="up",
        formula=Ratio((m.REQUESTED_WON,), (m.REQUESTED,), decided=m.REQUESTED_DECIDED),
        en=("Lead to customer", "Of the leads requested in the window, the share that became customers since."),
        fr=("Lead vers client", "Part des leads demandés dans la fenêtre et devenus clients depuis."),
    ),
    Kpi(
        id="leads_requested",
        group="conversion",
        unit="count",
        better="up",
        formula=Count(m.REQUESTED, by="channel"),
        en=("Leads requested", "Leads whose request came in the window."),
        fr=("Leads demandés", "Leads dont la demande est arrivée dans la fenêtre."),
    ),
    Kpi(
        id="opportunities_created",
        group="conversion",
        unit="count",
        better="up",
        formula=Count(m.QUALIFIED),
        en=("Opportunities created", "Leads qualified in the window, by who qualified them."),
        fr=("Opportunités créées", "Leads qualifiés dans la fenêtre, selon qui les a qualifiés."),
    ),
    Kpi(
        id="customers_closed",
        group="conversion",
        unit="count",
        better="up",
        formula=Count(m.WON),
        en=("Customers closed", "Leads won in the window, by who won them."),
        fr=("Clients conclus", "Leads gagnés dans la fenêtre, selon qui les a gagnés."),
    ),
    Kpi(
        id="leads_lost",
        group="conversion",
        unit="count",
        better="down",
        formula=Count(m.LOST, by="reason"),
        en=("Leads lost", "Leads given up in the window, by reason."),
        fr=("Leads perdus", "Leads abandonnés dans la fenêtre, par motif."),
    ),
    Kpi(
        id="cost_per_lead",
        group="cost_per_lead",
        unit="money",
        better="down",
        formula=Cost(m.REQUESTED),
        en=("Cost per lead", "Spend in the window for each lead requested in it."),
        fr=("Coût par lead", "Dépense de la fenêtre par lead demandé."),
    ),
    Kpi(
        id="cost_per_opportunity",
        group="cost_per_lead",
        unit="money",
        better="down",
        formula=Cost(m.QUALIFIED),
        en=("Cost per opportunity", "Spend in the window for each lead qualified in it."),
        fr=("Coût par opportunité", "Dépense de la fenêtre par lead qualifié."),
    ),
    Kpi(
        id="cost_per_customer",
        group="cost_per_lead",
        unit="money",
        better="down",
        formula=Cost(m.WON),
        en=("Cost per customer", "Spend in the window for each lead won in it."),
        fr=("Coût par client", "Dépense de la fenêtre par lead gagné."),
    ),
    Kpi(
        id="loss_rate",
        group="loss_rate",
        unit="ratio",
        better="down",
        formula=Ratio((m.RISKS_LOST,), (m.RISKS_LOST, m.RISKS_KEPT)),
        en=("Loss rate", "Of the customers whose risk ended in the window, the share lost."),
        fr=("Taux de perte", "Part des clients perdus parmi ceux dont le risque a pris fin dans la fenêtre."),
    ),
    Kpi(
        id="service_level",
        group="service",
        unit="ratio",
        better="up",
        formula=ServiceLevel(),
        en=("Service level", "Of the calls in queue, the share answered within the limit."),
        fr=("Niveau de service", "Part des appels en file pris dans le délai."),
    ),
    Kpi(
        id="average_speed_of_answer",
        group="service",
        unit="seconds",
        better="down",
        formula=Mean(m.WAIT_MS, m.ANSWERED_WAIT_KNOWN),
        en=("Average speed of answer", "How long the callers who were answered had waited, on average."),
        fr=("Délai moyen de réponse", "Attente moyenne des appelants auxquels on a répondu."),
    ),
    Kpi(
        id="abandon_rate",
        group="service",
        unit="ratio",
        better="down",
        formula=Ratio((m.ABANDONED,), (m.QUEUE_ANSWERED, m.ABANDONED, m.TIMED_OUT)),
        en=("Abandon rate", "Of the calls that left a queue, the share whose caller gave up."),
        fr=("Taux d'abandon", "Part des appels sortis d'une file parce que l'appelant a raccroché."),
    ),
    Kpi(
        id="average_handle_time",
        group="service",
        unit="seconds",
        better="neither",
        formula=Mean(m.HANDLE_MS, m.HANDLED),
        en=("Average handle time", "Talk, hold and wrap-up of an answered inbound call, on average."),
        fr=("Durée moyenne de traitement", "Conversation, attente et post-appel d'un appel entrant, en moyenne."),
    ),
    Kpi(
        id="occupancy",
        group="service",
        unit="ratio",
        better="neither",
        formula=Ratio((m.ON_CONTACT_MS,), (m.ON_CONTACT_MS, m.IDLE_MS), of=HOUR),
        en=("Occupancy", "Of the time reps were on contact or free for one, the share on contact."),
        fr=("Taux d'occupation", "Part du temps en contact dans le temps en contact ou disponible."),
    ),
)

BY_ID: Final = by_id(CATALOGUE, GROUPS)

BY_THE_WALL: Final = "lead_response_within_1h_attempt"
BY_BUSINESS: Final = BY_THE_WALL + BUSINESS_SUFFIX


def the_six(clock: str) -> tuple[str, ...]:
    """Return the article's six, as they are shown together; the response by the `clock` that leads are judged by."""
    response = BY_THE_WALL if clock == "wall" else BY_BUSINESS
    return ("contact_rate", response, "follow_up_rate", "conversion_rate", "cost_per_lead", "loss_rate")


THE_SIX: Final = the_six("business")
"""Those of a floor that judges leads by its opening hours, as it does by default."""
