// The panel of the KPIs: of each its value, state, target and trend; a page has as many as hold their whole names.

import { byId, dress, element, fit, label, mark, say } from "./dom.js";
import { Fitted, fonts, lines, shrink } from "./fitting.js";
import { trend, verdict } from "./judging.js";
import { Panel } from "./panels.js";
import { draw, reshape, shape, sparkline } from "./shapes.js";

const HISTORY_EVERY_MS = 60000;
const MOST_HISTORIES = 50;
const MOST_LINES = 2;
const MOST_CURRENCIES = 2;
const SIGNS = { up: "≥\u00a0", down: "≤\u00a0", neither: "" };
// How many tiles a page may have, the most first, and how they stand: the tiles of each row.
const WIDE = { 6: [3, 3], 5: [3, 2], 4: [2, 2], 3: [3], 2: [2], 1: [1] };
const WIDE_NAMES = { 4: [2, 2], 3: [2, 1], 2: [2], 1: [1] };
const TALL = { 6: [2, 2, 2], 5: [2, 2, 1], 4: [2, 2], 3: [1, 1, 1], 2: [1, 1], 1: [1] };
const TALL_NAMES = { 4: [1, 1, 1, 1], 3: [1, 1, 1], 2: [1, 1], 1: [1] };

// Kept on one line.
const whole = (text) => text.replaceAll(" ", "\u00a0");

function newTile() {
  const tile = element("article", "tile");
  const line = element("p", "line");
  line.append(shape("open"), element("span", "little"), element("b"));
  const moved = element("div", "trend");
  const change = element("p", "change");
  change.append(shape("steady"), element("span"));
  moved.append(sparkline(), change, element("p"));
  const title = element("h2");
  const ask = element("button", "ask"); // what it counts
  ask.type = "button";
  ask.setAttribute("aria-haspopup", "dialog");
  title.append(ask);
  tile.append(title, element("p", "value"), moved, line);
  return tile;
}

export class Tiles extends Panel {
  constructor(at) {
    super("kpis", byId("six"), at);
    this.fitted = new Fitted();
    this.histories = new Map(); // by view, so that a view that is shown again has its trends at once
    this.count = 0;
    this.forms = WIDE;
  }

  asks(view, kpis) {
    const query = new URLSearchParams(view.query);
    query.set("kpi", kpis.join(","));
    const take = (answer, asked) => {
      if (answer.recovering) return;
      this.histories.delete(asked);
      this.histories.set(asked, answer);
      if (this.histories.size > MOST_HISTORIES) this.histories.delete(this.histories.keys().next().value);
    };
    return [{ name: `history ${view.asked}`, path: `api/v1/history?${query}`, everyMs: HISTORY_EVERY_MS, take }];
  }

  pages() {
    return Math.max(1, Math.ceil(this.count / Math.max(...Object.keys(this.forms))));
  }

  // The KPIs of one page: as many on each as on any other, give or take one.
  of(kpis, page) {
    const pages = this.pages();
    const most = Math.ceil(kpis.length / pages);
    const larger = kpis.length - pages * (most - 1);
    const first = page * most - Math.max(0, page - larger);
    return kpis.slice(first, first + (page < larger ? most : most - 1));
  }

  show(page, now) {
    if (this.count !== now.kpis.length) [this.count, this.named] = [now.kpis.length, ""];
    if (!now.answer) return;
    const names = now.kpis.map((kpi) => kpi.name[this.at.language]);
    if (now.wall && this.named !== `${this.room} ${names}`) {
      this.named = `${this.room} ${names}`;
      this.arrange(names, now.tall);
    }
    const kpis = now.wall ? this.of(now.kpis, page) : now.kpis;
    this.fitted.within(`${this.room} ${kpis.length}`);
    const rows = this.forms[kpis.length] ?? [];
    const spans = rows.flatMap((many) => Array(many).fill(6 / many));
    const tiles = fit(this.box, kpis.length, newTile);
    kpis.forEach((kpi, place) => this.fill(tiles[place], kpi, now));
    kpis.forEach((_, place) => tiles[place].style.setProperty("--span", spans[place] ?? 6));
    for (const tile of tiles) this.size(tile, now.wall);
  }

  // Six to a page, if their names hold in two lines of that width; else fewer, and wider.
  arrange(names, tall) {
    const [most, fewer] = tall ? [TALL, TALL_NAMES] : [WIDE, WIDE_NAMES];
    this.forms = most;
    const [probe] = fit(this.box, 1, newTile);
    probe.style.setProperty("--span", tall ? 3 : 2);
    const [title] = probe.children;
    const long = names.some((name) => {
      say(title.firstElementChild, name);
      return lines(title) > MOST_LINES;
    });
    if (long) this.forms = fewer;
  }

  measure() {
    this.room = `${this.box.clientWidth} ${this.box.clientHeight} ${fonts()}`;
  }

