// The room Explore: samples by seed, a plane of latents to drag over, ways between samples, found directions.

import { announce, api, el, go, state } from "../app.js";
import { asking, models, whole } from "../parts/asking.js";
import { button, choices, field } from "../parts/element.js";
import { corners, newest, plane } from "../parts/plane.js";
import { found, sample, save, styled } from "../parts/sample.js";
import { strip, tiles } from "../parts/strip.js";

export const title = "Explore";
const SHOWN = { sounds: 6, series: 9, clips: 9, volumes: 6, levels: 9, rows: 9, lines: 12, molecules: 12 }; // at once; 16 of others
const MAPPED = new Set(["pictures", "levels", "clips"]); // kinds of which a picture shows enough, soon enough

export async function open(root, [name]) {
  const [{ models: list }] = await Promise.all([api("/api/explore"), styled()]);
  const head = el("div", { class: "head" }, el("div", {}, el("h1", {}, "Explore"), el("p", { class: "lead" }, "What a model draws, and what lies between its samples.")));
  root.append(head);
  if (!list.length) {
    root.append(el("section", { class: "card" }, el("p", {}, "No model yet. ", el("a", { href: "#/train" }, "Train one"), " first.")));
    return null;
  }
  const chosen = name ?? (list.some((each) => each.name === state.run) ? state.run : list[0].name);
  const picked = models(list, chosen, (to) => go("explore", to));
  head.append(picked);
  state.run = chosen;
  const about = await api(path(chosen)).catch((error) => ({ trouble: error.message }));
  if (about.trouble) {
    root.append(el("section", { class: "card trouble", role: "alert" }, el("p", {}, about.trouble)));
    return null;
  }
  if (about.unfinished) head.append(el("p", { class: "note" }, "This run is not finished: what is drawn comes from its newest checkpoint."));
  if (about.apply) {
    root.append(el("section", { class: "card" }, el("p", {}, about.why), el("p", {}, el("a", { href: `#/apply/${encodeURIComponent(chosen)}` }, "Open it in Apply"))));
    return null;
  }
  const room = new Room(about);
  root.append(...room.parts());
  room.redraw();
  return () => room.close();
}

const path = (name, what = "") => `/api/explore/${encodeURIComponent(name)}${what ? `/${what}` : ""}`;

class Room {
  constructor(about) {
    this.about = about;
    this.index = 0; // of the sample in the middle of the plane
    this.first = 0; // of the samples shown
    this.start = null; // of a way
    this.kept = [];
    this.many = SHOWN[about.kind] ?? 16;
    this.freed = [];
    this.asking = asking(about, () => this.redraw());
    this.seed = whole("Seed", 0, () => { this.first = 0; this.index = 0; this.redraw(); }, { help: "The same seed, the same samples." });
    this.grid = tiles("Samples", (item) => this.choose(item), about.plane ? "Choose" : "Keep");
    this.wrongly = el("p", { class: "wrong", role: "alert", hidden: true });
    this.way = strip("On the way");
    this.unwalked = el("p", { class: "note" }, "Choose two samples, one after the other.");
    this.walk = strip("Along the direction");
    this.gathered = tiles("Kept", (item) => this.drop(item), "Drop");
    this.samples = newest((wanted, signal) => this.drawSamples(wanted, signal), (error) => this.fail(error));
    this.pointing = newest((wanted, signal) => this.drawPlace(wanted, signal), (error) => this.fail(error));
    this.mapping = newest((wanted, signal) => this.drawMap(wanted, signal), (error) => this.fail(error));
  }

  parts() {
    const first = el("section", { class: "card", "aria-labelledby": "asked" }, el("h2", { id: "asked" }, "What to draw"),
      el("div", { class: "fields" }, this.seed.whole, this.seedButtons()), this.asking.whole, this.wrongly);
    return [first, this.about.plane ? this.planePart() : el("section", { class: "card" }, el("h2", {}, "Plane"), el("p", {}, this.about.why), sheets(this.about.name)),
      this.samplesPart(), this.about.plane ? this.walkPart() : null, this.keptPart()].filter(Boolean);
  }

  seedButtons() {
    const another = button("Another seed", () => { this.seed.set(Math.floor(Math.random() * 1e6)); this.first = 0; this.index = 0; this.redraw(); });
    return el("div", { class: "field" }, el("p", { class: "label" }, "\u00a0"), another);
  }

