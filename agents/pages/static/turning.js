// Which page is shown: of which view (a window with its filters), of which panel.

export class Turning {
  // `panels` and `views` say what there is at the moment; `moved(another)` is called when the page has changed.
  constructor(panels, views, moved) {
    this.panels = panels;
    this.views = views;
    this.moved = moved;
    this.paused = false;
    this.begin();
  }

  begin() {
    this.view = 0;
    this.id = null;
    this.page = 0;
  }

  // The panels that have something to show, each with its number of pages; where none has, the first.
  get stops() {
    const every = this.panels().map((panel) => ({ panel, pages: panel.pages() }));
    const found = every.filter(({ pages }) => pages > 0);
    return found.length ? found : every.slice(0, 1).map(({ panel }) => ({ panel, pages: 1 }));
  }

  // The stop of now: the first, where the panel has gone.
  get stop() {
    const { stops } = this;
    return stops.find(({ panel }) => panel.id === this.id) ?? stops[0];
  }

  // The page of now, which is the last where some have gone.
  get shown() {
    return Math.max(0, Math.min(this.page, (this.stop?.pages ?? 1) - 1));
  }

  // Whether there is more than what is shown.
  get turns() {
    const { stops } = this;
    return this.views().length > 1 || stops.length > 1 || (stops[0]?.pages ?? 0) > 1;
  }

  // To the next page (1) or the one before (-1); after the last panel comes the next view.
  turn(way) {
    const { stops } = this;
    const view = this.view;
    const place = Math.max(0, stops.findIndex(({ panel }) => panel.id === this.id));
    const page = this.shown + way;
    if (stops.length && page >= 0 && page < stops[place].pages) {
      this.page = page;
    } else {
      const next = place + way;
      const leaves = next < 0 || next >= stops.length;
      const stop = stops[(next + stops.length) % Math.max(1, stops.length)];
      this.id = stop?.panel.id ?? null;
      this.page = way > 0 || !stop ? 0 : stop.pages - 1;
      if (leaves) this.view = (this.view + way + this.views().length) % this.views().length;
    }
    this.moved(view !== this.view);
  }

  // Whether the page stays for another time than when it came, as now more is known of it.
  another(rotate) {
    return rotate > 0 && !this.paused && this.stays !== (this.stop?.panel.seconds(rotate) ?? rotate);
  }

  // Turn by itself once the page has stayed as long as the panel wants of `rotate` seconds, which is returned; 0 for
  // never. It has stayed since now, or `again` since it came.
  later(rotate, again = false) {
    if (!again) this.since = Date.now();
    clearTimeout(this.timer);
    if (rotate <= 0 || this.paused) return 0;
    const seconds = this.stop?.panel.seconds(rotate) ?? rotate;
    this.stays = seconds;
    this.timer = setTimeout(() => this.turn(1), seconds * 1000 - (Date.now() - this.since));
    return seconds;
  }
}
