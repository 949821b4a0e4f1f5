// The panel of the leads that wait, and the alarm for those past their limit. Ages go on by the floor's clock.

import { byId, cut, dress, element, fit, label, mark, say } from "./dom.js";
import { Fitted, hold } from "./fitting.js";
import { urgency } from "./judging.js";
import { Pages, Panel } from "./panels.js";
import { reshape, shape } from "./shapes.js";

const SECOND = 1000;
const ROWS_OF_A_PAGE = 50;
const ROWS_BELOW = 12; // where the page scrolls
const MOST_LINES = 2;
const LONGEST_IN_BANNER = 80;

function newLead() {
  const row = element("li");
  const about = element("div", "about");
  about.append(element("b", "whole"), element("span"));
  row.append(shape("good"), element("span", "age"), about);
  return row;
}

function newBand() {
  const band = element("li");
  band.append(element("b"), element("span"));
  return band;
}

// The most urgent first: those that can still be saved, the nearest to its limit before the others; then the late ones,
// the freshest first.
function byUrgency(now) {
  const left = (lead) => (lead.limit_at === null ? Infinity : Date.parse(lead.limit_at) - now);
  return (a, b) => {
    const [x, y] = [left(a), left(b)];
    if (x >= 0 !== y >= 0) return x >= 0 ? -1 : 1;
    return x >= 0 ? x - y : y - x;
  };
}

export class Waiting extends Panel {
  constructor(at) {
    super("leads", byId("waiting"), at);
    this.answer = null;
    this.ahead = 0;
    this.known = null;
    this.over = 0;
    this.rows = new Pages(ROWS_OF_A_PAGE);
    this.fitted = new Fitted();
    say(byId("waiting-title"), at.words.waiting);
    byId("waiting-oldest").append(element("b", "far"), element("span", "little"));
  }

  take(answer) {
    this.answer = answer;
    this.ahead = Date.now() - Date.parse(answer.as_of);
    const now = new Set(answer.leads.map((lead) => lead.lead));
    if (this.known && answer.leads.some((lead) => !this.known.has(lead.lead))) this.at.announce(this.at.words.newLead);
    this.known = now;
  }

  // The view has changed: its leads are not new.
  forget() {
    this.known = null;
    this.answer = null;
    this.over = 0;
  }

  get now() {
    return Date.now() - this.ahead; // by the floor's clock
  }

  pages() {
    const { leads = [], given_up: left = 0 } = this.answer ?? {};
    return leads.length ? this.rows.of(leads.length) : left ? 1 : 0;
  }

  waited(lead) {
    return (this.now - Date.parse(lead.requested_at)) / SECOND;
  }

  // On a wall a strip, while another panel is shown.
  show(page, { wall, shown }) {
    const { answer } = this;
    const { words, formats } = this.at;
    mark(this.box, "form", wall && !shown ? "strip" : "list");
    if (!answer) {
      fit(byId("leads"), 0, newLead);
      fit(byId("bands"), 0, newBand);
      say(byId("waiting-count"), "–");
      say(byId("more"), "");
      byId("waiting-oldest").hidden = true;
      byId("overdue").hidden = true;
      document.body.classList.remove("alarmed");
      return;
    }
    const counted = !answer.recovering; // the listed leads do wait, but the total is not known
    const bands = Object.entries(answer.waiting);
    const total = bands.reduce((sum, [, count]) => sum + count, 0);
    say(byId("waiting-count"), counted ? formats.number(total) : "–");
    const made = fit(byId("bands"), bands.length, newBand);
    bands.forEach(([band, count], place) => {
      say(made[place].children[0], counted ? formats.number(count) : "–");
      say(made[place].children[1], words.bands[band] ?? band);
      mark(made[place], "some", count > 0 ? "yes" : "no");
    });
    const leads = [...answer.leads].sort(byUrgency(this.now));
    this.oldest(answer.oldest);
    if (!wall) this.list(leads.slice(0, ROWS_BELOW));
    else if (shown) this.rows.settle(byId("leads"), () => this.list(this.rows.slice(leads, page)));
    else fit(byId("leads"), 0, newLead);
    const listed = wall ? answer.leads.length : byId("leads").children.length;
    const rest = counted ? Math.max(0, total - listed) : 0;
    const more = counted && total === 0 ? words.nobody : rest ? `+ ${formats.number(rest)} ${words.more}` : "";
    const left = answer.given_up ? `${formats.number(answer.given_up)} ${words.leftAlone}` : "";
    say(byId("more"), [more, left].filter(Boolean).join(" · "));
    this.alarm(leads, counted ? total : null);
  }

