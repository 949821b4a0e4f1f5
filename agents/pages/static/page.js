// The plain page: shows what /api/v1/stream sends. All text goes through textContent.
"use strict";

const STALE_AFTER_MS = 15000;
const RETRY_MS = 3000;
const LEADS_SHOWN = 12;

const language = document.documentElement.lang in WORDS ? document.documentElement.lang : "en";
const words = WORDS[language];
const address = new URLSearchParams(location.search);
const asked = { window: address.get("window"), campaign: address.get("campaign"), team: address.get("team"), rep: address.get("rep") };
const byId = (id) => document.getElementById(id);

let catalogue = null;
let source = null;
let retry = null;
let heardAt = 0;
let last = null;
let whole = null; // the latest answer of the whole floor, and to which question
let clockAhead = 0;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function number(value, decimals) {
  return new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
}

function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  if (whole < 172800) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")}`;
  return `${number(whole / 86400, 1)} ${language === "fr" ? "j" : "d"}`;
}

function money(value, currency) {
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(value);
}

function written(value, unit, currency) {
  if (value === null || value === undefined) return "–";
  if (unit === "ratio") return percent(value, 1);
  if (unit === "money") return currency ? money(value, currency) : number(value, 2);
  if (unit === "seconds") return duration(value);
  if (unit === "factor") return `× ${number(value, 1)}`;
  return number(value, unit === "per_1000" ? 1 : 0);
}

function parts(answer, unit) {
  if (answer.by_currency) {
    return Object.entries(answer.by_currency).map(([code, one]) => written(one.value, unit, code)).join("  ·  ");
  }
  if (answer.denominator === null || answer.numerator === null) return "";
  if (unit !== "money") return `${number(answer.numerator, 0)} / ${number(answer.denominator, 0)}`;
  return answer.currency ? `${money(answer.numerator, answer.currency)} / ${number(answer.denominator, 0)}` : "";
}

function percent(value, decimals) {
  return new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
}

function card(kpi, answer, absent) {
  const state = answer.met === true ? "met" : answer.met === false ? "missed" : "open";
  const made = element("article", `card ${state}`);
  made.title = kpi.meaning[language];
  made.append(element("h2", "", kpi.name[language]));
  made.append(element("p", "value", written(answer.value, kpi.unit, answer.currency)));
  const nothing = answer.value === null && !answer.by_currency;
  made.append(element("p", "parts", nothing ? absent : parts(answer, kpi.unit)));
  const target = element("p", "target");
  if (answer.target !== null) {
    const shape = { met: "▲", missed: "▼", open: "○" }[state];
    target.append(element("span", "shape", shape));
    const told = { met: words.met, missed: words.missed, open: "" }[state];
    target.append(` ${words.target} ${written(answer.target, kpi.unit, answer.currency)}${told && `, ${told}`}`);
  }
  made.append(target);
  return made;
}

function showKpis(answer) {
  // A floor that is not whole has no numbers: what it had last stays, in grey and with its time.
  const question = query().toString();
  if (!answer.recovering) whole = { question, answer };
  const shown = answer.recovering && whole && whole.question === question ? whole.answer : answer;
  const known = new Map(catalogue.kpis.map((kpi) => [kpi.id, kpi]));
  const absent = shown.recovering ? words.recovering : words.nothing;
  byId("six").replaceChildren(...catalogue.the_six.map((id) => card(known.get(id), shown.kpis[id], absent)));
  byId("six").classList.toggle("old", shown !== answer);
  byId("old").hidden = shown === answer;
  byId("old").textContent = shown === answer ? "" : `${words.old} ${shown.as_of.slice(11, 19)}`;
  last = answer;
  showState();
}

function recoveringText(found) {
  const restored = found.restored === null ? "" : `, ${percent(found.restored, 0)}`;
  return `${words.recovering}: ${number(found.ready, 0)} ${words.of} ${number(found.of, 0)} ${words.partitions}${restored}`;
}

function showLeads(answer) {
  if (last) last = { ...last, complete: answer.complete, behind: answer.behind, as_of: answer.as_of, recovering: answer.recovering };
  clockAhead = Date.now() - Date.parse(answer.as_of);
  const counted = !answer.recovering; // the leads listed do wait, but how many others do is not known
  const total = Object.values(answer.waiting).reduce((sum, count) => sum + count, 0);
  byId("waiting-title").textContent = `${words.waiting} ${counted ? number(total, 0) : "–"}`;
  byId("bands").replaceChildren(...Object.entries(answer.waiting).map(([band, count]) => {
    const item = element("li", `band band-${Object.keys(words.bands).indexOf(band)}`);
    item.append(element("b", "", counted ? number(count, 0) : "–"), ` ${words.bands[band] || band}`);
    return item;
  }));
  byId("leads").replaceChildren(...answer.leads.map((lead) => {
    const row = element("tr", lead.overdue ? "overdue" : "");
    const age = element("td", "age");
    age.dataset.since = String(Date.parse(lead.requested_at));
    age.dataset.overdue = lead.overdue ? `▼ ${words.overdue}` : "";
    row.append(age, ...["lead", "campaign", "team", "rep"].map((name) => element("td", "", lead[name] ?? "–")));
    return row;
  }));
  byId("nobody").hidden = !counted || total > 0;
  showAges();
  showState();
}

