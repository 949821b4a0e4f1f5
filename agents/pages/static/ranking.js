// Who comes first by a KPI: fairly, so that few attempts are no luck, equals share a place, and who has none comes last.

// `one` counts how much it was decided by, if that can be said of a KPI.
function decided(one, kpi) {
  const counts = ["ratio", "seconds", "per_1000", "count"].includes(kpi.unit) && kpi.decided_by !== "time_passed";
  return counts && one.denominator !== null ? Number(one.denominator) : null;
}

// Rows of a breakdown as { row, one, place, standing }: "ranked" by value, "few" with fewer decided than `least`, "none".
// Places are counted from the best, also where the worst come first.
export function ranked(rows, kpi, { worst, least }) {
  const every = rows.map((row) => {
    const one = row.kpis[kpi.id];
    const known = one && one.value !== null;
    const few = known && decided(one, kpi) !== null && decided(one, kpi) < least;
    return { row, one, place: null, standing: !known ? "none" : few ? "few" : "ranked" };
  });
  const way = kpi.better === "down" ? 1 : -1;
  const byValue = (a, b) => way * (Number(a.one.value) - Number(b.one.value)) || Number(b.one.denominator) - Number(a.one.denominator);
  const of = (standing) => every.filter((entry) => entry.standing === standing);
  const [best, few] = [of("ranked").sort(byValue), of("few").sort(byValue)];
  best.forEach((entry, at) => {
    const equal = at > 0 && Number(best[at - 1].one.value) === Number(entry.one.value);
    entry.place = equal ? best[at - 1].place : at + 1;
  });
  if (worst) for (const part of [best, few]) part.reverse();
  return [...best, ...few, ...of("none")];
}
