// One sample of any kind as an element: a picture, a player, a chart, a level, a line, a row.

import { button, el } from "./element.js";
import { picture } from "./picture.js";
import { chart } from "./lines.js";

const STYLE = new URL("samples.css", import.meta.url).href;

// The rooms' own style sheet, once. Resolves when it is there, so that nothing jumps.
export function styled() {
  if (document.querySelector(`link[href="${STYLE}"]`)) return Promise.resolve();
  return new Promise((done) => {
    document.head.append(el("link", { rel: "stylesheet", href: STYLE, onload: done, onerror: done }));
  });
}

// The address of bytes that came as { type, data }.
export const address = ({ type, data }) => `data:${type};base64,${data}`;

// The bytes of { type, data }.
export function blob({ type, data }) {
  const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
  return new Blob([bytes], { type });
}

// What stands for an item in a grid, a strip or a map: { type, data } of a picture, or null where there is none.
export function still(item) {
  return item.kind === "picture" ? item : item.picture ?? null;
}

// Words for those who do not see a sample.
export function words(item, name = "") {
  const which = item.index === undefined ? "" : `, sample ${item.index} of seed ${item.seed}`;
  return `${NAMES[item.kind] ?? "sample"} by ${name}${which}`;
}

const NAMES = { picture: "Picture", sound: "Sound", clip: "Clip", level: "Level", series: "Series", line: "Line", molecule: "Molecule", row: "Row" };

// Where a sample is found again.
export const found = (item) => (item.index === undefined ? "" : `seed ${item.seed} · ${item.index}`);

// A whole sample. `context` is { name, channels }; addresses of sounds are collected in `freed`, functions to be called
// when the sample goes away.
export function sample(item, context, freed = []) {
  const made = MAKERS[item.kind] ?? MAKERS.line;
  return el("div", { class: `sample sample-${item.kind}` }, made(item, context, freed));
}

const MAKERS = {
  picture: (item, { name }) => picture(address(item), words(item, name)),
  sound(item, { name }, freed) {
    const heard = URL.createObjectURL(blob(item.sound));
    freed.push(() => URL.revokeObjectURL(heard));
    const label = `${words(item, name)}, ${item.seconds.toFixed(1)} s`;
    return [picture(address(item.picture), `Spectrum of: ${label}`), el("audio", { controls: true, preload: "metadata", src: heard, "aria-label": label })];
  },
  clip: (item, { name }) => moving(item, name),
  level(item, { name }) {
    const rules = item.broken === null ? null
      : item.broken.length ? el("p", { class: "broken" }, `Breaks: ${item.broken.join("; ")}`) : el("p", { class: "kept-rules" }, "Keeps all rules");
    const text = el("details", {}, el("summary", {}, "As text"), el("pre", { tabindex: "0" }, item.lines.join("\n")));
    return [picture(address(item.picture), words(item, name), { crisp: 9999 }), rules, text];
  },
  series: (item, { name, channels }, freed) => chart(item.values, channels ?? [], words(item, name), freed),
  molecule: (item) => [el("code", { class: "text" }, item.text || "(nothing)"), item.sound ? null : el("p", { class: "broken" }, "No molecule")],
  row: (item) => el("dl", { class: "facts" }, item.columns.flatMap((column, i) => [el("dt", {}, column), el("dd", {}, item.cells[i])])),
  line: (item) => el("code", { class: "text" }, item.text || "(nothing)"),
};

// A picture that moves, and stands still on demand, or from the start for those who asked for less motion.
function moving(item, name) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const shown = picture(address(calm ? item.picture : item.moving), `${words(item, name)}, ${item.frames} frames`);
  const toggle = button(calm ? "Play" : "Pause", () => {
    const playing = toggle.textContent === "Pause";
    shown.src = address(playing ? item.picture : item.moving);
    toggle.textContent = playing ? "Play" : "Pause";
  }, { kind: "quiet" });
  return [shown, toggle];
}

// Save what the service answered under the name it gave.
export async function save(response, name = "samples") {
  const given = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "");
  keep(await response.blob(), given ? given[1] : name);
}

// Save bytes as a file of this name.
export function keep(bytes, name) {
  const link = el("a", { href: URL.createObjectURL(bytes), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
