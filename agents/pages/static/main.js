// The wallboard: shows the data of the stream, a panel at a time on a wall, all of them on a page that scrolls.

import { Asking } from "./asking.js";
import { Board } from "./board.js";
import { Choice } from "./choice.js";
import { byId, dress, mark, say } from "./dom.js";
import { Due } from "./due.js";
import { First } from "./first.js";
import { Formats, initials } from "./formats.js";
import { Frame } from "./frame.js";
import { Link, REFUSED } from "./link.js";
import { Live } from "./live.js";
import { Meaning } from "./meaning.js";
import { Part } from "./parts.js";
import { Queues } from "./queues.js";
import { Settings } from "./settings.js";
import { Tiles } from "./tiles.js";
import { Turning } from "./turning.js";
import { Waiting } from "./waiting.js";
import { WORDS } from "./words.js";

const LEADS = 50;
const OTHERS_EVERY_MS = 60000;
const CATALOGUE_EVERY_MS = 60000;
const RETRY_MS = 2000;
const WALL = "(min-width: 1000px) and (min-height: 560px) and (min-aspect-ratio: 5/4)";
const TALL_WALL = "(min-width: 1000px) and (min-height: 1400px) and (max-aspect-ratio: 4/5)";

// All panels; the choice says which of them are turned through, and in which order.
const panelsOf = (at) => [
  new Tiles(at),
  new Waiting(at),
  ...["campaign", "team", "rep"].map((by) => new Part(by, at)),
  new Board(at),
  new Live(at),
  new Queues(at),
  new Due(at),
];

class Wall {
  constructor(catalogue) {
    this.catalogue = catalogue;
    this.choice = new Choice(catalogue, location.search, window.localStorage);
    const wanted = this.choice.values.lang;
    const language = wanted in WORDS ? wanted : document.documentElement.lang;
    document.documentElement.lang = language;
    const words = WORDS[language];
    const formats = new Formats(words, this.choice.values.locale, catalogue.timezone);
    const naming = (rep) => this.named(rep);
    this.frame = new Frame(words, formats, naming);
    this.at = { words, formats, language, naming, announce: (text) => this.frame.announce(text) };
    this.panels = panelsOf(this.at);
    this.first = new First(this.at);
    this.waiting = this.panels.find(({ id }) => id === "leads");
    this.meaning = new Meaning(this.at);
    this.settings = new Settings(words, language, (values) => this.choose(values));
    this.link = new Link((kind, answer, back) => this.receive(kind, answer, back), () => this.show());
    this.asking = new Asking(this.link, () => this.asked(), () => this.show());
    this.turning = new Turning(() => this.chosen, () => this.choice.views(), (another) => this.moved(another));
    this.daylight = matchMedia("(prefers-color-scheme: light)");
    this.forms = [WALL, TALL_WALL].map((query) => matchMedia(query));
    this.last = null; // the latest answer
    this.whole = null; // the latest answer of the whole floor
  }

  begin() {
    this.dress();
    this.listen();
    this.measure();
    this.open();
    this.turnLater();
    setInterval(() => this.tick(), 1000);
    if (this.choice.mistakes.length) this.frame.notify(`${this.choice.mistakes.join(", ")} ${this.at.words.wrong}`);
  }

  get wall() {
    return this.forms.some(({ matches }) => matches);
  }

  get tall() {
    return this.forms[1].matches;
  }

  dress() {
    const { theme, rotate } = this.choice.values;
    const root = document.documentElement;
    const ofTheSystem = this.daylight.matches ? "light" : "dark";
    root.dataset.theme = theme === "auto" ? ofTheSystem : theme;
    root.classList.toggle("wall", this.wall);
    root.classList.toggle("tall", this.tall);
    const simulated = this.last?.simulated || this.whole?.simulated || root.dataset.simulated === "yes";
    byId("simulated").hidden = !simulated && this.choice.address.get("simulated") !== "1";
    this.frame.pausing(this.turning.paused, rotate > 0);
  }

  listen() {
    byId("previous").addEventListener("click", () => this.turning.turn(-1));
    byId("next").addEventListener("click", () => this.turning.turn(1));
    byId("pause").addEventListener("click", () => this.pause());
    byId("open-settings").addEventListener("click", () => this.settings.open(this.choice, this.catalogue));
    document.addEventListener("keydown", (event) => this.press(event));
    byId("panels").addEventListener("click", (event) => this.askAbout(event));
    this.daylight.addEventListener("change", () => this.dress());
    for (const form of this.forms) form.addEventListener("change", () => this.measure());
    addEventListener("resize", () => this.measure());
    this.room = new ResizeObserver(() => this.measure());
    this.room.observe(byId("panels")); // an alarm above has come or gone
    document.fonts.addEventListener("loadingdone", () => this.measure());
  }

