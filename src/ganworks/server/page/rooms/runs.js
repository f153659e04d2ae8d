// The room Runs: every run at a glance, and one of them in all detail.

import { announce, api, el, every } from "../app.js";
import { picture, show } from "../parts/picture.js";
import { openRun } from "../parts/run.js";
import { bar, gridOf, healthBadge, progressWords, stateBadge } from "../parts/words.js";

export const title = "Runs";

export async function open(root, words) {
  return words.length ? openRun(root, words[0]) : openAll(root);
}

function openAll(root) {
  const list = el("div", { class: "runs" });
  const empty = el("section", { class: "card", hidden: true },
    el("h2", {}, "No runs yet"),
    el("p", {}, "A run is one training: its settings, curves, pictures and the model. Train the first on the built-in digits: a minute is enough."),
    el("a", { class: "button main", href: "#/train" }, "Train a generator"));
  const told = el("p", { class: "wrong", role: "alert", hidden: true });
  const lead = el("p", { class: "lead" }, "Reading the folder of runs …");
  root.append(
    el("div", { class: "head" }, el("div", {}, el("h1", {}, "Runs"), lead), el("a", { class: "button main", href: "#/train" }, "New training")),
    told, empty, list,
  );
  const cards = new Map();
  let states = null;

  async function look() {
    const { runs, folder } = await api("/api/runs");
    told.hidden = true;
    empty.hidden = runs.length > 0;
    const going = runs.filter((each) => each.state === "training").length;
    lead.textContent = runs.length
      ? `${runs.length} ${runs.length === 1 ? "run" : "runs"} in the folder ${folder}${going ? `, ${going} training now` : ""}.`
      : `The folder ${folder} is empty.`;
    for (const [name, card] of cards) {
      if (!runs.some((each) => each.name === name)) { card.element.remove(); cards.delete(name); }
    }
    runs.forEach((run, place) => {
      const card = cards.get(run.name) ?? made(run.name);
      cards.set(run.name, card);
      card.set(run);
      if (list.children[place] !== card.element) list.insertBefore(card.element, list.children[place] ?? null);
    });
    const now = new Map(runs.map((each) => [each.name, each.state]));
    if (states) {
      for (const [name, state] of now) if (states.get(name) && states.get(name) !== state) announce(`${name}: ${state}`);
    }
    states = now;
  }

  return every(2500, look, (error) => { told.textContent = error.message; told.hidden = false; });
}

function made(name) {
  const shown = el("div", { class: "shown" });
  const badges = el("div", { class: "row" });
  const what = el("p", { class: "note" });
  const far = el("p", { class: "note" });
  const why = el("p", {});
  const how = bar(`Progress of ${name}`);
  const heading = el("h2", {}, el("a", { href: `#/runs/${encodeURIComponent(name)}` }, name));
  const element = el("article", { class: "card run" }, shown, el("div", { class: "told" }, heading, what, badges, how.element, far, why));
  let at = null;
  let image = null;

  function set(run) {
    what.textContent = `${run.recipe} on ${run.data}`;
    badges.replaceChildren(stateBadge(run), healthBadge(run));
    far.textContent = progressWords(run);
    why.textContent = run.line || run.doubt || run.reason;
    element.dataset.well = run.well;
    how.set(run);
    const alt = `Samples of ${name} after ${run.samples.toLocaleString("en")} samples of training`;
    if (!run.grid) {
      if (!image) shown.textContent = "no pictures yet";
    } else if (!image) {
      image = picture(gridOf(name, "latest", run.changed), alt, { crisp: 400, loading: "lazy" });
      shown.replaceChildren(image);
    } else if (at !== run.changed) {
      show(image, gridOf(name, "latest", run.changed), alt);
    }
    at = run.changed;
  }
  return { element, set };
}
