// The room Sheets: rows, series, sounds, clips, levels, lines and molecules of a model, to look at and take home.

import { announce, api, el, go, state } from "../app.js";
import { asking, models, whole } from "../parts/asking.js";
import { button, choices, field, table } from "../parts/element.js";
import { newest } from "../parts/plane.js";
import { address, found, sample, save, styled } from "../parts/sample.js";
import { picture } from "../parts/picture.js";
import { wheres } from "../parts/wheres.js";

export const title = "Sheets";
const COUNTS = { rows: 200, series: 12, sounds: 12, clips: 12, volumes: 6, levels: 8, lines: 24, molecules: 24, pictures: 36, points: 64 };
const FORMATS = { rows: [["csv", "CSV"], ["parquet", "Parquet"]] };

export async function open(root, [name]) {
  const [{ models: list }] = await Promise.all([api("/api/explore"), styled()]);
  const head = el("div", { class: "head" }, el("div", {}, el("h1", {}, "Sheets"), el("p", { class: "lead" }, "Rows, sounds, clips, levels, series and lines, as their kind is best looked at.")));
  root.append(head);
  if (!list.length) {
    root.append(el("section", { class: "card" }, el("p", {}, "No model yet. ", el("a", { href: "#/train" }, "Train one"), " first.")));
    return null;
  }
  const known = list.some((each) => each.name === state.run) ? state.run : (list.find((each) => each.domain === "table") ?? list[0]).name;
  const chosen = name ?? known;
  head.append(models(list, chosen, (to) => go("sheets", to)));
  state.run = chosen;
  const about = await api(`/api/explore/${encodeURIComponent(chosen)}`).catch((error) => ({ trouble: error.message }));
  if (about.trouble || about.apply) {
    const link = about.apply ? el("p", {}, el("a", { href: `#/apply/${encodeURIComponent(chosen)}` }, "Open it in Apply")) : null;
    root.append(el("section", { class: about.trouble ? "card trouble" : "card", role: about.trouble ? "alert" : null }, el("p", {}, about.trouble ?? about.why), link));
    return null;
  }
  const room = new Room(about);
  root.append(...room.parts());
  room.draw();
  return () => room.close();
}

class Room {
  constructor(about) {
    this.about = about;
    this.rows = about.kind === "rows";
    this.freed = [];
    const most = this.rows ? 100000 : 64;
    this.seed = whole("Seed", 0, () => this.draw());
    this.count = whole(this.rows ? "Rows" : "How many", COUNTS[about.kind] ?? 16, () => this.draw(), { least: 1, most, help: this.rows ? "The first 200 are shown, the file has all." : "" });
    this.asking = asking(about, () => this.draw());
    this.wheres = this.rows && about.condition ? wheres(about.columns, () => this.draw()) : null;
    this.sound = about.rules ? el("input", { type: "checkbox", onchange: () => this.draw() }) : null;
    this.format = FORMATS[about.kind] ? choices(FORMATS[about.kind], "csv") : null;
    this.line = el("p", { class: "note", role: "status" });
    this.shown = el("div");
    this.drawing = newest((body, signal) => this.ask(body, signal), (error) => this.fail(error));
    this.wrongly = el("p", { class: "wrong", role: "alert", hidden: true });
  }

  parts() {
    const load = button("Download", () => this.load(), { kind: "main" });
    const asked = el("section", { class: "card", "aria-labelledby": "asked" }, el("h2", { id: "asked" }, "What to draw"),
      el("div", { class: "fields" }, this.seed.whole, this.count.whole), this.rows ? null : this.asking.whole, this.wheres?.whole,
      this.rows && !this.wheres ? el("p", { class: "note" }, "This table was trained without conditions, so nothing can be asked of its columns.") : null,
      this.sound ? field("Only levels that keep all rules", this.sound) : null, this.wrongly);
    const help = this.rows ? "A CSV file comes in an archive, its mark beside it; Parquet carries the mark inside." : "Every file carries its mark: synthetic, and which model and seed made it.";
    const shown = el("section", { class: "card", "aria-labelledby": "shown" }, el("div", { class: "row ends" }, el("h2", { id: "shown" }, HEADINGS[this.about.kind] ?? "Samples"), this.line), this.shown,
      el("div", { class: "inline after" }, this.format ? field("As", this.format) : null, load), el("p", { class: "help" }, help));
    return [asked, shown];
  }

  body() {
    const body = { seed: this.seed.value(), count: this.count.value() };
    if (!this.rows) Object.assign(body, this.asking.read());
    if (this.wheres) body.asked = this.wheres.read();
    if (this.sound?.checked) body.sound = true;
    return body;
  }

  draw() {
    this.wrongly.hidden = true;
    this.drawing.want(this.body());
  }

  async ask(body, signal) {
    this.shown.setAttribute("aria-busy", "true");
    try {
      const told = await api(this.path("draw"), { json: body, signal });
      for (const each of this.freed.splice(0)) each();
      this.shown.replaceChildren(...(this.rows ? [rows(told, this.about.name)] : this.items(told)));
      this.line.textContent = told.line;
    } finally { this.shown.removeAttribute("aria-busy"); }
  }

  items(told) {
    const context = { name: this.about.name, channels: told.channels };
    const kind = this.about.kind;
    const sheet = told.together ? el("figure", { class: "sheet" }, picture(address(told.together), `${HEADINGS[kind]} by ${this.about.name}, ${told.items.length} on one sheet`, { crisp: 0 })) : null;
    if (kind === "points") return [sheet];
    const narrow = kind === "pictures" ? "" : kind === "levels" ? " broad" : kind === "series" || kind === "lines" ? " wide" : " large";
    const list = el("ul", { class: `pictures${narrow}`, "aria-label": HEADINGS[kind] }, told.items.map((item) => el("li", {}, sample(item, context, this.freed), el("span", { class: "caption" }, found(item)))));
    return [sheet, list].filter(Boolean);
  }

  async load() {
    this.wrongly.hidden = true;
    const format = this.format ? { format: this.format.value } : { format: "zip" };
    announce("Preparing the download.");
    try { await save(await api(this.path("file"), { json: { ...this.body(), ...format }, as: "response" })); announce("Downloaded."); } catch (error) { this.fail(error); }
  }

  path(what) { return `/api/sheets/${encodeURIComponent(this.about.name)}/${what}`; }

  fail(error) {
    this.wrongly.textContent = error.message;
    this.wrongly.hidden = false;
  }

  close() {
    this.drawing.close();
    for (const each of this.freed.splice(0)) each();
  }
}

function rows(told, name) {
  const shown = told.rows.length < told.found ? `the first ${told.rows.length} of ${told.found.toLocaleString("en")} rows` : `${told.found.toLocaleString("en")} rows`;
  const whole = table(`${name}, ${shown}`, told.columns, told.rows);
  whole.classList.add("rows");
  return whole;
}

const HEADINGS = {
  rows: "Rows", series: "Series", sounds: "Sounds", clips: "Clips", volumes: "Volumes", levels: "Levels", lines: "Lines", molecules: "Molecules", pictures: "Pictures", points: "Points",
};
