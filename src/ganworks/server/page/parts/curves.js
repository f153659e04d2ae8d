// The four curves of a run, from its journal as it grows: distance, losses, logits and rate.

import { api, el } from "../app.js";
import { chart, number } from "./charts.js";
import { address } from "./words.js";

export function curves(name) {
  const distance = chart("Distance to held-out data, lower is closer", [{ label: "distance", colour: "accent", points: true }], { logarithmic: true });
  const losses = chart("Losses", [{ label: "generator", colour: "fake" }, { label: "discriminator", colour: "real" }]);
  const logits = chart("Mean logits, higher is more real", [{ label: "real", colour: "real" }, { label: "fake", colour: "fake" }]);
  const rate = chart("Samples a second", [{ label: "rate", colour: "soft" }]);
  const all = [distance, losses, logits, rate];
  const none = el("p", { class: "note" }, "No numbers yet.");
  const element = el("section", { class: "card" }, el("h2", {}, "Curves"), none, el("div", { class: "charts" }, all.map((each) => each.element)));
  for (const each of all) each.set([], [[], []]);
  let cursor = "";
  let steps = [];
  let judged = [];

  async function grow() {
    const found = await api(address(name, `/journal?after=${encodeURIComponent(cursor)}`));
    if (found.anew) { steps = []; judged = []; }
    cursor = found.cursor;
    if (!found.entries.length && !found.anew) return;
    steps.push(...found.entries.filter((each) => each.kind === "step" && finite(each.samples) !== null));
    judged.push(...found.entries.filter((each) => each.kind === "judged" && finite(each.samples) !== null));
    draw();
  }
  function draw() {
    none.hidden = steps.length + judged.length > 0;
    const x = steps.map((each) => each.samples);
    const of = (key) => steps.map((each) => finite(each[key]));
    losses.set(x, [of("generator/objective"), of("discriminator/objective")]);
    logits.set(x, [of("logits/real"), of("logits/fake")]);
    rate.set(x.slice(1), [steps.map((each, i) => speed(steps[i - 1], each)).slice(1)]);
    const far = judged.map((each) => finite(each.distance));
    const known = far.filter((each) => each !== null);
    distance.set(judged.map((each) => each.samples), [far], `Best ${known.length ? number(Math.min(...known)) : "?"}`);
  }
  return { element, grow, close() { all.forEach((each) => each.close()); } };
}

// The journal writes what is no number as text.
function finite(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function speed(before, after) {
  if (!before || !(after.seconds > before.seconds)) return null;
  return (after.samples - before.samples) / (after.seconds - before.seconds);
}
