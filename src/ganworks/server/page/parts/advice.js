// The doctor's advice about data: findings, the recipe that fits, and what it will cost on this machine.

import { el } from "../app.js";
import { number } from "./charts.js";
import { button } from "./element.js";
import { errand } from "./errand.js";
import { lasting } from "./words.js";

const SIGNS = { good: ["✓", "fine"], note: ["·", "note"], warning: ["△", "warning"] };

// `use(recipe)` takes the doctor's recommendation. `ask(data)` sends the doctor to look, `offer(data)` only offers to.
export function advice(use) {
  const inside = el("div", {});
  const element = el("section", { class: "card", "aria-label": "The doctor's advice" }, el("h2", {}, "The doctor's advice"), inside);
  let going = null;

  function offer(data) {
    going?.abort();
    inside.replaceChildren(el("p", { class: "note" }, "The doctor looks for what spoils training: unreadable files, copies, odd classes. It recommends a recipe and times it here for a few seconds."),
      button(`Examine ${data}`, () => ask(data)));
  }
  async function ask(data) {
    going?.abort();
    const mine = (going = new AbortController());
    const line = el("p", { class: "note", role: "status" }, `Looking at ${data} …`);
    inside.replaceChildren(line);
    try {
      const said = (lines, state) => { line.textContent = state === "waiting" ? "Waiting for another look to end …" : lines.at(-1) ?? `Looking at ${data} …`; };
      const { answer } = await errand("/api/forms/doctor", { data }, { said, signal: mine.signal });
      if (!mine.signal.aborted) inside.replaceChildren(...told(answer, use));
    } catch (error) {
      if (error.name !== "AbortError") inside.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message), button("Look again", () => ask(data)));
    }
  }
  return { element, ask, offer, close() { going?.abort(); } };
}

function told(found, use) {
  const counts = Object.entries(found.counts).map(([split, count]) => `${count.toLocaleString("en")} ${split}`).join(", ");
  const worst = { warning: 0, note: 1, good: 2 };
  const lines = [...found.findings].sort((one, other) => worst[one.level] - worst[other.level]);
  const cost = found.cost;
  return [
    el("p", { class: "note" }, `${counts}.`),
    el("ul", { class: "advice" }, lines.map((each) => {
      const [sign, word] = SIGNS[each.level] ?? ["·", each.level];
      return el("li", {}, el("span", { class: each.level, role: "img", "aria-label": word }, sign), el("span", {}, el("strong", {}, `${each.about}: `), each.line));
    })),
    el("h3", {}, "Recommended"),
    el("p", {}, found.recipe.why || found.recipe.name),
    el("dl", { class: "facts" },
      el("dt", {}, "Speed here"), el("dd", {}, `${number(cost.rate)} samples a second on ${cost.device}`),
      el("dt", {}, "Its own budget"), el("dd", {}, `${lasting(cost.minutes * 60)}, ${cost.samples.toLocaleString("en")} samples`),
      el("dt", {}, "Memory"), el("dd", {}, `${number(cost.memory, 2)} GB`)),
    el("div", { class: "row" }, button(`Use ${found.recipe.name}`, () => use(found.recipe.name))),
  ];
}
