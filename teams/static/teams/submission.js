// The draft saves by itself: one second after the last key, in order, never two at once. What could not be
// sent stays on this device and says so. Without this script the same form is saved by its button.

const PAUSE = 1000;

let timer = null;
let sending = false;
let conflict = null;

const form = () => document.querySelector("form[data-draft]:not([data-closed])");
const field = (name) => form().elements.namedItem(name);
// Title, summary, text and link, and whatever else this edition asks.
const names = () => [...form().elements].filter((one) => one.name && one.type !== "hidden" && one.tagName !== "BUTTON" && one.form === form()).map((one) => one.name);
const words = () => Object.fromEntries(names().map((name) => [name, field(name).value]));
const revision = () => Number(field("base_revision").value);
const isDirty = () => names().some((name) => field(name).value !== field(name).defaultValue);
const key = () => `draft/${form().dataset.draft}`;

// Private windows and full disks refuse storage; the page works without.
function keep(value) {
  try {
    if (value === null) localStorage.removeItem(key());
    else localStorage.setItem(key(), JSON.stringify(value));
  } catch { /* nothing to do */ }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(key()));
  } catch {
    return null;
  }
}

function say(state, text) {
  const box = document.querySelector("[data-save]");
  const icons = { dirty: "clock", saving: "upload", saved: "saved", offline: "offline", error: "stop" };
  const sentence = text ?? box.dataset[state] ?? "";
  box.dataset.state = state;
  box.querySelector(".i").className = `i i-${icons[state]}`;
  if (box.lastElementChild.textContent !== sentence) box.lastElementChild.textContent = sentence;
}

function settle(saved, sent) {
  field("base_revision").value = saved.revision;
  for (const name of names()) field(name).defaultValue = sent[name] ?? "";
  if (isDirty()) {
    keep({ words: words(), base: saved.revision });
    return plan();
  }
  keep(null);
  return say("saved", saved.words);
}

function showConflict(other) {
  conflict = other;
  const box = document.querySelector("[data-conflict-box]");
  const who = box.querySelector("[data-conflict-who]");
  who.textContent = other.saved_by ? who.dataset.conflictWho.replace("{name}", other.saved_by) : who.dataset.conflictSelf;
  const hint = box.querySelector("[data-conflict-hint]");
  hint.textContent = hint.dataset.conflictHint;
  box.querySelector("[data-conflict-text]").textContent = names().map((name) => other[name]).filter(Boolean).join("\n\n");
  box.hidden = false;
  say("error", document.querySelector("[data-save]").dataset.conflict);
}

function settleConflict(mine) {
  document.querySelector("[data-conflict-box]").hidden = true;
  field("base_revision").value = conflict.revision;
  for (const name of names()) {
    field(name).defaultValue = conflict[name] ?? "";
    if (!mine) field(name).value = conflict[name] ?? "";
  }
  conflict = null;
  keep(mine ? { words: words(), base: revision() } : null);
  if (mine) save();
  else say("saved", "");
}

async function save() {
  clearTimeout(timer);
  if (!form() || conflict || !isDirty()) return;
  if (sending) return plan();
  sending = true;
  const sent = words();
  say("saving");
  try {
    const response = await fetch(form().action, { method: "POST", body: new FormData(form()), headers: { Accept: "application/json" } });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) settle(answer, sent);
    else if (response.status === 409 && answer.draft) showConflict({ ...answer.draft, revision: answer.revision, saved_by: answer.saved_by });
    else if (response.status >= 500) retryLater(response.status === 507 && answer.detail);
    else say("error", answer.detail);
  } catch {
    retryLater();
  } finally {
    sending = false;
  }
}

function retryLater(reason) {
  if (reason) say("error", reason);
  else say("offline");
  plan(4000 + Math.random() * 2000);
}

function plan(after = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(save, after);
}

document.addEventListener("input", (event) => {
  if (!form()?.contains(event.target) || !names().includes(event.target.name)) return;
  const counter = document.querySelector(`[data-counter="${event.target.name}"]`);
  if (counter) counter.textContent = `${event.target.value.length} / ${event.target.maxLength}`;
  keep({ words: words(), base: revision() });
  if (conflict) return;
  if (document.querySelector("[data-save]").dataset.state !== "offline") say("dirty");
  plan();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keep-mine]")) settleConflict(true);
  if (event.target.closest("[data-take-theirs]")) settleConflict(false);
});

addEventListener("online", save);
addEventListener("pagehide", () => { if (form() && isDirty()) keep({ words: words(), base: revision() }); });

// The live page may replace the form by a team-mate's revision, but not under the fingers of somebody who types,
// and not by the revision that is here already.
document.addEventListener("live:swap", (event) => {
  if (event.detail.name !== "draft" || !form()) return;
  const next = event.detail.next.querySelector("form[data-draft]");
  const same = next.querySelector('[name="base_revision"]').value === String(revision());
  const closed = next.hasAttribute("data-closed");
  if (!closed && (same || sending || conflict || isDirty())) event.preventDefault();
});

// What this device could not send last time.
const left = form() && kept();
if (left && names().every((name) => (left.words[name] ?? "") === field(name).value)) keep(null);
else if (left) {
  const stored = { ...words(), revision: revision() };
  for (const name of names()) field(name).value = left.words[name] ?? "";
  if (left.base === stored.revision) {
    say("dirty");
    save();
  } else showConflict(stored);
}
