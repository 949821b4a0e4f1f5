"""The texts of the boards in English and French: the catalogue's for each KPI, and the boards' own."""

from __future__ import annotations

from typing import Final

from grafana.boards.wording_panels import BOARDS, PANELS
from stream.kpi.catalogue import BY_ID

LANGUAGES: Final = ("en", "fr")
_INDEX: Final = {language: place for place, language in enumerate(LANGUAGES)}
_COUNTED: Final = ("Counted by: {}.", "Compté selon : {}.")
_WEEK: Final = (
    "The window chosen, over time; dashed, the same moments a week before, and the target.",
    "La fenêtre choisie, dans le temps ; en tirets, les mêmes moments une semaine avant, et l'objectif.",
)
_OVER_TIME: Final = ("{}: over time", "{} : dans le temps")
_HOURS: Final = (
    "By the hour of the week, over 30 days. Hours with fewer than 20 attempts are left out.",
    "Selon l'heure de la semaine, sur 30 jours. Les heures de moins de 20 tentatives sont omises.",
)
_BY_HOUR: Final = ("{}: by hour of the week", "{} : par heure de la semaine")
_MORE: Final = {"": ("{}", "{}"), "week": _OVER_TIME, "hours": _BY_HOUR}
_TOLD: Final = {"": ("", ""), "week": _WEEK, "hours": _HOURS}

_DAYS: Final = (
    ("Monday", "lundi"),
    ("Tuesday", "mardi"),
    ("Wednesday", "mercredi"),
    ("Thursday", "jeudi"),
    ("Friday", "vendredi"),
    ("Saturday", "samedi"),
    ("Sunday", "dimanche"),
)

