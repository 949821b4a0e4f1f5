"""The titles and descriptions of the boards, and of the panels that are not named after one KPI."""

from __future__ import annotations

from typing import Final

Words = tuple[tuple[str, str], tuple[str, str]]
"""A title and a description, in English and in French."""

BOARDS: Final[dict[str, Words]] = {
    "floor": (
        ("Floor", "The six KPIs as a set, against their targets, over time and by campaign."),
        ("Plateau", "Les six indicateurs ensemble, face aux objectifs, dans le temps et par campagne."),
    ),
    "response": (
        ("Lead response", "Who waits now, how fast leads are called, and what that is worth."),
        ("Réponse aux leads", "Qui attend, à quelle vitesse les leads sont appelés, et ce que cela vaut."),
    ),
    "follow-up": (
        ("Follow-up", "Follow-ups kept and missed, too early and too many, and how much persistence it takes."),
        ("Suivi", "Relances tenues et manquées, trop tôt ou trop nombreuses, et la persévérance qu'il faut."),
    ),
    "funnel": (
        ("Funnel and reps", "From request to customer: who opens, who closes, at what cost, and who is lost."),
        ("Entonnoir et commerciaux", "De la demande au client : qui ouvre, qui conclut, à quel coût, et qui part."),
    ),
    "service": (
        ("Service", "Inbound queues, and what the reps are doing."),
        ("Service", "Files d'appels entrants, et ce que font les commerciaux."),
    ),
    "pipeline": (
        ("Pipeline", "Whether the numbers are whole and fresh, and what feeds them."),
        ("Chaîne de traitement", "Les chiffres sont-ils complets et frais, et qu'est-ce qui les alimente ?"),
    ),
}

