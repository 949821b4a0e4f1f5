// What is written large stays within its box, whatever font shows it.

const SCALES = [1, 0.88, 0.77, 0.68, 0.6, 0.52, 0.45];

// Scale the text of `node` (by `--scale` in its style sheet) until every one of `boxes` holds what it says.
export function shrink(node, boxes, fits = (box) => box.scrollWidth <= box.clientWidth) {
  for (const scale of SCALES) {
    if (node.style.getPropertyValue("--scale") !== String(scale)) node.style.setProperty("--scale", scale);
    if (boxes.every(fits)) return;
  }
}

// How many lines `node` takes.
export function lines(node) {
  return Math.round(node.getBoundingClientRect().height / parseFloat(getComputedStyle(node).lineHeight));
}

// Hold a name in `most` lines: smaller where it has more, and broken within a word only where nothing else helps.
export function hold(name, most) {
  name.classList.add("unbroken");
  shrink(name, [name], () => lines(name) <= most && name.scrollWidth <= name.clientWidth);
  if (name.scrollWidth <= name.clientWidth) return;
  name.classList.remove("unbroken");
  shrink(name, [name], () => lines(name) <= most);
}

// Remembers what has been fitted: to look takes long, and another number of the same length is as wide.
export class Fitted {
  constructor() {
    this.known = new WeakMap();
    this.room = "";
  }

  // Whether `node` has to be looked at again, now that it says `text`.
  changed(node, text) {
    const form = `${this.room} ${text.replace(/\p{Nd}/gu, "0")}`;
    if (this.known.get(node) === form) return false;
    this.known.set(node, form);
    return true;
  }

  // Forget all where the boxes or the fonts are others than before; returns whether they are.
  within(room) {
    const now = `${room} ${loaded}`;
    const another = now !== this.room;
    this.room = now;
    return another;
  }

  // Whether there is other room in `node` than before; while it is not shown nobody knows.
  another(node) {
    return node.clientHeight > 0 && this.within(`${node.clientWidth} ${node.clientHeight}`);
  }
}

let loaded = 0;
document.fonts.addEventListener("loadingdone", () => {
  loaded += 1;
});

// Another number for each set of fonts that the page has had.
export const fonts = () => loaded;
