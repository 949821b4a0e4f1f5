// The tables of campaigns, teams and reps: one at a time on a wall, all of them if the page scrolls.

import { byId, dress, element, fit, label, mark, say } from "./dom.js";
import { Fitted, shrink } from "./fitting.js";
import { verdict } from "./judging.js";
import { reshape, shape } from "./shapes.js";

const TITLES = { campaign: "campaigns", team: "teams", rep: "reps" };
const MOST_ROWS = 60;
const ROWS_AT_FIRST = 4;
const SIZES = ["whole", "less", "least"];

function newCell() {
  const cell = element("td");
  cell.append(shape("open"), element("span"));
  return cell;
}

function newHead() {
  const head = element("th");
  head.scope = "col";
  head.append(element("span"));
  return head;
}

function newRow() {
  const row = element("tr");
  const name = element("th");
  name.scope = "row";
  row.append(name);
  return row;
}

function newSection(by) {
  const section = element("section", "part");
  section.dataset.by = by;
  const title = element("h2");
  title.id = `part-${by}`;
  section.setAttribute("aria-labelledby", title.id);
  const scroll = element("div", "scroll");
  const table = element("table");
  const head = element("thead");
  head.append(element("tr"));
  table.append(head, element("tbody"));
  scroll.append(table);
  section.append(title, scroll);
  return section;
}

export class Parts {
  constructor(words, formats, naming) {
    this.words = words;
    this.formats = formats;
    this.naming = naming;
    this.answers = new Map();
    this.sections = new Map();
    this.rooms = new Map();
    this.fitted = new Fitted();
  }

  take(answer) {
    // An incomplete answer has no numbers: the last ones stay, and the page shows that they are old.
    if (!answer.recovering || !this.answers.has(answer.by)) this.answers.set(answer.by, answer);
  }

  forget() {
    this.answers.clear();
  }

  // The number of pages of the table `by`.
  pages(by) {
    const answer = this.answers.get(by);
    return answer ? Math.max(1, Math.ceil(answer.rows.length / this.room(by))) : 1;
  }

  // How many rows of each table fit; measuring is slow, so it is done only now and then.
  measure(scrolls) {
    for (const [by, section] of this.sections) {
      const scroll = section.querySelector(".scroll");
      const body = section.querySelector("tbody");
      this.fitted.within(`${scroll.clientWidth} ${scroll.clientHeight}`);
      if (this.fitted.changed(section, body.textContent)) shrink(section, SIZES, [...body.querySelectorAll("td")]);
      const head = section.querySelector("thead").getBoundingClientRect().height;
      const height = section.querySelector("tbody tr")?.getBoundingClientRect().height || 44;
      this.rooms.set(by, scrolls ? MOST_ROWS : Math.max(1, Math.floor((scroll.clientHeight - head + 1) / height)));
    }
  }

  room(by) {
    return this.rooms.get(by) ?? ROWS_AT_FIRST;
  }

  show(shown, page, kpis, options) {
    const box = byId("parts");
    for (const [by, section] of this.sections) {
      if (!shown.includes(by)) {
        section.remove();
        this.sections.delete(by);
      }
    }
    for (const by of shown) {
      if (!this.sections.has(by)) this.sections.set(by, newSection(by));
      const section = this.sections.get(by);
      if (section.parentNode !== box) box.append(section);
      this.fill(section, by, page, kpis, options);
    }
    mark(box, "empty", shown.length ? "no" : "yes");
  }

  fill(section, by, page, kpis, { language, near, absent }) {
    const { words, formats } = this;
    const answer = this.answers.get(by);
    const [title, scroll] = section.children;
    const [head, body] = scroll.firstElementChild.children;
    const heads = fit(head.firstElementChild, kpis.length + 1, newHead);
    say(heads[0].firstElementChild, words[by]);
    kpis.forEach((kpi, place) => say(heads[place + 1].firstElementChild, kpi.name[language]));
    const all = answer?.rows ?? [];
    const room = this.room(by);
    const pages = Math.max(1, Math.ceil(all.length / room));
    const rows = all.slice((page % pages) * room, (page % pages) * room + room);
    say(title, pages > 1 ? `${words[TITLES[by]]} ${(page % pages) + 1}/${pages}` : words[TITLES[by]]);
    if (rows.length === 0) {
      const [row] = fit(body, 1, newRow);
      fit(row, 1, newCell);
      row.firstElementChild.colSpan = kpis.length + 1;
      say(row.firstElementChild, answer && !answer.recovering ? absent : "–");
      return;
    }
    const made = fit(body, rows.length, newRow);
    rows.forEach((one, place) => {
      const cells = fit(made[place], kpis.length + 1, newCell);
      cells[0].colSpan = 1;
      say(cells[0], by === "rep" ? this.naming(one[by]) || "·" : one[by]);
      kpis.forEach((kpi, column) => this.cell(cells[column + 1], one.kpis[kpi.id], kpi, formats, near));
    });
  }

  cell(cell, one, kpi, formats, near) {
    const state = one ? verdict(one, kpi.better, near) : "open";
    const shown = !one ? "–" : one.by_currency ? "…" : formats.value(one.value, kpi.unit, one.currency);
    dress(cell, state);
    reshape(cell.firstElementChild, state);
    say(cell.lastElementChild, shown);
    label(cell, `${shown}, ${this.words[state]}`);
  }
}
