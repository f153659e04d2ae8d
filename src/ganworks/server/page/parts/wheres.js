// What is asked of the columns of a table, as fields of their kind: some of the values, or a range.

import { button, choices, el, field, unique } from "./element.js";

// `columns` as the service tells them. Returns { whole, read() }: read gives [{ column, values | least, most }, ...].
export function wheres(columns, changed) {
  const list = el("ul", { class: "wheres" });
  const asked = []; // { column, read }
  const which = choices(columns.map((each, i) => [String(i), each.name]), "0");
  const add = button("Ask for it", () => {
    const made = where(columns[Number(which.value)], changed, () => {
      asked.splice(asked.indexOf(made), 1);
      made.whole.remove();
      changed();
      add.focus();
    });
    asked.push(made);
    list.append(made.whole);
    made.whole.querySelector("input, select")?.focus();
  });
  const whole = el("fieldset", {}, el("legend", {}, "Only rows with"), list, el("div", { class: "inline" }, field("Column", which), add));
  return { whole, read: () => asked.map((each) => each.read()).filter(Boolean) };
}

function where(column, changed, drop) {
  const id = unique("where");
  const inside = column.words ? values(column, changed) : range(column, changed);
  const whole = el("li", { role: "group", "aria-labelledby": id }, el("div", { class: "row ends" }, el("h3", { id }, column.name), button("Leave out", drop, { kind: "quiet", "aria-label": `Leave out ${column.name}` })), inside.whole);
  return { whole, read: inside.read };
}

function values(column, changed) {
  const ticks = column.words.map((word) => el("input", { type: "checkbox", value: word, onchange: changed }));
  const whole = el("div", { class: "ticks" }, ticks.map((tick, i) => el("label", {}, tick, column.words[i].trim() || "(empty)")),
    column.more ? el("p", { class: "note" }, `and ${column.more} more, by command line`) : null);
  const read = () => {
    const chosen = ticks.flatMap((tick, i) => (tick.checked ? [column.words[i]] : []));
    return chosen.length ? { column: column.name, values: chosen } : null;
  };
  return { whole, read };
}

function range(column, changed) {
  const input = (placeholder) => el("input", { type: "text", inputmode: column.format ? "text" : "decimal", placeholder, onchange: changed });
  const tidy = (value) => (value === undefined ? column.format ?? "" : String(Number(value.toPrecision(7))));
  const [least, most] = [input(tidy(column.least)), input(tidy(column.most))];
  const whole = el("div", { class: "fields" }, field("From", least), field("To", most));
  const read = () => {
    const told = { column: column.name };
    if (least.value.trim()) told.least = least.value.trim();
    if (most.value.trim()) told.most = most.value.trim();
    return told.least || told.most ? told : null;
  };
  return { whole, read };
}
