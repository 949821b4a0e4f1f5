// The tiles of the KPIs: value, state, target, trend and window of each.

import { dress, element, fit, label, mark, say } from "./dom.js";
import { Fitted, shrink } from "./fitting.js";
import { trend, verdict } from "./judging.js";
import { draw, reshape, shape, sparkline } from "./shapes.js";

// How large a value can be: by its length, and smaller where the font is wide.
const BY_LENGTH = [[6, "short"], [8, "middle"], [10, "long"], [Infinity, "longest"]];
const SIZES = ["short", "middle", "long", "longer", "longest", "least"];
const LINE_SIZES = ["whole", "less", "least"];
const LONG_NAME = 20;
const SIGNS = { up: "≥ ", down: "≤ ", neither: "" };

function newTile() {
  const tile = element("article", "tile");
  const head = element("div", "head");
  head.append(element("h2"), shape("open"));
  const line = element("p", "line");
  line.append(element("span", "target"), shape("steady"), element("span", "change"));
  const parts = element("p", "parts");
  parts.append(element("span"), element("span"));
  tile.append(head, element("p", "value"), line, parts, sparkline());
  return tile;
}

export class Tiles {
  constructor(section, words, formats) {
    this.section = section;
    this.words = words;
    this.formats = formats;
    this.history = null;
    this.fitted = new Fitted();
  }

  // `kpis` are entries of the catalogue, `answer` is from the stream; `absent` says why there are no numbers.
  show(kpis, answer, { language, near, absent }) {
    const tiles = fit(this.section, kpis.length, newTile);
    mark(this.section, "count", String(kpis.length));
    kpis.forEach((kpi, place) => this.fill(tiles[place], kpi, answer, { language, near, absent }));
    for (const tile of tiles) this.size(tile);
  }

  measure() {
    const first = this.section.firstElementChild;
    this.fitted.within(`${first?.clientWidth} ${first?.clientHeight}`);
  }

  size(tile) {
    const [head, value, line] = tile.children;
    const title = head.firstElementChild;
    const shown = value.textContent;
    if (this.fitted.changed(title, title.textContent)) {
      mark(title, "long", title.textContent.length > LONG_NAME ? "yes" : "no");
      if (title.scrollHeight > title.clientHeight) mark(title, "long", "yes");
    }
    if (this.fitted.changed(value, shown)) {
      const [, largest] = BY_LENGTH.find(([most]) => shown.length <= most);
      shrink(value, SIZES.slice(SIZES.indexOf(largest)), [value]);
    }
    if (this.fitted.changed(line, line.textContent)) shrink(line, LINE_SIZES, [line, line.firstElementChild]);
  }

  fill(tile, kpi, answer, { language, near, absent }) {
    const { words, formats } = this;
    const one = answer.kpis[kpi.id];
    const state = verdict(one, kpi.better, near);
    const [head, value, line, parts, spark] = tile.children;
    const [title, sign] = head.children;
    const [target, arrow, change] = line.children;
    const name = kpi.name[language];
    const shown = one.by_currency ? this.perCurrency(one, kpi.unit) : formats.value(one.value, kpi.unit, one.currency);
    dress(tile, `tile ${state}`);
    if (tile.title !== kpi.meaning[language]) tile.title = kpi.meaning[language];
    mark(tile, "kpi", kpi.id);
    say(title, name);
    reshape(sign, state);
    say(value, shown);
    const empty = one.value === null && !one.by_currency;
    mark(value, "none", empty ? "yes" : "no");
    say(parts.firstElementChild, words.windows[answer.window]);
    say(parts.lastElementChild, empty ? absent : this.fraction(one, kpi.unit));
    const aim = one.target === null ? words.noTarget : `${words.target} ${SIGNS[kpi.better]}${formats.round(one.target, kpi.unit, one.currency)}`;
    say(target, aim);
    const moved = this.moved(kpi, answer, spark, one.target);
    reshape(arrow, moved?.way ?? "steady");
    dress(line, `line ${moved === null ? "unknown" : moved.good === null ? "even" : moved.good ? "better" : "worse"}`);
    say(change, moved === null ? "" : moved.way === "steady" ? words.steady : formats.change(moved.change, kpi.unit, one.currency));
    const spoken = [name, shown, words[state], aim, moved === null ? "" : words[moved.way], words.windows[answer.window]];
    label(tile, spoken.filter(Boolean).join(", "));
  }

  fraction(one, unit) {
    if (one.by_currency || one.numerator === null || one.denominator === null) return "";
    if (unit === "money") return one.currency ? `${this.formats.money(Number(one.numerator), one.currency)} / ${this.formats.number(one.denominator)}` : "";
    if (unit === "factor" || unit === "seconds") return "";
    return `${this.formats.number(one.numerator)} / ${this.formats.number(one.denominator)}`;
  }

  perCurrency(one, unit) {
    return Object.entries(one.by_currency).map(([code, part]) => this.formats.value(part.value, unit, code)).join(" · ");
  }

  moved(kpi, answer, spark, target) {
    const points = this.history?.window === answer.window ? this.history.kpis[kpi.id]?.points : undefined;
    if (!points) {
      draw(spark, [], null);
      return null;
    }
    draw(spark, points.map((point) => (point.value === null ? null : Number(point.value))), target);
    return trend(points, kpi.unit, kpi.better);
  }
}
