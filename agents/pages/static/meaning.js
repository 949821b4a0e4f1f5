// What a KPI counts, when asked: its meaning, its two sides, the moment it goes by, its target and what that is for.

import { byId, element } from "./dom.js";

const SIGNS = { up: "≥\u00a0", down: "≤\u00a0", neither: "" };

export class Meaning {
  constructor({ words, formats, language }) {
    this.words = words;
    this.formats = formats;
    this.language = language;
    this.dialog = byId("meaning");
  }

  get open() {
    return this.dialog.open;
  }

  // `kpi` is of the catalogue, `one` its number now in the window `answer` is of.
  show(kpi, one, answer) {
    const { words, language } = this;
    const form = element("form");
    form.method = "dialog";
    const title = element("h2", "", kpi.name[language]);
    title.id = "meaning-title";
    const list = element("dl");
    for (const [term, text] of this.terms(kpi, one, answer)) {
      if (text) list.append(element("dt", "", term), element("dd", "", text));
    }
    const buttons = element("p", "buttons");
    const close = element("button", "close", words.close);
    close.type = "submit";
    buttons.append(close);
    form.append(title, element("p", "", kpi.meaning[language]), list, element("p", "keys", `${words.readMore} docs/kpis.md, ${kpi.id}`), buttons);
    this.dialog.replaceChildren(form);
    this.dialog.showModal();
    close.focus();
  }

  terms(kpi, one, answer) {
    const { words, formats, language } = this;
    const { numerator, denominator } = kpi.counts;
    const amount = (value) => (value === null || value === undefined ? "–" : formats.number(Number(value), { maximumFractionDigits: 1 }));
    const sides = kpi.unit === "ratio" && kpi.decided_by !== "time_passed";
    const withNumber = (side, value) => (side ? (sides && value !== null ? `${side[language]} (${amount(value)})` : side[language]) : "");
    const target = one.target === null ? words.noTarget : `${SIGNS[kpi.better]}${formats.round(one.target, kpi.unit, one.currency)}`;
    const where = [answer.filters.campaign, answer.filters.team, answer.filters.rep].filter(Boolean).join(" · ");
    return [
      [words.value, `${formats.value(one.value, kpi.unit, one.currency)} · ${words.windows[answer.window]}${where ? ` · ${where}` : ""}`],
      [words.counts, withNumber(numerator, one.numerator)],
      [words.outOf, withNumber(denominator, one.denominator)],
      [words.countedBy, kpi.counted[language]],
      [words.target, one.target === null ? target : `${target}, ${words.targetFor[kpi.target_for]}`],
      [words.pending, kpi.cohort && one.pending !== null ? `${amount(one.pending)}${words.colon} ${words.notJudged}` : ""],
    ];
  }
}
