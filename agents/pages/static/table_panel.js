// What panels that are a table have in common: on a wall a page of rows, else all of them, in one that scrolls sideways.

import { element, fit, say } from "./dom.js";
import { Fitted } from "./fitting.js";
import { Pages, Panel, panelBox } from "./panels.js";

function newRow() {
  const row = element("tr");
  const head = element("th");
  head.scope = "row";
  head.append(element("span", "whole"));
  row.append(head);
  return row;
}

function tableBox(id) {
  const box = panelBox(id, "part");
  const scroll = element("div", "scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-labelledby", box.firstElementChild.id);
  const table = element("table");
  const head = element("thead");
  head.append(element("tr"));
  table.append(head, element("tbody"));
  scroll.append(table);
  box.append(scroll);
  return box;
}

export class TablePanel extends Panel {
  constructor(id, at, mostRows) {
    super(id, tableBox(id), at);
    this.rows = new Pages(mostRows);
    this.fitted = new Fitted();
    this.answer = null;
    say(this.box.firstElementChild, at.words.panels[id]);
  }

  // An incomplete answer has no numbers: the last ones stay, and the page shows that they are old.
  take(answer) {
    if (!answer.recovering || !this.answer) this.answer = answer;
  }

  forget() {
    this.answer = null;
  }

  measure() {
    if (this.fitted.another(this.box.lastElementChild)) this.rows.within(this.fitted.room);
  }

  // Draw by `fill`: on a wall as many rows as there is room for.
  draw(wall, fill) {
    const scroll = this.box.lastElementChild;
    scroll.tabIndex = wall ? -1 : 0;
    if (wall) this.rows.settle(scroll, fill);
    else fill();
  }

  get parts() {
    const [head, body] = this.box.lastElementChild.firstElementChild.children;
    return { head: head.firstElementChild, body };
  }

  // The headings of the rows and of so many columns; each of these is filled by `fillHead`.
  heads(columns, fillHead = () => {}) {
    return fit(this.parts.head, columns + 1, () => {
      const head = element("th");
      head.scope = "col";
      fillHead(head);
      return head;
    });
  }

  // `text`, in place of all rows, below so many columns.
  nothing(text, columns) {
    const [row] = fit(this.parts.body, 1, () => element("tr"));
    row.replaceChildren(element("td", "empty", text));
    row.firstElementChild.colSpan = columns + 1;
  }

  // So many rows; the first cell of each is its heading.
  body(count) {
    const { body } = this.parts;
    if (body.querySelector(".empty")) body.replaceChildren();
    return fit(body, count, newRow);
  }
}
