// The room Train: data, recipe, length, and if wanted every setting; the doctor's advice beside them.

import { announce, api, el, go } from "../app.js";
import { advice } from "../parts/advice.js";
import { button, choices, field, wrong } from "../parts/element.js";
import { errand } from "../parts/errand.js";
import { files } from "../parts/files.js";
import { settingsForm } from "../parts/settings.js";

export const title = "Train";

export async function open(root) {
  const [form, { runs }] = await Promise.all([api("/api/forms"), api("/api/runs")]);
  const taken = new Set(runs.map((each) => each.name));
  const lines = Object.fromEntries(form.recipes.flatMap((group) => group.recipes.map((each) => [each.name, each.line])));

  const doctor = advice((name) => { recipe.value = name; recipe.dispatchEvent(new Event("change")); recipe.focus(); });
  const data = files(form, (name) => { choose(name); doctor.ask(name); });
  const recipe = choices({ "": [["", "The one that fits the data"]], ...Object.fromEntries(form.recipes.map((group) => [group.title, group.recipes.map((each) => each.name)])) }, "");
  recipe.querySelector("optgroup").replaceWith(...recipe.querySelector("optgroup").children);
  const minutes = el("input", { type: "text", inputmode: "decimal", value: "2", autocomplete: "off" });
  const seed = el("input", { type: "text", inputmode: "numeric", value: "0", autocomplete: "off" });
  const name = el("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: "64" });
  const unit = choices([["minutes", "minutes"], ["samples", "samples"]], "minutes", { "aria-label": "Unit of the length" });
  const evaluate = el("input", { type: "checkbox", checked: true });
  const fields = {
    data: el("div", {}, data.element, el("p", { class: "wrong", hidden: true })),
    recipe: field("Recipe", recipe, "A complete training: networks, losses and their settings, from the paper it names."),
    minutes: field("Length", minutes),
    seed: field("Seed", seed, "The same seed, the same result."),
    name: field("Name", name, "Of the run's folder."),
  };
  const amountRow = el("div", { class: "amount" });
  minutes.before(amountRow);
  amountRow.append(minutes, unit);
  const help = fields.recipe.querySelector(".help");
  const told = el("p", { class: "wrong", role: "alert", hidden: true });
  const start = button("Start training", begin, { kind: "main" });
  const all = everything(() => ({ data: chosen, recipe: recipe.value || null }));
  let chosen = "digits";
  let named = false;

  function suggest() {
    if (named) return;
    const stem = `${chosen.split("/").pop().replace(/\.[^.]*$/, "") || "data"}${recipe.value ? `-${recipe.value}` : ""}`.replace(/[^\p{L}\p{N}_ .+-]/gu, "-").replace(/^[^\p{L}\p{N}_]+/u, "") || "run";
    let number = 1;
    while (taken.has(number > 1 ? `${stem}-${number}` : stem)) number += 1;
    name.value = number > 1 ? `${stem}-${number}` : stem;
  }
  function choose(data) {
    chosen = data;
    wrong(fields.data, "");
    suggest();
    all.void();
  }
  name.addEventListener("input", () => { named = name.value !== ""; });
  recipe.addEventListener("change", () => {
    help.textContent = lines[recipe.value] ?? "A complete training: networks, losses and their settings, from the paper it names.";
    suggest();
    all.void();
  });
  for (const each of [minutes, seed, name, recipe]) each.addEventListener("input", () => wrong(each.closest(".field"), ""));

  async function begin() {
    const amount = Number(minutes.value);
    told.hidden = true;
    for (const each of Object.values(fields)) wrong(each, "");
    const asked = {
      name: name.value.trim(), data: chosen, recipe: recipe.value || null, seed: seed.value === "" ? null : plain(seed.value),
      [unit.value]: minutes.value === "" || Number.isNaN(amount) ? minutes.value : amount, evaluate: evaluate.checked, settings: all.changed(),
    };
    if (minutes.value.trim() === "") { refuse("minutes must be a number, got nothing"); return; }
    start.disabled = true;
    try {
      if (!(await all.check())) throw new Error("a setting below cannot be used; its line says why");
      const { name: made } = await api("/api/jobs", { json: asked });
      announce(`${made} is on its way`);
      go("runs", made);
    } catch (error) {
      refuse(error.message);
    } finally {
      start.disabled = false;
    }
  }
  // Each line of the service begins with the setting it is about.
  function refuse(line) {
    const about = line.split(/[\s:]/)[0].replace("samples", "minutes");
    const place = /data folder|^no data/.test(line) ? fields.data : /^(a run '|name )/.test(line) ? fields.name : fields[about];
    if (place) {
      wrong(place, line);
      place.querySelector("input, select, button")?.focus();
      announce(line);
    } else {
      told.textContent = line;
      told.hidden = false;
    }
  }

  root.append(
    el("div", { class: "head" }, el("div", {}, el("h1", {}, "Train"), el("p", { class: "lead" }, "From your data to a generator you can trust: choose data, then start. Everything else has a sensible value."))),
    el("div", { class: "columns wide-left" },
      el("div", {},
        el("section", { class: "card" }, el("h2", {}, "Data"), fields.data),
        el("section", { class: "card" }, el("h2", {}, "Training"), fields.recipe,
          el("div", { class: "fields" }, fields.minutes, fields.seed, fields.name),
          field("End with a short evaluation and a report", evaluate), all.element, told,
          el("div", { class: "row" }, start))),
      doctor.element));
  data.pick(chosen);
  doctor.offer(chosen);
  suggest();
  return () => { doctor.close(); all.close(); };
}

function plain(text) {
  return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
}

// The form of all settings: worked out when it is opened, void when data or recipe change, checked after each change.
function everything(asked) {
  const inside = el("div", {});
  const told = el("p", { class: "wrong", role: "alert", hidden: true });
  const count = el("span", { class: "badge", hidden: true });
  const element = el("details", {}, el("summary", {}, "All settings ", count), inside, told);
  let form = null;
  let plan = null;
  let going = null;
  let timer = null;

  element.addEventListener("toggle", () => { if (element.open && !form) fill(); });

  async function fill() {
    going?.abort();
    const mine = (going = new AbortController());
    const line = el("p", { class: "note", role: "status" }, "Reading the data to work out every setting …");
    inside.replaceChildren(line);
    try {
      const [schema, found] = await Promise.all([api("/api/forms/schema"), errand("/api/forms/plan", asked(), {
        signal: mine.signal, said: (lines, state) => { line.textContent = state === "waiting" ? "Waiting for another look to end …" : lines.at(-1) ?? line.textContent; },
      })]);
      if (mine.signal.aborted) return;
      plan = found.number;
      form = settingsForm(schema, found.answer.run, touched);
      inside.replaceChildren(el("p", { class: "note" }, `The values of ${found.answer.run.recipe}. Only what you change is sent.`), form.element);
    } catch (error) {
      if (error.name !== "AbortError") inside.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message));
    }
  }
  function touched() {
    const changed = form.changed();
    count.textContent = `${changed.length} changed`;
    count.hidden = !changed.length;
    clearTimeout(timer);
    timer = setTimeout(check, 250);
  }
  async function check() {
    if (!form) return true;
    const { wrong: lines } = await api("/api/forms/check", { json: { plan, settings: form.changed() } });
    const left = form.mark(lines);
    told.textContent = left.join(" ");
    told.hidden = !left.length;
    if (Object.keys(lines).length) announce(Object.values(lines)[0]);
    return !Object.keys(lines).length;
  }
  return {
    element, check,
    changed: () => form?.changed() ?? [],
    void() {
      going?.abort();
      form = null;
      count.hidden = true;
      told.hidden = true;
      inside.replaceChildren();
      if (element.open) fill();
    },
    close() { going?.abort(); clearTimeout(timer); },
  };
}
