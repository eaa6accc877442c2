// A juror's pages: each tap goes to the outbox, and the page says in words what has become of it.
// Without this module the sheet is a plain form; with it the form is never sent as a whole.

import { meetPage } from "../web/live.js";
import { Criterion } from "./criterion.js";
import { KeptSheets } from "./kept.js";
import { Outbox } from "./outbox.js";
import { Remarks } from "./remarks.js";
import { followStage } from "./stage.js";
import { badge, clock, count, element, figure, fill, language, same, words } from "./words.js";

const UNDO_MS = 10000;
const PATIENCE_MS = 4000;

// --- The sheet ---------------------------------------------------------------------------------------------------

class Sheet {
  // signal: says when the sheet leaves the screen.
  constructor(outbox, form, signal) {
    Object.assign(this, { outbox, form });
    this.team = Number(form.dataset.team);
    this.meet();
    form.addEventListener("change", (event) => this.tapped(event));
    form.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("submit", (event) => this.submitted(event));
    // The fields stay under the juror's hand, unless the rubric has become another one.
    document.addEventListener("live:swap", (event) => {
      if (event.detail.name === "criteria" && event.detail.next.dataset.rubric === this.rubric) event.preventDefault();
    }, { signal });
    outbox.addEventListener("received", ({ detail }) => this.received(detail), { signal });
    outbox.addEventListener("change", () => this.paint(), { signal });
    document.addEventListener("live:refreshed", () => this.fromServer(), { signal });
    // A tap that was faster than this module is a tap.
    const early = this.criteria.filter((criterion) => !same(criterion.value, criterion.rendered));
    const values = early.map(({ value }) => value);
    this.fromServer();
    early.forEach((criterion, n) => {
      criterion.show(values[n]);
      this.write(criterion, values[n]);
    });
  }

  // Takes the criteria that are on the page now, with what waits for them under earlier numbers.
  meet() {
    this.rubric = this.form.querySelector("[data-rubric]").dataset.rubric;
    this.criteria = [...this.form.querySelectorAll("[data-criterion]")].map((fieldset) => new Criterion(fieldset));
    for (const criterion of this.criteria) {
      criterion.undo.addEventListener("click", () => this.undo(criterion));
      for (const number of criterion.former) this.outbox.rename(this.team, number, criterion.id);
    }
  }

  // What was received since the page came goes with it into the copy that is kept of it.
  leave() {
    const node = document.getElementById("sheet-state");
    const state = JSON.parse(node.textContent);
    for (const { id, version, server } of this.criteria) {
      state[id] = { version, value: server?.value ?? null, received_at: server?.received_at ?? null };
    }
    node.textContent = JSON.stringify(state).replaceAll("<", "\\u003c");
  }

  criterionOf(node) {
    const fieldset = node.closest("[data-criterion]");
    return this.criteria.find((criterion) => criterion.fieldset === fieldset);
  }

  // What the server holds, as the page (or its last refresh) says it. What waits here goes on top.
  fromServer() {
    if (this.form.querySelector("[data-rubric]").dataset.rubric !== this.rubric) this.meet();
    const state = JSON.parse(document.getElementById("sheet-state").textContent);
    const isClosed = document.querySelector('[data-live="closed"]').childElementCount > 0;
    for (const criterion of this.criteria) {
      criterion.fieldset.disabled = isClosed;
      const known = state[criterion.id];
      if (known && known.version >= criterion.version) this.adopt(criterion, known);
    }
    this.paint();
  }

  adopt(criterion, { value, version, received_at }) {
    criterion.version = version;
    criterion.server = received_at ? { value, received_at } : null;
    if (!this.outbox.of(this.team, criterion.id).length) criterion.show(value);
  }

  async tapped(event) {
    const criterion = this.criterionOf(event.target);
    if (!criterion || (criterion.field && !criterion.field.checkValidity())) return;
    const before = criterion.last;
    criterion.last = criterion.value;
    criterion.showAnchor();
    this.offerUndo(criterion, before);
    await this.write(criterion, criterion.value);
  }

