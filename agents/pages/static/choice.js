// The settings of the wallboard: from the address first, then from the browser's local storage, then the defaults.

const KEPT_AS = "ringboard";
export const VIEWS = ["kpis", "leads", "campaign", "team", "board", "rep", "live", "queues", "due"];
const SHOWN = ["kpis", "leads", "campaign", "team", "board"]; // where nothing is chosen
const ORDERS = ["best", "worst"];
const THEMES = ["dark", "light", "auto"];
const NAMES = ["full", "initials", "hidden"];
const LANGUAGES = ["en", "fr"];
export const MOST_KPIS = 12;
const MOST_VALUES = 50;
const LISTS = ["window", "kpi", "campaign", "team", "view"];
const SINGLE = ["rep", "sort", "order", "least", "pause", "rotate", "theme", "names", "locale", "lang"];

const comma = (values) => values.flatMap((value) => value.split(",")).filter((value) => value !== "");
const oneOf = (forms) => (values) => (forms.includes(values[0]) ? values[0] : undefined);
const labels = (values) => (values.length <= MOST_VALUES && values.every((value) => value.length <= 200) ? values : undefined);

function whole(least, most) {
  return (values) => (/^\d{1,6}$/.test(values[0]) && +values[0] >= least && +values[0] <= most ? +values[0] : undefined);
}

function some(known, most) {
  return (values) => {
    const wanted = [...new Set(comma(values))];
    return wanted.length > 0 && wanted.length <= most && wanted.every((one) => known.includes(one)) ? wanted : undefined;
  };
}

function locale(values) {
  try {
    return Intl.getCanonicalLocales(values[0])[0];
  } catch {
    return undefined;
  }
}

export class Choice {
  constructor(catalogue, search, storage) {
    this.storage = storage;
    this.mistakes = [];
    this.defaults = {
      window: [catalogue.default_window],
      kpi: catalogue.the_six,
      campaign: [],
      team: [],
      rep: "",
      view: SHOWN,
      sort: "",
      order: "best",
      least: 5,
      pause: 15,
      rotate: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 20,
      theme: "dark",
      names: "full",
      locale: "",
      lang: "",
    };
    this.readers = {
      window: some(catalogue.windows, catalogue.windows.length),
      kpi: some(catalogue.kpis.map((kpi) => kpi.id), MOST_KPIS),
      campaign: labels,
      team: labels,
      rep: (values) => (values[0].length <= 200 ? values[0] : undefined),
      view: some(VIEWS, VIEWS.length),
      sort: oneOf(catalogue.kpis.map((kpi) => kpi.id)),
      order: oneOf(ORDERS),
      least: whole(0, 100000),
      pause: whole(1, 1440),
      rotate: whole(0, 3600),
      theme: oneOf(THEMES),
      names: oneOf(NAMES),
      locale,
      lang: oneOf(LANGUAGES),
    };
    this.address = new URLSearchParams(search);
    const kept = this.read(new URLSearchParams(this.kept()), false);
    this.values = { ...this.defaults, ...kept, ...this.read(this.address, true) };
  }

  kept() {
    try {
      return this.storage?.getItem(KEPT_AS) ?? "";
    } catch {
      return ""; // the browser has no local storage
    }
  }

  read(from, strict) {
    const found = {};
    const parts = comma(from.getAll("parts")); // as the views beside the KPIs were called once
    if (parts.length && !from.has("view")) from.set("view", ["kpis", ...parts.filter((one) => VIEWS.includes(one))].join(","));
    for (const name of [...LISTS, ...SINGLE]) {
      const values = from.getAll(name);
      if (values.length === 0) continue;
      const value = this.readers[name](values);
      if (value !== undefined) found[name] = value;
      else if (strict) this.mistakes.push(name);
    }
    return found;
  }

  // As the query of an address: values that are not the default, and unrelated parameters of the current address.
  query(values = this.values) {
    const query = new URLSearchParams();
    for (const name of ["simulated"]) if (this.address.has(name)) query.set(name, this.address.get(name));
    for (const name of LISTS) {
      if (JSON.stringify(values[name]) === JSON.stringify(this.defaults[name])) continue;
      if (name === "campaign" || name === "team") for (const value of values[name]) query.append(name, value);
      else query.set(name, values[name].join(","));
    }
    for (const name of SINGLE) if (values[name] !== this.defaults[name]) query.set(name, String(values[name]));
    return query;
  }

  keep(values) {
    this.values = values;
    const query = this.query().toString();
    try {
      this.storage?.setItem(KEPT_AS, query);
    } catch {
      // it stays in the address only
    }
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
  }

  // The views to rotate through: each window for each selected campaign and team.
  views() {
    const { window, campaign, team, rep } = this.values;
    const every = (values) => (values.length ? values : [""]);
    return window.flatMap((w) => every(campaign).flatMap((c) => every(team).map((t) => ({ window: w, campaign: c, team: t, rep }))));
  }
}
