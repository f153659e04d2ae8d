// Holes painted over a picture: a brush by pointer or by arrow keys, its size, undo, clear; the mask as a PNG.

import { announce } from "../app.js";
import { button, el, unique } from "./element.js";
import { slider } from "./asking.js";

const INK = "#ff2d78";
const STEPS = 40; // arrow presses from one side to the other

// Over the picture at `source` (an address) of width x height pixels. Returns { whole, mask() }: mask resolves to a PNG of
// the picture's size, white where it was painted, or null where nothing was. `changed(any)` hears whether there are strokes.
// `beside` are buttons that belong with it.
export function brush(source, { width, height }, changed, ...beside) {
  const canvas = el("canvas", { width, height });
  const pen = canvas.getContext("2d");
  const strokes = []; // each { size, points: [[x, y], ...] } in pixels of the picture
  const shorter = Math.min(width, height);
  const size = slider("Brush", { min: 2, max: 60, step: 1, value: 15 }, () => aim(), "Per cent of the picture's shorter side.");
  const ring = el("span", { class: "aim" });
  const help = el("p", { class: "help", id: unique("help") }, "Paint over what shall be filled. By keyboard: arrow keys move the brush (Shift: faster), Space paints a dot.");
  const place = el("div", {
    class: "painting", tabindex: "0", role: "application", "aria-roledescription": "painting", "aria-label": "Mask over the picture",
    "aria-describedby": help.id, onpointerdown: down, onpointermove: move, onpointerup: up, onpointercancel: up, onkeydown: key,
  }, el("img", { src: source, alt: "The picture to be filled" }), canvas, ring);
  place.style.maxWidth = `min(44rem, ${Math.max(512, width)}px)`;
  place.style.aspectRatio = `${width} / ${height}`;
  let at = [width / 2, height / 2];
  let drawing = false;

  function down(event) {
    place.setPointerCapture(event.pointerId);
    drawing = true;
    at = where(event);
    strokes.push({ size: diameter(), points: [at] });
    paint();
  }

  function move(event) {
    at = where(event);
    aim();
    if (!drawing) return;
    strokes.at(-1).points.push(at);
    paint();
  }

  function up() {
    if (drawing) changed(strokes.length > 0);
    drawing = false;
  }

  function key(event) {
    const step = (event.shiftKey ? 4 : 1) * Math.max(1, Math.max(width, height) / STEPS);
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (by) at = [clamp(at[0] + by[0], width), clamp(at[1] + by[1], height)];
    else if (event.key === " " || event.key === "Enter") {
      strokes.push({ size: diameter(), points: [at] });
      paint();
      changed(true);
      announce(`Painted at ${Math.round((100 * at[0]) / width)} % across, ${Math.round((100 * at[1]) / height)} % down.`);
    } else return;
    event.preventDefault();
    aim();
  }

  function paint(onto = pen, ink = INK) {
    onto.clearRect(0, 0, width, height);
    onto.lineCap = "round";
    onto.lineJoin = "round";
    for (const stroke of strokes) {
      onto.strokeStyle = ink;
      onto.lineWidth = stroke.size;
      onto.beginPath();
      onto.moveTo(...stroke.points[0]);
      for (const point of stroke.points) onto.lineTo(...point);
      if (stroke.points.length === 1) onto.lineTo(stroke.points[0][0] + 0.01, stroke.points[0][1]);
      onto.stroke();
    }
  }

  function undo() {
    strokes.pop();
    paint();
    changed(strokes.length > 0);
    announce(`${strokes.length} strokes left.`);
  }

  function clear() {
    strokes.length = 0;
    paint();
    changed(false);
    announce("Nothing is painted.");
  }

  function aim() {
    ring.style.left = `${(100 * at[0]) / width}%`;
    ring.style.top = `${(100 * at[1]) / height}%`;
    ring.style.width = `${(100 * diameter()) / width}%`;
    ring.style.height = `${(100 * diameter()) / height}%`;
  }

  async function mask() {
    if (!strokes.length) return null;
    const made = el("canvas", { width, height });
    const onto = made.getContext("2d");
    paint(onto, "#fff");
    onto.globalCompositeOperation = "destination-over";
    onto.fillStyle = "#000";
    onto.fillRect(0, 0, width, height);
    return new Promise((done) => { made.toBlob(done, "image/png"); });
  }

  const where = (event) => {
    const box = place.getBoundingClientRect();
    return [clamp(((event.clientX - box.left) / box.width) * width, width), clamp(((event.clientY - box.top) / box.height) * height, height)];
  };
  const diameter = () => Math.max(1, (size.value() / 100) * shorter);
  aim();
  const row = el("div", { class: "row" }, beside, button("Undo", undo), button("Clear", clear));
  const below = el("div", {}, help, size.whole, row);
  below.style.maxWidth = place.style.maxWidth;
  return { whole: el("div", {}, place, below), mask };
}

const clamp = (value, most) => Math.min(most, Math.max(0, value));
