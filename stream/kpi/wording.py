"""The names and meanings of the KPIs, in English and French."""

from __future__ import annotations

from typing import Final

Words = dict[str, tuple[str, str]]

_REACHED: Final = {
    "attempt": ("first attempt", "première tentative", "called", "appelés"),
    "contact": ("first contact", "premier contact", "contacted", "joints"),
}
_CLOCKS: Final = {"": ("", ""), "_business": (" (business hours)", " (heures ouvrées)")}
_LIMITS: Final = {"1h": ("1 h", "1 h"), "5m": ("5 min", "5 min")}


def _within(limit: str, reached: str, clock: str) -> Words:
    en, fr, called, appeles = _REACHED[reached]
    limit_en, limit_fr = _LIMITS[limit]
    clock_en, clock_fr = _CLOCKS[clock]
    return {
        "en": (
            f"Response within {limit_en}, {en}{clock_en}",
            f"Of the leads requested whose {limit_en} has passed, the share that was {called} within it{clock_en}.",
        ),
        "fr": (
            f"Réponse sous {limit_fr}, {fr}{clock_fr}",
            f"Part des demandes, délai de {limit_fr} échu ou tenu, dont les leads ont été {appeles} à temps{clock_fr}.",
        ),
    }


def _percentile(percent: int, reached: str, clock: str) -> Words:
    en, fr, called, appeles = _REACHED[reached]
    clock_en, clock_fr = _CLOCKS[clock]
    return {
        "en": (
            f"Response time p{percent}, {en}{clock_en}",
            f"{percent} % of the leads {called} were so within this time of their request, of those reached{clock_en}.",
        ),
        "fr": (
            f"Temps de réponse p{percent}, {fr}{clock_fr}",
            f"{percent} % des leads {appeles} l'ont été dans ce délai, parmi ceux qui ont été atteints{clock_fr}.",
        ),
    }


_RESPONSES: Final[dict[str, Words]] = {
    **{
        f"lead_response_within_{limit}_{reached}{clock}": _within(limit, reached, clock)
        for limit in _LIMITS
        for reached in _REACHED
        for clock in _CLOCKS
    },
    **{
        f"lead_response_p{percent}_{reached}{clock}": _percentile(percent, reached, clock)
        for percent in (50, 90, 95)
        for reached in _REACHED
        for clock in _CLOCKS
    },
}

