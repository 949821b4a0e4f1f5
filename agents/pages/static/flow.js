// Rows that run down columns, and on to the next page: lists of reps that everybody is to be found on soon.

const SEEN = 60; // so many rows are seen
const WITHIN_S = 40; // within so long
const MOST_KNOWN = 5000;
const ROUNDED = 0.5;

// How long a page stays where `count` rows are on so many `pages`, and a view stays `rotate` seconds.
export function paced(rotate, count, pages) {
  return Math.min(rotate, (WITHIN_S * Math.max(1, count / SEEN)) / Math.max(1, pages));
}

// Deals rows to pages by how high each is, which is looked at once: so no page turns out to be too full, or half empty.
export class Flow {
  constructor() {
    this.starts = [0]; // the first row of each page
    this.heights = new Map(); // of rows, by what they say
    this.head = 0; // the height of a heading
    this.form = "";
    this.columns = 1;
  }

  get pages() {
    return this.starts.length;
  }

  // Forget the heights where the box or the fonts are others than before.
  within(form) {
    if (form === this.form) return;
    this.form = form;
    this.heights.clear();
  }

  // Draw by `fill` those of `rows` that are on `page` of `box`. Rows of one `key` are of one height; where another
  // `group` begins, and at the top of a page, `fill` puts a heading (.head) above its first row.
  show(box, rows, page, { key, fill, group = () => "" }) {
    const keys = rows.map(key);
    const columns = Number(getComputedStyle(box).columnCount) || 1;
    if (columns !== this.columns) this.heights.clear();
    this.columns = columns;
    if (keys.some((one) => !this.heights.has(one))) this.look(box, rows, keys, fill);
    this.starts = this.dealt(box, rows.map((row, place) => ({ group: group(row), height: this.heights.get(keys[place]) })));
    const at = page % this.pages;
    fill(rows.slice(this.starts[at], this.starts[at + 1]));
  }

  // All rows are drawn, for what does not fit into the columns goes on beside them.
  look(box, rows, keys, fill) {
    if (this.heights.size > MOST_KNOWN) this.heights.clear();
    fill(rows);
    let place = 0;
    for (const item of box.children) {
      const { height } = item.getBoundingClientRect();
      if (item.classList.contains("head")) this.head = height;
      else this.heights.set(keys[place++], height);
    }
  }

  dealt(box, rows) {
    const room = box.clientHeight - ROUNDED;
    const starts = [0];
    let [column, filled] = [0, 0];
    rows.forEach((row, place) => {
      const begins = row.group !== rows[place - 1]?.group;
      const height = row.height + (begins ? this.head : 0); // a heading stands with its first row
      if (filled > 0 && filled + height > room) [column, filled] = [column + 1, 0];
      if (column === this.columns) {
        starts.push(place);
        [column, filled] = [0, begins ? 0 : this.head];
      }
      filled += height;
    });
    return starts;
  }
}
