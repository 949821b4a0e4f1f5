// The panel of follow-ups that are still to be made, the late ones first, by rep.

import { dress, element, fit, say } from "./dom.js";
import { paced } from "./flow.js";
import { TablePanel } from "./table_panel.js";

const EVERY_MS = 10000;
const MOST_ROWS = 1000;
const COLUMNS_TALL = 3;
const BANDS = ["late", "1h", "4h", "today", "tomorrow"];

const newHead = (head) => head.append(element("span"), element("b"));

// What each team has to do, where reps are not named; in the order of the late ones, as the API has the reps.
function byTeam(reps) {
  const teams = new Map();
  for (const rep of reps) {
    const team = rep.team ?? "";
    const sum = teams.get(team) ?? { team, ...Object.fromEntries(BANDS.map((band) => [band, 0])) };
    for (const band of BANDS) sum[band] += rep[band];
    teams.set(team, sum);
  }
  const first = (a, b) => BANDS.reduce((found, band) => found || b[band] - a[band], 0);
  return [...teams.values()].sort(first);
}

export class Due extends TablePanel {
  constructor(at) {
    super("due", at, MOST_ROWS);
  }

  asks(view) {
    const query = new URLSearchParams(view.query);
    query.delete("window"); // what is to be done is of no window
    query.set("limit", "0"); // no single leads
    query.set("reps", String(MOST_ROWS));
    return [{ name: "due", path: `api/v1/follow-ups/due?${query}`, everyMs: EVERY_MS, take: (answer) => this.take(answer) }];
  }

  pages() {
    return Math.max(1, this.rows.of(this.listed?.length ?? 0));
  }

  seconds(rotate) {
    return paced(rotate, this.listed?.length ?? 0, this.pages());
  }

  show(page, { wall, tall, values, absent }) {
    this.most = tall ? COLUMNS_TALL : BANDS.length;
    const reps = this.answer?.reps ?? [];
    this.listed = values.names === "hidden" ? byTeam(reps) : reps;
    this.draw(wall, () => this.fill(wall ? this.rows.slice(this.listed, page) : this.listed, values.names, absent));
  }

  // Over each column stands what there is of it in all, with what is of no rep.
  fill(rows, names, absent) {
    const { words, formats, naming } = this.at;
    const some = (band) => this.listed.some((row) => row[band] > 0);
    const shown = (this.listed.length ? BANDS.filter((band) => some(band) || this.answer?.due[band] > 0) : BANDS).slice(0, this.most);
    const heads = this.heads(shown.length, newHead);
    say(heads[0].firstElementChild, words.panels.due);
    shown.forEach((band, place) => {
      const [name, total] = heads[place + 1].children;
      const count = this.answer?.due[band] ?? null;
      say(name, words.due[band]);
      say(total, count === null ? "–" : formats.number(count));
      dress(heads[place + 1], count > 0 && band === "late" ? "bad" : count > 0 ? "some" : "idle");
    });
    if (rows.length === 0) {
      const total = BANDS.reduce((sum, band) => sum + (this.answer?.due[band] ?? 0), 0);
      const text = !this.answer || this.answer.recovering ? absent ?? "–" : total > 0 ? words.ofNobody : words.nothingDue;
      this.nothing(text, shown.length);
      return;
    }
    const made = this.body(rows.length);
    rows.forEach((row, place) => {
      const cells = fit(made[place], shown.length + 1, () => element("td"));
      say(cells[0].firstElementChild, (names === "hidden" ? row.team : naming(row.rep)) || "·");
      shown.forEach((band, column) => {
        dress(cells[column + 1], row[band] === 0 ? "idle" : band === "late" ? "bad" : "some");
        say(cells[column + 1], formats.number(row[band]));
      });
    });
  }
}
