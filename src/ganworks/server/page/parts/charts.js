// Curves over samples seen, drawn by uPlot: redrawn when the room's width or the colour scheme changes.

import uPlot from "../vendor/uPlot/uPlot.esm.js";
import { el } from "./element.js";

const scheme = window.matchMedia("(prefers-color-scheme: dark)");

// A chart of `lines`, each { label, colour } with a CSS variable's name; label is a class of .key, too. `set(x, values,
// words)` draws arrays of numbers and nulls over x, one array a line, and adds `words` for who cannot see them. The key
// tells the last values, or those under the pointer. `close()` lets go of everything.
export function chart(title, lines, { height = 150, logarithmic = false } = {}) {
  const place = el("div", { role: "img", "aria-label": title });
  const key = el("p", { class: "key" });
  const whole = el("figure", { class: "sheet" }, el("figcaption", {}, el("h3", {}, title)), key, place);
  let drawn = null;
  let data = [[], ...lines.map(() => [])];

  function tell(index) {
    const at = index ?? data[0].length - 1;
    const values = data.slice(1).map((each) => number(each[at]));
    key.replaceChildren(...lines.map((each, i) => el("span", {}, el("i", { class: each.label }), `${each.label} ${values[i]}`)),
      index === null || index === undefined ? "" : el("span", {}, `at ${number(data[0][at])} samples`));
    return lines.map((each, i) => `${each.label} ${values[i]}`).join(", ");
  }
  function draw() {
    drawn?.destroy();
    drawn = null;
    const width = place.clientWidth;
    if (!width || data[0].length < 1) return;
    drawn = new uPlot(options(lines, width, height, logarithmic && positive(data), tell), data, place);
  }
  const sized = new ResizeObserver(() => {
    if (!drawn) draw();
    else if (Math.abs(drawn.width - place.clientWidth) > 1) drawn.setSize({ width: place.clientWidth, height });
  });
  sized.observe(place);
  scheme.addEventListener("change", draw);

  return {
    element: whole,
    set(x, values, words = "") {
      data = [x, ...values];
      whole.hidden = x.length < 1;
      place.setAttribute("aria-label", `${title}. Last: ${tell(null)}. ${words}`);
      draw();
    },
    close() {
      sized.disconnect();
      scheme.removeEventListener("change", draw);
      drawn?.destroy();
    },
  };
}

// A number as a person reads it: 1,234, 0.0312, 1.2e-7.
export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return "?";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return Number(value).toExponential(2);
  return size >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(Number(value).toPrecision(digits)));
}

export function short(value) {
  if (value === null || value === undefined) return "";
  const size = Math.abs(value);
  if (size >= 1e6) return `${+(value / 1e6).toFixed(1)}M`;
  return size >= 1e4 ? `${+(value / 1e3).toFixed(1)}k` : number(value);
}

function positive(data) {
  return data.slice(1).flat().every((each) => each === null || each > 0);
}

function options(lines, width, height, logarithmic, tell) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), size: 4 },
    font: `11px ${style.getPropertyValue("--text")}`, values: (_, marks) => marks.map(short),
  };
  return {
    width, height,
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    legend: { show: false },
    hooks: { setCursor: [(plot) => tell(plot.cursor.idx)] },
    scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
    axes: [{ ...axis, space: 60, size: 32 }, { ...axis, size: 52 }],
    series: [
      {},
      ...lines.map((each) => ({
        label: each.label, stroke: colour(each.colour), width: 1.75, spanGaps: true,
        points: { show: each.points ?? false, size: 5 },
      })),
    ],
  };
}