  planePart() {
    this.plane = plane((x, y) => this.pointing.want({ x, y }));
    this.pointed = el("div", { class: "pointed" });
    this.where = el("p", { class: "note", "aria-live": "polite" });
    this.axes = this.axesPart();
    const actions = el("div", { class: "row" }, button("Keep this", () => this.keep(this.place(this.plane.at()), this.last)), button("Back to the middle", () => this.plane.to(0, 0)));
    return el("section", { class: "card", "aria-labelledby": "plane" }, el("h2", { id: "plane" }, "Latent plane"), this.axes,
      el("div", { class: "exploring" }, this.plane.whole, el("div", {}, this.pointed, this.where, actions)));
  }

  axesPart() {
    const options = [["random", "two random directions"], ...(this.about.directions > 1 ? [["found", "found directions"]] : [])];
    this.kind = choices(options, "random", { onchange: () => this.turn() });
    const numbers = Array.from({ length: this.about.directions }, (_, i) => [String(i), `direction ${i + 1}`]);
    this.numbers = [0, 1].map((each) => choices(numbers, String(each), { onchange: () => this.turn() }));
    this.pair = 0;
    this.another = button("Another pair", () => { this.pair += 1; this.turn(); });
    this.named = [field("Across", this.numbers[0]), field("Up", this.numbers[1])];
    for (const each of this.named) each.hidden = true;
    return el("div", { class: "inline" }, field("Directions", this.kind), this.named, this.another);
  }

  turn() {
    const isFound = this.kind.value === "found";
    for (const each of this.named) each.hidden = !isFound;
    this.another.hidden = isFound;
    if (isFound) announce("Looking for directions; the first time this may take a while.");
    this.repoint();
  }

  place(at = { x: 0, y: 0 }) {
    return { seed: this.seed.value(), index: this.index, ...this.asking.read(), axes: this.readAxes(), ...at };
  }

  readAxes() {
    if (!this.kind || this.kind.value === "random") return { kind: "random", across: 2 * (this.pair ?? 0), up: 2 * (this.pair ?? 0) + 1 };
    return { kind: "found", across: Number(this.numbers[0].value), up: Number(this.numbers[1].value) };
  }

  samplesPart() {
    const page = (by) => () => { this.first = Math.max(0, this.first + by); this.samples.want(true); };
    const count = whole("Samples", 100, null, { least: 1, most: 1000 });
    const load = button("Download", () => this.download(count.value()), { kind: "main" });
    const row = el("div", { class: "row after" }, button("Earlier", page(-this.many)), button("Later", page(this.many)));
    const help = this.about.plane ? "Choose one: it moves to the middle of the plane." : "";
    return el("section", { class: "card", "aria-labelledby": "samples" }, el("h2", { id: "samples" }, "Samples"), el("p", { class: "note" }, help), this.grid.whole, row,
      this.about.plane ? el("div", { class: "ways" }, el("h3", {}, "The way between the last two chosen"), this.unwalked, this.way.whole) : null,
      el("h3", {}, "Take samples home"), el("div", { class: "inline" }, count.whole, load));
  }

  walkPart() {
    const shares = el("p", { class: "note", "aria-live": "polite" }, "Directions that change samples most are looked for when you first ask; each is walked from -3 to 3 deviations.");
    const numbers = Array.from({ length: this.about.directions }, (_, i) => [String(i), `direction ${i + 1}`]);
    const which = choices(numbers, "0");
    const show = button("Walk along it", async () => {
      show.disabled = true;
      try {
        const { shares: all } = await api(path(this.about.name, "directions"), { method: "POST" });
        const told = await api(path(this.about.name, "walk"), { json: { place: this.place(), direction: Number(which.value) } });
        this.walk.show(told.items, this.context(), told.reach.map((each) => each.toFixed(1)));
        shares.textContent = `Direction ${Number(which.value) + 1} makes ${(100 * all[which.value]).toFixed(0)} % of what changes.`;
      } catch (error) { this.fail(error); } finally { show.disabled = false; }
    });
    return el("section", { class: "card", "aria-labelledby": "walk" }, el("h2", { id: "walk" }, "Found directions"), el("div", { class: "inline" }, field("Direction", which), show), shares, this.walk.whole);
  }

