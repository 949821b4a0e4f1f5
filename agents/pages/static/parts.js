// The panels of campaigns, teams and reps: a table each, on a wall a page of rows and of KPIs, else all of it.

import { dress, element, fit, label, say } from "./dom.js";
import { hold, lines } from "./fitting.js";
import { verdict } from "./judging.js";
import { reshape, shape } from "./shapes.js";
import { TablePanel } from "./table_panel.js";

const EVERY_MS = 5000;
const MOST_ROWS = 1000;
const ROWS_OF_A_PAGE = 12;
const MOST_LINES = 2;
const MOST_LINES_OF_HEAD = 3;
const COLUMNS = [3, 2, 1]; // of KPIs on a page: as many as hold their names
const COLUMNS_TALL = [1];

function newCell() {
  const cell = element("td");
  cell.append(shape("open"), element("span"));
  return cell;
}

const newHead = (head) => head.append(element("span"));

export class Part extends TablePanel {
  constructor(by, at) {
    super(by, at, ROWS_OF_A_PAGE);
    this.wide = 1; // KPIs on a page
    this.many = 1; // KPIs in all
  }

  asks(view, kpis) {
    const query = new URLSearchParams(view.query);
    query.set("by", this.id);
    query.set("kpi", kpis.join(","));
    query.set("limit", String(MOST_ROWS));
    return [{ name: `part ${this.id}`, path: `api/v1/breakdown?${query}`, everyMs: EVERY_MS, take: (answer) => this.take(answer) }];
  }

  // There are many pages, and each is looked up by whom it is about.
  seconds(rotate) {
    return rotate / 2;
  }

  pages() {
    return Math.max(1, this.rows.of(this.answer?.rows.length ?? 0)) * Math.ceil(this.many / this.wide);
  }

  show(page, now) {
    if (!now.shown && now.wall) return;
    const { wall, tall } = now;
    // A column that has nothing to say of anybody is left out.
    const said = now.kpis.filter(({ id }) => this.answer?.rows.some(({ kpis: { [id]: one } }) => one && (one.value !== null || one.by_currency)));
    const kpis = said.length ? said : now.kpis;
    const names = kpis.map((kpi) => kpi.name[this.at.language]);
    if (wall && this.named !== `${this.fitted.room} ${names}`) {
      this.named = `${this.fitted.room} ${names}`;
      this.arrange(names, tall);
    }
    const columns = wall ? Math.ceil(kpis.length / this.wide) : 1;
    const wide = Math.ceil(kpis.length / columns);
    const column = page % columns;
    const shown = kpis.slice(column * wide, column * wide + wide);
    const all = this.answer?.rows ?? [];
    const rows = () => (wall ? this.rows.slice(all, Math.floor(page / columns)) : all);
    this.draw(wall, () => this.fill(rows(), shown, now));
  }

  // As many KPIs to a page as hold their names in a few lines.
  arrange(names, tall) {
    this.many = names.length;
    for (const wide of tall ? COLUMNS_TALL : COLUMNS) {
      this.wide = Math.min(wide, names.length);
      const [, ...heads] = this.heads(this.wide, newHead);
      const holds = (name, place) => {
        const text = heads[place % heads.length].firstElementChild;
        say(text, name);
        return lines(text) <= MOST_LINES_OF_HEAD;
      };
      if (names.every(holds)) return;
    }
  }

  fill(rows, kpis, { absent, wall }) {
    const { words, language } = this.at;
    const heads = this.heads(kpis.length, newHead);
    say(heads[0].firstElementChild, words.panels[this.id]);
    kpis.forEach((kpi, place) => say(heads[place + 1].firstElementChild, kpi.name[language]));
    if (rows.length === 0) {
      this.nothing(absent ?? (this.answer && !this.answer.recovering ? words.nothing : "–"), kpis.length);
      return;
    }
    const made = this.body(rows.length);
    rows.forEach((one, place) => {
      const cells = fit(made[place], kpis.length + 1, newCell);
      const name = cells[0].firstElementChild;
      say(name, this.id === "rep" ? this.at.naming(one[this.id]) || "·" : one[this.id]);
      kpis.forEach((kpi, column) => this.cell(cells[column + 1], one.kpis[kpi.id], kpi));
      if (wall && this.fitted.changed(name, name.textContent)) hold(name, MOST_LINES);
    });
  }

  cell(cell, one, kpi) {
    const { formats, words } = this.at;
    const state = verdict(one);
    const shown = !one ? "–" : one.by_currency ? "…" : formats.value(one.value, kpi.unit, one.currency);
    dress(cell, state);
    reshape(cell.firstElementChild, state);
    say(cell.lastElementChild, shown);
    label(cell, state === "open" ? shown : `${shown}, ${words.verdicts[state]}`);
  }
}
