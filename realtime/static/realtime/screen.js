// The projector: keeps one picture true. Board changes are painted from the frames; for anything else the server is
// asked which picture it is now. A lost connection leaves the last picture standing, with a small note.

import { Board } from "../judging/board.js";
import { useServerClock } from "../web/clock.js";
import { listen, serverNow } from "./stream.js";

const NEWS_MS = 20000;
const language = document.documentElement.lang;
const { slug, zone } = document.body.dataset;
const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });

let stage = document.querySelector("[data-stage]");
let board = null;
let timer = null;
let newsTimer = null;
let driving = false;
let heardAt = serverNow();

function take() {
  const root = stage.querySelector("[data-board]");
  if (root === (board?.root ?? null)) return;
  board?.stop();
  board = root ? new Board(root) : null;
}

// --- The server's picture ---

function put(fresh) {
  const [old, next] = [stage.querySelector("[data-podium]"), fresh.querySelector("[data-podium]")];
  // A podium of another category is another picture.
  if (old && next && old.dataset.podium === next.dataset.podium) turnPodium(old, next);
  else {
    stage.replaceWith(fresh);
    stage = fresh;
  }
  stage.dataset.head = fresh.dataset.head;
  take();
}

// The blocks stay and grow; the names come with the server's answer and not before.
function turnPodium(old, next) {
  old.classList.add("is-live");
  for (const pod of old.querySelectorAll("[data-place]")) {
    const fresh = next.querySelector(`[data-place="${pod.dataset.place}"]`);
    const hidden = fresh.hasAttribute("data-hidden");
    pod.replaceChildren(...fresh.childNodes);
    void pod.offsetHeight; // the new content starts from the hidden state
    pod.toggleAttribute("data-hidden", hidden);
  }
  const say = old.querySelector("[data-say]");
  const words = next.querySelector("[data-say]").textContent;
  if (say.textContent !== words) say.textContent = words;
}

async function refresh() {
  timer = null;
  try {
    const response = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-stage]");
    if (!fresh) return;
    put(document.adoptNode(fresh));
    const [drive, freshDrive] = [document.querySelector("[data-drive]"), page.querySelector("[data-drive]")];
    if (drive && freshDrive) drive.replaceWith(document.adoptNode(freshDrive));
  } catch {
    // The last picture stays; the connection's return asks again.
  }
}

function refreshSoon(after = 60) {
  timer ??= setTimeout(refresh, after);
}

// --- News ---

function announce(text) {
  const box = document.querySelector("[data-news]");
  box.querySelector("span:last-child").textContent = text[language] ?? text[language.split("-")[0]] ?? Object.values(text)[0] ?? "";
  box.hidden = false;
  if (board) board.paused = true;
  clearTimeout(newsTimer);
  newsTimer = setTimeout(() => {
    box.hidden = true;
    if (board) board.paused = false;
  }, NEWS_MS);
}

function onEvent(stream, n, kind, data) {
  // The picture may be younger than the news.
  if (n <= Number(stage.dataset.head)) return;
  if (kind === "board.changed" && board) {
    if (!board.apply(data)) refreshSoon();
  } else if (kind === "announcement.made") announce(data.text);
  else refreshSoon();
}

function onState(state) {
  const note = document.querySelector("[data-offline]");
  if (state === "live") {
    if (!note.hidden) refreshSoon();
    note.hidden = true;
  } else if (note.hidden) {
    note.querySelector("span:last-child").textContent = note.dataset.offline.replace("{time}", time.format(heardAt));
    note.hidden = false;
  }
}

// --- The organiser's clicker: one key, one step ---

async function drive(form) {
  if (!form || driving) return;
  driving = true;
  try {
    await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    await refresh();
  } catch {
    // The key can be pressed again.
  } finally {
    driving = false;
  }
}

addEventListener("keydown", (event) => {
  if (!stage.querySelector("[data-podium], [data-award]") || !document.querySelector("[data-drive]")) return;
  const way = [" ", "ArrowRight", "PageDown"].includes(event.key) ? "on" : ["Backspace", "ArrowLeft", "PageUp"].includes(event.key) ? "back" : "";
  if (!way || event.repeat) return;
  event.preventDefault();
  drive(document.querySelector(`[data-drive-${way}]`));
});

take();
useServerClock(serverNow);
document.addEventListener("clock:due", () => refreshSoon(300));
setInterval(() => { if (stage.dataset.scene === "countdown") refreshSoon(); }, 60000);
listen({
  slug,
  streams: { public: Number(stage.dataset.head) },
  onEvent(...news) {
    heardAt = serverNow();
    onEvent(...news);
  },
  onGap: () => refreshSoon(),
  onState,
});
