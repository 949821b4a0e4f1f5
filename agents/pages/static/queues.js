// The panel of the queues: who waits in them now, and how the window went.

import { dress, element, fit, label, say } from "./dom.js";
import { verdict } from "./judging.js";
import { reshape, shape } from "./shapes.js";
import { TablePanel } from "./table_panel.js";

const MOST_ROWS = 1000;
const SECOND = 1000;
const CLOSE_FROM = 0.5; // of the limit within which a call should be answered
const TALL_COLUMNS = ["waiting", "oldest", "level"];

// A column says what it shows of a queue, as { text, state, little, meaning }, or null where there is nothing to say.
function columns({ words, formats }, wait, within) {
  const fraction = ({ numerator, denominator }) => `${formats.number(numerator ?? 0)} / ${formats.number(denominator ?? 0)}`;
  const rate = (one) => {
    if (one.value === null) return null;
    const state = verdict(one);
    return { text: formats.value(one.value, one.unit), state, little: fraction(one), meaning: words.verdicts[state] };
  };
  const urgent = (seconds) => {
    const state = seconds > within ? "bad" : seconds >= within * CLOSE_FROM ? "close" : "open";
    return { text: formats.duration(seconds), state, meaning: { close: words.late, bad: words.over }[state] };
  };
  return {
    waiting: (queue) => (queue.waiting === null ? null : { text: formats.number(queue.waiting), state: queue.waiting ? "some" : "idle" }),
    oldest: (queue) => (queue.oldest_since === null ? null : urgent(wait(queue))),
    level: (queue) => rate(queue.kpis.service_level),
    abandoned: (queue) => rate(queue.kpis.abandon_rate),
    reps: ({ reps }) => (reps === null ? null : { text: formats.number(reps.available), state: "open", little: `${words.of} ${formats.number(reps.logged_in)}` }),
  };
}

function newCell() {
  const cell = element("td");
  cell.append(shape("open"), element("span"), element("p", "little"));
  return cell;
}

export class Queues extends TablePanel {
  constructor(at) {
    super("queues", at, MOST_ROWS);
    this.hears = "queues";
  }

  opensTo(limits) {
    return !limits.campaign && !limits.team; // a call that waits is of none
  }

  take(answer) {
    this.answer = answer;
    this.ahead = Date.now() - Date.parse(answer.as_of);
  }

  pages() {
    return Math.max(1, this.rows.of(this.answer?.queues.length ?? 0));
  }

  show(page, { wall, tall, answer }) {
    const { campaign, team, rep } = answer?.filters ?? {};
    this.narrowed = Boolean(campaign || team || rep);
    // By name where all are on one page: a queue is looked for at its place. Else who waits longest first.
    const every = this.answer?.queues ?? [];
    this.draw(wall, () => {
      const one = this.rows.of(every.length) <= 1;
      const sorted = one ? [...every].sort((a, b) => a.queue.localeCompare(b.queue, this.at.language)) : every;
      this.fill(wall ? this.rows.slice(sorted, page) : sorted, tall);
    });
  }

  fill(queues, tall) {
    const { words } = this.at;
    const wait = (queue) => Math.max(0, (Date.now() - this.ahead - Date.parse(queue.oldest_since)) / SECOND);
    const every = columns(this.at, wait, this.answer?.answer_within_s ?? 0);
    const names = Object.keys(every).filter((name) => !tall || TALL_COLUMNS.includes(name));
    // A column that has nothing to say of any queue is left out; who waits is said of all.
    const shown = names.filter((name) => name === "waiting" || name === "oldest" || this.answer?.queues.some((queue) => every[name](queue) !== null));
    const heads = this.heads(shown.length);
    say(heads[0], this.narrowed ? `${words.panels.queues} · ${words.all}` : words.panels.queues);
    shown.forEach((name, place) => say(heads[place + 1], words.queueColumns[name]));
    if (queues.length === 0) {
      this.nothing(this.answer ? words.noQueue : "–", shown.length);
      return;
    }
    const made = this.body(queues.length);
    queues.forEach((queue, place) => {
      const cells = fit(made[place], shown.length + 1, newCell);
      say(cells[0].firstElementChild, queue.queue);
      shown.forEach((name, column) => this.cell(cells[column + 1], every[name](queue)));
    });
  }

  cell(cell, said) {
    const { text, state, little, meaning } = said ?? { text: "–", state: "idle" };
    const [sign, value, note] = cell.children;
    const judged = ["good", "close", "bad"].includes(state);
    dress(cell, judged || state === "some" ? state : `open ${state}`);
    sign.toggleAttribute("hidden", !judged);
    if (judged) reshape(sign, state);
    say(value, text);
    say(note, little ?? "");
    note.hidden = !little;
    label(cell, [text, little, judged ? meaning : ""].filter(Boolean).join(", "));
  }
}
