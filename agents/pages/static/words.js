// What the page says of its own, in English and French; the names of the KPIs come from the catalogue.
"use strict";

const WORDS = {
  en: {
    window: "Window", campaign: "Campaign", team: "Team", rep: "Rep", all: "all",
    windows: { "5m": "5 minutes", "15m": "15 minutes", "1h": "1 hour", today: "today", "7d": "7 days", "30d": "30 days" },
    bands: { "0-5m": "under 5 min", "5-15m": "5 to 15 min", "15-60m": "15 to 60 min", "60m+": "over an hour" },
    target: "target", met: "met", missed: "missed", nothing: "nothing in this window",
    waiting: "Leads waiting for a first call:", nobody: "Nobody is waiting.",
    lead: "Lead", since: "Waiting", overdue: "overdue",
    connecting: "connecting…", live: "live", recovering: "recovering", of: "of", partitions: "partitions",
    old: "numbers of",
    behind: "records still to come", unknown: "the broker does not say whether this is all", stale: "no news since",
    simulated: "simulated", refused: "the worker refuses the connection; open the page with ?token=…",
  },
  fr: {
    window: "Période", campaign: "Campagne", team: "Équipe", rep: "Commercial", all: "tous",
    windows: { "5m": "5 minutes", "15m": "15 minutes", "1h": "1 heure", today: "aujourd’hui", "7d": "7 jours", "30d": "30 jours" },
    bands: { "0-5m": "moins de 5 min", "5-15m": "5 à 15 min", "15-60m": "15 à 60 min", "60m+": "plus d’une heure" },
    target: "objectif", met: "tenu", missed: "manqué", nothing: "rien sur cette période",
    waiting: "Leads en attente d’un premier appel :", nobody: "Personne n’attend.",
    lead: "Lead", since: "Attente", overdue: "en retard",
    connecting: "connexion…", live: "en direct", recovering: "reprise en cours", of: "sur", partitions: "partitions",
    old: "chiffres de",
    behind: "enregistrements à venir", unknown: "le broker ne dit pas si tout est là", stale: "sans nouvelles depuis",
    simulated: "simulé", refused: "le serveur refuse la connexion ; ouvrez la page avec ?token=…",
  },
};