WORDS: Final[dict[str, tuple[str, str]]] = {
    # variables
    "datasource": ("Prometheus", "Prometheus"),
    "campaign": ("Campaign", "Campagne"),
    "campaign_variable": ("One campaign or several, or all of them.", "Une campagne ou plusieurs, ou toutes."),
    "team": ("Team", "Équipe"),
    "team_variable": (
        "One team or several, or all. Costs and waiting leads belong to no team.",
        "Une équipe ou plusieurs, ou toutes. Coûts et leads en attente n'appartiennent à aucune.",
    ),
    "rep": ("Rep", "Commercial"),
    "rep_variable": ("One rep or several, or all of them.", "Un commercial ou plusieurs, ou tous."),
    "queue": ("Queue", "File"),
    "queue_variable": ("One queue or several, or all of them.", "Une file ou plusieurs, ou toutes."),
    "window": ("Window", "Fenêtre"),
    "window_variable": (
        "What the numbers count: a window of event time that ends now.",
        "Ce que comptent les chiffres : une fenêtre de temps qui finit maintenant.",
    ),
    "rep_window": ("Reps' window", "Fenêtre des commerciaux"),
    "all": ("All", "Tous"),
    "window_5m": ("5 minutes", "5 minutes"),
    "window_15m": ("15 minutes", "15 minutes"),
    "window_1h": ("1 hour", "1 heure"),
    "window_today": ("today", "aujourd'hui"),
    "window_7d": ("7 days", "7 jours"),
    "window_30d": ("30 days", "30 jours"),
    # links
    "boards": ("Boards", "Tableaux"),
    "kiosk": ("Kiosk", "Plein écran"),
    "kiosk_variable": ("This board alone, for a screen on the wall", "Ce tableau seul, pour un écran au mur"),
    "this_language": ("English", "Français"),
    "explained_by": ("Explained by:", "S'explique par :"),
    # without data
    "none": ("\u2013", "\u2013"),
    "nothing": ("Nothing in this window", "Rien dans cette fenêtre"),
    "none_over": ("None", "Aucune"),
    "none_rejected": ("None rejected", "Aucun rejet"),
    "none_seldom": ("None of these of late", "Rien de tel récemment"),
    "none_recovering": ("None", "Aucune"),
    "no_events": ("No events of late", "Aucun événement récent"),
    "no_sources": ("No live source is scraped", "Aucune source en direct n'est relevée"),
    "no_trouble": ("No trouble of late", "Aucun incident récent"),
    "none_unused": ("Rules take all of it, or no gateway is scraped", "Tout est pris, ou aucune passerelle relevée"),
    "none_broken": ("None, or legal_pacing is not set", "Aucun, ou legal_pacing n'est pas réglé"),
    "not_reported": ("Not set, or not yet reached", "Non réglé, ou pas encore joint"),
    "none_posted": ("No worker is scraped", "Aucun worker n'est relevé"),
    "no_gateway": ("No gateway is scraped", "Aucune passerelle n'est relevée"),
    # headings
    "now_to_do": ("Now", "Maintenant"),
    "to_do": ("To do", "À faire"),
    "cohorts": ("Cohorts: what became of those who began", "Cohortes : ce que sont devenus ceux qui ont commencé"),
    "by_campaign": ("By campaign", "Par campagne"),
    "by_campaign_and_channel": ("By campaign and channel", "Par campagne et canal"),
    "what_speed_is_worth": ("What speed is worth", "Ce que vaut la rapidité"),
    "persistence": ("Persistence", "Persévérance"),
    "reps": ("Reps", "Commerciaux"),
    "cost_and_loss": ("Cost and loss", "Coût et perte"),
    "queues": ("Queues", "Files"),
    "partitions_and_lag": ("Partitions and lag", "Partitions et retard"),
    "events": ("Events", "Événements"),
    "lead_alerts": ("Alerts for single leads", "Alertes par lead"),
    "pages": ("Pages and their visitors", "Pages et visiteurs"),
    # legends and columns
    "now": ("now", "maintenant"),
    "pending": ("pending", "en cours"),
    "last_week": ("a week before", "une semaine avant"),
    "target": ("target", "objectif"),
    "of_target": ("of target", "de l'objectif"),
    "measured": ("measured", "mesuré"),
    "claimed": ("the article's claim", "selon l'article"),
    "currency": ("Currency", "Devise"),
    "attempts": ("Attempts", "Tentatives"),
    "contacts": ("Contacts", "Contacts"),
    "band_0-5m": ("< 5 min", "< 5 min"),
    "band_5-15m": ("5-15 min", "5-15 min"),
    "band_15-60m": ("15-60 min", "15-60 min"),
    "band_60m+": ("> 1 h", "> 1 h"),
    "p50": ("p50", "p50"),
    "p90": ("p90", "p90"),
    "p95": ("p95", "p95"),
    "within_5m": ("Within 5 min", "Sous 5 min"),
    "within_1h": ("Within 1 h", "Sous 1 h"),
    "leads": ("Leads", "Leads"),
    "waiting_now": ("Waiting", "En attente"),
    "oldest": ("Oldest", "Plus ancien"),
    "past_1h_open": ("> 1 h, open", "> 1 h ouvrée"),
    "channel": ("Channel", "Canal"),
    "given_up": ("Given up", "Abandonnés"),
    "not_in_time": ("Not in time", "Hors délai"),
    "reached": ("Reached by", "Atteint par"),
    "clock": ("Clock", "Horloge"),
    "reached_attempt": ("first attempt", "1re tentative"),
    "reached_contact": ("first contact", "1er contact"),
    "clock_wall": ("on the wall", "au mur"),
    "clock_business": ("business hours", "heures ouvrées"),
    "stage_warned": ("nearly late", "limite proche"),
    "stage_overdue": ("past the limit", "limite dépassée"),
    "stage_escalated": ("twice the limit", "double dépassé"),
    "left_out": ("left out", "non signalées"),
    "qualified_fast": ("contacted within 1 h", "joints sous 1 h"),
    "qualified_slow": ("contacted later", "joints plus tard"),
    "kept": ("Kept", "Tenues"),
    "missed": ("Missed", "Manquées"),
    "withdrawn": ("Withdrawn", "Sans objet"),
    "early": ("Too early", "Trop tôt"),
    "rule_too_often": ("too often", "trop souvent"),
    "rule_outside_hours": ("outside the hours", "hors horaires"),
    "rule_too_soon": ("after a refusal", "après un refus"),
    "breaches": ("Pacing", "Rythme"),
    "early_share": ("Too early, of all attempts", "Trop tôt, parmi les tentatives"),
    "due_late": ("late", "en retard"),
    "due_1h": ("within 1 h", "d'ici 1 h"),
    "due_4h": ("within 4 h", "d'ici 4 h"),
    "due_today": ("later today", "plus tard ce jour"),
    "due_tomorrow": ("tomorrow", "demain"),
    "wins_with_one_contact_claimed": ("one contact: the article's claim", "un contact : selon l'article"),
    "wins_after_four_noes_claimed": ("four noes: the article's claim", "quatre refus : selon l'article"),
    "step_leads_requested": ("requested", "demandés"),
    "step_leads_dialled": ("first dialled", "appelés"),
    "step_leads_contacted": ("first contacted", "joints"),
    "step_qualified": ("qualified", "qualifiés"),
    "step_won": ("won", "gagnés"),
    "closed_for_each": ("Closed ÷ created", "Conclus ÷ créées"),
    "spend": ("Spend", "Dépense"),
    "risks_kept": ("kept", "gardés"),
    "risks_lost": ("lost", "perdus"),
    "calls_waiting": ("waiting", "en attente"),
    "callers_waiting": ("Callers waiting", "Appelants en attente"),
    "oldest_wait": ("Oldest wait", "Plus longue attente"),
    "state": ("State", "État"),
    "in_state": ("Time in state", "Temps dans l'état"),
    "day": ("Day", "Jour"),
    **{f"day_{day}": names for day, names in enumerate(_DAYS, 1)},
    "queue_offered": ("Offered", "Présentés"),
    "queue_answered": ("Answered", "Décrochés"),
    "queue_abandoned": ("Abandoned", "Abandonnés"),
    "queue_timed_out": ("Sent on", "Renvoyés"),
    "state_available": ("available", "disponible"),
    "state_ringing": ("ringing", "sonnerie"),
    "state_talking": ("talking", "en appel"),
    "state_wrap_up": ("wrap-up", "post-appel"),
    "state_paused": ("paused", "en pause"),
    "state_offline": ("offline", "hors ligne"),
    "state_unknown": ("unknown", "inconnu"),
    "whole_0": ("a part is missing", "incomplet"),
    "whole_1": ("whole", "complet"),
    "simulated_0": ("no", "non"),
    "simulated_1": ("yes", "oui"),
    "floor_open_0": ("closed", "fermé"),
    "floor_open_1": ("open", "ouvert"),
    "gateway_0": ("not ready", "pas prête"),
    "gateway_1": ("ready", "prête"),
    "group": ("Group", "Groupe"),
    "ready": ("Ready", "Prêtes"),
    "owned": ("Owned", "Données"),
    "expected": ("Expected", "Prévues"),
    "journeys": ("Journeys", "Parcours"),
    "cells": ("Cells", "Cellules"),
    "duplicate": ("duplicates", "doublons"),
    "conflicting": ("conflicting", "contradictoires"),
    "beyond_horizon": ("beyond the horizon", "au-delà de l'horizon"),
    "rerouted": ("rerouted", "réacheminés"),
    "raw_number": ("with a raw number", "avec un numéro en clair"),
    "unmapped": ("unmapped dispositions", "qualifications inconnues"),
    "aborted": ("transactions aborted", "transactions annulées"),
    "fenced": ("transactions fenced", "transactions écartées"),
    "gaps": ("gaps accepted", "trous acceptés"),
    "seeks": ("read again", "relectures"),
    "restores": ("recoveries", "reprises"),
    "transactions": ("transactions", "transactions"),
    "batches": ("batches", "lots"),
    "lead_alerts_failed": ("could not be told", "non transmises"),
    "connections_closed": ("connections closed", "connexions fermées"),
    "page_connections": ("connections", "connexions"),
    "page_streams": ("walls and streams", "tableaux et flux"),
    "folding": ("folding", "calcul"),
    "committing": ("committing", "validation"),
    "source": ("Source", "Source"),
    "connected": ("Connected", "Connectée"),
    "broker_connected": ("Broker", "Courtier"),
    "last_heard": ("Last heard", "Dernier signe"),
    "open_calls": ("Calls under way", "Appels en cours"),
    "unsent": ("Unsent", "Non envoyés"),
    "source_refused": ("refused", "refusés"),
    "source_reconnects": ("reconnections", "reconnexions"),
    "source_calls_timed_out": ("calls timed out", "appels expirés"),
    "source_calls_reconciled": ("calls reconciled", "appels rapprochés"),
    "source_messages_untimed": ("messages untimed", "messages sans heure"),
}


def text_of(key: str, language: str) -> str:
    """Return a text of the boards' own."""
    return WORDS[key][_INDEX[language]]


def name_of(kpi: str, language: str) -> str:
    """Return a KPI's name, which is the same on every board and page."""
    return BY_ID[kpi].name[language]


def panel_words(key: str, language: str) -> tuple[str, str]:
    """Return a panel's title and description: its own, or those of the KPI in its key and of what it shows of it."""
    index = _INDEX[language]
    if key in PANELS:
        return PANELS[key][index]
    id_, _, what = key.partition(".")
    moment = BY_ID[id_].moment
    counted = _COUNTED[index].format((moment.en, moment.fr)[index])
    told = " ".join(part for part in (BY_ID[id_].meaning[language], counted, _TOLD[what][index]) if part)
    return _MORE[what][index].format(name_of(id_, language)), told


def board_words(name: str, language: str) -> tuple[str, str]:
    """Return a board's title and description."""
    return BOARDS[name][_INDEX[language]]
