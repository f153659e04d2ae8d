// The room Apply: drop a picture or a sound, see or hear before and after, paint what shall be filled.

import { announce, api, el, go, state } from "../app.js";
import { models } from "../parts/asking.js";
import { brush } from "../parts/brush.js";
import { comparing } from "../parts/compare-slider.js";
import { drop } from "../parts/drop.js";
import { button, choices, field } from "../parts/element.js";
import { blob, keep, sample, styled } from "../parts/sample.js";

export const title = "Apply";
const DOMAINS = new Set(["degraded", "pairs", "unpaired", "clips", "vocoder"]);

export async function open(root, [name]) {
  const [{ models: list }] = await Promise.all([api("/api/explore"), styled()]);
  const able = list.filter((each) => DOMAINS.has(each.domain) || each.name === name);
  const head = el("div", { class: "head" }, el("div", {}, el("h1", {}, "Apply"), el("p", { class: "lead" }, "Your picture or sound through a model: restored, filled, coloured, translated, made anew.")));
  root.append(head);
  if (!able.length) {
    root.append(el("section", { class: "card" }, el("p", {}, "No model here makes pictures from pictures, or sound from sound. Train one with a recipe such as denoise, inpaint, colorize or vocoder: ", el("a", { href: "#/train" }, "Train"), ".")));
    return null;
  }
  const chosen = name ?? (able.some((each) => each.name === state.run) ? state.run : able[0].name);
  head.append(models(able, chosen, (to) => go("apply", to)));
  state.run = chosen;
  const about = await api(`/api/explore/${encodeURIComponent(chosen)}`).catch((error) => ({ trouble: error.message }));
  const trouble = about.trouble ?? (about.apply ? about.apply.line : "This model draws from latents, not from pictures; see it in Explore.");
  if (trouble) {
    root.append(el("section", { class: "card", role: "alert" }, el("p", {}, trouble), about.apply || about.trouble ? null : el("p", {}, el("a", { href: `#/explore/${encodeURIComponent(chosen)}` }, "Open it in Explore"))));
    return null;
  }
  const room = new Room(about);
  root.append(room.whole);
  return () => room.close();
}

class Room {
  constructor(about) {
    this.about = about;
    this.takes = about.apply;
    this.freed = [];
    const sound = this.takes.takes === "sound";
    this.drop = sound
      ? drop("Drop a sound here, or choose a file", ".wav,.flac,.ogg,audio/*", (file) => this.take(file), `WAV, FLAC or Ogg; it comes out at ${this.takes.rate.toLocaleString("en")} samples a second.`)
      : drop("Drop a picture here, or choose a file", "image/*,.tif,.tiff,.bmp,.ppm,.pgm", (file) => this.take(file), this.help());
    this.painting = el("div");
    this.done = el("section", { class: "card", "aria-labelledby": "done", hidden: true });
    this.direction = this.takes.both ? choices([["AtoB", "from A to B"], ["BtoA", "from B to A"]], "AtoB", { onchange: () => this.file && this.send() }) : null;
    const bring = el("section", { class: "card", "aria-labelledby": "bring" }, el("h2", { id: "bring" }, sound ? "A sound" : "A picture"), this.drop.whole,
      this.direction ? field("Direction", this.direction) : null, this.painting);
    this.whole = el("div", { class: "columns" }, bring, this.done);
  }

  help() {
    const scale = this.takes.scale > 1 ? ` It comes out ${this.takes.scale} times as wide and high.` : "";
    return `PNG, JPEG, WebP, BMP or TIFF. Scans and films go through the command line: ganworks apply.${scale}`;
  }

  async take(file) {
    this.file = file;
    this.done.hidden = true;
    if (!this.takes.holes) { await this.send(); return; }
    const source = URL.createObjectURL(file);
    this.freed.push(() => URL.revokeObjectURL(source));
    const image = new Image();
    image.src = source;
    try { await image.decode(); } catch {
      this.painting.replaceChildren();
      this.drop.wrong("The browser cannot show this picture, so there is nothing to paint on; bring a PNG or JPEG.");
      return;
    }
    const fill = button("Fill", () => this.send(), { kind: "main", disabled: true });
    this.brush = brush(source, { width: image.naturalWidth, height: image.naturalHeight }, (any) => { fill.disabled = !any; }, fill);
    this.painting.replaceChildren(this.brush.whole);
  }

  async send() {
    this.drop.wrong("");
    const form = new FormData();
    form.append("file", this.file, this.file.name);
    const mask = this.takes.holes ? await this.brush.mask() : null;
    if (mask) form.append("mask", mask, "mask.png");
    if (this.direction) form.append("direction", this.direction.value);
    announce("Working.");
    this.whole.setAttribute("aria-busy", "true");
    try {
      this.show(await api(`/api/apply/${encodeURIComponent(this.about.name)}`, { body: form }));
      announce("Done.");
    } catch (error) {
      this.drop.wrong(error.message);
    } finally { this.whole.removeAttribute("aria-busy"); }
  }

  show(told) {
    const stem = this.file.name.replace(/\.[^.]*$/, "") || "picture";
    const notes = told.notes.map((each) => el("p", { class: "note" }, each));
    const load = (what, ending) => button("Download", () => keep(blob(what), `${stem}-${this.about.name}.${ending}`), { kind: "main" });
    const parts = told.kind === "picture"
      ? [comparing(told.before, told.after, this.about.name), el("p", { class: "note" }, `${told.after.width} × ${told.after.height} pixels, marked as made by ${this.about.name}.`), el("div", { class: "row" }, load(told.after, "png"))]
      : [this.heard(told), el("div", { class: "row" }, load(told.after.sound, "wav"))];
    this.done.replaceChildren(el("h2", { id: "done" }, "Before and after"), ...notes, ...parts);
    this.done.hidden = false;
  }

  heard(told) {
    const player = (heading, item) => el("div", {}, el("h3", {}, heading), sample({ kind: "sound", ...item }, { name: `${this.about.name}, ${heading.toLowerCase()}` }, this.freed));
    return el("div", { class: "columns" }, player("Before", told.before), player("After", told.after));
  }

  close() { for (const each of this.freed.splice(0)) each(); }
}
