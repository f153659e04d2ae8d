// A small chart of one series: a line a channel, gaps left open.

import uPlot from "../vendor/uPlot/uPlot.esm.js";
import { el } from "./element.js";

const COLOURS = ["#1f6fb4", "#d9642b", "#2a9257", "#8a5bb0", "#b3882c", "#c04a72", "#4a8f9c", "#6b6b6b"];
const WIDE = 320;
const HIGH = 150;

// `values` is an array of numbers (or null) for each channel, `channels` their { name, words, still }; what stays the
// same over a series is told in words below. `freed` takes what has to be called when the chart goes away.
export function chart(values, channels, label, freed = []) {
  const steps = values[0]?.length ?? 0;
  const along = Array.from({ length: steps }, (_, i) => i);
  const inner = channels.flatMap((each, i) => (each.still ? [] : [[each, i]]));
  const place = el("div", { class: "charted", role: "img", "aria-label": `${label}: ${inner.map(([each]) => each.name).join(", ")} over ${steps} steps` });
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--soft") || "#666";
  const grid = { stroke: getComputedStyle(document.documentElement).getPropertyValue("--line") || "#ddd", width: 1 };
  const lines = inner.map(([each], i) => ({ label: each.name, stroke: COLOURS[i % COLOURS.length], width: 1.5, points: { show: steps === 1 } }));
  const axis = { stroke: ink, grid, ticks: grid, font: "11px system-ui", size: 34 };
  let drawn = null;
  const draw = () => {
    if (!place.isConnected) return;
    drawn = new uPlot({
      width: Math.max(180, place.clientWidth || WIDE), height: HIGH, legend: { show: false }, cursor: { show: false },
      scales: { x: { time: false } }, series: [{}, ...lines], axes: [{ ...axis, size: 26 }, axis],
    }, [along, ...inner.map(([, i]) => values[i])], place);
  };
  requestAnimationFrame(draw);
  freed.push(() => drawn?.destroy());
  const names = el("p", { class: "note" }, inner.map(([each], i) => {
    const name = el("span", {}, `${i ? " · " : ""}${each.name}`);
    name.style.color = COLOURS[i % COLOURS.length];
    return name;
  }));
  const beside = channels.flatMap((each, i) => (each.still ? [`${each.name}: ${told(each, values[i][0])}`] : []));
  return [place, names, beside.length ? el("p", { class: "note" }, beside.join(" · ")) : null];
}

const told = (channel, value) => (value === null ? "none" : channel.words.length ? channel.words[value] : String(value));
