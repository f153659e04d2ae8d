// The shell of the studio: rooms by address, calls to the service, and the few words every room shares.
//
// A room is a module in rooms/<room>.js with
//     export const title                        its heading and the page's title
//     export async function open(root, words)   fills the empty element `root`; `words` are the decoded parts of the
//                                               address behind the room: #/runs/digits -> ["digits"]
// `open` returns a function that closes the room (stops timers, frees object URLs), or nothing.
// A room draws its own <h1>. Errors that `open` throws are shown in the room in one line.
// What comes from data goes in by `el` (textContent); nothing here or in a room uses innerHTML.

import { button, el } from "./parts/element.js";

export { el };

const ROOMS = { runs: "Runs", train: "Train", explore: "Explore", apply: "Apply", compare: "Compare", sheets: "Sheets" };

// What rooms share while the page is open. `run` is the run or model that was looked at last, by name.
export const state = { run: null, version: "", models: null };

// A refusal of the service: message is its one line, status the HTTP status, told the whole answer.
export class Refused extends Error {
  constructor(line, status, told = {}) {
    super(line);
    this.status = status;
    this.told = told;
  }
}

let session = null;

// Call the service. `json` or `body` make it a POST; `as` is json, blob, text or response; throws Refused.
export async function api(path, { method, json, body, signal, as = "json" } = {}) {
  const verb = method ?? (json !== undefined || body !== undefined ? "POST" : "GET");
  const headers = {};
  if (verb !== "GET") headers["X-Ganworks"] = (await opened()).csrf;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method: verb, headers, signal, credentials: "same-origin", body: json !== undefined ? JSON.stringify(json) : body,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("the service does not answer; is it still running?", 0);
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    if (answer.status === 401 || answer.status === 403) session = null;
    const line = typeof told.error === "string" ? told.error : `the service answered ${answer.status}`;
    throw new Refused(line, answer.status, told);
  }
  return as === "response" ? answer : answer[as]();
}

function opened() {
  session ??= api("/api/session").catch((error) => {
    session = null;
    throw error;
  });
  return session;
}

// Say something to a screen reader, politely. The same words twice are said twice.
export function announce(text) {
  const place = document.getElementById("said");
  place.textContent = "";
  setTimeout(() => { place.textContent = text; }, 30);
}

// Go to a room: go("runs", "digits").
export function go(...parts) {
  location.hash = `#/${parts.map(encodeURIComponent).join("/")}`;
}

// Call `work` now and then every so many milliseconds, never twice at once and not while the page is hidden. Returns
// a function that ends it. What `work` throws is given to `failed`, and it is tried again.
export function every(milliseconds, work, failed = () => {}) {
  let timer = null;
  let over = false;
  async function turn() {
    if (!document.hidden) {
      try { await work(); } catch (error) { if (!over) failed(error); }
    }
    if (!over) timer = setTimeout(turn, milliseconds);
  }
  turn();
  return () => { over = true; clearTimeout(timer); };
}

let close = null;
let turn = 0;

async function enter() {
  const [name, ...words] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  const room = name in ROOMS ? name : "runs";
  const mine = ++turn;
  leave();
  const root = document.getElementById("room");
  for (const link of document.querySelectorAll("#rooms a")) {
    if (link.dataset.room === room) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const place = el("div", { class: `room room-${room}` });
  root.replaceChildren(place);
  try {
    const module = await import(`./rooms/${room}.js`);
    if (mine !== turn) return;
    document.title = `${words[0] ? `${words[0]} · ` : ""}${module.title} · ganworks`;
    const closing = await module.open(place, words.filter((each) => each !== ""));
    if (mine === turn) close = closing ?? null;
    else closing?.();
  } catch (error) {
    if (mine === turn) place.append(failure(error));
  }
}

function failure(error) {
  const again = button("Try again", () => enter());
  return el("section", { class: "card trouble", role: "alert" }, el("h1", {}, "That did not work"), el("p", {}, error.message), again);
}

function leave() {
  try { close?.(); } finally { close = null; }
}

function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

function begin() {
  const list = document.getElementById("rooms");
  for (const [room, title] of Object.entries(ROOMS)) {
    list.append(el("li", {}, el("a", { href: `#/${room}`, data: { room } }, title)));
  }
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address belongs to the rooms
    document.getElementById("room").focus();
  });
  const place = () => location.hash.replace(/^#\/?/, "") || "runs";
  let before = place();
  window.addEventListener("hashchange", () => {
    if (place() !== before) {
      // Whoever went elsewhere by keyboard goes on from the room's beginning.
      window.scrollTo(0, 0);
      document.getElementById("room").focus({ preventScroll: true });
    }
    before = place();
    enter();
  });
  opened().then((found) => { state.version = found.version ?? ""; }, () => {});
  enter();
}

begin();