  // For ten seconds the score before is one tap away; undoing is a score like any other.
  offerUndo(criterion, before) {
    clearTimeout(criterion.undoTimer);
    criterion.before = before;
    criterion.undo.hidden = same(before, criterion.value);
    criterion.undoTimer = setTimeout(() => {
      criterion.undo.hidden = true;
    }, UNDO_MS);
  }

  undo(criterion) {
    criterion.undo.hidden = true;
    criterion.show(criterion.before);
    criterion.focus();
    this.write(criterion, criterion.before);
  }

  async write(criterion, value) {
    const waiting = this.outbox.of(this.team, criterion.id);
    // A new tap is an answer to an open question: the old one is not asked again.
    const question = waiting.find((entry) => entry.state !== "waiting");
    const base = question?.server ? question.server.version : criterion.version;
    const kept = await this.outbox.add({ team: this.team, criterion: criterion.id, value, base });
    // Only now that the new one is on the device may the old one go.
    if (question) await this.outbox.discard(this.team, criterion.id, { except: kept });
  }

  received({ entry, answer }) {
    if (entry.team !== this.team) return;
    const criterion = this.criteria.find(({ id }) => id === (answer.criterion ?? entry.criterion));
    if (!criterion) return;
    const version = answer.version ?? criterion.version;
    criterion.late = Boolean(answer.late);
    if (version >= criterion.version || criterion.late) {
      this.adopt(criterion, { value: answer.value ?? entry.value, version, received_at: answer.received_at });
    }
    this.paint();
  }

  key(event) {
    const criterion = this.criterionOf(event.target);
    if (!criterion) return;
    if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const next = this.criteria[this.criteria.indexOf(criterion) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) next.focus();
      else if (event.key === "ArrowDown") document.querySelector("[data-next-team]")?.focus();
    } else if (/^[0-9]$/.test(event.key) && criterion.radios.length && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const radio = criterion.radios.find(({ value }) => Number(value) === Number(event.key));
      if (!radio || radio.disabled) return;
      event.preventDefault();
      radio.focus();
      if (!radio.checked) radio.click();
    }
  }

  submitted(event) {
    event.preventDefault();
    const name = event.submitter?.name;
    if (name !== "clear") return;
    const criterion = this.criteria.find(({ id }) => id === Number(event.submitter.value));
    if (criterion.value === null) return;
    const before = criterion.value;
    criterion.show(null);
    this.offerUndo(criterion, before);
    this.write(criterion, null);
  }

  // --- What the juror reads ---

  paint() {
    for (const criterion of this.criteria) {
      const entries = this.outbox.of(this.team, criterion.id);
      const question = entries.find((entry) => entry.state !== "waiting");
      const wanted = entries.at(-1);
      if (wanted && !same(wanted.value, criterion.value)) criterion.show(wanted.value);
      criterion.fieldset.dataset.state = question ? question.state : wanted ? "device" : "received";
      criterion.clear.hidden = criterion.value === null;
      this.paintLine(criterion, question, wanted);
    }
    this.paintTotal();
  }

  paintLine(criterion, question, wanted) {
    const { line } = criterion;
    const text = this.sentence(criterion, question, wanted);
    if (line.dataset.said === text) return;
    line.dataset.said = text;
    line.replaceChildren(element("span", text));
    if (!question) return;
    const keep = question.state === "conflict" ? fill(words.keepMine, { mine: this.named(wanted.value) }) : words.retry;
    const drop = question.state === "conflict" ? fill(words.takeTheirs, { theirs: this.named(question.server.value) }) : words.discard;
    line.append(
      element("button", keep, { type: "button", className: "btn btn--sm", onclick: () => this.insist(criterion, wanted) }),
      element("button", drop, { type: "button", className: "btn btn--sm", onclick: () => this.giveIn(criterion, question) }),
    );
  }

  named(value) {
    return value === null ? words.unscored : figure(value);
  }

  sentence(criterion, question, wanted) {
    if (question?.state === "conflict") {
      const time = question.server.received_at ? clock.format(new Date(question.server.received_at)) : "";
      return fill(words.conflict, { mine: this.named(wanted.value), theirs: this.named(question.server.value), time });
    }
    if (question) return fill(words.refused, { reason: question.reason });
    // Between the tap and the disk nothing is promised yet, least of all by the line of the score before.
    if (wanted) return this.outbox.unkept.has(wanted.id) ? words.sending : words.device;
    if (!criterion.server) return "";
    return fill(criterion.late ? words.late : words.received, { time: clock.format(new Date(criterion.server.received_at)) });
  }

  async insist(criterion, wanted) {
    await this.write(criterion, wanted.value);
  }

  async giveIn(criterion, question) {
    await this.outbox.discard(this.team, criterion.id);
    if (question.server) this.adopt(criterion, question.server);
    else criterion.show(criterion.server ? criterion.server.value : null);
    this.paint();
  }

  paintTotal() {
    const weights = this.criteria.reduce((sum, { weight }) => sum + weight, 0);
    const total = weights ? (100 * this.criteria.reduce((sum, criterion) => sum + criterion.share(), 0)) / weights : 0;
    const required = this.criteria.filter(({ isRequired }) => isRequired);
    const done = required.filter(({ value }) => value !== null).length;
    const text = new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(total);
    for (const node of document.querySelectorAll("[data-total]")) node.textContent = text;
    for (const node of document.querySelectorAll("[data-total-bar]")) node.style.setProperty("--w", `${total}%`);
    const [one, many] = [words.doneOne, words.doneMany].map((sentence) => fill(sentence, { total: required.length }));
    for (const node of document.querySelectorAll("[data-done]")) node.textContent = count(done, one, many);
    for (const node of document.querySelectorAll("[data-done-short]")) node.textContent = `${done}/${required.length}`;
  }
}

