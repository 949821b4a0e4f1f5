// What stands around the panels: what is shown, the state of the link, the clock, the page, the buttons, the alarms.

import { byId, dress, element, fit, label, mark, say } from "./dom.js";
import { reshape, shape } from "./shapes.js";

const BEHIND_FOR_MS = 5000;
const NOTICE_MS = 20000;
const SAID_AFTER_MS = 400;
const LONGEST_SCOPE = 300;
const BUTTONS = [["previous", "previous"], ["next", "next"], ["open-settings", "settings"]];

export class Frame {
  constructor(words, formats, naming) {
    this.words = words;
    this.formats = formats;
    this.naming = naming;
    this.saying = [];
    this.behindSince = 0;
    byId("link").replaceChildren();
    for (const [id, word] of BUTTONS) this.button(id, word, words[word]);
    this.button("pause", "pause", words.pause);
    label(byId("controls"), words.controls);
    label(byId("alarms"), words.alarms);
    say(byId("simulated"), words.simulated);
    byId("state").replaceChildren(shape("waits"), element("span"));
  }

  button(id, sign, word) {
    const button = byId(id);
    if (!button.firstElementChild) button.append(shape(sign));
    reshape(button.firstElementChild, sign);
    label(button, word);
    button.title = word;
  }

  pausing(paused, turns) {
    byId("pause").hidden = !turns;
    byId("pause").setAttribute("aria-pressed", String(paused));
    this.button("pause", paused ? "next" : "pause", paused ? this.words.resume : this.words.pause);
  }

  scope({ window, filters }) {
    const where = [filters.campaign, filters.team, this.naming(filters.rep)].filter(Boolean).join(" · ");
    const parts = fit(byId("scope"), 2, () => element("span"));
    say(parts[0], this.words.windows[window]);
    say(parts[1], where || this.words.all, LONGEST_SCOPE);
  }

  page(page, pages, turns) {
    mark(document.body, "turns", turns ? "yes" : "no");
    byId("page").hidden = pages < 2;
    say(byId("page"), `${this.formats.number(page + 1)} / ${this.formats.number(pages)}`);
    label(byId("page"), `${this.words.page} ${page + 1} ${this.words.of} ${pages}`);
  }

  clock(now) {
    say(byId("clock"), this.formats.time(now, false));
  }

  behind(count) {
    this.behindSince = count > 0 ? this.behindSince || Date.now() : 0;
  }

  // Say how the link is, and what the numbers are of; `answer` is what is shown, `last` the latest there is.
  state({ link, last, answer }) {
    const old = Boolean(last && answer !== last);
    const [kind, sign, text, alarm] = this.said(link, last, answer, old);
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
    document.body.classList.toggle("old", old || kind === "lost");
    if (kind === "lost" && this.kind !== "lost") this.announce(text);
    this.kind = kind;
  }

  said(link, last, answer, old) {
    const { words, formats } = this;
    const at = answer ? `${words.asOf} ${formats.time(Date.parse(answer.as_of), false)}` : "";
    const joined = (...parts) => parts.filter(Boolean).join(" · ");
    if (link.why !== "") return ["lost", "lost", words.lost, words[link.why]];
    if (link.lost && !last) return ["waits", "waits", words.connecting, joined(words.unreachable, words.trying)];
    if (link.lost) return ["lost", "lost", words.lost, joined(words.unreachable, at, words.trying)];
    if (link.stale) {
      const silence = `${words.stale} ${formats.duration(link.silence / 1000)}`;
      return ["lost", "lost", silence, joined(silence, at, words.trying)];
    }
    if (!last) return ["waits", "waits", words.connecting, ""];
    if (last.recovering) {
      const { restored } = last.recovering;
      const far = restored === null ? "" : formats.percent(restored, 0);
      return ["waits", "waits", words.catchingUp, joined(old ? at : "", words.catchingUpAll, far)];
    }
    if (!last.complete) return ["waits", "waits", words.mayBeLate, ""];
    if (this.behindSince && Date.now() - this.behindSince > BEHIND_FOR_MS) return ["waits", "waits", words.catchingUp, ""];
    return ["live", "live", words.live, ""];
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
