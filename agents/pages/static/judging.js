// How urgent a lead is, and which way a KPI has gone. Whether a KPI is on target is the API's to say.

const STEADY = 0.01;

// The colour of a KPI, by the API's own verdict: none of a cohort, and of what has no target.
export function verdict(answer) {
  return answer?.verdict ?? "open";
}

// How urgent a lead is at `now` (ms), by the lead's own limits, which the worker has put on the floor's clock.
export function urgency(lead, now) {
  if (lead.limit_at !== null && now > Date.parse(lead.limit_at)) return "bad";
  return lead.warn_at !== null && now >= Date.parse(lead.warn_at) ? "close" : "good";
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