// --- The badge: what is on this device, what was received ---------------------------------------------------------

let lastReceived = "";
// What a juror counts are scores, not how often one was changed on the way.
const places = (entries) => new Set(entries.map(({ team, criterion }) => `${team} ${criterion}`)).size;

function paintBadge(outbox) {
  const waiting = outbox.entries.filter(({ state }) => state === "waiting");
  const open = places(waiting);
  // "On this device" is a promise: a tap that is still on its way to the disk is not counted yet.
  const kept = places(waiting.filter(({ id }) => !outbox.unkept.has(id)));
  const questions = places(outbox.entries.filter(({ state }) => state !== "waiting"));
  const [state, icon, text] =
    outbox.trouble === "blocked" && open ? ["error", "stop", fill(words.blocked, { reason: outbox.reason })]
    : outbox.trouble === "offline" && kept ? ["offline", "offline", count(kept, words.offlineOne, words.offlineMany)]
    : questions ? ["error", "warn", count(questions, words.questionOne, words.questionMany)]
    : open ? ["saving", "upload", words.sending]
    : lastReceived ? ["saved", "saved", fill(words.received, { time: lastReceived })]
    : ["saved", "saved", words.idle];
  badge.dataset.state = state;
  badge.querySelector(".i").className = `i i-${icon}`;
  const label = badge.lastElementChild;
  if (label.textContent !== text) label.textContent = text;
  const oldest = outbox.entries.reduce((first, { order }) => Math.min(first, order), Infinity);
  const warning = document.querySelector("[data-outbox-old]");
  if (warning) warning.hidden = Date.now() - oldest < 30 * 60 * 1000;
  for (const mark of document.querySelectorAll("[data-outbox-team]")) {
    const n = places(outbox.entries.filter(({ team }) => team === Number(mark.dataset.outboxTeam)));
    mark.hidden = !n;
    mark.lastElementChild.textContent = count(n, words.offlineOne, words.offlineMany);
  }
}

let token = document.querySelector("[name=csrfmiddlewaretoken]").value;

