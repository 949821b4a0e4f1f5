// The panel of reps by the state they are in, who has been in it for longest first; long pauses are marked.

import { dress, element, fit, label, mark, say } from "./dom.js";
import { paced } from "./flow.js";
import { ListPanel } from "./list_panel.js";
import { reshape, shape } from "./shapes.js";

const ONE_COLUMN = 3; // so many reps, or fewer, stand in one wide column
// In the order in which a floor looks for them; who is offline is counted, and not listed.
const LISTED = ["paused", "wrap_up", "available", "ringing", "talking", "unknown"];
const COUNTED = ["available", "ringing", "talking", "wrap_up", "paused", "unknown", "offline"];
const SECOND = 1000;
const MINUTE = 60;

function newCount() {
  const item = element("li");
  item.append(element("b"), element("span"));
  return item;
}

function newRow() {
  const row = element("li");
  const time = element("b", "number");
  time.append(shape("open"), element("span"));
  row.append(element("span", "name whole"), element("span", "little"), time);
  return row;
}

export class Live extends ListPanel {
  constructor(at) {
    super("live", at, element("ul", "counts"), element("ol", "flow states"));
    this.entries = 0;
    this.hears = "reps";
  }

  opensTo(limits) {
    return !limits.campaign; // a state is of no campaign
  }

  take(answer) {
    this.answer = answer;
    this.ahead = Date.now() - Date.parse(answer.as_of);
  }

  seconds(rotate) {
    return paced(rotate, this.entries, this.rows.pages);
  }

  show(page, { wall, values, answer }) {
    const { words } = this.at;
    const [title, counts, list] = this.box.children;
    say(title, answer?.filters.campaign ? `${words.panels.live} · ${words.everyCampaign}` : words.panels.live);
    this.count(counts);
    const reps = LISTED.flatMap((state) => (this.answer?.reps ?? []).filter((rep) => rep.state === state));
    this.entries = reps.length;
    mark(list, "few", reps.length <= ONE_COLUMN ? "yes" : "no");
    const fill = (some) => this.fill(list, some, values);
    const key = (rep) => `${rep.rep} ${rep.reason} ${this.lasted(rep).replace(/\p{Nd}/gu, "0")} ${this.long(rep, values)}`;
    if (wall) this.rows.show(list, reps, page, { key, fill, group: ({ state }) => state });
    else fill(reps);
  }

  count(box) {
    const { words, formats } = this.at;
    const states = this.answer?.states ?? {};
    const shown = COUNTED.filter((state) => state === "available" || states[state] !== 0);
    const made = fit(box, shown.length, newCount);
    shown.forEach((state, place) => {
      const count = states[state] ?? null;
      say(made[place].firstElementChild, count === null ? "–" : formats.number(count));
      say(made[place].lastElementChild, words.states[state]);
      mark(made[place], "state", state);
    });
  }

  // A heading for each state, and again at the top of a page that goes on with it.
  fill(list, reps, values) {
    const { words } = this.at;
    if (reps.length === 0) {
      this.nothing(this.answer ? words.nobodyHere : "–");
      return;
    }
    const lines = reps.flatMap((rep, place) => (rep.state === reps[place - 1]?.state ? [rep] : [rep.state, rep]));
    const kinds = lines.map((line) => (typeof line === "string" ? "head" : "row")).join(" ");
    if (this.kinds !== kinds || list.querySelector(".nothing")) {
      this.kinds = kinds;
      list.replaceChildren(...lines.map((line) => (typeof line === "string" ? element("li", "head") : newRow())));
    }
    lines.forEach((line, place) => {
      if (typeof line === "string") say(list.children[place], words.states[line]);
      else this.row(list.children[place], line, values);
    });
  }

  since(rep) {
    return Math.max(0, (Date.now() - this.ahead - Date.parse(rep.since)) / SECOND);
  }

  lasted(rep) {
    return this.at.formats.lasting(this.since(rep));
  }

  long(rep, { pause }) {
    return rep.state === "paused" && this.since(rep) >= pause * MINUTE;
  }

  row(row, rep, values) {
    const { words, naming } = this.at;
    const [name, why, time] = row.children;
    const long = this.long(rep, values);
    dress(row, "lasting");
    mark(row, "state", rep.state);
    reshape(time.firstElementChild, long ? "close" : "open");
    dress(time, `number ${long ? "close" : "open"}`);
    const called = naming(rep.rep) || rep.team || "·";
    const reason = rep.reason ?? "";
    say(name, called);
    say(why, reason);
    const duration = this.lasted(rep);
    say(time.lastElementChild, duration);
    label(row, [called, words.states[rep.state], reason, duration, long ? words.longPause : ""].filter(Boolean).join(", "));
  }
}
