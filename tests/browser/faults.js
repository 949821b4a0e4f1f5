// What is wrong with how a page of the wallboard is laid out: text that is cut, lies over other text, has left its box or
// the screen, or is too small. Returns one line for each fault. `arguments[0]` is { wall, far, little }: whether it is a
// wall, and how high capitals are at least, in px: `far` of what matters, `little` of anything.

const { wall, far, little } = arguments[0];
const BOXES = ".tile, .panel, .alarm, header, dialog, main.card";
// What is read from across the room: numbers, names of KPIs, ages, states.
const MATTERS = [
  ".tile h2", ".value", ".line b", "#scope span:first-child", ".state", "#clock", "#page", ".alarm > p:not(#notice)", ".alarm div > p:first-child",
  "#waiting-count", "#waiting-title", "#bands b", "#waiting-oldest .far", ".lead .age", ".wall .part thead th", ".part td", ".badge", "#more", "[data-far]",
  ".listed > h2", ".counts b", ".flow .head", ".flow .name", ".flow .number", ".flow .place",
].join(", ");
const SLACK = 1.5;
const faults = new Set();

const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest(".unseen, noscript");
const inside = (inner, outer) =>
  inner.left >= outer.left - SLACK && inner.right <= outer.right + SLACK && inner.top >= outer.top - SLACK && inner.bottom <= outer.bottom + SLACK;
const named = (text) => text.trim().replace(/\s+/g, " ").slice(0, 40);

// The part of a line that letters are in: a line's box is higher than what is written.
function letters(rect, size) {
  return { left: rect.left, right: rect.right, top: rect.top + 0.2 * size, bottom: rect.bottom - 0.06 * size };
}

const canvas = document.createElement("canvas").getContext("2d");
function capital(style) {
  canvas.font = `${style.fontWeight} 100px ${style.fontFamily}`;
  return (canvas.measureText("H").actualBoundingBoxAscent / 100) * parseFloat(style.fontSize);
}

const pieces = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  const parent = node.parentElement;
  if (!node.textContent.trim() || !shown(parent) || parent.closest("script, option, select")) continue;
  const style = getComputedStyle(parent);
  const size = parseFloat(style.fontSize);
  const range = document.createRange();
  range.selectNodeContents(node);
  const rects = [...range.getClientRects()].filter((rect) => rect.width > 0.5).map((rect) => letters(rect, size));
  if (rects.length === 0) {
    faults.add(`gone: ${named(node.textContent)}`);
    continue;
  }
  pieces.push({ parent, rects, text: named(node.textContent), what: "text" });
  const cap = capital(style);
  const least = parent.closest(MATTERS) && !parent.closest(".little") ? far : little;
  if (cap < least - 0.1) faults.add(`small: ${named(node.textContent)} (capitals of ${cap.toFixed(1)} px, not ${least.toFixed(1)})`);
  if (style.textOverflow === "ellipsis" && parent.scrollWidth > parent.clientWidth + 1) faults.add(`cut: ${named(node.textContent)}`);
}
for (const sign of document.querySelectorAll(".shape, .spark")) {
  const rect = sign.getBoundingClientRect();
  if (shown(sign) && rect.width > 0 && !sign.closest("button")) pieces.push({ parent: sign, rects: [rect], text: `${sign.classList} of ${named(sign.parentElement.textContent)}`, what: "sign" });
}

for (const { parent, rects, text } of pieces) {
  const box = parent.closest(BOXES)?.getBoundingClientRect();
  const sideways = !wall && parent.closest(".scroll, .boxes");
  for (const rect of rects) {
    if (box && !sideways && !inside(rect, box)) faults.add(`out of its box: ${text}`);
    if (!sideways && (rect.left < -SLACK || rect.right > innerWidth + SLACK)) faults.add(`off the screen: ${text}`);
    if (wall && !parent.closest("dialog") && (rect.top < -SLACK || rect.bottom > innerHeight + SLACK)) faults.add(`off the screen: ${text}`);
    for (let one = parent; one && one !== document.documentElement; one = one.parentElement) {
      const style = getComputedStyle(one);
      const frame = one.getBoundingClientRect();
      const [x, y] = [style.overflowX, style.overflowY].map((how) => how === "hidden" || how === "clip");
      if (x && (rect.left < frame.left - SLACK || rect.right > frame.right + SLACK)) faults.add(`cut: ${text}`);
      if (y && one !== document.body && (rect.top < frame.top - SLACK || rect.bottom > frame.bottom + SLACK)) faults.add(`cut: ${text}`);
    }
  }
}

// A table that scrolls sideways keeps its names in sight above its numbers: there only what has the same row is compared.
const apart = (a, b) => !wall && a.parent.closest(".scroll") && b.parent.closest(".scroll");
const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > SLACK && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > SLACK;
const inAlarms = (piece) => !wall && piece.parent.closest("#alarms") !== null; // they stay in sight where the page scrolls
const inDialog = (piece) => piece.parent.closest("dialog") !== null;
pieces.forEach((a, place) => {
  for (const b of pieces.slice(place + 1)) {
    if (apart(a, b) || inAlarms(a) !== inAlarms(b) || inDialog(a) !== inDialog(b) || a.parent.contains(b.parent) && a.what === "sign") continue;
    if (a.rects.some((x) => b.rects.some((y) => over(x, y)))) faults.add(`over each other: ${a.text} / ${b.text}`);
  }
});

const boxes = [...document.querySelectorAll(".tile, #waiting, .panel, .alarm, header")].filter((box) => shown(box) && box.getBoundingClientRect().height > 0);
boxes.forEach((box, place) => {
  const rect = box.getBoundingClientRect();
  const sticky = !wall && box.closest("#alarms");
  if (rect.left < -SLACK || rect.right > innerWidth + SLACK || (wall && rect.bottom > innerHeight + SLACK)) faults.add(`off the screen: .${box.className} ${box.id}`);
  for (const other of boxes.slice(place + 1)) {
    const its = other.getBoundingClientRect();
    if (!sticky && !(!wall && other.closest("#alarms")) && over(rect, its)) faults.add(`over each other: .${box.className} / .${other.className}`);
  }
});
const root = document.documentElement;
if (root.scrollWidth > innerWidth + SLACK) faults.add(`wider than the screen: ${root.scrollWidth}`);
if (wall && Math.max(root.scrollHeight, document.body.scrollHeight) > innerHeight + SLACK) faults.add(`higher than the screen: ${root.scrollHeight}`);
return [...faults];