// Whether a fresh copy of the page has another token: the same person signed in again. Nobody else sends what waits here.
async function renew() {
  const page = await fetch(location.href, { cache: "no-store" }).then((response) => response.text()).catch(() => "");
  const copy = new DOMParser().parseFromString(page, "text/html");
  const fresh = copy.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!fresh || fresh === token || copy.querySelector("[data-outbox]")?.dataset.owner !== words.owner) return false;
  token = fresh;
  return true;
}

const outbox = await Outbox.open({
  owner: words.owner,
  address: (team, what) => words.address.replace("/0/scores/", `/${team}/${what}/`),
  token: () => token,
  renew,
});
outbox.addEventListener("change", () => paintBadge(outbox));
outbox.addEventListener("received", ({ detail }) => {
  const removed = document.querySelector("[data-outbox-removed]");
  if (removed && detail.answer.removed) removed.hidden = false;
  if (detail.answer.received_at) lastReceived = clock.format(new Date(detail.answer.received_at));
  paintBadge(outbox);
});
// The page was refreshed, so the network and perhaps the session are back.
document.addEventListener("live:refreshed", () => outbox.flush());
addEventListener("focus", () => outbox.flush());

// --- From sheet to sheet, also without a network -----------------------------------------------------------------

const sheets = new KeptSheets();
// What a turn to another sheet exchanges; the badge stays, because it is one for all sheets.
const PARTS = [".jury__bar", "#main", ".jury__foot"];
let shown = location.pathname;
let open = null;

// A wifi without a way to the server is a network to the browser: then a look at the server decides.
const mayBeCut = () => outbox.trouble === "offline" || document.querySelector("[data-livestate]")?.hidden === false;

function answers(address) {
  const answer = fetch(address, { method: "HEAD", cache: "no-store" }).then(() => true, () => false);
  return Promise.race([answer, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, false))]);
}

function openSheet() {
  const form = document.querySelector("form[data-sheet]");
  if (!form) return;
  const leaving = new AbortController();
  open = { leaving, sheet: new Sheet(outbox, form, leaving.signal), remarks: new Remarks(outbox, form, leaving.signal) };
}

const keepSheets = () => {
  if (open && navigator.onLine && !document.hidden) sheets.keep(open.sheet.form.dataset.order.trim().split(" "), shown);
};

// Puts a kept sheet in the place of the one on the screen. False where none is kept.
function turnTo(address) {
  const page = sheets.page(address);
  if (!page || !open) return false;
  open.remarks.write();
  open.sheet.leave();
  open.leaving.abort();
  sheets.put(shown, document.documentElement.outerHTML);
  shown = address;
  page.querySelector("[data-outbox]").replaceWith(badge);
  for (const part of PARTS) document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
  document.title = page.title;
  meetPage();
  openSheet();
  paintBadge(outbox);
  scrollTo(0, 0);
  document.querySelector("#main").focus({ preventScroll: true });
  return true;
}

// Without a network a link would lead to the browser's own error page, and away from what waits here.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || link.origin !== location.origin || link.hash || (navigator.onLine && !mayBeCut())) return;
  event.preventDefault();
  if (navigator.onLine && (await answers(link.href))) location.assign(link.href);
  else if (turnTo(link.pathname)) history.pushState(null, "", link.pathname);
  else badge.lastElementChild.textContent = words.stay;
});
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || navigator.onLine) return;
  event.preventDefault();
  badge.lastElementChild.textContent = words.stay;
});
addEventListener("popstate", async () => {
  if (location.pathname === shown) return;
  const isThere = navigator.onLine && (await answers(location.href));
  if (isThere || !turnTo(location.pathname)) location.reload();
});
// A kept copy that does not know of a score would ask about it.
outbox.addEventListener("received", ({ detail: { entry } }) => sheets.forget(words.sheet.replace(/0\/$/, `${entry.team}/`)));
document.addEventListener("live:refreshed", keepSheets);
// Not all at once: the stage opens the same sheet on every tablet.
setTimeout(keepSheets, 2000 + Math.random() * 4000);

openSheet();
followStage(outbox);
paintBadge(outbox);
document.documentElement.dataset.outboxReady = "yes";
