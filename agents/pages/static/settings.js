// The panel of settings; they are stored in the address and in the browser's local storage.

import { MOST_KPIS, VIEWS } from "./choice.js";
import { byId, element } from "./dom.js";

const GROUPS = ["window", "kpi", "campaign", "team", "view"];

export class Settings {
  // `done` is called with the new values.
  constructor(words, language, done) {
    this.words = words;
    this.language = language;
    this.done = done;
    this.dialog = byId("settings");
  }

  open(choice, catalogue) {
    this.choice = choice;
    const { words, language } = this;
    const values = choice.values;
    const form = element("form");
    form.method = "dialog";
    const title = element("h2", "", words.settings);
    title.id = "settings-title";
    const kpis = catalogue.kpis.map((kpi) => [kpi.id, kpi.name[language]]);
    const seen = (name) => [...new Set([...catalogue.seen[name], ...values[name].filter(Boolean)])].map((value) => [value, value]);
    form.append(
      title,
      this.boxes("window", words.window, catalogue.windows.map((name) => [name, words.windows[name]]), values.window),
      this.boxes("kpi", words.kpis, kpis, values.kpi),
      this.boxes("campaign", words.campaigns, seen("campaign"), values.campaign),
      this.boxes("team", words.teams, seen("team"), values.team),
      this.boxes("view", words.views, VIEWS.map((id) => [id, words.panels[id]]), values.view),
      this.fields(values, kpis),
      this.buttons(),
      element("p", "keys", words.keys),
    );
    form.addEventListener("submit", (event) => this.submit(event, form));
    this.dialog.replaceChildren(form);
    this.dialog.showModal();
  }

  boxes(name, title, options, chosen) {
    const group = element("fieldset", "boxes");
    group.append(element("legend", "", title));
    for (const [value, text] of options) {
      const label = element("label");
      const box = element("input");
      Object.assign(box, { type: "checkbox", name, value, checked: chosen.includes(value) });
      label.append(box, element("span", "", text));
      group.append(label);
    }
    return group;
  }

  fields(values, kpis) {
    const { words } = this;
    const group = element("fieldset", "fields");
    const entries = (named) => Object.entries(named);
    group.append(
      this.select("lang", words.language, [["en", "English"], ["fr", "Français"]], this.language),
      this.select("theme", words.theme, entries(words.themes), values.theme),
      this.select("names", words.names, entries(words.namings), values.names),
      this.select("sort", words.sortBy, [["", words.sortFirst], ...kpis], values.sort),
      this.select("order", words.order, [["best", words.bestFirst], ["worst", words.worstFirst]], values.order),
      this.number("least", words.least, values.least, 100000, 1),
      this.number("pause", words.longPauses, values.pause, 1440, 1),
      this.number("rotate", words.turning, values.rotate, 3600, 1),
    );
    return group;
  }

  select(name, text, options, chosen) {
    const label = element("label");
    const select = element("select");
    select.name = name;
    for (const [value, shown] of options) {
      const option = element("option", "", shown);
      option.value = value;
      select.append(option);
    }
    select.value = chosen;
    label.append(element("span", "", text), select);
    return label;
  }

  number(name, text, value, most, step) {
    const label = element("label");
    const input = element("input");
    Object.assign(input, { type: "number", name, value: String(value), min: "0", max: String(most), step: String(step), required: true });
    label.append(element("span", "", text), input);
    return label;
  }

  buttons() {
    const group = element("p", "buttons");
    for (const value of ["apply", "reset", "close"]) {
      const button = element("button", value, this.words[value]);
      Object.assign(button, { type: "submit", value, formNoValidate: value !== "apply" });
      group.append(button);
    }
    return group;
  }

  submit(event, form) {
    const wanted = event.submitter?.value ?? "apply";
    if (wanted === "reset") this.done({ ...this.choice.defaults });
    if (wanted !== "apply") return;
    const fields = new FormData(form);
    const values = { ...this.choice.values };
    for (const name of GROUPS) values[name] = fields.getAll(name);
    for (const name of ["window", "kpi", "view"]) if (values[name].length === 0) values[name] = this.choice.defaults[name];
    values.kpi = values.kpi.slice(0, MOST_KPIS);
    // The article's six first, in their own order; then the others.
    const six = this.choice.defaults.kpi;
    values.kpi = [...six.filter((id) => values.kpi.includes(id)), ...values.kpi.filter((id) => !six.includes(id))];
    for (const name of ["theme", "names", "sort", "order"]) values[name] = fields.get(name);
    values.lang = fields.get("lang");
    for (const name of ["rotate", "least", "pause"]) values[name] = Math.round(Number(fields.get(name)));
    this.done(values);
  }
}
