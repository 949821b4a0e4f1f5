// The panel of a floor where nothing has happened yet: what to do next.

import { element } from "./dom.js";
import { Panel, panelBox } from "./panels.js";

const COMMANDS = {
  connect: "ringboard connect --help",
  replay: "ringboard replay day.csv --to-now",
  simulate: "ringboard simulate --live",
};

export class First extends Panel {
  constructor(at) {
    super("first", panelBox("first", "first"), at);
    const { words } = at;
    this.box.firstElementChild.textContent = words.empty;
    const list = element("ul");
    for (const [name, command] of Object.entries(COMMANDS)) {
      const step = element("li");
      step.append(element("p", "", words.begin[name]), element("code", "", command));
      list.append(step);
    }
    this.box.append(list);
  }
}
