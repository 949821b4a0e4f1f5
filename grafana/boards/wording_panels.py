"""The titles and descriptions of the boards, and of the panels that are not named after one KPI."""

from __future__ import annotations

from typing import Final

Words = tuple[tuple[str, str], tuple[str, str]]
"""A title and a description, in English and in French."""

BOARDS: Final[dict[str, Words]] = {
    "floor": (
        ("Floor", "The six KPIs as a set, each against its target and over time; what is to do now; by campaign."),
        (
            "Plateau",
            "Les six indicateurs, chacun face à son objectif et dans le temps ; ce qui est à faire ; par campagne.",
        ),
    ),
    "live": (
        ("Now", "Who waits, which follow-ups fall due, and what each queue and each rep is at."),
        ("Maintenant", "Qui attend, quelles relances arrivent à échéance, où en sont les files et les commerciaux."),
    ),
    "hours": (
        ("Best hours", "When people answer, and when a call becomes a conversation, by the hour of the week."),
        ("Meilleures heures", "Quand on décroche, et quand un appel devient un échange, par heure de la semaine."),
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
        ("Service", "How inbound queues were served, and how occupied the reps were."),
        ("Service", "Comment les files ont été servies, et l'occupation des commerciaux."),
    ),
    "pipeline": (
        ("Pipeline", "Whether the numbers are whole and fresh, worker by worker."),
        ("Chaîne de traitement", "Les chiffres sont-ils complets et frais, worker par worker ?"),
    ),
    "sources": (
        ("Live sources", "What ringboard connect hears of each live source, and what it sends on."),
        ("Sources en direct", "Ce que ringboard connect entend de chaque source, et ce qu'il transmet."),
    ),
    "gateway": (
        ("Gateway", "What is posted to the gateway, what it takes, and how soon it answers."),
        ("Passerelle", "Ce qui est posté à la passerelle, ce qu'elle prend, et en combien de temps elle répond."),
    ),
}

