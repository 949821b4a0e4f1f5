// The panel of reps by one KPI: best or worst first, or where their names are hidden, of teams.

import { dress, element, fit, label, mark, say } from "./dom.js";
import { paced } from "./flow.js";
import { verdict } from "./judging.js";
import { ListPanel } from "./list_panel.js";
import { ranked } from "./ranking.js";
import { reshape, shape } from "./shapes.js";

const EVERY_MS = 5000;
const MOST_ROWS = 1000;
const ONE_COLUMN = 7; // so many rows, or fewer, stand in one wide column

function newRow() {
  const row = element("li");
  const value = element("b", "number");
  value.append(shape("open"), element("span"));
  row.append(element("span", "place"), element("span", "name whole"), value, element("span", "of"));
  return row;
}

export class Board extends ListPanel {
  constructor(at) {
    super("board", at, element("p", "about"), element("ol", "flow ranks"));
  }

  // The KPI it goes by: the chosen one, else the first that is shown.
  kpi(kpis, { sort }) {
    return kpis.find(({ id }) => id === sort) ?? kpis[0];
  }

  by({ names }) {
    return names === "hidden" ? "team" : "rep";
  }

  asks(view, kpis, values) {
    const query = new URLSearchParams(view.query);
    query.set("by", this.by(values));
    query.set("kpi", values.sort || kpis[0]);
    query.set("limit", String(MOST_ROWS));
    return [{ name: "board", path: `api/v1/breakdown?${query}`, everyMs: EVERY_MS, take: (answer) => this.take(answer) }];
  }

  take(answer) {
    if (!answer.recovering || !this.answer) this.answer = answer;
  }

  seconds(rotate) {
    return paced(rotate, this.answer?.rows.length ?? 0, this.rows.pages);
  }

  show(page, now) {
    const { words, language, formats } = this.at;
    const { values, wall } = now;
    const kpi = this.kpi(now.every, { sort: values.sort || now.kpis[0]?.id });
    if (!kpi) return;
    const worst = values.order === "worst";
    const by = this.answer?.by ?? this.by(values);
    const [title, about, list] = this.box.children;
    say(title, `${kpi.name[language]} · ${by === "team" ? words.panels.team : words.panels.rep}`);
    const order = kpi.better === "neither" ? words[worst ? "lowestFirst" : "highestFirst"] : words[worst ? "worstFirst" : "bestFirst"];
    const rows = (this.answer?.rows ?? []).filter((row) => row.kpis[kpi.id]);
    const every = ranked(rows, kpi, { worst, least: values.least });
    const few = every.filter(({ standing }) => standing === "few").length;
    const unit = kpi.counts?.denominator?.[language];
    const said = few && unit ? `${words.fewer} ${formats.number(values.least)} (${unit})${words.colon} ${words.notRanked}` : "";
    say(about, [order, said].filter(Boolean).join(" · "));
    mark(list, "few", every.length <= ONE_COLUMN ? "yes" : "no");
    const fill = (some) => this.fill(list, some, kpi, by, now);
    const shape = (text) => text.replace(/\p{Nd}/gu, "0"); // another number of the same length is as wide
    const key = ({ row, one, place }) => shape(`${place ?? ""} ${row[by]} ${formats.value(one.value, kpi.unit, one.currency)} ${this.fraction(one, kpi)}`);
    if (wall) this.rows.show(list, every, page, { key, fill });
    else fill(every);
  }

  fill(list, entries, kpi, by, { absent }) {
    const { words } = this.at;
    if (entries.every(({ standing }) => standing === "none")) {
      const why = kpi.unit === "money" ? words.noSpendOf : words.none[kpi.decided_by] ?? words.nothing;
      this.nothing(absent ?? (this.answer && !this.answer.recovering ? why : "–"));
      return;
    }
    if (list.querySelector(".nothing")) list.replaceChildren();
    const made = fit(list, entries.length, newRow);
    entries.forEach((entry, place) => this.row(made[place], entry, kpi, by));
  }

  row(row, { row: of, one, place, standing }, kpi, by) {
    const { words, formats, naming } = this.at;
    const [rank, name, number, fraction] = row.children;
    const state = standing === "ranked" ? verdict(one) : "open";
    const called = by === "rep" ? naming(of.rep) || "·" : of.team;
    const value = formats.value(one.value, kpi.unit, one.currency);
    const shown = standing === "none" && one.by_currency ? "…" : value;
    dress(row, `ranked ${standing} ${state}`);
    mark(row, "place", String(place ?? ""));
    say(rank, place === null ? "" : formats.number(place));
    say(name, called);
    reshape(number.firstElementChild, state);
    dress(number, `number ${state}`);
    say(number.lastElementChild, shown);
    say(fraction, this.fraction(one, kpi));
    const meaning = { ranked: state === "open" ? "" : words.verdicts[state], few: words.notRanked, none: words.nothing }[standing];
    label(row, [place === null ? "" : formats.number(place), called, shown, this.fraction(one, kpi), meaning].filter(Boolean).join(", "));
  }

  // What the number is made of, so that one of one does not look like a hundred of a hundred.
  fraction(one, kpi) {
    const { formats } = this.at;
    if (one.denominator === null || kpi.unit === "factor" || kpi.decided_by === "time_passed" || one.value === null) return "";
    const below = formats.number(one.denominator);
    return kpi.unit === "ratio" || kpi.unit === "per_1000" ? `${formats.number(one.numerator)} / ${below}` : `(${below})`;
  }
}
