// The leads that wait now, oldest first, and the alarm for those past their limit. Ages are updated by the floor's clock.

import { byId, cut, dress, element, fit, label, mark, say } from "./dom.js";
import { urgency } from "./judging.js";
import { reshape, shape } from "./shapes.js";

const SECOND = 1000;
const ROWS_ON_A_PAGE = 12;

function newLead() {
  const row = element("li");
  const about = element("div", "about");
  about.append(element("b"), element("span"));
  row.append(shape("good"), element("span", "age"), about);
  return row;
}

function newBand() {
  const band = element("li");
  band.append(element("b"), element("span"));
  return band;
}

export class Waiting {
  constructor(words, formats, naming, announce) {
    this.words = words;
    this.formats = formats;
    this.naming = naming;
    this.announce = announce;
    this.answer = null;
    this.ahead = 0;
    this.known = null;
    this.over = 0;
    this.room = 1;
    say(byId("waiting-title"), words.waiting);
  }

  take(answer) {
    this.answer = answer;
    this.ahead = Date.now() - Date.parse(answer.as_of);
    const now = new Set(answer.leads.map((lead) => lead.lead));
    if (this.known && answer.leads.some((lead) => !this.known.has(lead.lead))) this.announce(this.words.newLead);
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

  waited(lead) {
    return (this.now - Date.parse(lead.requested_at)) / SECOND;
  }

  show({ warn, limit }) {
    const { answer, words, formats } = this;
    if (!answer) {
      fit(byId("leads"), 0, newLead);
      fit(byId("bands"), 0, newBand);
      say(byId("waiting-count"), "–");
      say(byId("more"), "");
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
    this.list(answer.leads, warn, limit);
    const shown = byId("leads").children.length;
    const rest = counted ? Math.max(0, total - shown) : 0;
    say(byId("more"), counted && total === 0 ? words.nobody : rest ? `+ ${formats.number(rest)} ${words.more}` : "");
    this.alarm(answer, warn, limit, counted ? total : null);
  }

  list(leads, warn, limit) {
    const rows = fit(byId("leads"), Math.min(leads.length, this.room), newLead);
    for (let place = 0; place < rows.length; place += 1) this.row(rows[place], leads[place], warn, limit);
  }

  row(row, lead, warn, limit) {
    const state = urgency(lead, this.now, warn, limit);
    const [sign, age, about] = row.children;
    dress(row, `lead ${state}`);
    mark(row, "lead", lead.lead.slice(0, 200));
    reshape(sign, state);
    say(age, this.formats.duration(this.waited(lead)));
    say(about.children[0], lead.campaign ?? "–");
    say(about.children[1], [this.naming(lead.rep), lead.lead].filter(Boolean).join(" · "));
    const meaning = { good: this.words.fresh, near: this.words.late, bad: this.words.over }[state];
    label(row, `${lead.campaign ?? "–"}, ${lead.lead}, ${meaning}`);
  }

  // As many rows as fit, if the page does not scroll. Measuring is slow, so it is done only now and then.
  measure(scrolls) {
    const list = byId("leads");
    const height = list.firstElementChild?.getBoundingClientRect().height || 72;
    this.room = scrolls ? ROWS_ON_A_PAGE : Math.max(1, Math.floor((list.clientHeight + 1) / height));
  }

  alarm(answer, warn, limit, total) {
    const { words, formats } = this;
    const over = answer.leads.filter((lead) => urgency(lead, this.now, warn, limit) === "bad");
    const banner = byId("overdue");
    banner.hidden = over.length === 0;
    document.body.classList.toggle("alarmed", over.length > 0);
    if (over.length) {
      const [oldest] = over;
      const more = over.length === answer.leads.length && (total === null || total > over.length) ? "+" : "";
      const parts = fit(banner, 3, (place) => (place === 0 ? shape("bad") : element("p")));
      dress(parts[1], "count");
      const many = over.length === 1 ? words.overdueOne : words.overdueMany;
      const limits = new Set(over.map((lead) => limit ?? lead.limit_s));
      const one = limits.size === 1 ? ` (${formats.round([...limits][0], "seconds")})` : "";
      say(parts[1], `${formats.number(over.length)}${more} ${many}${one}`);
      dress(parts[2], "about");
      const who = [oldest.campaign, oldest.lead, this.naming(oldest.rep)].filter(Boolean).map((part) => cut(part, 40));
      say(parts[2], [`${words.oldest} ${formats.duration(this.waited(oldest))}`, ...who].join(" · "));
    }
    if (over.length > this.over && this.over >= 0) this.announce(words.leadOver);
    if (over.length === 0 && this.over > 0) this.announce(words.leadsCalled);
    this.over = over.length;
  }
}
