// The evidence about a run: what was found, and a table of metrics with intervals, floor and copycat.

import { api, el } from "../app.js";
import { table } from "./element.js";
import { address } from "./words.js";

const SIGNS = { good: "✓ ", warning: "△ ", alarm: "✕ " };

export function evidence(name) {
  const inside = el("div", {});
  const element = el("section", { class: "card" }, el("h2", {}, "Evidence"), inside);
  let shown = null;

  async function set(run) {
    const key = `${run.evaluated} ${run.state === "finished"} ${run.samples}`;
    if (key === shown) return;
    shown = key;
    if (!run.evaluated) {
      inside.replaceChildren(el("p", { class: "note" }, "Not evaluated yet. A training ends with a short evaluation: how close its samples are, how complete, and whether they are copies."));
      return;
    }
    try {
      inside.replaceChildren(...drawn(await api(address(name, "/evidence"))));
    } catch (error) {
      inside.replaceChildren(el("p", { class: "wrong" }, error.message));
    }
  }
  return { element, set };
}

export function findings(found) {
  return el("ul", { class: "advice" }, found.map((each) => el("li", {},
    el("span", { class: each.level, "aria-hidden": "true" }, (SIGNS[each.level] ?? "· ").trim()),
    el("span", {}, el("strong", {}, each.asked ? `${each.asked} ` : ""), each.line))));
}

function drawn(page) {
  const rows = page.metrics.map((each) => [
    el("span", { title: each.meaning }, each.label), each.value, each.between, each.floor, each.copycat, each.aim]);
  const columns = ["Metric", "Value", "Interval", "Floor", "Copycat", ""];
  const parts = [findings(page.findings)];
  if (rows.length) parts.push(table("Each number with its 95 % interval. Floor: real against real. Copycat: training data passed off as generated.", columns, rows));
  parts.push(el("details", {}, el("summary", {}, "What the metrics mean, and how they were taken"),
    el("dl", { class: "facts" }, page.metrics.flatMap((each) => [el("dt", {}, each.label), el("dd", {}, each.meaning)])),
    el("p", { class: "note" }, page.protocol), page.notes.map((each) => el("p", { class: "note" }, each))));
  return parts;
}

