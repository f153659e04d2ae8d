// Every setting of a run as a form, made from the Run's JSON schema: help from its descriptions, bounds from its limits,
// components that are chosen by name as selects. `changed()` tells what differs as `a.b=c`, and nothing else.

import { button, choices, el, field, unique, wrong } from "./element.js";
import { assignments, toml } from "./toml.js";

const HIDDEN = ["recipe", "data", "begun_from", "budget", "seed"]; // the room has fields of its own for these

// `schema` of a Run, `tree` the plan's values. `touched()` is called after every change by hand.
export function settingsForm(schema, tree, touched) {
  const made = new Maker(schema, touched);
  const parts = Object.entries(schema.properties).filter(([name]) => !HIDDEN.includes(name))
    .map(([name, each]) => [name, made.part(each, tree[name], name, title(name))]);
  const simple = el("div", { class: "fields" });
  const groups = el("div", {});
  for (const [, part] of parts) (part.group ? groups : simple).append(part.element);
  return {
    element: el("div", {}, simple, groups),
    changed: () => parts.flatMap(([name, part]) => assignments(name, tree[name], part.read())),
    mark: (lines) => made.mark(lines),
  };
}

class Maker {
  constructor(schema, touched) {
    this.schema = schema;
    this.touched = touched;
    this.fields = new Map();
  }

  resolve(schema) {
    return schema.$ref ? { ...this.schema.$defs[schema.$ref.split("/").pop()], ...rest(schema) } : schema;
  }

  // { element, read(), group }: a control, or a group of them that folds.
  part(given, value, path, label) {
    const schema = this.resolve(given);
    const options = (schema.anyOf ?? []).filter((each) => each.type !== "null");
    if (options.length === 1) return this.optional({ ...options[0], ...rest(schema) }, value, path, label);
    if (options.length > 1) return this.either(schema, options, value, path, label);
    if (schema.discriminator) return this.chosen(schema, value, path, label);
    if (schema.enum) return this.control(choices(schema.enum, value ?? schema.default), (text) => text, schema, path, label);
    if (schema.const !== undefined) return { element: el("span", { hidden: true }), read: () => schema.const };
    if (schema.type === "boolean") return this.tick(schema, value, path, label);
    if (schema.type === "integer" || schema.type === "number") return this.number(schema, value, path, label);
    if (schema.type === "string") return this.text(schema, value, path, label);
    if (schema.type === "array" && this.resolve(schema.items ?? {}).discriminator) return this.list(schema, value, path, label);
    if (schema.properties) return this.group(schema, value, path, label);
    return this.free(schema, value, path, label);
  }

  optional(schema, value, path, label) {
    const inner = this.resolve(schema);
    if (inner.properties && (value === undefined || value === null)) return this.absent(inner, path, label);
    return this.part({ ...schema, optional: true }, value, path, label);
  }

  // A whole group that is not set: it begins with its defaults once somebody wants it.
  absent(schema, path, label) {
    let part = null;
    const place = el("div", {});
    const add = button(`Set ${label.toLowerCase()}`, () => {
      part = this.group(schema, {}, path, label);
      place.replaceChildren(part.element);
      part.element.open = true;
      this.touched();
    });
    place.append(field(label, add, schema.description));
    return { element: place, group: true, read: () => part?.read() };
  }

  // A number or a schedule of it; anything else that may be several kinds is written as TOML.
  either(schema, options, value, path, label) {
    const chosen = options.map((each) => this.resolve(each)).find((each) => each.discriminator);
    const plain = options.find((each) => ["number", "integer"].includes(this.resolve(each).type));
    if (!chosen || !plain) return this.free(schema, value, path, label);
    const steady = typeof value !== "object" || value === null;
    const kinds = choices([["", "steady"], ...Object.keys(chosen.discriminator.mapping)], steady ? "" : value.name, { "aria-label": `${label}: steady or by a schedule` });
    const place = el("div", {});
    let part = null;
    const draw = (name, from) => {
      part = name ? this.group(this.named(chosen, name), from, path, "", name)
        : this.number({ ...this.resolve(plain), description: schema.description, default: schema.default }, typeof from === "number" ? from : undefined, path, label);
      place.replaceChildren(...(name ? [el("label", { for: kinds.id }, label), part.element] : [part.element]));
    };
    kinds.id = unique("control");
    kinds.addEventListener("change", () => { draw(kinds.value, {}); this.touched(); });
    draw(kinds.value, value);
    return { element: el("div", { class: "field" }, place, kinds), read: () => part.read() };
  }

  named(schema, name) {
    return this.resolve({ $ref: schema.discriminator.mapping[name] });
  }

  // A component that is chosen by its name, with that component's own settings below.
  chosen(schema, value, path, label, removable = null) {
    const names = Object.keys(schema.discriminator.mapping);
    const select = choices(names, value?.name ?? names[0]);
    const place = el("div", {});
    const heading = el("summary", {});
    let part = null;
    const draw = (from) => {
      part = this.group(this.named(schema, select.value), from, path, "", select.value);
      place.replaceChildren(part.element);
      heading.textContent = `${label}: ${select.value}`;
    };
    select.addEventListener("change", () => { draw({}); this.touched(); });
    draw(value ?? {});
    const whole = this.keep(path, field(label, select, schema.description));
    const element = el("details", {}, heading, path === "domain" ? null : whole, place, removable);
    return { element, group: true, read: () => part.read() };
  }

