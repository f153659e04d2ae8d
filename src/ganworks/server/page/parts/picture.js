// Pictures as the studio shows them: small ones crisp, every one with words for those who do not see it.

import { el, unique } from "./element.js";

// An <img>. `source` is an address or a Blob; `alt` says what it shows. Small pictures are enlarged by whole pixels
// (class "crisp") once their size is known. A Blob's address is freed when it has been drawn.
export function picture(source, alt, { crisp = 160, ...attributes } = {}) {
  const image = el("img", { alt, decoding: "async", ...attributes });
  image.addEventListener("load", () => {
    image.classList.toggle("crisp", Math.max(image.naturalWidth, image.naturalHeight) <= crisp);
  });
  show(image, source);
  return image;
}

// Show another picture in the same <img>: the old one stays until the new one is there. Resolves when it is drawn.
export async function show(image, source, alt = image.alt) {
  const address = source instanceof Blob ? URL.createObjectURL(source) : source;
  const next = new Image();
  next.src = address;
  try {
    await next.decode();
    image.src = address;
    image.alt = alt;
    await image.decode();
  } catch {
    image.classList.add("missing");
    image.alt = `${alt} (cannot be shown)`;
    return false;
  } finally {
    if (source instanceof Blob) URL.revokeObjectURL(address);
  }
  image.classList.remove("missing");
  return true;
}

// A list of figures, each { source, alt, caption, ...}; `chosen(index, figure)` makes every picture a button.
export function grid(pictures, { label = "Pictures", chosen = null } = {}) {
  const list = el("ul", { class: "pictures", "aria-label": label });
  pictures.forEach((each, index) => list.append(tile(each, index, chosen)));
  return list;
}

function tile(each, index, chosen) {
  const caption = el("span", { class: "caption", id: unique("caption") }, each.caption ?? "");
  const shown = picture(each.source, each.alt);
  if (!chosen) return el("li", {}, el("figure", {}, shown, caption));
  return el("li", {}, el("button", {
    type: "button", class: "tile", "aria-pressed": String(Boolean(each.pressed)),
    onclick: (event) => chosen(index, event.currentTarget),
  }, shown, caption));
}
