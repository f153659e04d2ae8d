// Choosing data: what needs no file, and what lies below the data folder.

import { api, el } from "../app.js";
import { button } from "./element.js";

// `chosen(data)` is called with a built-in name or a path. `pick(data)` chooses by program.
export function files(form, chosen) {
  const known = el("div", { class: "row", role: "group", "aria-label": "Built-in data" });
  const way = el("nav", { "aria-label": "Folder", class: "row" });
  const list = el("ul", { class: "files", "aria-label": "Files and folders" });
  const told = el("p", { class: "wrong", role: "alert", hidden: true });
  const line = el("p", { class: "note", role: "status" });
  const own = el("details", {}, el("summary", {}, `Your own, from the folder ${form.folder || "of the service"}`), way, told, list);
  const element = el("div", {}, known, line, own);
  let data = "";

  const buttons = Object.entries(form.builtin).map(([name]) => button(name, () => choose(name)));
  known.append(...buttons);
  own.addEventListener("toggle", () => { if (own.open && !list.children.length) enter(""); });

  function pick(name) {
    data = name;
    for (const each of buttons) each.setAttribute("aria-pressed", String(each.textContent === name));
    line.textContent = form.builtin[name] ? `${name}: ${form.builtin[name]}` : `Chosen: ${name || "nothing"}`;
    for (const each of list.querySelectorAll("[data-path]")) each.setAttribute("aria-pressed", String(each.dataset.path === name));
  }
  function choose(name) {
    pick(name);
    chosen(name);
  }

  async function enter(folder) {
    told.hidden = true;
    try {
      const found = await api(`/api/forms/data?folder=${encodeURIComponent(folder)}`);
      draw(found);
    } catch (error) {
      told.textContent = error.message;
      told.hidden = false;
    }
  }
  function draw(found) {
    const parts = found.here ? found.here.split("/") : [];
    way.replaceChildren(
      button(form.folder || "data folder", () => enter(""), { kind: "quiet" }),
      ...parts.map((part, i) => button(part, () => enter(parts.slice(0, i + 1).join("/")), { kind: "quiet" })),
      parts.length ? button("Use this folder", () => choose(found.here), { kind: "main" }) : "",
    );
    list.replaceChildren(...found.entries.map((each) => el("li", {}, entry(each))));
    if (found.more) list.append(el("li", { class: "note" }, "and more, which are not listed"));
    if (!found.entries.length) list.append(el("li", { class: "note" }, "This folder is empty."));
    pick(data);
  }
  function entry(each) {
    const folder = each.kind === "folder";
    const size = folder ? "open" : bytes(each.bytes);
    return el("button", {
      type: "button", data: folder ? {} : { path: each.path }, "aria-label": folder ? `Open the folder ${each.name}` : `Use the file ${each.name}`,
      onclick: () => (folder ? enter(each.path) : choose(each.path)),
    }, el("span", {}, folder ? `${each.name}/` : each.name), el("span", { class: "size" }, size));
  }
  return { element, pick };
}

export function bytes(count) {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} GB`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(count / 1e3))} kB`;
}
