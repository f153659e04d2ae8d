// A place to drop a file on, with a real file field in it.

import { el, unique } from "./element.js";

// `label` says what is wanted, `accept` which kinds; `chosen(file)` hears one. `wrong(line)` tells what is wrong, below.
export function drop(label, accept, chosen, help = "") {
  const told = el("p", { class: "wrong", id: unique("wrong"), role: "alert", hidden: true });
  const helped = el("p", { class: "help", id: unique("help") }, help);
  const input = el("input", { type: "file", accept, id: unique("file"), "aria-describedby": `${helped.id} ${told.id}`, onchange: () => { if (input.files[0]) take(input.files[0]); } });
  const name = el("p", { class: "note" });
  const over = (event) => { event.preventDefault(); place.classList.add("over"); };
  const leave = () => place.classList.remove("over");
  const place = el("div", { class: "drop", ondragover: over, ondragenter: over, ondragleave: leave, ondrop: dropped }, el("label", { for: input.id }, label), el("div", {}, input), name);

  function dropped(event) {
    event.preventDefault();
    leave();
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  }

  function take(file) {
    wrong("");
    name.textContent = file === input.files[0] ? "" : file.name;
    chosen(file);
  }

  function wrong(line) {
    told.textContent = line;
    told.hidden = !line;
    if (line) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  return { whole: el("div", { class: "field" }, place, helped, told), wrong };
}
