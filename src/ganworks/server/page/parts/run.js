// One run: whether it is well at a glance, its samples through time, its curves, its evidence and its log.

import { announce, api, el, every, go, state } from "../app.js";
import { button } from "./element.js";
import { curves } from "./curves.js";
import { evidence } from "./evidence.js";
import { timeline } from "./timeline.js";
import { address, bar, busy, healthBadge, progressWords, stateBadge } from "./words.js";

const WELL = { good: "This run is well", watch: "This run needs a look", bad: "This run is in trouble" };

export async function openRun(root, name) {
  state.run = name;
  let run = await api(address(name));
  const head = heading(name, () => run, look);
  const grids = timeline(name);
  const lines = curves(name);
  const proof = evidence(name);
  const log = logged();
  root.append(head.element, el("div", { class: "columns" }, grids.element, lines.element), proof.element, log.element);
  set(run);

  function set(found) {
    const before = run;
    run = found;
    head.set(run);
    grids.set(run);
    proof.set(run);
    log.set(run);
    if (before.state !== run.state) announce(`${name}: ${run.state}. ${run.line}`);
    else if (before.verdict !== run.verdict) announce(`${name}: ${run.verdict}`);
  }
  async function look() {
    set(await api(address(name)));
    await lines.grow();
    head.trouble("");
  }
  const end = every(2000, look, (error) => head.trouble(error.message));
  return () => { end(); lines.close(); grids.close(); };
}

function heading(name, current, look) {
  const badges = el("div", { class: "row" });
  const well = el("h2", { class: "well" });
  const what = el("p", { class: "lead" });
  const why = el("p", { class: "reason" });
  const far = el("p", { class: "note", id: "far" });
  const how = bar(`Progress of ${name}`);
  const told = el("p", { class: "wrong", role: "alert", hidden: true });
  const stop = button("Stop", () => act("stop", "asked to stop: it finishes its step and saves"), { kind: "danger" });
  const resume = button("Resume", () => act("resume", "goes on where it stopped"), { kind: "main" });
  const remove = button("Remove", () => act("remove", "removed"));
  const explore = el("a", { class: "button", href: `#/explore/${encodeURIComponent(name)}` }, "Explore");
  const report = el("a", { class: "button", href: address(name, "/report"), target: "_blank", rel: "noopener" }, "Report");
  const compare = el("a", { class: "button", href: `#/compare/${encodeURIComponent(name)}` }, "Compare");
  const actions = el("div", { class: "row" }, stop, resume, remove, explore, compare, report);
  const element = el("div", {},
    el("div", { class: "head" }, el("div", {}, el("h1", {}, name), what), actions),
    told,
    el("section", { class: "card health", "aria-label": "How the run fares" }, el("div", { class: "row" }, well, badges), why, how.element, far));

  async function act(word, said) {
    for (const each of [stop, resume, remove]) each.disabled = true;
    try {
      if (word === "remove") {
        await api(`/api/jobs/${encodeURIComponent(name)}`, { method: "DELETE" });
        announce(`${name} ${said}`);
        go("runs");
        return;
      }
      await api(address(name, `/${word}`), { method: "POST" });
      announce(`${name} ${said}`);
      await look();
    } catch (error) {
      trouble(error.message);
    } finally {
      for (const each of [stop, resume, remove]) each.disabled = false;
      set(current());
    }
  }
  function trouble(line) {
    told.textContent = line;
    told.hidden = !line;
  }
  function set(run) {
    what.textContent = `${run.recipe} on ${run.data}, seed ${run.seed}`;
    badges.replaceChildren(stateBadge(run), healthBadge(run));
    well.textContent = WELL[run.state === "failed" ? "bad" : run.well] ?? "Not judged yet";
    why.textContent = [run.line, run.doubt, run.reason].filter(Boolean).join(". ");
    why.hidden = !why.textContent;
    how.set(run);
    far.textContent = progressWords(run);
    const begun = run.total > 0 || run.domain !== "?";
    const at = document.activeElement;
    stop.hidden = !(busy(run) || run.state === "waiting");
    stop.disabled = run.state === "stopping";
    resume.hidden = !["stopped", "failed"].includes(run.state);
    remove.hidden = begun || busy(run);
    for (const each of [explore, compare]) each.hidden = !run.grid;
    report.hidden = !run.reported;
    // A button that goes away hands the keyboard to the one that takes its place.
    if ((at === stop && stop.hidden) || (at === resume && resume.hidden)) (stop.hidden ? resume : stop).focus();
  }
  return { element, set, trouble };
}

function logged() {
  const happened = el("ol", { class: "events" });
  const said = el("pre", { class: "log", tabindex: "0", "aria-label": "The last lines of the training's output" });
  const cards = el("div", { class: "columns" });
  const element = el("section", { class: "card" }, el("h2", {}, "What happened"), happened,
    el("details", {}, el("summary", {}, "The training's own words"), said),
    el("details", {}, el("summary", {}, "Data, model and cost"), cards));
  let kept = "";
  function set(run) {
    const now = JSON.stringify([run.events, run.log, run.cards]);
    if (now === kept) return; // whoever reads or selects here is not disturbed
    kept = now;
    happened.replaceChildren(...run.events.map((each) => el("li", { class: "note" },
      el("strong", {}, each.kind), ` ${each.told} `, el("time", { class: "mono", datetime: each.time }, each.time.slice(11, 19)))));
    if (!run.events.length) happened.replaceChildren(el("li", { class: "note" }, "Nothing yet."));
    const low = said.scrollTop + said.clientHeight >= said.scrollHeight - 8;
    said.textContent = run.log.join("\n") || "It was not trained from this page, or has not said anything.";
    if (low) said.scrollTop = said.scrollHeight;
    cards.replaceChildren(...Object.entries(run.cards).map(([title, card]) => el("div", {}, el("h3", {}, title),
      el("dl", { class: "facts" }, Object.entries(card).flatMap(([key, value]) => [el("dt", {}, key), el("dd", {}, value)])))));
  }
  return { element, set };
}
