// Samples side by side: a grid whose pictures can be chosen, and a strip from one end to another.

import { el } from "./element.js";
import { address, found, sample, still, words } from "./sample.js";

// A grid; `chosen(item)` hears which. What has no picture is shown whole, with a button below it, which says `verb`.
export function tiles(label, chosen, verb = "Choose") {
  const whole = el("ul", { class: "pictures", "aria-label": label });
  const freed = [];
  let shown = [];
  let made = [];

  function show(items, context, pressed = () => false) {
    for (const each of freed.splice(0)) each();
    shown = items;
    whole.classList.toggle("large", items.some((each) => each.kind !== "picture"));
    made = items.map((item) => tile(item, context, pressed(item)));
    whole.replaceChildren(...made.map(([place]) => place));
  }

  function tile(item, context, pressed) {
    const caption = el("span", { class: "caption" }, found(item));
    const picture = item.kind === "picture" || item.kind === "level" ? still(item) : null;
    const told = { type: "button", "aria-pressed": String(pressed), onclick: () => chosen(item) };
    if (picture) {
      const act = el("button", { ...told, class: "tile" }, image(picture, words(item, context.name)), caption);
      return [el("li", {}, act), act];
    }
    const act = el("button", { ...told, class: "choose", "aria-label": `${verb} ${words(item, context.name)}` }, `${verb} ${found(item)}`);
    return [el("li", {}, sample(item, context, freed), act), act];
  }

  const press = (is) => made.forEach(([, act], i) => act.setAttribute("aria-pressed", String(is(shown[i]))));
  return { whole, show, press, free: () => freed.splice(0) };
}

// A strip that scrolls; `captions` stand below.
export function strip(label) {
  const whole = el("ul", { class: "strip", "aria-label": label, tabindex: "0", hidden: true });
  const freed = [];
  function show(items, context, captions = []) {
    for (const each of freed.splice(0)) each();
    whole.hidden = false;
    whole.classList.toggle("roomy", items.some((each) => !still(each) || each.kind === "sound"));
    whole.replaceChildren(...items.map((item, i) => {
      const told = `${words(item, context.name)}, ${i + 1} of ${items.length}`;
      const inside = item.kind === "picture" || item.kind === "level" ? image(still(item), told) : sample(item, context, freed);
      return el("li", {}, inside, el("span", { class: "caption" }, captions[i] ?? ""));
    }));
  }
  return { whole, show, free: () => freed.splice(0) };
}

function image(picture, alt) {
  const small = Math.max(picture.width, picture.height) <= 160;
  return el("img", { alt, class: small ? "crisp" : null, src: address(picture) });
}