  oldest(lead) {
    const box = byId("waiting-oldest");
    box.hidden = !lead;
    if (!lead) return;
    say(box.firstElementChild, this.at.formats.duration(this.waited(lead)));
    say(box.lastElementChild, this.at.words.oldest);
  }

  list(leads) {
    const rows = fit(byId("leads"), leads.length, newLead);
    leads.forEach((lead, place) => this.row(rows[place], lead));
  }

  row(row, lead) {
    const { words, formats, naming } = this.at;
    const state = urgency(lead, this.now);
    const [sign, age, about] = row.children;
    const [name, who] = about.children;
    dress(row, `lead ${state}`);
    mark(row, "lead", lead.lead.slice(0, 200));
    reshape(sign, state);
    say(age, formats.duration(this.waited(lead)));
    say(name, lead.campaign ?? "–");
    say(who, [naming(lead.rep), lead.lead].filter(Boolean).join(" · "));
    const meaning = { good: words.fresh, close: words.late, bad: words.over }[state];
    label(row, `${lead.campaign ?? "–"}, ${lead.lead}, ${meaning}`);
    if (this.fitted.changed(name, name.textContent)) hold(name, MOST_LINES);
  }

  measure() {
    if (this.fitted.another(byId("leads"))) this.rows.within(this.fitted.room);
  }

  alarm(leads, total) {
    const { words, formats, naming } = this.at;
    const { alarms, stages, freshest_late } = this.answer;
    const late = alarms ? leads.filter((lead) => urgency(lead, this.now) === "bad") : []; // a closed floor alarms nobody
    const since = late.filter((lead) => !lead.overdue).length; // since the worker counted
    const many = total === null || !alarms ? late.length : stages.overdue + stages.escalated + since;
    const banner = byId("overdue");
    banner.hidden = many === 0;
    document.body.classList.toggle("alarmed", many > 0);
    if (many) {
      const freshest = since || !freshest_late ? late[0] : freshest_late;
      const parts = fit(banner, 3, (place) => {
        if (place === 0) return shape("bad");
        const part = element("div");
        part.append(element("p"), element("p", "little"));
        return part;
      });
      const more = total === null && late.length === leads.length ? "+" : "";
      const limits = new Set([...late, freshest].map((lead) => lead.limit_s));
      const limit = limits.size === 1 ? `${words.limit} ${formats.round([...limits][0], "seconds")} ${words.clocks[this.answer.clock] ?? ""}` : "";
      say(parts[1].children[0], `${formats.number(many)}${more} ${many === 1 ? words.overdueOne : words.overdueMany}`);
      say(parts[1].children[1], [limit.trim(), total === null ? "" : `${formats.number(total)} ${words.waits}`].filter(Boolean).join(" · "));
      say(parts[2].children[0], formats.duration(this.waited(freshest)));
      const who = [freshest.campaign, freshest.lead, naming(freshest.rep)].filter(Boolean).map((part) => cut(part, LONGEST_IN_BANNER));
      say(parts[2].children[1], [many === 1 ? "" : words.freshest, ...who].filter(Boolean).join(" · "));
    }
    if (many > this.over) this.at.announce(words.leadOver);
    if (many === 0 && this.over > 0) this.at.announce(words.leadsCalled);
    this.over = many;
  }
}
