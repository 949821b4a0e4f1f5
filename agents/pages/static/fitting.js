// What is written large stays within its box, whatever font shows it.

import { mark } from "./dom.js";

// Mark `node` with the first of `sizes` at which every one of `boxes` holds what it says, else with the last.
export function shrink(node, sizes, boxes) {
  for (const size of sizes) {
    mark(node, "size", size);
    if (boxes.every((box) => box.scrollWidth <= box.clientWidth)) return;
  }
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

  // Forget all where the boxes or the fonts are others than before.
  within(room) {
    this.room = `${room} ${fonts}`;
  }
}

let fonts = 0;
document.fonts.addEventListener("loadingdone", () => {
  fonts += 1;
});
