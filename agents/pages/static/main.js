// The wallboard: shows the data of the stream in the current view.

import { Choice } from "./choice.js";
import { byId, dress, element, fit, label, mark, say } from "./dom.js";
import { Formats, initials } from "./formats.js";
import { Link } from "./link.js";
import { Parts } from "./parts.js";
import { Settings } from "./settings.js";
import { reshape, shape } from "./shapes.js";
import { Tiles } from "./tiles.js";
import { Waiting } from "./waiting.js";
import { WORDS } from "./words.js";

const LEADS = 50;
const PARTS_EVERY_MS = 5000;
const HISTORY_EVERY_MS = 60000;
const CATALOGUE_EVERY_MS = 60000;
const RETRY_MS = 2000;
const BEHIND_FOR_MS = 5000;
const MOST_HISTORIES = 50;
const MOST_ASKED = 200;
const NOTICE_MS = 20000;
const SAID_AFTER_MS = 400;

class Wall {
  constructor(catalogue) {
    this.catalogue = catalogue;
    this.choice = new Choice(catalogue, location.search, window.localStorage);
    const wanted = this.choice.values.lang;
    this.language = wanted in WORDS ? wanted : document.documentElement.lang;
    document.documentElement.lang = this.language;
    this.words = WORDS[this.language];
    this.formats = new Formats(this.words, this.choice.values.locale, catalogue.timezone);
    const naming = (rep) => this.named(rep);
    const announce = (text) => this.announce(text);
    this.tiles = new Tiles(byId("six"), this.words, this.formats);
    this.waiting = new Waiting(this.words, this.formats, naming, announce);
    this.parts = new Parts(this.words, this.formats, naming);
    this.settings = new Settings(this.words, this.language, (values) => this.choose(values));
    this.link = new Link((kind, answer, back) => this.receive(kind, answer, back), () => this.show());
    this.place = { view: 0, part: 0, page: 0 };
    this.paused = false;
    this.daylight = matchMedia("(prefers-color-scheme: light)");
    this.last = null; // the latest answer
    this.whole = null; // the latest answer of the whole floor
    this.histories = new Map(); // by query, so that a view that is shown again has its trends at once
    this.behindSince = 0;
    this.saying = [];
    this.scrolls = false;
    this.heard = false;
    this.asking = new Set();
    this.askedAt = new Map();
  }

  begin() {
    this.name();
    this.listen();
    this.measure();
    this.open();
    this.turnLater();
    setInterval(() => this.tick(), 1000);
    if (this.choice.mistakes.length) this.notify(`${this.choice.mistakes.join(", ")} ${this.words.wrong}`);
  }

  // The parts that are always shown.

  name() {
    const { words } = this;
    byId("link").replaceChildren();
    const buttons = [["previous", "previous"], ["next", "next"], ["open-settings", "settings"]];
    for (const [id, word] of buttons) {
      byId(id).replaceChildren(shape(word));
      label(byId(id), words[word]);
      byId(id).title = words[word];
    }
    byId("pause").replaceChildren(shape("pause"));
    say(byId("simulated"), words.simulated);
    byId("simulated").hidden = this.choice.address.get("simulated") !== "1" && document.documentElement.dataset.simulated !== "yes";
    byId("state").replaceChildren(shape("waits"), element("span"));
    this.dress();
  }

  dress() {
    const { theme } = this.choice.values;
    const ofTheSystem = this.daylight.matches ? "light" : "dark";
    document.documentElement.dataset.theme = theme === "auto" ? ofTheSystem : theme;
    byId("pause").setAttribute("aria-pressed", String(this.paused));
    const word = this.paused ? this.words.resume : this.words.pause;
    reshape(byId("pause").firstElementChild, this.paused ? "next" : "pause");
    label(byId("pause"), word);
    byId("pause").title = word;
    const turns = this.choice.values.rotate > 0;
    byId("pause").hidden = !turns;
  }

