// The connection to the worker: a stream that reconnects after any failure, and single requests.

const STALE_AFTER_MS = 15000; // the worker sends something every 5 s
const OPEN_AGAIN_AFTER_MS = 20000; // after such a silence the stream may be dead without an error
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
const ASK_WITHIN_MS = 20000;

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
    source.addEventListener("leads", take("leads"));
    source.onerror = () => source === this.source && this.lose();
  }

  lose() {
    this.source.close();
    this.lost = true;
    this.retry = setTimeout(() => this.open(this.query), this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
    this.changed();
    this.ask("healthz").catch((error) => {
      this.why = error.status === 401 ? "refused" : this.why;
      this.changed();
    });
  }

  // Called every second.
  watch() {
    const quiet = Date.now() - Math.max(this.heardAt, this.openedAt);
    if (this.query !== null && !this.lost && quiet > OPEN_AGAIN_AFTER_MS) this.lose();
  }

  async ask(path) {
    const answer = await fetch(path, { signal: AbortSignal.timeout(ASK_WITHIN_MS) });
    if (!answer.ok) throw Object.assign(new Error("refused"), { status: answer.status });
    return answer.json();
  }
}
