// Elements of the page: made in one call, filled with text, never with markup.

// el("button", { class: "main", onclick: work, disabled: true, data: { run: "a" } }, "Stop", icon). Attributes that are
// null, undefined or false are left out, true is set empty, functions are listeners, `value` and `checked` are set live.
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name !== "value" && name !== "checked") made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  // A select knows its value only once it has its options.
  if ("value" in attributes && attributes.value !== null && attributes.value !== undefined) made.value = attributes.value;
  if (attributes.checked) made.checked = true;
  return made;
}

// A real button. `kind`: main (the one thing to do here), danger, quiet, or nothing.
export function button(text, work, { kind = "", ...attributes } = {}) {
  return el("button", { type: "button", class: kind || null, onclick: work, ...attributes }, text);
}

let serial = 0;

// An id that is nowhere else on the page: for labels and descriptions.
export function unique(stem = "part") {
  serial += 1;
  return `${stem}-${serial}`;
}

// A control with its label, its help below and a place for what is wrong with it. Returns the whole; `control` keeps
// its own type. `wrong(whole, line)` fills the place, `wrong(whole, "")` empties it.
export function field(label, control, help = "") {
  control.id ||= unique("control");
  const helped = help ? el("p", { class: "help", id: unique("help") }, help) : null;
  const told = el("p", { class: "wrong", id: unique("wrong"), hidden: true });
  control.setAttribute("aria-describedby", [helped?.id, told.id].filter(Boolean).join(" "));
  const whole = el("div", { class: control.type === "checkbox" ? "field tick" : "field" }, el("label", { for: control.id }, label), control, helped, told);
  return whole;
}

export function wrong(whole, line) {
  const told = whole.querySelector(".wrong");
  const control = whole.querySelector("input, select, textarea");
  told.textContent = line;
  told.hidden = !line;
  if (line) control?.setAttribute("aria-invalid", "true");
  else control?.removeAttribute("aria-invalid");
}

// A select over texts or [value, text] pairs; an array under a name, { "Group": [...] }, makes groups.
export function choices(options, chosen, attributes = {}) {
  const made = (each) => (Array.isArray(each) ? el("option", { value: each[0] }, each[1]) : el("option", { value: each }, each));
  const inside = Array.isArray(options)
    ? options.map(made)
    : Object.entries(options).map(([name, group]) => el("optgroup", { label: name }, group.map(made)));
  return el("select", { value: chosen, ...attributes }, inside);
}

// A table with a caption; rows are arrays of texts or nodes, the first cell of each is its heading.
export function table(caption, columns, rows, attributes = {}) {
  const head = el("tr", {}, columns.map((each) => el("th", { scope: "col" }, each)));
  const body = rows.map((row) => el("tr", {}, row.map((cell, i) => el(i ? "td" : "th", i ? {} : { scope: "row" }, cell))));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, el("table", attributes, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, body)));
}
