// Asks the API what the panels want to know, each question at most as often as it says, and one at a time.

const MOST_ASKED = 200;

export class Asking {
  // `view()` is what is being looked at: an answer that comes for another is left out. `taken` is called after one.
  constructor(link, view, taken) {
    this.link = link;
    this.view = view;
    this.taken = taken;
    this.open = new Set();
    this.askedAt = new Map();
  }

  // All may be asked again, or those of the names that `these` is true of.
  forget(these = () => true) {
    for (const name of this.askedAt.keys()) if (these(name)) this.askedAt.delete(name);
  }

  async ask({ name, path, everyMs, take }) {
    const view = this.view();
    const key = `${name} ${view}`;
    if (this.open.has(key) || Date.now() - (this.askedAt.get(name) ?? 0) < everyMs) return;
    this.open.add(key);
    this.askedAt.set(name, Date.now());
    if (this.askedAt.size > MOST_ASKED) this.askedAt.delete(this.askedAt.keys().next().value);
    try {
      const answer = await this.link.ask(path, everyMs / 2);
      if (view === this.view()) {
        take(answer, view);
        this.taken();
      }
    } catch {
      this.askedAt.delete(name); // the connection shows the error; it is asked again
    } finally {
      this.open.delete(key);
    }
  }
}
