// SVG shapes that mean the same as a colour, and lines over time.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  good: "M12 2a10 10 0 1 1 0 20a10 10 0 1 1 0-20z", // a disc
  close: "M12 1.5L23.5 22H.5z", // a triangle
  bad: "M12 0l12 12l-12 12l-12-12z", // a diamond
  open: "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18zm0 3a6 6 0 1 0 0 12a6 6 0 1 0 0-12z", // a ring
  rising: "M3 20L17 6h-9V3h14v14h-3V8L5 22z",
  falling: "M3 4L17 18h-9v3h14V7h-3v9L5 2z",
  steady: "M2 10.5h15L11.5 5l2-2L22.500 12l-9 9l-2-2l5.500-5.500H2z",
  live: "M12 5a7 7 0 1 1 0 14a7 7 0 1 1 0-14z",
  waits: "M12 2a10 10 0 1 1 0 20a10 10 0 1 1 0-20zm0 3v14a7 7 0 1 0 0-14z", // half a disc
  lost: "M4 2l8 8l8-8l2 2l-8 8l8 8l-2 2l-8-8l-8 8l-2-2l8-8l-8-8z", // a cross
  previous: "M16 3L6 12l10 9z",
  next: "M8 3l10 9L8 21z",
  pause: "M5 3h5v18H5zM14 3h5v18h-5z",
  settings: "M3 5h18v3H3zM3 10.500h18v3H3zM3 16h18v3H3z",
};

function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function shape(name) {
  const made = svg("svg", { viewBox: "0 0 24 24", class: "shape", "aria-hidden": "true", focusable: "false" });
  made.append(svg("path", {}));
  reshape(made, name);
  return made;
}

export function reshape(made, name) {
  if (made.dataset.shape === name) return;
  made.dataset.shape = name;
  made.firstChild.setAttribute("d", SHAPES[name]);
}

export function sparkline() {
  const made = svg("svg", { viewBox: "0 0 100 32", preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" });
  for (const name of ["aim", "bridge", "line", "now"]) made.append(svg("path", { class: name, "vector-effect": "non-scaling-stroke" }));
  return made;
}

// Draw `values` (null where there is none) in a 100 × 32 field, with the target if it is in range. A gap between two
// numbers, such as a weekend, is bridged by a faint line.
export function draw(made, values, target) {
  const known = values.filter((value) => value !== null);
  let low = Math.min(...known);
  let high = Math.max(...known);
  const room = high - low || Math.abs(high) || 1;
  const aims = known.length > 0 && target !== null && target >= low - room && target <= high + room;
  if (aims) [low, high] = [Math.min(low, target), Math.max(high, target)];
  const y = (value) => (high === low ? 16 : 29 - (26 * (value - low)) / (high - low)).toFixed(2);
  const x = (place) => (values.length === 1 ? 50 : 2 + (96 * place) / (values.length - 1)).toFixed(2);
  let line = "";
  let bridge = "";
  let last = "";
  let pen = false;
  values.forEach((value, place) => {
    if (value !== null) {
      line += `${pen ? "L" : "M"}${x(place)} ${y(value)}`;
      if (!pen) line += "h0.01";
      bridge += `${bridge ? "L" : "M"}${x(place)} ${y(value)}`;
      last = `M${x(place)} ${y(value)}h0.01`;
    }
    pen = value !== null;
  });
  const [aim, between, path, now] = made.children;
  aim.setAttribute("d", aims ? `M0 ${y(target)}H100` : "");
  between.setAttribute("d", bridge);
  path.setAttribute("d", line);
  now.setAttribute("d", last);
}
