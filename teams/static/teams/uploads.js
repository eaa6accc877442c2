// Files by drag or picker, sent in pieces. A cut costs one piece: the server is asked how much has arrived and the rest
// follows. Without this script the same forms send their file whole.

import { refresh } from "../web/live.js";

const RETRY = 3000;
const active = new Map();
let ours = false;

const box = () => document.querySelector("[data-files]");
const say = (name, values = {}) => Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), box().dataset[name]);
const megabytes = (bytes) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(bytes / 1048576);
const memory = (form) => `upload/${box().dataset.key}/${form.getAttribute("action")}`;

// 128 random bits in the shape of a UUID: an insecure origin has no randomUUID.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// What was being sent when the page went away: the same file, chosen again, goes on under the same key.
function remembered(form) {
  try {
    return JSON.parse(localStorage.getItem(memory(form)));
  } catch {
    return null;
  }
}

function remember(form, value) {
  try {
    if (value) localStorage.setItem(memory(form), JSON.stringify(value));
    else localStorage.removeItem(memory(form));
  } catch { /* it still sends, it only begins anew after a reload */ }
}

function keyFor(form, file) {
  const known = remembered(form);
  const same = known && known.name === file.name && known.size === file.size && known.modified === file.lastModified;
  const key = same ? known.key : newKey();
  remember(form, { key, name: file.name, size: file.size, modified: file.lastModified });
  return key;
}

class Stopped extends Error {}

async function ask(sending, path, body, type) {
  const headers = { Accept: "application/json", "X-CSRFToken": sending.form.elements.namedItem("csrfmiddlewaretoken").value };
  if (type) headers["Content-Type"] = type;
  const method = body === undefined ? "GET" : "POST";
  const response = await fetch(path, { method, body, headers, signal: sending.abort.signal });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 409 && answer.code === "upload_offset") return answer;
  // Busy or full servers come back; a rule that said no does not.
  if (response.status >= 500 && response.status !== 507) throw new Error(String(response.status));
  throw new Stopped(answer.detail ?? String(response.status));
}

async function patiently(sending, work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Stopped || sending.abort.signal.aborted) throw error;
      show(sending, "waiting");
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, RETRY + Math.random() * RETRY);
        addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
      });
    }
  }
}

function show(sending, state) {
  sending.words.textContent = state === "checking" ? say("checking") : say(state, { sent: megabytes(sending.sent), size: megabytes(sending.file.size) });
  sending.bar.value = sending.sent;
}

function element(tag, className = "", text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function row(file) {
  const node = element("div", "file");
  const icon = element("span", "i i-upload");
  icon.setAttribute("aria-hidden", "true");
  const words = element("span", "hint");
  words.setAttribute("role", "status");
  const bar = element("progress");
  bar.max = file.size;
  const middle = element("span");
  middle.append(element("b", "", file.name), words, bar);
  const button = element("button", "btn btn--sm", say("cancel"));
  button.type = "button";
  node.append(icon, middle, button);
  return { node, icon, button, words, bar };
}

async function send(form, file) {
  const limit = Number(form.dataset.limit);
  const sending = { form, file, sent: 0, abort: new AbortController(), ...row(file) };
  form.before(sending.node);
  sending.button.addEventListener("click", () => stop(sending));
  if (file.size > limit * 1048576) return fail(sending, say("large", { limit }));
  active.set(sending.node, sending);
  form.hidden = true;
  try {
    const key = keyFor(form, file);
    const start = new URLSearchParams({ client_id: key, name: file.name, size: file.size, declared: file.type });
    show(sending, "sending");
    const begun = await patiently(sending, () => ask(sending, `${form.action}start/`, start));
    sending.path = `${form.action.replace(/files\/[^/]+\/$/, "")}uploads/${begun.token}/`;
    sending.sent = begun.received;
    while (sending.sent < file.size) {
      show(sending, "sending");
      const answer = await patiently(sending, async () => {
        const piece = await file.slice(sending.sent, sending.sent + begun.piece).arrayBuffer();
        return ask(sending, `${sending.path}?offset=${sending.sent}`, piece, "application/octet-stream");
      });
      sending.sent = answer.received;
    }
    show(sending, "checking");
    const done = await patiently(sending, () => ask(sending, `${sending.path}finish/`, new URLSearchParams({ client_id: key })));
    remember(form, null);
    await settle(sending, done.words);
  } catch (error) {
    if (sending.abort.signal.aborted) return;
    remember(form, null);
    fail(sending, error.message);
  }
}

async function settle(sending, words) {
  active.delete(sending.node);
  sending.words.textContent = words;
  sending.bar.remove();
  sending.button.remove();
  if (active.size) {
    sending.form.hidden = false;
    return;
  }
  ours = true;
  await refresh();
  ours = false;
  prepare();
}

function fail(sending, words) {
  active.delete(sending.node);
  sending.form.hidden = false;
  sending.form.reset();
  sending.bar.remove();
  sending.icon.className = "i i-stop";
  sending.words.textContent = words;
  sending.words.setAttribute("role", "alert");
  sending.button.textContent = say("close");
  sending.failed = true;
}

function stop(sending) {
  sending.abort.abort();
  active.delete(sending.node);
  if (!sending.failed) remember(sending.form, null);
  if (sending.path && !sending.failed) ask({ form: sending.form, abort: new AbortController() }, `${sending.path}cancel/`, new URLSearchParams()).catch(() => {});
  sending.form.hidden = false;
  sending.form.reset();
  sending.node.remove();
}

// The picker sends at once, so its button is not needed; a file that was under way is named.
function prepare() {
  for (const form of document.querySelectorAll("form[data-upload]:not([data-ready])")) {
    form.dataset.ready = "";
    form.querySelector("[data-send]").hidden = true;
    const words = form.querySelector("[data-drop-words]");
    words.textContent = say("drop");
    words.hidden = false;
    const left = remembered(form);
    if (left) words.textContent = say("again", { file: left.name });
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-upload]");
  if (form && event.target.files?.length) send(form, event.target.files[0]);
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-upload]");
  const file = form?.elements.namedItem("file").files[0];
  if (!file) return;
  event.preventDefault();
  send(form, file);
});
const formUnder = (event) => event.target.closest?.("[data-place]")?.querySelector("form[data-upload]:not([hidden])");
document.addEventListener("dragover", (event) => { if (formUnder(event) && event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  const form = formUnder(event);
  const file = event.dataTransfer?.files[0];
  if (!form || !file) return;
  event.preventDefault();
  send(form, file);
});

// News of the team must not take away a file that is under way.
document.addEventListener("live:swap", (event) => {
  if (event.detail.name === "files" && active.size && !ours) event.preventDefault();
});
document.addEventListener("live:refreshed", prepare);
addEventListener("beforeunload", (event) => { if (active.size) event.preventDefault(); });
prepare();
