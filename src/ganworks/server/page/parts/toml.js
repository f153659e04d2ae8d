// Values as TOML on one line, and what differs between two of them as `a.b=c`.

export function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    if ("written" in value) return value.written; // by hand, as on the command line
    const inside = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
    return `{${inside.map(([key, each]) => `${key} = ${toml(each)}`).join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

// What has to be set so that `before` becomes `now`. A component of another name is given whole; so is a list. What was
// set and is empty now stays: there is no way to spell nothing.
export function assignments(path, before, now) {
  if (now === undefined || now === null || same(before, now)) return [];
  const both = [before, now].every((each) => each !== null && typeof each === "object" && !Array.isArray(each));
  if (!both || "written" in now || before.name !== now.name) return [`${path}=${toml(now)}`];
  return Object.keys(now).flatMap((key) => assignments(`${path}.${key}`, before[key], now[key]));
}

function same(before, now) {
  if (before === now) return true;
  if (before === undefined || before === null || typeof before !== typeof now || typeof now !== "object") return false;
  const keys = Object.keys(now);
  return Array.isArray(before) === Array.isArray(now) && keys.every((key) => same(before[key], now[key]))
    && Object.keys(before).every((key) => keys.includes(key) || before[key] === null);
}
