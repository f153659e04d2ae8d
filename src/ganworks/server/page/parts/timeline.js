// The samples of a run as they grew: the newest grid by default, earlier ones by a slider.

import { el, field } from "./element.js";
import { picture, show } from "./picture.js";
import { gridOf } from "./words.js";

export function timeline(name) {
  const slider = el("input", { type: "range", min: "0", max: "0", step: "1", value: "0" });
  const way = field("Through time", slider);
  const place = el("div", {});
  const told = el("p", { class: "caption", role: "status" });
  const beside = el("details", { hidden: true }, el("summary", {}, "Real records beside generated ones"));
  const element = el("section", { class: "card" }, el("h2", {}, "Samples"), el("figure", { class: "sheet" }, place, told), way, beside);
  let image = null;
  let marks = [];
  let stamp = null;
  let follows = true; // until somebody looks at an earlier grid

  slider.addEventListener("input", () => {
    follows = Number(slider.value) >= marks.length - 1;
    draw();
  });
  beside.addEventListener("toggle", () => {
    if (!beside.open || beside.querySelector("img")) return;
    beside.append(picture(gridOf(name, "real-beside-fake"), `Records of the data and samples of ${name}, side by side`, { crisp: 900 }));
  });

  function draw() {
    const at = follows ? null : marks[Number(slider.value)];
    const seen = at ?? marks.at(-1) ?? 0; // the newest grid is the last numbered one
    const line = `after ${seen.toLocaleString("en")} samples${follows ? ", the newest" : ""}`;
    const alt = `A grid of generated samples of ${name}, ${line}`;
    slider.setAttribute("aria-valuetext", line);
    told.textContent = `${marks.length} grids; this one is ${line}`;
    const source = at === null ? gridOf(name, "latest", stamp) : gridOf(name, String(at));
    if (image) show(image, source, alt);
    else {
      image = picture(source, alt, { crisp: 900 });
      place.replaceChildren(image);
    }
  }

  function set(run) {
    const now = `${run.timeline.length}-${run.timeline.at(-1)}-${run.state}`;
    way.hidden = run.timeline.length < 2;
    beside.hidden = !run.beside;
    if (!run.grid) {
      if (!image) place.replaceChildren(el("p", { class: "note" }, "The first pictures come as soon as training begins."));
      return;
    }
    if (now === stamp) return;
    marks = run.timeline;
    stamp = now;
    slider.max = String(Math.max(0, marks.length - 1));
    if (follows) slider.value = slider.max;
    if (follows || !image) draw();
  }
  return { element, set, close() {} };
}