  size(tile, wall) {
    const [title, value, , line] = tile.children;
    const many = value.children.length;
    if (value.dataset.none === "no" && this.fitted.changed(value, value.textContent)) {
      shrink(tile, [value], (box) => box.scrollWidth <= box.clientWidth && (many < 2 || !wall || tile.scrollHeight <= tile.clientHeight));
    }
    if (wall && this.fitted.changed(title, title.textContent)) shrink(title, [title], () => lines(title) <= MOST_LINES);
    if (wall && this.fitted.changed(line, line.textContent)) shrink(line, [line]);
  }

  fill(tile, kpi, now) {
    const { words, formats, language } = this.at;
    const { answer } = now;
    const one = answer.kpis[kpi.id];
    const state = verdict(one);
    const [title, value, moved, line] = tile.children;
    const name = kpi.name[language];
    const empty = one.value === null && !one.by_currency;
    const shown = empty ? now.absent ?? this.why(one, answer.filters) : this.values(one, kpi.unit);
    dress(tile, `tile ${state}`);
    if (tile.title !== kpi.meaning[language]) tile.title = kpi.meaning[language];
    mark(tile, "kpi", kpi.id);
    say(title.firstElementChild, name);
    const texts = [shown].flat();
    const parts = fit(value, texts.length, () => element("span"));
    texts.forEach((text, place) => say(parts[place], text));
    mark(value, "none", empty ? "yes" : "no");
    const aim = this.aim(line, state, kpi, one, words.windows[answer.window]);
    moved.hidden = empty; // nothing stands beside the reason
    const way = this.moved(moved, kpi, one, now);
    say(moved.lastElementChild, this.fraction(one, kpi));
    label(tile, [name, texts.join(", "), kpi.cohort ? "" : words.verdicts[state], aim, way, words.windows[answer.window]].filter(Boolean).join(", "));
  }

  // What a number is held to, and for which time; of a cohort, how many of it may still change the number.
  aim(line, state, kpi, one, window) {
    const { words, formats, language } = this.at;
    const [sign, before, number] = line.children;
    reshape(sign, state);
    dress(line, kpi.cohort ? "line cohort" : `line ${state}`);
    sign.toggleAttribute("hidden", kpi.cohort || one.target === null);
    if (kpi.cohort) {
      const many = one.pending ?? null;
      say(number, many === null ? "" : formats.number(many));
      say(before, many === null ? "" : whole(words.pending));
      return many === null ? "" : `${words.pending} ${formats.number(many)}`;
    }
    const target = one.target === null ? "" : `${SIGNS[kpi.better]}${formats.round(one.target, kpi.unit, one.currency)}`;
    say(number, target);
    say(before, target ? `${words.target} ${whole(kpi.target_for === "day" ? words.perDay : window.toLocaleLowerCase(language))}` : whole(words.noTarget));
    return target ? `${words.target} ${target}` : words.noTarget;
  }

  // Why there is no number, in words: a 0 would be one.
  why(one, filters) {
    const { words } = this.at;
    if (one.unit === "money" && one.numerator === null) return filters.team || filters.rep ? words.noSpendOf : words.noSpend;
    return words.none[one.decided_by] ?? words.nothing;
  }

  values(one, unit) {
    const { formats, words } = this.at;
    if (!one.by_currency) return formats.value(one.value, unit, one.currency);
    const every = Object.entries(one.by_currency);
    const shown = every.slice(0, MOST_CURRENCIES).map(([code, part]) => formats.value(part.value, unit, code));
    return every.length > MOST_CURRENCIES ? [...shown.slice(0, -1), `+\u00a0${every.length - 1} ${words.currencies}`] : shown;
  }

  fraction(one, kpi) {
    const { formats } = this.at;
    if (one.by_currency || one.numerator === null || one.denominator === null || one.denominator === 0) return "";
    if (kpi.unit === "factor" || kpi.unit === "seconds") return "";
    if (kpi.unit === "money") return one.currency ? `${formats.money(Number(one.numerator), one.currency)} / ${formats.number(one.denominator)}` : "";
    const part = kpi.decided_by === "time_passed" ? (ms) => formats.hours(ms / 1000) : (count) => formats.number(count);
    return `${part(one.numerator)} / ${part(one.denominator)}`;
  }

  // The way it has gone; a cohort has none, as its late steps have not ripened.
  moved(box, kpi, one, { answer, asked }) {
    const { words, formats } = this.at;
    const [spark, change] = box.children;
    const history = this.histories.get(asked);
    const points = history?.window === answer.window && !kpi.cohort ? history.kpis[kpi.id]?.points : undefined;
    draw(spark, (points ?? []).map((point) => (point.value === null ? null : Number(point.value))), one.target);
    const way = points ? trend(points, kpi.unit, kpi.better) : null;
    dress(box, `trend ${way?.good === true ? "better" : way?.good === false ? "worse" : "even"}`);
    change.hidden = way === null;
    if (way === null) return "";
    reshape(change.firstElementChild, way.way);
    say(change.lastElementChild, way.way === "steady" ? words.steady : formats.change(way.change, kpi.unit, one.currency));
    return words[way.way];
  }
}
