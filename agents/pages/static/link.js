// The connection to the worker: a stream that reconnects after any failure, and single requests.

const STALE_AFTER_MS = 15000; // the worker sends something every 5 s
const OPEN_AGAIN_AFTER_MS = 20000; // after such a silence the stream may be dead without an error
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
const ASK_WITHIN_MS = 20000;
const BUSY = 503;
export const REFUSED = [401, 403, 429];

export class Link {
  constructor(heard, changed) {
    this.heard = heard;
    this.changed = changed;
    this.heardAt = 0;
    this.openedAt = 0;
    this.lost = false;
    this.why = "";
    this.pause = FIRST_PAUSE_MS;
    this.query = null;
    this.source = null;
    this.retry = null;
    addEventListener("online", () => this.lost && this.open(this.query));
    document.addEventListener("visibilitychange", () => !document.hidden && this.lost && this.open(this.query));
  }

  get silence() {
    return this.heardAt ? Date.now() - this.heardAt : 0;
  }

  get stale() {
    return this.heardAt > 0 && this.silence > STALE_AFTER_MS;
  }

  open(query) {
    clearTimeout(this.retry);
    this.source?.close();
    this.query = query;
    this.openedAt = Date.now();
    const source = new EventSource(`api/v1/stream?${query}`);
    this.source = source;
    const take = (kind) => (event) => {
      if (source !== this.source) return; // a late message of an earlier view
      this.heardAt = Date.now();
      this.pause = FIRST_PAUSE_MS;
      const back = this.lost;
      this.lost = false;
      this.why = "";
      this.heard(kind, JSON.parse(event.data), back);
    };
    source.onmessage = take("kpis");
    for (const kind of ["leads", "reps", "queues"]) source.addEventListener(kind, take(kind));
    source.onerror = () => source === this.source && this.lose();
  }

  lose() {
    this.source.close();
    this.lost = true;
    this.retry = setTimeout(() => this.open(this.query), this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
    this.changed();
    this.askWhy(this.query).catch(() => { // there is no answer at all
      this.why = "";
      this.changed();
    });
  }

  // A stream does not say why it was refused: the answer to the same request does.
  async askWhy(query) {
    const enough = new AbortController();
    const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(ASK_WITHIN_MS)]);
    const answer = await fetch(`api/v1/stream?${query}`, { signal });
    enough.abort();
    this.why = REFUSED.includes(answer.status) ? "refused" : "";
    if (answer.status === BUSY && answer.headers.has("Retry-After")) this.wait(1000 * Number(answer.headers.get("Retry-After")));
    this.changed();
  }

  wait(pause) {
    if (!this.lost) return;
    this.why = "full";
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(this.query), pause);
  }

  // Called every second.
  watch() {
    const quiet = Date.now() - Math.max(this.heardAt, this.openedAt);
    if (this.query !== null && !this.lost && quiet > OPEN_AGAIN_AFTER_MS) this.lose();
  }

  // With an answer that is not older than that: the worker then makes one for all walls.
  async ask(path, oldestMs) {
    const headers = { "Cache-Control": `max-age=${Math.floor(oldestMs / 1000)}` };
    const answer = await fetch(path, { headers, signal: AbortSignal.timeout(ASK_WITHIN_MS) });
    if (!answer.ok) throw Object.assign(new Error("refused"), { status: answer.status });
    return answer.json();
  }
}