WORDING: Final[dict[str, Words]] = {
    **_RESPONSES,
    "contact_rate": {
        "en": ("Contact rate", "Of the calls placed, the share that became a meaningful conversation."),
        "fr": ("Taux de contact", "Part des appels passés qui ont abouti à une vraie conversation."),
    },
    "answer_rate": {
        "en": ("Answer rate", "Of the calls placed, the share that anyone or anything answered."),
        "fr": ("Taux de décroché", "Part des appels passés auxquels on a répondu, machine comprise."),
    },
    "penetration": {
        "en": ("Penetration", "Of the leads first dialled in the window, the share contacted since."),
        "fr": ("Pénétration", "Part des leads appelés pour la première fois dans la fenêtre et joints depuis."),
    },
    "opportunities_per_1000_calls": {
        "en": ("Opportunities per 1,000 calls", "Leads qualified in the window for each thousand calls placed in it."),
        "fr": ("Opportunités pour 1 000 appels", "Leads qualifiés dans la fenêtre pour mille appels passés."),
    },
    "fast_response_uplift": {
        "en": (
            "Fast response uplift",
            "How many times likelier a lead contacted within the hour is to qualify than one contacted later.",
        ),
        "fr": (
            "Gain d'une réponse rapide",
            "Combien de fois un lead joint dans l'heure est plus souvent qualifié qu'un lead joint plus tard.",
        ),
    },
    "follow_up_rate": {
        "en": ("Follow-up rate", "Of the follow-ups due, the share made in time; those not yet due are left out."),
        "fr": ("Taux de suivi", "Part des relances faites à temps, hors celles dont le délai court encore."),
    },
    "early_follow_ups": {
        "en": ("Early follow-ups", "Follow-ups that came sooner after the last attempt than good spacing allows."),
        "fr": ("Relances trop rapprochées", "Relances faites trop tôt après la tentative précédente."),
    },
    "pressing_attempts": {
        "en": ("Pressing attempts", "Attempts that are at least the fourth to one lead in less than 24 h."),
        "fr": ("Tentatives insistantes", "Tentatives qui sont au moins la quatrième vers un lead en moins de 24 h."),
    },
    "attempts_to_first_contact": {
        "en": ("Attempts to first contact", "How many attempts it took to reach a lead for the first time."),
        "fr": ("Tentatives jusqu'au contact", "Nombre de tentatives jusqu'au premier contact d'un lead."),
    },
    "noes_before_win": {
        "en": ("Noes before the win", "How many times the leads won had said no before."),
        "fr": ("Refus avant la vente", "Nombre de refus que les leads gagnés avaient opposés."),
    },
    "wins_with_one_contact": {
        "en": ("Wins with one contact", "Of the leads won, the share with a single contact (the article claims 2 %)."),
        "fr": ("Ventes en un contact", "Part des leads gagnés avec un seul contact (2 % selon l'article)."),
    },
    "wins_after_four_noes": {
        "en": ("Wins after four noes", "Of the leads won, the share that said no four times or more (claim: 80 %)."),
        "fr": (
            "Ventes après quatre refus",
            "Part des leads gagnés après au moins quatre refus (80 % selon l'article).",
        ),
    },
    "leads_given_up_early": {
        "en": ("Leads given up early", "Of the leads lost, the share given up with fewer than five attempts."),
        "fr": ("Leads abandonnés trop tôt", "Part des leads perdus après moins de cinq tentatives."),
    },
    "lead_to_opportunity": {
        "en": ("Lead to opportunity", "Of the leads first contacted in the window, the share qualified since."),
        "fr": ("Lead vers opportunité", "Part des leads d'abord joints dans la fenêtre et qualifiés depuis."),
    },
    "opportunity_to_customer": {
        "en": ("Opportunity to customer", "Of the leads qualified in the window, the share won since."),
        "fr": ("Opportunité vers client", "Part des leads qualifiés dans la fenêtre et gagnés depuis."),
    },
    "lead_to_customer": {
        "en": ("Conversion rate", "Of the leads requested in the window, the share that became customers since."),
        "fr": ("Taux de conversion", "Part des leads demandés dans la fenêtre et devenus clients depuis."),
    },
    "leads_requested": {
        "en": ("Leads requested", "Leads whose request came in the window."),
        "fr": ("Leads demandés", "Leads dont la demande est arrivée dans la fenêtre."),
    },
    "opportunities_created": {
        "en": ("Opportunities created", "Leads qualified in the window, by who qualified them."),
        "fr": ("Opportunités créées", "Leads qualifiés dans la fenêtre, selon qui les a qualifiés."),
    },
    "customers_closed": {
        "en": ("Customers closed", "Leads won in the window, by who won them."),
        "fr": ("Clients conclus", "Leads gagnés dans la fenêtre, selon qui les a gagnés."),
    },
    "leads_lost": {
        "en": ("Leads lost", "Leads given up in the window, by reason."),
        "fr": ("Leads perdus", "Leads abandonnés dans la fenêtre, par motif."),
    },
    "cost_per_lead": {
        "en": ("Cost per lead", "Spend in the window for each lead requested in it."),
        "fr": ("Coût par lead", "Dépense de la fenêtre par lead demandé."),
    },
    "cost_per_opportunity": {
        "en": ("Cost per opportunity", "Spend in the window for each lead qualified in it."),
        "fr": ("Coût par opportunité", "Dépense de la fenêtre par lead qualifié."),
    },
    "cost_per_customer": {
        "en": ("Cost per customer", "Spend in the window for each lead won in it."),
        "fr": ("Coût par client", "Dépense de la fenêtre par lead gagné."),
    },
    "loss_rate": {
        "en": ("Loss rate", "Of the customers that came to be at risk in the window, the share lost."),
        "fr": ("Taux de perte", "Part des clients devenus à risque dans la fenêtre et finalement perdus."),
    },
    "service_level": {
        "en": ("Service level", "Of the calls in queue, the share answered within the limit."),
        "fr": ("Niveau de service", "Part des appels en file pris dans le délai."),
    },
    "average_speed_of_answer": {
        "en": ("Average speed of answer", "How long the callers who were answered had waited, on average."),
        "fr": ("Délai moyen de réponse", "Attente moyenne des appelants auxquels on a répondu."),
    },
    "abandon_rate": {
        "en": ("Abandon rate", "Of the calls that left a queue, the share whose caller gave up."),
        "fr": ("Taux d'abandon", "Part des appels sortis d'une file parce que l'appelant a raccroché."),
    },
    "average_handle_time": {
        "en": ("Average handle time", "Talk, hold and wrap-up of an answered inbound call, on average."),
        "fr": ("Durée moyenne de traitement", "Conversation, attente et post-appel d'un appel entrant, en moyenne."),
    },
    "occupancy": {
        "en": ("Occupancy", "Of the time reps were on contact or free for one, the share on contact."),
        "fr": ("Taux d'occupation", "Part du temps en contact dans le temps en contact ou disponible."),
    },
}