function showAges() {
  for (const cell of document.querySelectorAll("td.age")) {
    const waited = (Date.now() - clockAhead - Number(cell.dataset.since)) / 1000;
    cell.textContent = `${duration(waited)} ${cell.dataset.overdue}`.trim();
  }
}

function showState() {
  // The time shown is the floor's, not the browser's.
  const state = byId("state");
  const silent = Date.now() - heardAt;
  let kind = "live";
  let text = `● ${words.live}`;
  if (!last) {
    kind = "waits";
    text = `◌ ${words.connecting}`;
  } else if (silent > STALE_AFTER_MS) {
    kind = "stale";
    text = `✕ ${words.stale} ${duration(silent / 1000)}`;
  } else if (last.recovering) {
    kind = "waits";
    text = `◐ ${recoveringText(last.recovering)}`;
  } else if (!last.complete) {
    kind = "waits";
    text = `◐ ${words.unknown}`;
  } else if (last.behind > 0) {
    kind = "waits";
    text = `◐ ${number(last.behind, 0)} ${words.behind}`;
  }
  state.className = `state ${kind}`;
  state.textContent = last ? `${text} · ${last.as_of.slice(11, 19)}` : text;
  document.body.classList.toggle("stale", kind === "stale");
}

function query() {
  const chosen = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) if (value) chosen.set(name, value);
  return chosen;
}

function listen() {
  clearTimeout(retry);
  if (source) source.close();
  const chosen = query();
  chosen.set("leads", String(LEADS_SHOWN));
  source = new EventSource(`api/v1/stream?${chosen}`);
  source.onmessage = (event) => { heardAt = Date.now(); showKpis(JSON.parse(event.data)); };
  source.addEventListener("leads", (event) => { heardAt = Date.now(); showLeads(JSON.parse(event.data)); });
  source.onerror = () => {
    // The browser tries again by itself, but not after an answer that was no stream.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(listen, RETRY_MS);
    showState();
  };
}

function fill(select, values, chosen, label) {
  const options = values.map((value) => {
    const option = element("option", "", label(value));
    option.value = value;
    return option;
  });
  select.replaceChildren(...options);
  if (chosen && !values.includes(chosen)) {
    const option = element("option", "", chosen);
    option.value = chosen;
    select.append(option);
  }
  select.value = chosen ?? "";
}

function showFilters() {
  asked.window = asked.window || catalogue.default_window;
  fill(byId("window"), catalogue.windows, asked.window, (name) => words.windows[name] || name);
  for (const name of ["campaign", "team", "rep"]) {
    fill(byId(name), ["", ...catalogue.seen[name]], asked[name], (value) => value || words.all);
  }
}

async function readCatalogue() {
  const answer = await fetch("api/v1/catalogue");
  if (answer.status === 401) throw new Error(words.refused);
  if (!answer.ok) throw new Error(words.connecting);
  catalogue = await answer.json();
  showFilters();
}

async function begin() {
  try {
    await readCatalogue();
    listen();
  } catch (error) {
    byId("state").className = "state stale";
    byId("state").textContent = `✕ ${error instanceof TypeError ? words.connecting : error.message}`;
    setTimeout(begin, RETRY_MS);
  }
}

for (const label of document.querySelectorAll("[data-word]")) label.textContent = words[label.dataset.word];
byId("waiting-title").textContent = words.waiting;
byId("nobody").textContent = words.nobody;
byId("waiting-head").append(...["since", "lead", "campaign", "team", "rep"].map((name) => element("th", "", words[name])));
byId("simulated").textContent = words.simulated;
byId("simulated").hidden = address.get("simulated") !== "1" && document.documentElement.dataset.simulated !== "yes";
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("change", (event) => {
  asked[event.target.name] = event.target.value;
  const kept = query();
  for (const name of ["lang", "simulated"]) if (address.get(name)) kept.set(name, address.get(name));
  history.replaceState(null, "", `?${kept}`);
  listen();
});
setInterval(() => { if (catalogue) { showAges(); showState(); } }, 1000);
setInterval(() => { if (catalogue) readCatalogue().catch(() => {}); }, 60000);
byId("state").textContent = `◌ ${words.connecting}`;
begin();
