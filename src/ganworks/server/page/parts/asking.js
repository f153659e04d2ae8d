// What a model may be asked for, as fields: class buttons, attributes, a line to follow, truncation, temperature.

import { button, choices, el, field, unique } from "./element.js";

const FEW = 40; // classes that get a button each

// Which model: a select over { name, domain }. `changed(name)` hears the choice.
export function models(list, chosen, changed, label = "Model") {
  const options = list.map((each) => [each.name, each.domain ? `${each.name} (${each.domain})` : each.name]);
  const select = choices(options, chosen, { onchange: () => changed(select.value) });
  return field(label, select);
}

// Fields for all of it. `changed()` is called when one moved; `read()` gives { condition, truncation, temperature }.
export function asking(about, changed) {
  const condition = conditioned(about.condition, changed);
  const truncation = slider("Truncation", { min: 0, max: 1, step: 0.05, value: 1 }, changed, "1 draws as the model does; less is safer and less diverse.");
  const temperature = about.temperature
    ? slider("Temperature", { min: 0.1, max: 2, step: 0.05, value: 1 }, changed, "Below 1 the likely becomes likelier.") : null;
  const whole = el("div", { class: "asking" }, condition.whole, el("div", { class: "fields" }, truncation.whole, temperature?.whole));
  const heated = () => (temperature && temperature.moved() ? { temperature: temperature.value() } : {});
  return { whole, read: () => ({ ...condition.read(), truncation: truncation.value(), ...heated() }) };
}

// A slider with its number beside the label.
export function slider(label, { min, max, step, value }, changed, help = "") {
  const shown = el("output", {}, String(value));
  let touched = false;
  const input = el("input", {
    type: "range", min, max, step, value,
    oninput: () => { touched = true; shown.textContent = input.value; changed(); },
  });
  const whole = field(label, input, help);
  shown.htmlFor = input.id;
  whole.querySelector("label").append(" ", shown);
  return { whole, input, value: () => Number(input.value), moved: () => touched, set(to) { input.value = to; shown.textContent = input.value; } };
}

// A number field that is always a whole number from `least` on.
export function whole(label, value, changed, { least = 0, most = 2 ** 31 - 1, help = "" } = {}) {
  const input = el("input", { type: "number", min: least, max: most, step: 1, value, inputmode: "numeric", onchange: () => { input.value = read(); changed?.(); } });
  const read = () => Math.min(most, Math.max(least, Math.round(Number(input.value)) || least));
  return { whole: field(label, input, help), value: read, set: (to) => { input.value = to; } };
}

function conditioned(condition, changed) {
  if (condition === null || condition.kind === "columns") return { whole: null, read: () => ({}) };
  if (condition.kind === "class") return classes(condition.names, changed);
  if (condition.kind === "attributes") return attributes(condition.fields, changed);
  if (condition.kind === "text") return line(condition, changed);
  return { whole: el("p", { class: "note" }, condition.line), read: () => ({}) };
}

function classes(names, changed) {
  let chosen = null;
  const told = () => (chosen === null ? {} : { condition: chosen });
  if (names.length > FEW) {
    const select = choices([["", "any"], ...names.map((each) => [each, each])], "", { onchange: () => { chosen = select.value || null; changed(); } });
    return { whole: field("Class", select), read: told };
  }
  const id = unique("classes");
  const made = [["any", null], ...names.map((each) => [each, each])].map(([text, value]) => {
    const one = button(text, () => {
      chosen = value;
      for (const each of made) each.setAttribute("aria-pressed", String(each === one));
      changed();
    }, { "aria-pressed": String(value === null) });
    return one;
  });
  const whole = el("div", { class: "field", role: "group", "aria-labelledby": id }, el("p", { class: "label", id }, "Class"), el("div", { class: "buttons" }, made));
  return { whole, read: told };
}

function attributes(fields, changed) {
  const known = fields.map((each) => (each.words ? worded(each, changed) : numbered(each, changed)));
  const whole = el("fieldset", {}, el("legend", {}, "Asked of every sample"), el("div", { class: "fields" }, known.map((each) => each.whole)));
  const read = () => {
    const said = known.map((each) => each.read()).filter(Boolean);
    return said.length ? { condition: said.join(",") } : {};
  };
  return { whole, read };
}

// An attribute that is a number: asked for once it is ticked, from two deviations below what is usual to two above.
function numbered({ name, usual, spread }, changed) {
  const step = Number((spread / 20).toPrecision(1)) || 0.01;
  const tidy = (value) => Number(value.toPrecision(6));
  const tick = el("input", { type: "checkbox", onchange: () => { range.input.disabled = !tick.checked; changed(); } });
  const range = slider(name, { min: tidy(usual - 2 * spread), max: tidy(usual + 2 * spread), step, value: tidy(usual) }, changed);
  range.input.disabled = true;
  const whole = el("div", {}, field(`Ask for ${name}`, tick), range.whole);
  return { whole, read: () => (tick.checked ? `${name}=${range.value()}` : null) };
}

function worded({ name, words }, changed) {
  const select = choices([["", "any"], ...words.map((each) => [each, each])], "", { onchange: changed });
  return { whole: field(name, select), read: () => (select.value ? `${name}=${select.value}` : null) };
}

function line(condition, changed) {
  const input = el("input", { type: "text", maxlength: 2000, onchange: changed });
  return { whole: field("Follows", input, condition.line), read: () => (input.value.trim() ? { condition: input.value } : {}) };
}
