// The state of a number: on target, near it, or off it; and its trend.

const STEADY = 0.01;

// Amber is within `near` percent of the target, on its wrong side. No verdict if "neither" is better, or without a number.
export function verdict(answer, better, near) {
  if (answer.met === true) return "good";
  if (answer.met !== false || answer.value === null) return "open";
  const target = Number(answer.target);
  const away = Math.abs(Number(answer.value) - target);
  return better !== "neither" && away <= (Math.abs(target) * near) / 100 ? "near" : "bad";
}

// How urgent a lead is at `now` (ms): by the wallboard's own limits in seconds if set, else by the lead's.
export function urgency(lead, now, warn, limit) {
  const end = (own, theirs) => (own === null ? theirs && Date.parse(theirs) : Date.parse(lead.requested_at) + own * 1000);
  const [warned, over] = [end(warn, lead.warn_at), end(limit, lead.limit_at)];
  if (over !== null && now >= over) return "bad";
  return warned !== null && now >= warned ? "near" : "good";
}

function pooled(known, unit) {
  const divided = known.every((point) => point.numerator !== null && point.denominator !== null) && unit !== "factor";
  const sum = (of) => known.reduce((total, point) => total + of(point), 0);
  if (divided) {
    const bottom = sum((point) => Number(point.denominator));
    return bottom ? ((unit === "per_1000" ? 1000 : 1) * sum((point) => Number(point.numerator))) / bottom : null;
  }
  const weight = (point) => (point.denominator === null ? 1 : Number(point.denominator));
  const whole = sum(weight);
  return whole ? sum((point) => Number(point.value) * weight(point)) / whole : null;
}

// The later half of the known values against the earlier half: the direction, the change, and whether it is good.
export function trend(points, unit, better) {
  const known = points.filter((point) => point.value !== null);
  if (known.length < 2) return null;
  const half = Math.floor(known.length / 2);
  const [before, after] = [known.slice(0, half), known.slice(half)].map((part) => pooled(part, unit));
  if (before === null || after === null) return null;
  const change = after - before;
  const small = Math.abs(change) <= STEADY * Math.max(Math.abs(before), Math.abs(after));
  if (small) return { way: "steady", change, good: null };
  const way = change > 0 ? "rising" : "falling";
  return { way, change, good: better === "neither" ? null : (change > 0) === (better === "up") };
}