  press(event) {
    if (byId("settings").open || this.meaning.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.closest?.("button, a, select, input, [role=button]");
    if ((event.key === "Enter" || event.key === " ") && this.askAbout(event)) return;
    const scrolls = event.target.closest?.(".scroll") && !this.wall;
    if (event.key === "ArrowRight" && !scrolls) this.turning.turn(1);
    else if (event.key === "ArrowLeft" && !scrolls) this.turning.turn(-1);
    else if (event.key === " " && !onButton && this.wall) this.pause();
    else if (event.key === "s" || event.key === "S") this.settings.open(this.choice, this.catalogue);
    else if (event.key === "f" || event.key === "F") this.fullScreen();
    else return;
    event.preventDefault();
  }

  // Say what the KPI counts whose tile was chosen; returns whether one was.
  askAbout(event) {
    const id = event.target.closest?.("[data-kpi]")?.dataset.kpi;
    const kpi = this.catalogue.kpis.find((one) => one.id === id);
    const answer = this.last?.recovering ? this.whole : this.last;
    if (!kpi || !answer) return false;
    event.preventDefault();
    this.meaning.show(kpi, answer.kpis[id], answer);
    return true;
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
    const another = values.lang && values.lang !== this.at.language;
    this.choice.keep(values);
    this.asking.forget(); // the KPIs may have changed
    if (another) {
      location.reload();
      return;
    }
    this.turning.begin();
    this.dress();
    this.open();
    this.turnLater();
    this.show();
  }

  pause() {
    this.turning.paused = !this.turning.paused;
    this.dress();
    this.turnLater();
  }

  turnLater(again) {
    mark(byId("page"), "seconds", String(this.turning.later(this.choice.values.rotate, again)));
  }

  // The page has changed, and with `another` the window or its filters.
  moved(another) {
    if (another) this.open();
    else this.ask();
    this.show();
    this.turnLater();
  }

  // What is shown.

  // The panels that are turned through, or where the page scrolls, that stand below each other.
  get chosen() {
    if (this.last?.empty) return [this.first];
    const { view, names } = this.choice.values;
    const limits = this.catalogue.filters ?? {};
    const found = view.map((id) => this.panels.find((panel) => panel.id === id));
    const shown = found.filter((panel) => panel.opensTo(limits) && !(panel.id === "rep" && names === "hidden"));
    return shown.length ? shown : [this.panels[0]];
  }

  get view() {
    const views = this.choice.views();
    return views[this.turning.view % views.length];
  }

  asked(view = this.view) {
    const only = this.catalogue.filters ?? {}; // what the token is limited to
    return JSON.stringify([view.window, view.campaign || (only.campaign ?? ""), view.team || (only.team ?? ""), view.rep]);
  }

  question({ window, filters }) {
    return JSON.stringify([window, filters.campaign ?? "", filters.team ?? "", filters.rep ?? ""]);
  }

  query() {
    return new URLSearchParams(Object.entries(this.view).filter(([, value]) => value));
  }

  open() {
    const query = this.query();
    query.set("leads", String(LEADS));
    const live = this.chosen.map(({ hears }) => hears).filter(Boolean);
    if (live.length) query.set("live", live.join(","));
    for (const panel of this.panels) panel.forget();
    this.link.open(query.toString());
    this.asking.forget((name) => !name.startsWith("history "));
    this.ask();
  }

  // Incoming data.

  receive(kind, answer, back) {
    if (back) {
      this.frame.announce(this.at.words.backAgain);
      this.asking.forget();
      this.ask();
    }
    if (kind === "reps" || kind === "queues") {
      this.panels.find(({ hears }) => hears === kind).take(answer);
      this.show();
      return;
    }
    if (kind === "leads") {
      const leads = JSON.stringify(answer.filters);
      if (this.leadsOf !== leads) this.waiting.forget();
      this.leadsOf = leads;
      this.waiting.take(answer);
      if (this.last) {
        const { complete, behind, as_of, recovering, empty } = answer;
        this.last = { ...this.last, complete, behind, as_of, recovering, empty };
      }
    } else {
      this.last = answer;
      if (!answer.recovering) this.whole = answer;
    }
    this.frame.behind(answer.behind);
    this.show();
  }

  // The panel that is shown asks often, the others now and then: how many pages they have is to be known.
  ask() {
    const view = { query: this.query(), asked: this.asked() };
    const shown = this.turning.stop?.panel;
    for (const panel of this.chosen) {
      for (const question of panel.asks(view, this.choice.values.kpi, this.choice.values)) {
        const often = panel === shown || !this.wall;
        this.asking.ask({ ...question, everyMs: often ? question.everyMs : Math.max(OTHERS_EVERY_MS, question.everyMs) });
      }
    }
  }

  tick() {
    this.link.watch();
    if (!this.link.lost && this.last) {
      this.ask();
      this.askCatalogue();
    }
    this.show();
    if (this.turning.another(this.choice.values.rotate)) this.turnLater(true);
  }

  async askCatalogue() {
    if (Date.now() - (this.catalogueAt ?? 0) < CATALOGUE_EVERY_MS) return;
    this.catalogueAt = Date.now();
    try {
      const catalogue = await this.link.ask("api/v1/catalogue", CATALOGUE_EVERY_MS / 2);
      if (catalogue.page !== this.catalogue.page) location.reload(); // the worker has another version now
      this.catalogue = catalogue;
    } catch {
      // the connection shows the error
    }
  }

  // Drawing.

  // The screen has another form, or other fonts.
  measure() {
    this.show();
  }

  show() {
    this.dress();
    const { last, whole, wall, tall } = this;
    const recovering = Boolean(last?.recovering);
    const answer = recovering && whole && this.question(whole) === this.question(last) ? whole : last;
    const known = new Map(this.catalogue.kpis.map((kpi) => [kpi.id, kpi]));
    const { values } = this.choice;
    const kpis = values.kpi.map((id) => known.get(id)).filter(Boolean);
    const now = { wall, tall, values, kpis, every: this.catalogue.kpis, answer, asked: answer && this.question(answer), absent: recovering ? this.at.words.catchingUp : null };
    if (answer) this.frame.scope(answer);
    this.place();
    const room = this.draw(now);
    this.frame.page(this.turning.shown, wall ? this.turning.stop?.pages ?? 1 : 1, wall ? this.turning.turns : this.choice.views().length > 1);
    this.frame.state({ link: this.link, last, answer });
    if (last) this.frame.clock(Date.now() - this.waiting.ahead);
    if (wall && byId("panels").clientHeight !== room) this.draw(now); // what stands above has become higher, or less high
  }

  // Draw the panels that are shown; returns the room that there is for them.
  draw(now) {
    const { wall } = now;
    // The leads first: as a strip or a list they leave another room for the rest.
    for (const panel of [this.waiting, ...this.chosen.filter((one) => one !== this.waiting)]) {
      if (!panel.box.isConnected) continue;
      const shown = !wall || panel === this.turning.stop?.panel;
      panel.measure(wall);
      if (!shown && panel !== this.waiting) continue;
      const page = shown ? this.turning.shown : 0;
      panel.show(page, { ...now, shown });
      if (shown && page !== this.turning.shown) panel.show(this.turning.shown, { ...now, shown }); // it has more pages now
    }
    return wall ? byId("panels").clientHeight : 0;
  }

  // Each panel that is shown has its box in the page, in their order; on a wall that of one, and the strip of leads.
  place() {
    const box = byId("panels");
    const boxes = this.chosen.filter((panel) => !this.wall || panel === this.turning.stop?.panel).map((panel) => panel.box);
    const others = boxes.filter((one) => one !== this.waiting.box);
    const empty = boxes[0] === this.first.box;
    const strip = !empty && (this.wall || !boxes.includes(this.waiting.box)); // else it stands where it was chosen to
    const wanted = strip ? [this.waiting.box, ...others] : boxes;
    this.waiting.box.hidden = strip && !this.wall;
    for (const one of [...box.children]) if (!wanted.includes(one)) one.remove();
    wanted.forEach((one, place) => {
      if (box.children[place] !== one) box.insertBefore(one, box.children[place] ?? null);
    });
  }
}

async function begin() {
  const words = WORDS[document.documentElement.lang] ?? WORDS.en;
  try {
    const answer = await fetch("api/v1/catalogue");
    if (REFUSED.includes(answer.status)) throw new Error(words.refused);
    if (!answer.ok) throw new Error(`${words.unreachable} · ${words.trying}`);
    new Wall(await answer.json()).begin();
  } catch (error) {
    console.error(error);
    byId("link").hidden = false;
    dress(byId("link"), "alarm lost");
    say(byId("link"), error instanceof TypeError ? `${words.unreachable} · ${words.trying}` : error.message);
    setTimeout(begin, RETRY_MS);
  }
}

say(byId("state"), (WORDS[document.documentElement.lang] ?? WORDS.en).connecting);
begin();
