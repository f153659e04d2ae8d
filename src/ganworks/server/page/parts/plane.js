// A plane of latents: a pad to drag over, arrow keys, two sliders that say the same; the newest place wins.

import { el, unique } from "./element.js";
import { slider } from "./asking.js";
import { address, still } from "./sample.js";

const SIDE = 5; // pictures of the map on each side
const STEP = 0.05; // of an arrow key; Shift takes four of them

// `moved(x, y)` hears of every place, from -1 to 1, right and up. Returns { whole, to(x, y), at(), map(items) }.
export function plane(moved) {
  const place = { x: 0, y: 0 };
  const help = el("p", { class: "help", id: unique("help") }, "Drag, or use the arrow keys (Shift for larger steps, Home for the middle). The sliders below do the same.");
  const dot = el("span", { class: "dot" });
  const map = el("div", { class: "map", "aria-hidden": "true" });
  const pad = el("div", {
    class: "plane", tabindex: "0", role: "application", "aria-roledescription": "plane of latents", "aria-label": "Latent plane",
    "aria-describedby": help.id, onkeydown: key, onpointerdown: down, onpointermove: drag,
  }, map, dot);
  const across = slider("Across", { min: -1, max: 1, step: 0.01, value: 0 }, () => to(across.value(), place.y));
  const up = slider("Up", { min: -1, max: 1, step: 0.01, value: 0 }, () => to(place.x, up.value()));

  function to(x, y, quietly = false) {
    place.x = tidy(x);
    place.y = tidy(y);
    dot.style.left = `${50 + 50 * place.x}%`;
    dot.style.top = `${50 - 50 * place.y}%`;
    across.set(place.x);
    up.set(place.y);
    pad.setAttribute("aria-label", `Latent plane, ${place.x.toFixed(2)} across, ${place.y.toFixed(2)} up`);
    if (!quietly) moved(place.x, place.y);
  }

  function key(event) {
    const step = STEP * (event.shiftKey ? 4 : 1);
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (by) to(place.x + by[0], place.y + by[1]);
    else if (event.key === "Home") to(0, 0);
    else return;
    event.preventDefault();
  }

  function down(event) {
    pad.setPointerCapture(event.pointerId);
    pad.focus({ preventScroll: true });
    point(event);
  }

  function drag(event) {
    if (event.buttons || pad.hasPointerCapture(event.pointerId)) point(event);
  }

  function point(event) {
    const box = pad.getBoundingClientRect();
    to(2 * (event.clientX - box.left) / box.width - 1, 1 - 2 * (event.clientY - box.top) / box.height);
  }

  function fill(items) {
    map.replaceChildren(...items.map((item) => {
      const shown = still(item);
      const image = shown ? el("img", { alt: "", src: address(shown) }) : el("span");
      if (shown && Math.max(shown.width, shown.height) <= 64) image.className = "crisp";
      return image;
    }));
  }

  to(0, 0, true);
  return { whole: el("div", {}, pad, help, el("div", { class: "fields" }, across.whole, up.whole)), to, at: () => ({ ...place }), map: fill };
}

// The places of the map, row by row from the top left.
export function corners() {
  const line = Array.from({ length: SIDE }, (_, i) => (2 * i + 1) / SIDE - 1);
  return [...line].reverse().flatMap((y) => line.map((x) => ({ x: tidy(x), y: tidy(y) })));
}

// One request at a time; of what was wanted meanwhile only the newest is asked for. `ask(wanted, signal)` shows it.
export function newest(ask, failed) {
  let next = null;
  let busy = false;
  let over = false;
  const leaving = new AbortController();
  async function run() {
    busy = true;
    while (next !== null && !over) {
      const wanted = next;
      next = null;
      try { await ask(wanted, leaving.signal); } catch (error) { if (!over && error.name !== "AbortError") failed(error); }
    }
    busy = false;
  }
  return {
    want(wanted) { next = wanted; if (!busy && !over) run(); },
    close() { over = true; leaving.abort(); },
  };
}

const tidy = (value) => Math.round(Math.max(-1, Math.min(1, value)) * 1000) / 1000;
