// What a panel is: one subject of the wallboard, such as the KPIs or the campaigns.
//
// On a wall one panel is shown at a time, a page of it, and has all the room; on a page that scrolls all of them stand
// below each other, each with all it has. To add one: a class that extends Panel in a module of its own, a style sheet
// (its sizes are those of tokens.css) linked in index.html, its words in words.js, its id in `PANELS` of choice.js, and
// a line in `panelsOf` of main.js. The rest (turning, page numbers, asking the API, old numbers in grey) follows.

import { element, mark } from "./dom.js";

export class Panel {
  // `at` is shared by all panels: words, formats, language, naming(rep), announce(text).
  constructor(id, box, at) {
    this.id = id;
    this.box = box;
    this.at = at;
  }

  // The pages on a wall, as of what is known now; a panel of 0 pages is passed over.
  pages() {
    return 1;
  }

  // What it asks of the API, as { name, path, everyMs, take(answer) }: often while it is shown, now and then if not.
  // One with `hears`, "reps" or "queues", is given the messages of the stream of that name instead, by `take`.
  asks(_view, _kpis, _values) {
    return [];
  }

  // Whether a token that is limited to that campaign or team opens what it shows.
  opensTo(_limits) {
    return true;
  }

  // Draw `page`; `now` has wall, tall, shown, kpis (the chosen), every (all of the catalogue), answer (of the stream),
  // absent, values (the choice).
  show(_page, _now) {}

  // Before it is shown: how much room there is.
  measure(_wall) {}

  // The view has another window or filter: what is known does not belong to it.
  forget() {}

  // How long one of its pages stays, where a view stays `rotate` seconds.
  seconds(rotate) {
    return rotate;
  }
}

// A box for a panel, with a heading that names it for screen readers, and above it where the page scrolls.
export function panelBox(id, className) {
  const box = element("section", `panel ${className}`);
  const title = element("h2");
  title.id = `panel-${id}`;
  box.setAttribute("aria-labelledby", title.id);
  mark(box, "panel", id);
  box.append(title);
  return box;
}

// Pages of rows: as many rows each as fit into a box, whatever the rows say.
export class Pages {
  constructor(most) {
    this.most = most;
    this.room = most;
    this.form = "";
    this.least = 1;
  }

  // Begin anew where the box or what is in it has another form; `least` rows are shown even if they do not fit.
  within(form) {
    if (form !== this.form) [this.form, this.room] = [form, this.most];
  }

  of(count) {
    return Math.ceil(count / this.room);
  }

  slice(rows, page) {
    const pages = Math.max(1, this.of(rows.length));
    const first = (page % pages) * this.room;
    return rows.slice(first, first + this.room);
  }

  // Draw by `draw`, and again with fewer rows a page until `box` holds what is drawn.
  settle(box, draw) {
    draw();
    while (this.room > 1 && box.scrollHeight > box.clientHeight + 1) {
      const rows = box.scrollHeight / Math.max(1, this.room);
      this.room = Math.max(1, Math.min(this.room - 1, Math.ceil(box.clientHeight / rows)));
      draw();
    }
  }
}