  list(schema, value, path, label) {
    const items = this.resolve(schema.items);
    const place = el("div", {});
    const heading = el("summary", {});
    let parts = [];
    const count = () => { heading.textContent = `${label}: ${parts.length || "none"}`; };
    const add = (from, index) => {
      const away = button("Remove", () => {
        parts = parts.filter((each) => each !== part);
        part.element.remove();
        count();
        this.touched();
      });
      const part = this.chosen(items, from, `${path}.${index}`, `${label} ${index + 1}`, away);
      parts.push(part);
      place.append(part.element);
      count();
    };
    (value ?? []).forEach(add);
    count();
    const more = button(`Add to ${label.toLowerCase()}`, () => {
      add(undefined, parts.length);
      parts.at(-1).element.open = true;
      this.touched();
    });
    const whole = this.keep(path, field(label, more, schema.description));
    return { element: el("details", {}, heading, place, whole), group: true, read: () => parts.map((each) => each.read()) };
  }

  // Settings together. Without a label they stand in what holds them already.
  group(schema, value, path, label, name = null) {
    const parts = Object.entries(schema.properties ?? {}).filter(([key]) => key !== "name")
      .map(([key, each]) => [key, this.part(each, value?.[key], `${path}.${key}`, title(key))]);
    const fields = el("div", { class: "fields" }, parts.filter(([, each]) => !each.group).map(([, each]) => each.element));
    const inside = [el("p", { class: "note" }, schema.description?.split("\n\n")[0] ?? ""), fields, parts.filter(([, each]) => each.group).map(([, each]) => each.element)];
    const element = label ? el("details", {}, el("summary", {}, label), inside) : el("div", { class: "inside" }, inside);
    const read = () => {
      const tree = name ? { name } : {};
      for (const [key, part] of parts) {
        const now = part.read();
        if (now !== undefined && now !== null) tree[key] = now;
      }
      return tree;
    };
    return { element, group: true, read };
  }

  number(schema, value, path, label) {
    const input = el("input", { type: "text", inputmode: "decimal", spellcheck: "false", autocomplete: "off", value: value ?? schema.default ?? "" });
    const read = (text) => (text === "" ? undefined : Number.isNaN(Number(text)) ? text : Number(text));
    return this.control(input, read, { ...schema, description: [schema.description, bounds(schema)].filter(Boolean).join(" ") }, path, label);
  }

  text(schema, value, path, label) {
    return this.control(el("input", { type: "text", spellcheck: "false", value: value ?? schema.default ?? "" }), (text) => (text === "" && schema.optional ? undefined : text), schema, path, label);
  }

  tick(schema, value, path, label) {
    const box = el("input", { type: "checkbox", checked: value ?? schema.default ?? false });
    return this.control(box, () => box.checked, schema, path, label);
  }

  // What has no control of its own is written as it would be on the command line.
  free(schema, value, path, label) {
    const first = value ?? schema.default;
    const input = el("input", { type: "text", class: "mono", spellcheck: "false", value: first === undefined || first === null ? "" : toml(first) });
    const begun = input.value;
    return this.control(input, (text) => (text === begun ? first ?? undefined : { written: text }), schema, path, label);
  }

  control(input, read, schema, path, label) {
    input.addEventListener("change", () => this.touched());
    const whole = this.keep(path, field(label, input, schema.description));
    return { element: whole, read: () => read(input.value?.trim()) };
  }

  keep(path, whole) {
    this.fields.set(path, whole);
    return whole;
  }

  // Put each line at its field, or at the nearest one around it; clear all others. Returns what found no place.
  mark(lines) {
    for (const whole of this.fields.values()) wrong(whole, "");
    return Object.entries(lines).filter(([path, line]) => {
      const parts = path.split(".");
      while (parts.length && !this.fields.get(parts.join("."))?.isConnected) parts.pop();
      if (!parts.length) return true;
      const whole = this.fields.get(parts.join("."));
      wrong(whole, line);
      for (let around = whole.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
      return false;
    }).map(([, line]) => line);
  }
}

// What may stand beside a $ref, such as another description.
function rest({ $ref: _, anyOf: __, title: ___, ...others }) {
  return others;
}

function title(name) {
  const words = name.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

function bounds(schema) {
  const said = [
    schema.minimum !== undefined ? `at least ${schema.minimum}` : "", schema.exclusiveMinimum !== undefined ? `above ${schema.exclusiveMinimum}` : "",
    schema.maximum !== undefined ? `at most ${schema.maximum}` : "", schema.exclusiveMaximum !== undefined ? `below ${schema.exclusiveMaximum}` : "",
  ].filter(Boolean).join(", ");
  return said ? `(${said})` : "";
}