  keptPart() {
    this.takeHome = button("Download what was kept", () => this.load(path(this.about.name, "kept"), { places: this.kept.map((each) => each.place) }), { kind: "main", disabled: true });
    this.none = el("p", { class: "note" }, "Nothing yet. A kept sample can be drawn again from its seed and number; choose it here to drop it.");
    return el("section", { class: "card", "aria-labelledby": "kept" }, el("h2", { id: "kept" }, "Kept"), this.none, this.gathered.whole, el("div", { class: "row after" }, this.takeHome));
  }

  context() { return { name: this.about.name }; }

  redraw() {
    this.wrongly.hidden = true;
    this.samples.want(true);
    this.repoint();
  }

  repoint() {
    if (!this.plane) return;
    if (MAPPED.has(this.about.kind)) this.mapping.want(true);
    this.pointing.want(this.plane.at());
  }

  async drawSamples(_, signal) {
    const body = { seed: this.seed.value(), first: this.first, count: this.many, ...this.asking.read() };
    const { items } = await api(path(this.about.name, "samples"), { json: body, signal });
    this.grid.show(items, this.context(), (item) => this.about.plane && item.index === this.index);
    announce(`${items.length} samples of seed ${body.seed}, from ${this.first} on.`);
  }

  async drawPlace(at, signal) {
    const place = this.place(at);
    const { items: [item] } = await api(path(this.about.name, "places"), { json: { places: [place] }, signal });
    this.last = { ...item, seed: place.seed, index: place.index };
    for (const each of this.freed.splice(0)) each();
    this.pointed.replaceChildren(sample(this.last, this.context(), this.freed));
    this.where.textContent = `${found(this.last)}, ${at.x.toFixed(2)} across, ${at.y.toFixed(2)} up`;
  }

  async drawMap(_, signal) {
    const places = corners().map((at) => this.place(at));
    this.plane.map((await api(path(this.about.name, "places"), { json: { places }, signal })).items);
  }

  async choose(item) {
    const before = this.start;
    this.start = { ...this.place(), index: item.index };
    this.index = item.index;
    if (this.about.plane) this.grid.press((each) => each.index === item.index);
    if (!this.about.plane) { this.keep({ ...this.place(), index: item.index }, item); return; }
    this.plane.to(0, 0, true);
    this.repoint();
    if (!before || (before.index === item.index && before.seed === this.start.seed)) return;
    try {
      const { items } = await api(path(this.about.name, "way"), { json: { start: before, end: this.start } });
      this.unwalked.hidden = true;
      this.way.show(items, this.context(), items.map((_, i) => (i === 0 ? `${before.seed} · ${before.index}` : i === items.length - 1 ? `${item.seed} · ${item.index}` : "")));
    } catch (error) { this.fail(error); }
  }

  keep(place, item) {
    if (!item) return;
    this.kept.push({ place, item });
    this.gather();
    announce(`Kept ${found(item)}; ${this.kept.length} in all.`);
  }

  drop(item) {
    this.kept = this.kept.filter((each) => each.item !== item);
    this.gather();
    announce(`Dropped ${found(item)}; ${this.kept.length} left.`);
  }

  gather() {
    this.gathered.show(this.kept.map((each) => each.item), this.context());
    this.takeHome.disabled = this.kept.length === 0;
    this.none.hidden = this.kept.length > 0;
  }

  download(count) {
    const { name } = this.about;
    return this.load(`/api/sheets/${encodeURIComponent(name)}/file`, { seed: this.seed.value(), count, ...this.asking.read(), format: "zip" });
  }

  async load(where, json) {
    this.wrongly.hidden = true;
    announce("Preparing the download.");
    try { await save(await api(where, { json, as: "response" })); announce("Downloaded."); } catch (error) { this.fail(error); }
  }

  fail(error) {
    this.wrongly.textContent = error.message;
    this.wrongly.hidden = false;
  }

  close() {
    for (const each of [this.samples, this.pointing, this.mapping]) each.close();
    for (const each of [...this.freed.splice(0), ...this.grid.free(), ...this.way.free(), ...this.walk.free(), ...this.gathered.free()]) each();
  }
}

const sheets = (name) => el("p", {}, el("a", { href: `#/sheets/${encodeURIComponent(name)}` }, "Open it in Sheets"));
