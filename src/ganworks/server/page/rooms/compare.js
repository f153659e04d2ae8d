// The room Compare: two runs side by side, what differs in their settings, and which is better if that can be said.

import { announce, api, el, state } from "../app.js";
import { button, choices, field, table } from "../parts/element.js";
import { errand } from "../parts/errand.js";
import { number } from "../parts/charts.js";
import { picture } from "../parts/picture.js";
import { gridOf, healthBadge, progressWords, stateBadge } from "../parts/words.js";

export const title = "Compare";

export async function open(root, words) {
  const { runs } = await api("/api/runs");
  const names = runs.filter((each) => each.grid).map((each) => each.name);
  root.append(el("div", { class: "head" }, el("div", {}, el("h1", {}, "Compare"), el("p", { class: "lead" }, "Two runs side by side: what they draw, where their settings differ, and whether one is better beyond chance."))));
  if (names.length < 2) {
    root.append(el("section", { class: "card" }, el("p", {}, "It takes two runs with pictures. Train another, with one setting changed."), el("a", { class: "button main", href: "#/train" }, "Train")));
    return null;
  }
  const first = names.includes(words[0]) ? words[0] : names.includes(state.run) ? state.run : names[0];
  const second = names.includes(words[1]) && words[1] !== first ? words[1] : names.find((each) => each !== first);
  const left = choices(names, first);
  const right = choices(names, second);
  const inside = el("div", {});
  let going = new AbortController();

  async function look() {
    going.abort();
    const mine = (going = new AbortController());
    const pair = [left.value, right.value];
    // The address keeps up without the room being drawn anew: whoever chooses by keyboard stays where they are.
    history.replaceState(null, "", `#/compare/${pair.map(encodeURIComponent).join("/")}`);
    try {
      const page = await api(`/api/compare?first=${encodeURIComponent(pair[0])}&second=${encodeURIComponent(pair[1])}`, { signal: mine.signal });
      inside.replaceChildren(...drawn(page, ...pair, mine.signal));
    } catch (error) {
      if (error.name !== "AbortError") inside.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message));
    }
  }
  const swap = button("Swap", () => {
    [left.value, right.value] = [right.value, left.value];
    look();
    announce(`${left.value} against ${right.value}`);
  });
  left.addEventListener("change", look);
  right.addEventListener("change", look);
  root.append(el("section", { class: "card" }, el("div", { class: "fields" }, field("First run", left), field("Second run", right)), swap), inside);
  await look();
  return () => going.abort();
}

function drawn(page, first, second, signal) {
  const names = [first, second];
  const grids = el("div", { class: "columns" }, page.runs.map((run) => el("section", { class: "card" },
    el("h2", {}, el("a", { href: `#/runs/${encodeURIComponent(run.name)}` }, run.name)),
    el("p", { class: "note" }, `${run.recipe} on ${run.data}, seed ${run.seed}; ${progressWords(run)}`),
    el("div", { class: "row" }, stateBadge(run), healthBadge(run)), el("p", { class: "note" }, run.reason),
    el("figure", { class: "sheet" }, picture(gridOf(run.name, "latest", run.changed), `A grid of generated samples of ${run.name}`, { crisp: 900 })))));
  return [verdict(page, names, signal), grids, evidence(page, names), settings(page, names)];
}

// What `ganworks compare` says; it draws both runs anew, so it is asked for by hand.
function verdict(page, [first, second], signal) {
  const place = el("div", { role: "status" });
  const element = el("section", { class: "card" }, el("h2", {}, "Which is better?"), place);
  if (page.todo) {
    place.append(el("p", {}, `Nobody can say yet. ${page.todo}`));
    return element;
  }
  const ask = button("Judge them", async () => {
    const line = el("p", { class: "note" }, "Drawing both runs anew, with the same seeds …");
    place.replaceChildren(line);
    try {
      const said = (lines, going) => { line.textContent = going === "waiting" ? "Waiting for another look to end …" : lines.at(-1) ?? line.textContent; };
      const { answer } = await errand("/api/compare", { first, second }, { said, signal });
      place.replaceChildren(...judged(answer, first, second));
    } catch (error) {
      if (error.name !== "AbortError") place.replaceChildren(el("p", { class: "wrong" }, error.message), ask);
    }
  }, { kind: "main" });
  place.append(el("p", { class: "note" }, "Both have evidence of the same protocol. Judging draws each of them ten times anew: better and worse are said only beyond chance."), ask);
  return element;
}

function judged(answer, first, second) {
  const labels = Object.fromEntries(answer.runs.flatMap((run) => Object.entries(run.metrics).map(([name, each]) => [name, each.label])));
  const level = { better: "good", worse: "bad", inconclusive: "watch" };
  const [main] = answer.comparisons;
  const rows = answer.comparisons.map((each) => [labels[each.metric] ?? each.metric,
    el("span", { class: `badge ${level[each.verdict]}` }, each.verdict), signed(each.difference), `${signed(each.low)} to ${signed(each.high)}`, `${(100 * each.relative).toFixed(1)} %`]);
  const words = { better: `${first} is better than ${second}`, worse: `${first} is worse than ${second}`, inconclusive: `Nothing is shown: ${first} and ${second} differ by less than chance allows` };
  return [
    main ? el("p", {}, el("strong", {}, `${words[main.verdict]}.`)) : null,
    table(`${first} against ${second}, over ${main?.over ?? "samples"}. The first metric decides.`, ["Metric", "Verdict", "Difference", "Interval", "Relative"], rows),
    ...answer.notes.map((each) => el("p", { class: "note" }, each)),
  ].filter(Boolean);
}

function evidence(page, names) {
  const element = el("section", { class: "card" }, el("h2", {}, "Evidence beside evidence"));
  if (!page.evidence.length) {
    element.append(el("p", { class: "note" }, "Neither has been evaluated yet."));
    return element;
  }
  const cell = (each) => (each.value ? el("span", {}, el("strong", {}, each.value), each.between ? el("span", { class: "caption" }, each.between) : "") : "");
  const rows = page.evidence.map((row) => [el("span", { title: row.meaning }, row.label), ...row.sides.map(cell), row.sides[0].floor || row.sides[1].floor, row.aim]);
  element.append(table("Each number with its 95 % interval below it. Floor: real against real.", ["Metric", ...names, "Floor", ""], rows));
  return element;
}

function settings(page, names) {
  const element = el("section", { class: "card" }, el("h2", {}, "Settings that differ"));
  if (!page.settings.length) {
    element.append(el("p", { class: "note" }, "None: they are the same run twice."));
    return element;
  }
  element.append(table(`${page.settings.length} settings.`, ["Setting", ...names],
    page.settings.map((each) => [el("code", {}, each.path), each.first || "not set", each.second || "not set"])));
  return element;
}

function signed(value) {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${number(Math.abs(value))}`;
}
