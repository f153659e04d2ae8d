// Before and after in one place, a bar between them: by pointer, or by a real slider below.

import { el } from "./element.js";
import { slider } from "./asking.js";
import { address } from "./sample.js";
import { picture } from "./picture.js";

const NARROW = 512; // small pictures are shown at least this wide

// `before` and `after` are { type, data, width, height }; what stands left of the bar is before.
export function comparing(before, after, name) {
  const place = el("div", { class: "slide" },
    picture(address(before), `Before: the picture that was brought to ${name}`),
    picture(address(after), `After: what ${name} made of it`, { class: "over" }),
    el("span", { class: "tag left", "aria-hidden": "true" }, "before"), el("span", { class: "tag right", "aria-hidden": "true" }, "after"), el("span", { class: "bar" }));
  place.style.maxWidth = `min(44rem, ${Math.max(NARROW, after.width)}px)`;
  place.style.aspectRatio = `${after.width} / ${after.height}`;
  const control = slider("Before and after", { min: 0, max: 100, step: 1, value: 50 }, () => at(control.value()), "Left: all after. Right: all before.");
  const at = (share) => { place.style.setProperty("--at", `${share}%`); };
  const follow = (event) => {
    const box = place.getBoundingClientRect();
    const share = Math.round(100 * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    control.set(share);
    at(share);
  };
  place.addEventListener("pointerdown", (event) => { place.setPointerCapture(event.pointerId); follow(event); });
  place.addEventListener("pointermove", (event) => { if (event.buttons) follow(event); });
  const whole = el("div", { class: "after" }, control.whole);
  whole.style.maxWidth = place.style.maxWidth;
  return el("div", {}, place, whole);
}
