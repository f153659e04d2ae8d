// Something the service works out in a while: sent, looked after, and dropped when nobody waits any more.

import { api } from "../app.js";

// POST `json` to `path` and wait for the answer of the errand it begins. `said(lines)` hears how it goes; `signal` drops
// it. Throws the errand's one line when it failed.
export async function errand(path, json, { said = () => {}, signal } = {}) {
  const { errand: number } = await api(path, { json, signal });
  const away = () => { api(`/api/errands/${number}`, { method: "DELETE" }).catch(() => {}); };
  for (let wait = 150; ; wait = Math.min(wait * 1.4, 1500)) {
    if (signal?.aborted) {
      away();
      throw new DOMException("nobody waits", "AbortError");
    }
    const found = await api(`/api/errands/${number}`);
    if (found.state === "done") return { number, answer: found.answer };
    if (found.state === "failed") throw new Error(found.error);
    said(found.lines, found.state);
    await new Promise((go) => { setTimeout(go, wait); });
  }
}