PANELS: Final[dict[str, Words]] = {
    "waiting": (
        (
            "Leads waiting",
            (
                "Leads that nobody has tried to reach yet, by how long they have waited by the clock of "
                "lead_limit_clock. Of no team."
            ),
        ),
        (
            "Leads en attente",
            (
                "Leads que personne n'a encore appelés, selon leur attente à l'horloge de lead_limit_clock. D'aucune "
                "équipe."
            ),
        ),
    ),
    "six_by_campaign": (
        ("The six by campaign", "The six KPIs of each campaign in the window chosen."),
        ("Les six par campagne", "Les six indicateurs de chaque campagne dans la fenêtre choisie."),
    ),
    "oldest_waiting": (
        (
            "Oldest lead waiting",
            (
                "How long the lead that has waited longest has, by the clock on the wall and in the floor's opening "
                "hours. Of no team."
            ),
        ),
        (
            "Lead le plus ancien",
            (
                "Depuis combien de temps attend le lead le plus ancien, à l'horloge et en heures d'ouverture. "
                "D'aucune équipe."
            ),
        ),
    ),
    "not_in_time": (
        ("Not called within 1 h", "Leads whose hour ran out in the window, open and not called by then."),
        ("Non appelés sous 1 h", "Leads dont l'heure a expiré dans la fenêtre, ouverts et non appelés."),
    ),
    "delays": (
        (
            "Delays to the first attempt",
            "Leads first called in the window, by how long they had waited by the clock; over time.",
        ),
        (
            "Délais jusqu'à la première tentative",
            "Leads appelés une première fois dans la fenêtre, selon leur attente à l'horloge ; dans le temps.",
        ),
    ),
    "percentiles": (
        ("Response time, of those reached", "Half, 90 % and 95 % of the leads called were so within this time."),
        ("Temps de réponse, parmi les atteints", "La moitié, 90 % et 95 % des leads appelés l'ont été dans ce délai."),
    ),
    "whose_delay": (
        ("Whose delay", "Until a lead was given to a rep, and from then until that rep called: 90 % took no longer."),
        (
            "Le délai de qui",
            "Jusqu'à l'attribution du lead, puis jusqu'à l'appel : 90 % n'ont pas pris plus longtemps.",
        ),
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
        (
            "Response, first attempt: by campaign",
            (
                "Within 5 min and 1 h: of the leads whose limit ran out in the window. p50 and p90: of those first "
                "called in it."
            ),
        ),
        (
            "Réponse, première tentative : par campagne",
            (
                "Sous 5 min et 1 h : des leads dont le délai a expiré dans la fenêtre. p50, p90 : de ceux qui y ont "
                "été appelés."
            ),
        ),
    ),
    "response_by_channel": (
        (
            "Response, first attempt: by channel",
            "By the clock, of the leads whose limit ran out in the window; not in time: of 1 h. Of no team.",
        ),
        (
            "Réponse, première tentative : par canal",
            "À l'horloge, des leads dont le délai a expiré dans la fenêtre ; hors délai : de 1 h. D'aucune équipe.",
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
            "Fast response uplift",
            (
                "How many times likelier a lead contacted within the hour was to qualify than one contacted later; "
                "of the leads closed in the window. The article claims 7."
            ),
        ),
        (
            "Gain d'une réponse rapide",
            (
                "Combien de fois un lead joint dans l'heure a été plus souvent qualifié ; parmi les leads clos dans "
                "la fenêtre. L'article dit 7."
            ),
        ),
    ),
    "qualified_shares": (
        (
            "Qualified share",
            (
                "Of the leads closed in the window that had been contacted, the share qualified: within 1 h of the "
                "request, and later."
            ),
        ),
        (
            "Part qualifiée",
            "Parmi les leads clos dans la fenêtre et joints, la part qualifiée : joints sous 1 h, et plus tard.",
        ),
    ),
    "follow_ups": (
        (
            "Follow-ups",
            "Follow-ups whose time ran out in the window: kept, missed, and withdrawn as the lead had closed by then.",
        ),
        (
            "Relances",
            "Relances dont le délai a expiré dans la fenêtre : tenues, manquées, et sans objet car le lead était clos.",
        ),
    ),
    "fates": (
        ("Kept and missed", "Follow-ups whose time ran out in the window, over time."),
        ("Tenues et manquées", "Relances dont le délai a expiré dans la fenêtre, dans le temps."),
    ),
    "follow_ups_due": (
        (
            "Follow-ups due",
            "Follow-ups still to be made, by when their time runs out; those of 7 days that are late first.",
        ),
        ("Relances à faire", "Relances encore à faire, selon leur échéance ; d'abord celles en retard, de 7 jours."),
    ),
    "follow_up_shares": (
        (
            "Follow-up rate over time",
            "The share kept of those whose time ran out, and the share of attempts too early.",
        ),
        ("Taux de suivi dans le temps", "Part tenue des relances échues, et part des tentatives faites trop tôt."),
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
            "Attempts to first contact",
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
        (
            "Follow-up by campaign",
            "Follow-ups whose time ran out in the window, and attempts placed in it, by campaign.",
        ),
        ("Suivi par campagne", "Relances dont le délai a expiré dans la fenêtre, et tentatives passées, par campagne."),
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
            "Conversion over time",
            "Won of the leads, and of the opportunities, decided in the window: won, lost or gone cold.",
        ),
        (
            "Conversion dans le temps",
            "Gagnés parmi les leads, et les opportunités, décidés dans la fenêtre : gagnés, perdus ou refroidis.",
        ),
    ),
    "reach": (
        (
            "Calls over time",
            (
                "Of the attempts placed in the window: the shares that became a contact, were answered, or met a "
                "voicemail."
            ),
        ),
        (
            "Appels dans le temps",
            (
                "Des tentatives passées dans la fenêtre : les parts devenues contact, décrochées, ou tombées sur "
                "messagerie."
            ),
        ),
    ),
    "contact_rate_claim": (
        ("Contact rate", "Contacts of the attempts placed in the window, beside the article's 362 calls of 1,000."),
        (
            "Taux de contact",
            "Contacts parmi les tentatives passées dans la fenêtre, à côté des 362 sur 1 000 de l'article.",
        ),
    ),
    "opportunities_claim": (
        (
            "Opportunities per 1,000 calls",
            "Leads qualified in the window for each 1,000 attempts placed in it, beside the article's 32.",
        ),
        (
            "Opportunités pour 1 000 appels",
            "Leads qualifiés dans la fenêtre pour 1 000 tentatives passées, à côté des 32 de l'article.",
        ),
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
        ("Risks ended", "Risks that ended in the window, by how they did."),
        ("Risques terminés", "Risques qui ont pris fin dans la fenêtre, selon leur issue."),
    ),
    "lost_by_reason": (
        ("Leads lost, by reason", "Leads lost in the window, by the reason given. Of no team."),
        ("Leads perdus, par motif", "Leads perdus dans la fenêtre, selon le motif donné. D'aucune équipe."),
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
    "queues_now": (
        ("Queues now", "Callers that wait in each queue, and for how long the oldest of them has."),
        ("Files en ce moment", "Appelants qui attendent dans chaque file, et depuis quand attend le plus ancien."),
    ),
    "due_by_rep": (
        (
            "Follow-ups due, by rep",
            "Follow-ups still to be made, by the rep whose attempt made them due; the most late ones first.",
        ),
        (
            "Relances à faire, par commercial",
            "Relances encore à faire, selon le commercial de la tentative ; d'abord le plus de retards.",
        ),
    ),
    "at_risk": (
        ("Customers at risk", "Customers whose risk has begun, and neither ended nor faded. Of no team."),
        ("Clients à risque", "Clients dont le risque a commencé, sans fin connue ni oubli. D'aucune équipe."),
    ),
    "reps_now": (
        (
            "Reps now, one by one",
            (
                "The state that each rep is in, and since when; the longest first. Those who are offline are left "
                "out. Of no campaign."
            ),
        ),
        (
            "Commerciaux, un par un",
            (
                "L'état de chaque commercial, et depuis quand ; le plus long d'abord. Sans ceux hors ligne. D'aucune "
                "campagne."
            ),
        ),
    ),
    "queue_shares": (
        ("Service over time", "The service level and the abandon rate of the window chosen, over time."),
        ("Service dans le temps", "Le niveau de service et le taux d'abandon de la fenêtre choisie, dans le temps."),
    ),
    "attempts_by_hour": (
        (
            "Attempts: by hour of the week",
            "Attempts placed in each hour of the week, over 30 days: the shares above are of these.",
        ),
        (
            "Tentatives : par heure de la semaine",
            "Tentatives passées à chaque heure de la semaine, sur 30 jours : les parts ci-dessus en sont tirées.",
        ),
    ),
    "rep_states": (
        ("Reps by state", "Reps by the state they are in now. Of no campaign."),
        ("Commerciaux par état", "Commerciaux selon leur état en ce moment. D'aucune campagne."),
    ),
    "rep_states_over_time": (
        ("Reps over time", "Reps by the state they were in."),
        ("Commerciaux dans le temps", "Commerciaux selon leur état, dans le temps."),
    ),
    "occupancy_by_team": (
        (
            "Occupancy by team",
            "Of the hours that reps spent on contact or free for one in the window, the share on contact.",
        ),
        (
            "Taux d'occupation par équipe",
            "Part des heures en contact dans les heures en contact ou disponibles de la fenêtre.",
        ),
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
    "calls_by_fate": (
        (
            "Calls of live sources",
            "Each second, by what became of them: counted, or left out as internal, of unknown direction, or refused.",
        ),
        (
            "Appels des sources en direct",
            "Par seconde : comptés, ou écartés (internes, de sens inconnu, refusés).",
        ),
    ),
    "labels_over": (
        ("Shown as other", "Values of a label past its limit, which the metrics show as other."),
        ("Regroupées", "Valeurs d'une étiquette au-delà de sa limite, montrées comme other."),
    ),
    "simulated": (
        (
            "Simulated",
            "Whether anything of the last 30 days was simulated: while it was, no number is of a real floor alone.",
        ),
        (
            "Simulé",
            "Si quelque chose des 30 derniers jours a été simulé : alors aucun chiffre n'est d'un plateau réel seul.",
        ),
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
    "pages_refused": (
        ("Pages: turned away", "Requests without a right token, and connections closed for others, each second."),
        ("Pages : écartées", "Requêtes sans bon jeton, et connexions fermées au profit d'autres, par seconde."),
    ),
    "peers_refused": (
        ("Between workers: not believed", "Records, requests and answers without the floor's signature, each second."),
        ("Entre workers : écartés", "Messages, requêtes et réponses sans la signature du plateau, par seconde."),
    ),
    "page_connections": (
        ("Pages: connections", "Open connections to the workers' pages, and walls and streams among them."),
        ("Pages : connexions", "Connexions ouvertes aux pages des workers, dont tableaux et flux."),
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
    "gateway_unused": (
        (
            "Webhooks: taken by no rule",
            "Records posted that no rule of their mapping took, each second, by source; calls by the part they lack.",
        ),
        (
            "Webhooks : pris par aucune règle",
            "Reçus qu'aucune règle n'a pris, par seconde, par source ; appels selon la partie qui leur manque.",
        ),
    ),
    "gateway_time": (
        ("Time to answer", "How long the gateway took to answer: half of the requests, and 95 % of them."),
        ("Temps de réponse", "Temps de réponse de la passerelle : la moitié des requêtes, et 95 %."),
    ),
}
