// Creates elements and updates them in place. All text is set by textContent, and cut to a maximum length.

const LONGEST = 160;

export const byId = (id) => document.getElementById(id);

// Cut between code points, so that no emoji is cut in half.
export function cut(text, longest = LONGEST) {
  const said = String(text);
  if (said.length <= longest) return said;
  const points = Array.from(said.slice(0, 2 * longest + 2));
  return points.length > longest ? `${points.slice(0, longest).join("")}…` : said;
}

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = cut(text);
  return made;
}

export function say(node, text, longest = LONGEST) {
  const said = cut(text, longest);
  if (node.textContent !== said) node.textContent = said;
}

export function dress(node, className) {
  if (node.className !== className) node.className = className;
}

export function mark(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

export function label(node, text) {
  const said = cut(text, 400);
  if (node.getAttribute("aria-label") !== said) node.setAttribute("aria-label", said);
}

// Keep one child for each item: children are created once and then updated in place.
export function fit(parent, count, make) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(make(parent.children.length));
  return parent.children;
}
