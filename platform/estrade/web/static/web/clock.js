// Countdowns: every element with data-until (an instant) shows the time left by the server's clock.
// Recomputed at each tick from the two instants, so neither drift nor sleep can falsify it.

let offset = startOffset();
let serverClock = null;
const due = new Set();
const said = new Map();

function startOffset() {
  const now = Date.parse(document.body.dataset.now);
  if (Number.isNaN(now)) return 0;
  // The page's instant was true when its first byte left the server, not when this line runs.
  const [navigation] = performance.getEntriesByType("navigation");
  return now - (performance.timeOrigin + (navigation?.responseStart || performance.now()));
}

/** Milliseconds since the epoch on the server's clock. */
export function serverNow() {
  return serverClock ? Number(serverClock()) : Date.now() + offset;
}

/** Use a better clock than the page's own instant, for instance the one of the live connection. */
export function useServerClock(clock) {
  serverClock = clock;
}

const two = (n) => String(n).padStart(2, "0");

/** Seconds as "1:42:00", or "04:59" under one hour. */
export function asClock(seconds) {
  const h = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return h ? `${h}:${rest}` : rest;
}

function put(root, name, text) {
  const node = root.querySelector(`[data-${name}]`);
  if (node && node.textContent !== text) node.textContent = text;
}

function paint(element, seconds) {
  if (!element.querySelector("[data-h]")) {
    const text = asClock(seconds);
    if (element.textContent !== text) element.textContent = text;
    element.toggleAttribute("data-long", seconds >= 3600);
    return;
  }
  const days = element.querySelector("[data-d]");
  put(element, "d", String(Math.floor(seconds / 86400)));
  put(element, "h", two(days ? Math.floor(seconds / 3600) % 24 : Math.floor(seconds / 3600)));
  put(element, "m", two(Math.floor(seconds / 60) % 60));
  put(element, "s", two(seconds % 60));
}

// Said aloud at 30, 10, 5 and 1 minute only, never each second.
function say(until, seconds) {
  const box = document.querySelector("[data-clock-say]");
  const minutes = Math.ceil(seconds / 60);
  const before = said.get(until);
  said.set(until, minutes);
  if (!box || before === undefined || before === minutes || ![30, 10, 5, 1].includes(minutes)) return;
  box.textContent = minutes === 1 ? box.dataset.one : box.dataset.many.replace("{n}", minutes);
}

function tick() {
  // A play that is paused holds the clocks of its pages.
  if (document.documentElement.hasAttribute("data-paused")) return;
  const now = serverNow();
  for (const element of document.querySelectorAll("[data-until]")) {
    const until = element.dataset.until;
    const left = Date.parse(until) - now;
    if (Number.isNaN(left)) continue;
    const seconds = Math.max(0, Math.ceil(left / 1000));
    paint(element, seconds);
    if (element.hasAttribute("data-say")) say(until, seconds);
    if (left > 0) due.delete(until);
    else if (!due.has(until)) {
      due.add(until);
      document.dispatchEvent(new CustomEvent("clock:due", { detail: { until } }));
    }
  }
}

// An instant already past when the page was made is no news.
for (const element of document.querySelectorAll("[data-until]")) {
  if (Date.parse(element.dataset.until) <= serverNow()) due.add(element.dataset.until);
}
tick();
setInterval(tick, 250);
