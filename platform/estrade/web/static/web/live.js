// Keeps the marked regions of a page true: on news, the page is asked for again and every element with
// data-live="name" whose markup changed is replaced by its namesake. Rights and words stay on the server.
// The body names the streams (data-streams="public team.12") and the kinds of news to pass over (data-skip).

import { listen, serverNow } from "../realtime/stream.js";
import { useServerClock } from "./clock.js";

const known = new Map();
let timer = null;
let running = false;
let again = false;

const regions = (root) => new Map([...root.querySelectorAll("[data-live]")].map((node) => [node.dataset.live, node]));

// A form's token, a delivery's mark and a running clock differ in every answer and are no news.
function markup(node) {
  const copy = node.cloneNode(true);
  const clocks = [...copy.querySelectorAll("[data-until]")];
  if (copy.hasAttribute("data-until")) clocks.push(copy);
  for (const clock of clocks) clock.textContent = "";
  for (const field of copy.querySelectorAll('[name="csrfmiddlewaretoken"], [data-volatile]')) field.remove();
  return copy.outerHTML;
}

const keyOf = (field) => field.id || (field.name && `${field.form?.id ?? ""}/${field.name}/${field.type === "radio" ? field.value : ""}`);
const fields = (root) => [...root.querySelectorAll("input:not([type=hidden]), textarea, select")].filter(keyOf);

function typed(root) {
  const kept = new Map();
  for (const field of fields(root)) {
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked !== field.defaultChecked) kept.set(keyOf(field), { checked: field.checked });
    } else if (field.tagName === "SELECT") {
      if (![...field.options].every((option) => option.selected === option.defaultSelected)) kept.set(keyOf(field), { value: field.value });
    } else if (field.value !== field.defaultValue) kept.set(keyOf(field), { value: field.value });
  }
  return kept;
}

function pathOf(node) {
  if (!node || node === document.body) return null;
  const same = node.tagName + (node.getAttribute("href") ?? "") + (node.getAttribute("name") ?? "") + (node.getAttribute("value") ?? "");
  return { id: node.id, same, tag: node.tagName };
}

function find(root, path) {
  if (path.id) return root.querySelector(`#${CSS.escape(path.id)}`);
  return [...root.querySelectorAll(path.tag)].find((node) => pathOf(node).same === path.same);
}

/** Put `fresh` in the place of `old`, keeping what was typed, what was open, and the focus. */
export function swap(old, fresh) {
  const node = document.adoptNode(fresh);
  const kept = typed(old);
  const open = [...old.querySelectorAll("details")].map((details) => details.open);
  const active = document.activeElement;
  const focus = active && active !== old && old.contains(active) ? pathOf(active) : null;
  const range = focus && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  old.replaceWith(node);
  for (const field of fields(node)) if (kept.has(keyOf(field))) Object.assign(field, kept.get(keyOf(field)));
  node.querySelectorAll("details").forEach((details, n) => { if (open[n] !== undefined) details.open = open[n]; });
  if (!focus) return;
  const target = find(node, focus);
  target?.focus({ preventScroll: true });
  if (target && range && range[0] !== null) target.setSelectionRange?.(...range);
}

/** Ask for the page again and replace what changed. Keeps the last good content when the answer is not this page. */
export async function refresh() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  try {
    // A refused form is shown at an address that only takes forms: such a page says where it lives.
    const home = new URL(document.body.dataset.page || location.href, location.href);
    const response = await fetch(home, { cache: "no-store", headers: { Accept: "text/html" } });
    if (!response.ok || new URL(response.url).pathname !== home.pathname) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = regions(page);
    for (const [name, old] of regions(document)) {
      const next = fresh.get(name);
      // An open dialog is a decision being taken: its region waits for the next news.
      if (!next || old.querySelector("dialog[open]")) continue;
      const text = markup(next);
      if (known.get(name) === text) continue;
      // A page's own script may keep its region, for instance while somebody types in it.
      const detail = { name, next };
      if (!old.dispatchEvent(new CustomEvent("live:swap", { bubbles: true, cancelable: true, detail }))) continue;
      known.set(name, text);
      swap(old, next);
    }
    document.dispatchEvent(new CustomEvent("live:refreshed"));
  } catch {
    // No network: the connection's state says so, and its return asks again.
  } finally {
    running = false;
    if (again) {
      again = false;
      refreshSoon(500);
    }
  }
}

/** Refresh once for all the news of the next moment; `spread` keeps a full room from asking at the same instant. */
export function refreshSoon(spread = 800) {
  if (timer) return;
  timer = setTimeout(() => {
    timer = null;
    refresh();
  }, 80 + Math.random() * spread);
}

function show(state) {
  const box = document.querySelector("[data-livestate]");
  if (!box) return;
  if (state === "live") {
    if (!box.hidden) refreshSoon();
    box.hidden = true;
    return;
  }
  if (!box.hidden) return;
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: document.body.dataset.zone });
  box.querySelector("span:last-child").textContent = box.dataset.stale.replace("{time}", time.format(new Date()));
  box.hidden = false;
}

/** What stands on the page now is what is known of it: at first, and when a script has made another page of it. */
export function meetPage() {
  known.clear();
  for (const [name, node] of regions(document)) known.set(name, markup(node));
}

const { slug, streams = "", skip = "" } = document.body.dataset;
const names = streams.split(/\s+/).filter(Boolean);
meetPage();
if (slug && names.length) {
  const passed = new Set(skip.split(/\s+/).filter(Boolean));
  useServerClock(serverNow);
  listen({
    slug,
    streams: names,
    onEvent: (stream, n, kind) => { if (!passed.has(kind)) refreshSoon(); },
    onGap: () => refreshSoon(),
    onState: show,
  });
  // Time decides: a countdown that ends changes the page even if nobody says so.
  document.addEventListener("clock:due", () => setTimeout(refreshSoon, 300));
}