  listen() {
    byId("previous").addEventListener("click", () => this.turn(-1));
    byId("next").addEventListener("click", () => this.turn(1));
    byId("pause").addEventListener("click", () => this.pause());
    byId("open-settings").addEventListener("click", () => this.settings.open(this.choice, this.catalogue));
    document.addEventListener("keydown", (event) => this.press(event));
    this.daylight.addEventListener("change", () => this.dress());
    addEventListener("resize", () => this.measure());
    document.fonts.addEventListener("loadingdone", () => this.measure());
  }

  press(event) {
    if (byId("settings").open || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.closest?.("button, a, select, input");
    if (event.key === "ArrowRight") this.turn(1);
    else if (event.key === "ArrowLeft") this.turn(-1);
    else if (event.key === " " && !onButton) this.pause();
    else if (event.key === "s" || event.key === "S") this.settings.open(this.choice, this.catalogue);
    else if (event.key === "f" || event.key === "F") this.fullScreen();
    else return;
    event.preventDefault();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }

  named(rep) {
    if (rep === null || rep === undefined) return "";
    const how = this.choice.values.names;
    return how === "full" ? rep : how === "initials" ? initials(rep) : "";
  }

  choose(values) {
    const another = values.lang && values.lang !== this.language;
    this.choice.keep(values);
    this.histories.clear(); // the KPIs may have changed
    this.askedAt.clear();
    if (another) {
      location.reload();
      return;
    }
    this.place = { view: 0, part: 0, page: 0 };
    this.dress();
    this.open();
    this.turnLater();
    this.show();
  }

  // Views.

  get partsChosen() {
    const { parts, names } = this.choice.values;
    return names === "hidden" ? parts.filter((by) => by !== "rep") : parts;
  }

  get partsShown() {
    const parts = this.partsChosen;
    return this.scrolls || parts.length === 0 ? parts : [parts[this.place.part % parts.length]];
  }

  pause() {
    this.paused = !this.paused;
    this.dress();
    this.turnLater();
  }

  turnLater() {
    clearTimeout(this.turning);
    const { rotate } = this.choice.values;
    if (rotate > 0 && !this.paused) this.turning = setTimeout(() => this.turn(1), rotate * 1000);
  }

  // Forwards: the next page of the table, the next table, the next view. Backwards: by whole tables.
  turn(way) {
    const views = this.choice.views().length;
    const parts = this.scrolls ? 1 : Math.max(1, this.partsChosen.length);
    let { view, part, page } = this.place;
    const by = this.partsShown[0];
    if (way > 0 && by && !this.scrolls && page + 1 < this.parts.pages(by)) {
      page += 1;
    } else {
      page = 0;
      part += way;
      if (part < 0 || part >= parts) {
        view = (view + way + views) % views;
        part = part < 0 ? parts - 1 : 0;
      }
    }
    const another = view !== this.place.view;
    this.place = { view, part, page };
    if (another) this.open();
    else this.askParts();
    this.show();
    this.turnLater();
  }

  get view() {
    const views = this.choice.views();
    return views[this.place.view % views.length];
  }

  query(view = this.view) {
    return new URLSearchParams(Object.entries(view).filter(([, value]) => value));
  }

  question(answer) {
    const { window, filters } = answer;
    return JSON.stringify([window, filters.campaign ?? "", filters.team ?? "", filters.rep ?? ""]);
  }

  asked(view = this.view) {
    return JSON.stringify([view.window, view.campaign, view.team, view.rep]);
  }

  open() {
    const query = this.query();
    query.set("leads", String(LEADS));
    this.parts.forget();
    this.link.open(query.toString());
    for (const name of this.askedAt.keys()) if (name.startsWith("part ")) this.askedAt.delete(name);
    this.askHistory();
    for (const by of this.partsChosen) this.askPart(by);
  }

  // Incoming data.

  receive(kind, answer, back) {
    if (back) {
      this.announce(this.words.backAgain);
      this.askedAt.clear();
      this.askHistory();
      this.askParts();
    }
    if (kind === "leads") {
      const leads = JSON.stringify(answer.filters);
      if (this.leadsOf !== leads) this.waiting.forget();
      this.leadsOf = leads;
      this.waiting.take(answer);
      if (this.last) {
        const { complete, behind, as_of, recovering } = answer;
        this.last = { ...this.last, complete, behind, as_of, recovering };
      }
    } else {
      this.last = answer;
      if (!answer.recovering) this.whole = answer;
    }
    this.behindSince = answer.behind > 0 ? this.behindSince || Date.now() : 0;
    if (this.heard) this.show();
    else this.measure();
    this.heard = kind === "leads" || this.heard;
  }

  async ask(name, everyMs, path, take) {
    const asked = this.asked();
    const key = `${name} ${asked}`;
    if (this.asking.has(key) || Date.now() - (this.askedAt.get(name) ?? 0) < everyMs) return;
    this.asking.add(key);
    this.askedAt.set(name, Date.now());
    if (this.askedAt.size > MOST_ASKED) this.askedAt.delete(this.askedAt.keys().next().value);
    try {
      const answer = await this.link.ask(path);
      if (asked === this.asked()) {
        take(answer, asked);
        this.show();
      }
    } catch {
      this.askedAt.delete(name); // the connection shows the error; it is requested again
    } finally {
      this.asking.delete(key);
    }
  }

  askHistory() {
    const query = this.query();
    query.set("kpi", this.choice.values.kpi.join(","));
    return this.ask(`history ${this.asked()}`, HISTORY_EVERY_MS, `api/v1/history?${query}`, (answer, asked) => {
      if (answer.recovering) return;
      this.histories.delete(asked);
      this.histories.set(asked, answer);
      if (this.histories.size > MOST_HISTORIES) this.histories.delete(this.histories.keys().next().value);
    });
  }

  askParts() {
    for (const by of this.partsShown) this.askPart(by);
  }

  askPart(by) {
    const query = this.query();
    query.set("by", by);
    query.set("kpi", this.choice.values.kpi.join(","));
    query.set("limit", "1000");
    return this.ask(`part ${by}`, PARTS_EVERY_MS, `api/v1/breakdown?${query}`, (answer) => this.parts.take(answer));
  }

  tick() {
    this.link.watch();
    if (!this.link.lost && this.last) {
      this.askHistory();
      this.askParts();
      this.askCatalogue();
    }
    this.measure();
  }

  async askCatalogue() {
    if (Date.now() - (this.catalogueAt ?? 0) < CATALOGUE_EVERY_MS) return;
    this.catalogueAt = Date.now();
    try {
      const catalogue = await this.link.ask("api/v1/catalogue");
      if (catalogue.page !== this.catalogue.page) location.reload(); // the worker has another version now
      this.catalogue = catalogue;
    } catch {
      // the connection shows the error
    }
  }

  // Drawing.

  // How much fits: measured once a second, as reading the layout makes the browser compute it again.
  measure() {
    this.scrolls = getComputedStyle(document.body).overflowY !== "hidden";
    const turns = this.choice.views().length > 1 || (!this.scrolls && this.partsChosen.length > 0);
    mark(document.body, "turns", turns ? "yes" : "no");
    this.tiles.measure();
    this.waiting.measure(this.scrolls);
    this.parts.measure(this.scrolls);
    this.show();
  }

  show() {
    const { values } = this.choice;
    const answer = this.last?.recovering ? (this.whole && this.question(this.whole) === this.question(this.last) ? this.whole : this.last) : this.last;
    const old = Boolean(this.last && answer !== this.last);
    const options = { language: this.language, near: values.near, absent: this.last?.recovering ? this.words.recovering : this.words.nothing };
    const known = new Map(this.catalogue.kpis.map((kpi) => [kpi.id, kpi]));
    const kpis = values.kpi.map((id) => known.get(id)).filter(Boolean);
    if (answer) {
      this.tiles.history = this.histories.get(this.question(answer)) ?? null;
      this.tiles.show(kpis, answer, options);
      this.scope(answer);
    }
    this.waiting.show(values);
    this.parts.show(this.partsShown, this.place.page, kpis, options);
    this.state(old, answer);
    if (this.last) {
      const now = Date.now() - this.waiting.ahead;
      say(byId("clock"), this.formats.time(now, false));
    }
  }

  scope(answer) {
    const { campaign, team, rep } = answer.filters;
    const where = [campaign, team, this.named(rep)].filter(Boolean).join(" · ") || this.words.all;
    const parts = fit(byId("scope"), 2, () => element("span"));
    say(parts[0], this.words.windows[answer.window]);
    say(parts[1], where);
  }

  state(old, answer) {
    const { words, formats, link, last } = this;
    const at = answer ? `${words.old} ${formats.time(Date.parse(answer.as_of))}` : "";
    let [kind, sign, text, alarm] = ["live", "live", words.live, ""];
    if (link.why === "refused") {
      [kind, sign, text, alarm] = ["lost", "lost", words.lost, words.refused];
    } else if (link.stale || (link.lost && last)) {
      const why = link.lost ? words.lost : `${words.stale} ${formats.duration(link.silence / 1000)}`;
      [kind, sign, text, alarm] = ["lost", "lost", why, `${why} · ${at} · ${words.trying}`];
    } else if (!last) {
      [kind, sign, text] = ["waits", "waits", words.connecting];
      if (link.lost) alarm = `${words.lost} · ${words.trying}`;
    } else if (last.recovering) {
      const { ready, of, restored } = last.recovering;
      const far = restored === null ? "" : ` · ${formats.percent(restored, 0)}`;
      const progress = `${words.recovering} · ${formats.number(ready)} ${words.of} ${formats.number(of)} ${words.partitions}${far}`;
      [kind, sign, text, alarm] = ["waits", "waits", words.recovering, old ? `${progress} · ${at}` : progress];
    } else if (!last.complete) {
      [kind, sign, text] = ["waits", "waits", words.unknown];
    } else if (this.behindSince && Date.now() - this.behindSince > BEHIND_FOR_MS) {
      [kind, sign, text] = ["waits", "waits", `${formats.number(last.behind)} ${words.behind}`];
    }
    dress(byId("state"), `state ${kind}`);
    reshape(byId("state").firstElementChild, sign);
    say(byId("state").lastElementChild, text);
    const box = byId("link");
    box.hidden = alarm === "";
    dress(box, `alarm ${kind}`);
    const parts = fit(box, 2, (place) => (place === 0 ? shape("waits") : element("p")));
    reshape(parts[0], sign);
    say(parts[1], alarm);
    mark(document.body, "link", kind);
    document.body.classList.toggle("crowded", alarm !== "" && !byId("overdue").hidden);
    document.body.classList.toggle("old", old || kind === "lost");
    if (kind === "lost" && this.kind !== "lost") this.announce(text);
    this.kind = kind;
  }

  notify(text) {
    say(byId("notice"), text);
    byId("notice").hidden = false;
    setTimeout(() => { byId("notice").hidden = true; }, NOTICE_MS);
  }

  // For screen readers: texts that come together are announced together, and none twice.
  announce(text) {
    if (this.saying.includes(text)) return;
    this.saying.push(text);
    if (this.saying.length > 1) return;
    setTimeout(() => {
      byId("announcer").textContent = `${this.saying.join(". ")}.`;
      this.saying = [];
    }, SAID_AFTER_MS);
  }
}

async function begin() {
  const words = WORDS[document.documentElement.lang] ?? WORDS.en;
  try {
    const answer = await fetch("api/v1/catalogue");
    if (answer.status === 401) throw new Error(words.refused);
    if (!answer.ok) throw new Error(`${words.lost} · ${words.trying}`);
    new Wall(await answer.json()).begin();
  } catch (error) {
    console.error(error);
    byId("link").hidden = false;
    dress(byId("link"), "alarm lost");
    say(byId("link"), error instanceof TypeError ? `${words.lost} · ${words.trying}` : error.message);
    setTimeout(begin, RETRY_MS);
  }
}

say(byId("state"), (WORDS[document.documentElement.lang] ?? WORDS.en).connecting);
begin();
