// How a run is spoken of wherever it is shown: its badges, its progress, its pictures' addresses.

import { el } from "./element.js";
import { number } from "./charts.js";

const STATES = {
  training: ["Training", "busy"], starting: ["Starting", "busy"], stopping: ["Stopping", "busy"],
  evaluating: ["Evaluating", "busy"], waiting: ["Waiting", "watch"], finished: ["Finished", "good"],
  stopped: ["Stopped", ""], failed: ["Failed", "bad"],
};
const SIGNS = { good: "✓ ", watch: "△ ", bad: "✕ " };
const BUSY = ["training", "starting", "stopping", "evaluating"];

export const busy = (run) => BUSY.includes(run.state);
export const address = (run, rest = "") => `/api/runs/${encodeURIComponent(run)}${rest}`;
export const gridOf = (run, which = "latest", stamp = "") => address(run, `/samples/${which}${stamp ? `?at=${stamp}` : ""}`);

export function stateBadge(run) {
  const [word, kind] = STATES[run.state] ?? [run.state, ""];
  return el("span", { class: `badge ${kind}` }, word);
}

// The verdict in a word, with a sign that does not need colour.
export function healthBadge(run) {
  if (run.verdict === "not judged" && !run.well) return el("span", { class: "badge" }, "not judged yet");
  const level = run.well || run.level; // evidence that is bad counts more than an end as planned
  return el("span", { class: `badge ${level}` }, `${SIGNS[level] ?? ""}${run.verdict.replaceAll("-", " ")}`);
}

// "12,800 of 40,000 samples, 1,950 a second, 14 s left"
export function progressWords(run) {
  if (!run.total) return "no samples yet";
  const parts = [`${run.samples.toLocaleString("en")} of ${run.total.toLocaleString("en")} samples`];
  if (run.state === "training" && run.rate) {
    parts.push(`${number(run.rate)} a second`, `${lasting((run.total - run.samples) / run.rate)} left`);
  }
  return parts.join(", ");
}

export function lasting(seconds) {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${Math.round(seconds / 86400)} days`;
}

// A bar for how far a run is; the same element is kept and updated by `set`.
export function bar(label) {
  const element = el("progress", { max: "1", "aria-label": label });
  return { element, set(run) { element.value = run.progress ?? 0; element.title = progressWords(run); } };
}