PANELS: Final[dict[str, Words]] = {
    "against_target": (
        (
            "Against target",
            (
                "How much of each target is reached: 100 % and more is good, whichever way the KPI is better. "
                "A KPI without a target (setting targets) is not drawn."
            ),
        ),
        (
            "Face aux objectifs",
            (
                "Part atteinte de chaque objectif : 100 % et plus est bon, quel que soit le sens de l'indicateur. "
                "Sans objectif (réglage targets), il n'est pas tracé."
            ),
        ),
    ),
    "ratios": (
        ("Trend", "The ratios among the six, of the window chosen, over time."),
        ("Tendance", "Les taux parmi les six, de la fenêtre choisie, dans le temps."),
    ),
    "waiting": (
        ("Leads waiting now", "Leads that nobody has tried to reach yet, by how long they have waited. Of no team."),
        ("Leads en attente", "Leads que personne n'a encore appelés, selon leur attente. D'aucune équipe."),
    ),
    "six_by_campaign": (
        ("The six by campaign", "The six KPIs of each campaign in the window chosen."),
        ("Les six par campagne", "Les six indicateurs de chaque campagne dans la fenêtre choisie."),
    ),
    "oldest_waiting": (
        ("Oldest", "How long the lead that has waited longest has waited."),
        ("Plus ancien", "Depuis combien de temps attend le lead le plus ancien."),
    ),
    "overdue": (
        ("Never called", "Leads requested in the window whose hour has passed without an attempt."),
        ("Non appelés", "Leads de la fenêtre dont l'heure est passée sans tentative."),
    ),
    "delays": (
        (
            "Delays to the first attempt",
            "How many leads of the window were first called within each delay, of those reached, over time.",
        ),
        (
            "Délais jusqu'à la première tentative",
            "Combien de leads de la fenêtre ont été appelés dans chaque délai, parmi les atteints, dans le temps.",
        ),
    ),
    "percentiles": (
        ("Response time, of those reached", "Half, 90 % and 95 % of the leads called were so within this time."),
        ("Temps de réponse, parmi les atteints", "La moitié, 90 % et 95 % des leads appelés l'ont été dans ce délai."),
    ),
    "lead_alerts": (
        (
            "Told to Alertmanager",
            (
                "Leads that Alertmanager is told of now, each at every stage that it has come to, and alerts beyond "
                "lead_alerts_at_most. All 0 where it is not set. Of no campaign or team."
            ),
        ),
        (
            "Signalés à Alertmanager",
            (
                "Leads signalés à Alertmanager, chacun à chaque stade atteint, et alertes au-delà de "
                "lead_alerts_at_most. Tout à 0 s'il n'est pas réglé. D'aucune campagne ni équipe."
            ),
        ),
    ),
    "response_by_campaign": (
        ("Response by campaign", "To the first attempt; p50 and p90 are of those reached."),
        ("Réponse par campagne", "Jusqu'à la première tentative ; p50 et p90 parmi les leads atteints."),
    ),
    "response_by_channel": (
        (
            "Response by channel",
            "To the first attempt, by the clock; never called are those whose hour has passed without one. Of no team.",
        ),
        (
            "Réponse par canal",
            "Jusqu'à la première tentative, à l'horloge ; jamais appelés : l'heure est passée sans. D'aucune équipe.",
        ),
    ),
    "leads_by_channel": (
        ("Leads by channel", "Leads requested in the window, by the channel they came by. Of no team."),
        ("Leads par canal", "Leads demandés dans la fenêtre, selon leur canal. D'aucune équipe."),
    ),
    "clocks": (
        (
            "First attempt and first contact",
            "By the clock on the wall, and in the floor's business hours; p50 to p95 are of those reached.",
        ),
        (
            "Première tentative et premier contact",
            "À l'horloge, et en heures ouvrées du plateau ; p50 à p95 parmi les leads atteints.",
        ),
    ),
    "uplift": (
        (
            "Uplift within the hour",
            (
                "How many times likelier a lead contacted within the hour is to qualify than one contacted later: as "
                "measured here, beside the article's claim of 7."
            ),
        ),
        (
            "Gain sous une heure",
            "Combien de fois un lead joint dans l'heure est plus souvent qualifié : mesuré, et selon l'article (7).",
        ),
    ),
    "qualified_shares": (
        ("Qualified share", "Of the leads requested in the window and contacted, the share qualified since."),
        ("Part qualifiée", "Parmi les leads de la fenêtre qui ont été joints, la part qualifiée depuis."),
    ),
    "follow_ups": (
        ("Follow-ups", "Follow-ups that the window's attempts made due: kept, missed, and no longer needed."),
        ("Relances", "Relances dues aux tentatives de la fenêtre : tenues, manquées, devenues sans objet."),
    ),
    "fates": (
        ("Kept and missed", "Follow-ups due to the window's attempts, over time."),
        ("Tenues et manquées", "Relances dues aux tentatives de la fenêtre, dans le temps."),
    ),
    "follow_up_shares": (
        ("Follow-up rate over time", "The share kept of those due, and the share too early of those kept."),
        ("Taux de suivi dans le temps", "Part tenue des relances dues, et part trop tôt des relances tenues."),
    ),
    "pacing": (
        (
            "Legal pacing",
            (
                "Attempts of the window that broke a rule of legal_pacing; one may break several. "
                "Counted, and nobody is stopped."
            ),
        ),
        (
            "Rythme légal",
            (
                "Tentatives de la fenêtre contraires à une règle de legal_pacing ; plusieurs sont possibles. "
                "On compte, sans bloquer."
            ),
        ),
    ),
    "attempts_to_first_contact": (
        (
            "Attempts to the first contact",
            "Leads first contacted in the window, by the attempts it took; 15 or more: 15.",
        ),
        (
            "Tentatives jusqu'au contact",
            "Leads d'abord joints dans la fenêtre, par nombre de tentatives ; 15 et plus : 15.",
        ),
    ),
    "noes_before_win": (
        ("Noes before the win", "Leads won in the window, by how often they had said no before; 15 or more: 15."),
        ("Refus avant la vente", "Leads gagnés dans la fenêtre, par nombre de refus auparavant ; 15 et plus : 15."),
    ),
    "claims": (
        (
            "The article's claims, and the data",
            "It claims that 2 % of wins take one contact, and 80 % come after four noes or more.",
        ),
        (
            "L'article et les données",
            "Selon l'article, 2 % des ventes se font en un contact, et 80 % après quatre refus ou plus.",
        ),
    ),
    "follow_up_by_campaign": (
        ("Follow-up by campaign", "Follow-ups due to the window's attempts, by campaign."),
        ("Suivi par campagne", "Relances dues aux tentatives de la fenêtre, par campagne."),
    ),
    "funnel": (
        (
            "Funnel",
            "Leads of the window at each step. Each step counts its own moment, so a step is no part of another.",
        ),
        (
            "Entonnoir",
            "Leads de la fenêtre à chaque étape. Chaque étape compte à son moment, aucune n'est part d'une autre.",
        ),
    ),
    "conversions": (
        (
            "Conversion by cohort",
            "Of the leads that took the earlier step in the window, those that took the later since.",
        ),
        ("Conversion par cohorte", "Parmi les leads de la première étape dans la fenêtre, ceux de la suivante depuis."),
    ),
    "reach": (
        (
            "Answered, contacted, reached",
            "The contact rate and the other shares of calls and leads reached, over time.",
        ),
        (
            "Décrochés, contacts, pénétration",
            "Le taux de contact et les autres parts d'appels et de leads atteints, dans le temps.",
        ),
    ),
    "contact_rate_claim": (
        ("Contact rate", "Measured, beside the article's 362 calls of 1,000."),
        ("Contacts", "Mesuré, à côté des 362 appels sur 1 000 de l'article."),
    ),
    "opportunities_claim": (
        ("Per thousand", "Opportunities per 1,000 calls: measured, beside the article's 32."),
        ("Pour mille", "Opportunités pour 1 000 appels : mesurées, à côté des 32 de l'article."),
    ),
    "by_rep": (
        (
            "Opening and closing, rep by rep",
            (
                "Opportunities by who qualified the lead, customers by who won it: a rep who opens well and closes "
                "badly shows. Closed ÷ created compares what happened in the window, not the same leads."
            ),
        ),
        (
            "Ouvrir et conclure, par commercial",
            (
                "Opportunités selon qui a qualifié, clients selon qui a gagné : qui ouvre bien et conclut mal se voit. "
                "Conclus ÷ créées compare la fenêtre, pas les mêmes leads."
            ),
        ),
    ),
    "by_channel": (
        ("Cost by channel", "Leads, spend and cost per lead of each channel; one row for each currency. Of no team."),
        ("Coût par canal", "Leads, dépense et coût par lead de chaque canal ; une ligne par devise. D'aucune équipe."),
    ),
    "risks": (
        ("Customers at risk", "Risks that began in the window, and how they ended so far."),
        ("Clients à risque", "Risques nés dans la fenêtre, et leur issue jusqu'ici."),
    ),
    "leads_lost": (
        ("Leads lost, by reason", "Leads given up in the window, by the reason told. Of no team."),
        ("Leads perdus, par motif", "Leads abandonnés dans la fenêtre, selon le motif. D'aucune équipe."),
    ),
    "calls_waiting": (
        ("Callers waiting", "Callers that wait in the queue now, and how long the oldest of them has."),
        ("En attente", "Appelants qui attendent dans la file, et depuis quand attend le plus ancien."),
    ),
    "queue_depth": (
        ("Callers waiting, by queue", "Callers that wait, over time."),
        ("Appelants en attente, par file", "Appelants qui attendent, dans le temps."),
    ),
    "queue_calls": (
        ("Inbound calls", "Calls that joined a queue in the window, and how they left it."),
        ("Appels entrants", "Appels entrés en file dans la fenêtre, et leur sortie."),
    ),
    "by_queue": (
        ("By queue", "Each queue in the window chosen."),
        ("Par file", "Chaque file dans la fenêtre choisie."),
    ),
    "rep_states": (
        ("Reps now", "Reps by the state they are in."),
        ("Commerciaux", "Commerciaux selon leur état."),
    ),
    "rep_states_over_time": (
        ("Reps over time", "Reps by the state they were in."),
        ("Commerciaux dans le temps", "Commerciaux selon leur état, dans le temps."),
    ),
    "occupancy_by_team": (
        ("Occupancy by team", "Of the time reps were on contact or free for one, the share on contact."),
        ("Occupation par équipe", "Part du temps en contact dans le temps en contact ou disponible."),
    ),
    "whole": (
        ("The floor", "Whether every partition is ready on just one worker. While one is missing no KPI is shown."),
        ("Le plateau", "Chaque partition est-elle prête sur un seul worker ? Sinon, aucun indicateur n'est montré."),
    ),
    "lag": (
        ("Behind", "Records of the topics that are not applied yet."),
        ("Retard", "Enregistrements des topics pas encore appliqués."),
    ),
    "newest_event": (
        ("Newest event", "How long ago the newest event happened. At night that is long."),
        ("Plus récent", "Ancienneté du dernier événement. La nuit, c'est long."),
    ),
    "workers": (
        ("Workers", "Workers of the floor that know of each other."),
        ("Workers", "Workers du plateau qui se connaissent."),
    ),
    "floor_open": (
        ("Hours", "Whether the floor is open by its opening hours and holidays."),
        ("Horaires", "Le plateau est-il ouvert, selon ses horaires et jours fériés ?"),
    ),
    "clock": (
        ("Clock", "How far the clocks of the workers lie behind Prometheus' own, the time since the scrape included."),
        ("Horloge", "Retard des horloges des workers sur celle de Prometheus, âge du relevé compris."),
    ),
    "recovering": (
        ("Being recovered", "Partitions that a worker is restoring, and how far it is."),
        ("En reprise", "Partitions qu'un worker restaure, et où il en est."),
    ),
    "labels_over": (
        ("Shown as other", "Values of a label past its limit, which the metrics show as other."),
        ("Regroupées", "Valeurs d'une étiquette au-delà de sa limite, montrées comme other."),
    ),
    "partitions": (
        ("Partitions", "Each group's partitions, and what they remember."),
        ("Partitions", "Les partitions de chaque groupe, et ce qu'elles retiennent."),
    ),
    "lag_by_topic": (
        ("Records behind, by topic", "Records that are not applied yet, over time."),
        ("Retard par topic", "Enregistrements pas encore appliqués, dans le temps."),
    ),
    "watermark": (
        (
            "Age of the slowest partition",
            "How long ago the newest event of the partition that is furthest back happened.",
        ),
        ("Âge de la partition la plus lente", "Ancienneté du dernier événement de la partition la plus en arrière."),
    ),
    "events": (
        ("Events, by type", "Events read and understood each second, duplicates included."),
        ("Événements, par type", "Événements lus et compris par seconde, doublons compris."),
    ),
    "rejected": (
        ("Rejected, by reason", "Records refused each second; ringboard rejected shows them."),
        ("Rejets, par motif", "Enregistrements refusés par seconde ; ringboard rejected les montre."),
    ),
    "event_age": (
        ("Age of events", "How old events were when they were folded."),
        ("Âge des événements", "Âge des événements lorsqu'ils ont été comptés."),
    ),
    "seldom": (
        ("What should be seldom", "Each second; what is 0 is not drawn."),
        ("Ce qui doit rester rare", "Par seconde ; ce qui vaut 0 n'est pas tracé."),
    ),
    "transactions": (
        ("Transactions", "Batches folded and transactions committed each second."),
        ("Transactions", "Lots calculés et transactions validées par seconde."),
    ),
    "work": (
        ("Time at work", "Seconds spent on folding and on transactions, each second."),
        ("Temps de travail", "Secondes de calcul et de transactions, par seconde."),
    ),
    "lead_alerts_last": (
        (
            "Alertmanager knew all",
            "How long ago Alertmanager last knew of every late lead, on the worker where that is longest.",
        ),
        (
            "Alertmanager à jour",
            "Depuis quand Alertmanager connaît tous les leads en retard, sur le worker où c'est le plus ancien.",
        ),
    ),
    "lead_alerts_posted": (
        ("Alerts posted, by stage", "Alerts for single leads handed to Alertmanager each second; ended: taken back."),
        ("Alertes postées, par stade", "Alertes par lead remises à Alertmanager, par seconde ; ended : levées."),
    ),
    "lead_alerts_failed": (
        ("Alertmanager not reached", "Times each second that Alertmanager could not be told of the leads that wait."),
        ("Alertmanager injoignable", "Fois par seconde où les leads en attente n'ont pu lui être signalés."),
    ),
    "live_sources": (
        ("Live sources", "Each source that ringboard connect keeps: connected (1) or not (0), and what is under way."),
        ("Sources en direct", "Chaque source de ringboard connect : connectée (1) ou non (0), et ce qui est en cours."),
    ),
    "source_events": (
        ("Events from sources", "Events that the broker has from each source, each second."),
        ("Événements des sources", "Événements de chaque source reçus par le courtier, par seconde."),
    ),
    "source_trouble": (
        ("Trouble of sources", "Each second, of all sources; what is 0 is not drawn."),
        ("Incidents des sources", "Par seconde, toutes sources ; ce qui vaut 0 n'est pas tracé."),
    ),
    "gateway_ready": (
        ("Gateway", "Whether the broker takes what is posted to the gateway; of several gateways, to every one."),
        ("Passerelle", "Le courtier prend-il ce qui est posté à la passerelle ? De plusieurs, à chacune."),
    ),
    "gateway_requests": (
        ("Requests, by answer", "Requests to the gateway answered each second, by HTTP status."),
        ("Requêtes, par réponse", "Requêtes à la passerelle par seconde, selon le statut HTTP."),
    ),
    "gateway_events": (
        ("Events by webhook", "Events that the broker has from each kind of webhook, each second."),
        ("Événements par webhook", "Événements de chaque type de webhook reçus par le courtier, par seconde."),
    ),
    "gateway_turned_away": (
        ("Turned away and refused", "Requests of which nothing was read, and records refused, each second."),
        ("Écartées et refusées", "Requêtes dont rien n'a été lu, et enregistrements refusés, par seconde."),
    ),
    "gateway_time": (
        ("Time to answer", "How long the gateway took to answer: half of the requests, and 95 % of them."),
        ("Temps de réponse", "Temps de réponse de la passerelle : la moitié des requêtes, et 95 %."),
    ),
}
