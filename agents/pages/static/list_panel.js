// What panels have in common that list reps in columns, page by page.

import { dress, element, fit, say } from "./dom.js";
import { Fitted } from "./fitting.js";
import { Flow } from "./flow.js";
import { Panel, panelBox } from "./panels.js";

export class ListPanel extends Panel {
  // `above` and `list` are what stands below the heading: the list is the last.
  constructor(id, at, above, list) {
    super(id, panelBox(id, "listed"), at);
    this.box.append(above, list);
    this.rows = new Flow();
    this.fitted = new Fitted();
    this.answer = null;
    say(this.box.firstElementChild, at.words.panels[id]);
  }

  forget() {
    this.answer = null;
    this.rows = new Flow(); // names may be shown otherwise
  }

  pages() {
    return this.rows.pages;
  }

  measure() {
    if (this.fitted.another(this.box.lastElementChild)) this.rows.within(this.fitted.room);
  }

  // `text`, in place of all rows.
  nothing(text) {
    const [empty] = fit(this.box.lastElementChild, 1, () => element("li"));
    empty.replaceChildren(element("span", "empty", text));
    dress(empty, "nothing");
  }
}
