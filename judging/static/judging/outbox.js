// The outbox of one juror on one device: an intended score is written here first, and only then sent.
//
// Promises: an entry leaves when the server has said what became of it, or when the juror discards it;
// entries of one criterion leave in the order of the taps; one tab of a browser sends, the others watch.
// Needs nothing that a plain http origin lacks: no randomUUID, no locks, no service worker.

import { Entries } from "./entries.js";

const CHANNEL = "estrade-outbox";
const LEASE = "estrade-outbox-lease";
const LEASE_MS = 4000;
const ANSWER_MS = 10000;
const SLOWEST_MS = 30000;

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// --- One sender per browser --------------------------------------------------------------------------------------

const tab = newId();

// A lease in storage, renewed while sending. Two senders would do no harm (the server knows each id), only noise.
function holdLease() {
  try {
    const [holder, until] = (localStorage.getItem(LEASE) || "").split(" ");
    if (holder && holder !== tab && Number(until) > Date.now()) return false;
    localStorage.setItem(LEASE, `${tab} ${Date.now() + LEASE_MS}`);
    return true;
  } catch {
    return true;
  }
}

function releaseLease() {
  try {
    if ((localStorage.getItem(LEASE) || "").startsWith(tab)) localStorage.removeItem(LEASE);
  } catch {
    // Storage is off: there was no lease.
  }
}

// --- The outbox --------------------------------------------------------------------------------------------------

// Entry: {id, owner, team, criterion, value, base, at, state, reason, server}; criterion is a number, or the name of a text
// state: waiting (on this device), conflict (another device was faster: `server` has its value), refused (`reason`).
// Events: "change" whenever entries or the state of sending changed; "received" with {entry, answer}.
export class Outbox extends EventTarget {
  static async open(options) {
    const outbox = new Outbox(options);
    outbox.stored = await Entries.open();
    await outbox.read();
    outbox.listenToTheWorld();
    outbox.flush();
    return outbox;
  }

  // owner: who and which edition; address(team, "scores" or "remarks"): where they go; token(): the form token; renew(): look for a new one.
  constructor({ owner, address, token, renew }) {
    super();
    Object.assign(this, { owner, address, token, renew });
    this.entries = [];
    this.unkept = new Map(); // tapped, not yet on the disk: shown, not yet sent
    this.trouble = ""; // "", "offline" (no answer) or "blocked" (signed out, not the moment): the queue stays
    this.reason = "";
    this.failures = 0;
    this.hasTold = false; // the server knows of scores that wait here
    this.sending = false;
    this.again = false;
  }

  listenToTheWorld() {
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(CHANNEL) : null;
    if (this.channel) this.channel.onmessage = ({ data }) => this.hear(data);
    addEventListener("online", () => {
      this.say("");
      this.flush();
    });
    addEventListener("pageshow", ({ persisted }) => persisted && this.hear({ added: true }));
    addEventListener("offline", () => this.say("offline"));
    addEventListener("pagehide", releaseLease);
    document.addEventListener("visibilitychange", () => document.hidden || this.flush());
  }

  async hear(news) {
    await this.read();
    if (news.answer && news.entry.owner === this.owner) this.tell("received", news);
    this.tell("change");
    if (news.added) this.flush();
  }

  async read() {
    const all = new Map([...(await this.stored.all()).map((entry) => [entry.id, entry]), ...this.unkept]);
    this.entries = [...all.values()].filter((entry) => entry.owner === this.owner).sort((a, b) => a.order - b.order);
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  say(trouble, reason = "") {
    this.trouble = trouble;
    this.reason = reason;
    this.tell("change");
  }

  of(team, criterion) {
    return this.entries.filter((entry) => entry.team === team && entry.criterion === criterion);
  }

  // Keeps a score on the device, then sends it. Resolves when it is kept.
  async add({ team, criterion, value, base }) {
    const last = this.entries.at(-1);
    const order = Math.max(Date.now(), last ? last.order + 1 : 0);
    const at = new Date().toISOString();
    const entry = { id: newId(), owner: this.owner, order, team, criterion, value, base, at, state: "waiting" };
    this.entries.push(entry);
    this.unkept.set(entry.id, entry);
    this.tell("change");
    try {
      await this.stored.put(entry);
    } finally {
      this.unkept.delete(entry.id);
    }
    this.channel?.postMessage({ added: true });
    this.tell("change");
    this.flush();
    return entry;
  }

  // The juror's answer to a refusal or a conflict: forget what waits for this criterion here.
  async discard(team, criterion, { except } = {}) {
    for (const entry of this.of(team, criterion)) if (entry.id !== except?.id) await this.stored.remove(entry.id);
    await this.read();
    this.channel?.postMessage({});
    this.tell("change");
    this.flush();
  }

  // Sends what waits. Returns at once when another tab or an earlier call is at it.
  async flush() {
    if (this.sending) {
      this.again = true;
      return;
    }
    if (!this.entries.some((entry) => entry.state === "waiting")) return;
    if (!holdLease()) {
      this.later(1500 + Math.random() * 2000);
      return;
    }
    this.sending = true;
    const renewal = setInterval(holdLease, LEASE_MS / 3);
    try {
      await this.sendAll();
    } finally {
      clearInterval(renewal);
      releaseLease();
      this.sending = false;
      this.tell("change");
      if (this.again) {
        this.again = false;
        this.flush();
      }
    }
  }

  async sendAll() {
    this.tell("change");
    const stuck = new Set();
    for (;;) {
      await this.read();
      const entry = this.nextToSend(stuck);
      if (!entry) break;
      const outcome = await this.send(entry);
      if (outcome === "no answer") {
        this.failures += 1;
        this.say("offline");
        this.later(Math.random() * Math.min(SLOWEST_MS, 500 * 2 ** this.failures) + 250);
        return;
      }
      this.failures = 0;
      if (outcome === "not now") stuck.add(`${entry.team} ${entry.criterion}`);
      else if (!stuck.size) this.trouble = "";
    }
    if (stuck.size) this.later(SLOWEST_MS / 2 + (Math.random() * SLOWEST_MS) / 2);
  }

  // The oldest entry whose criterion has nothing older left.
  nextToSend(stuck) {
    const seen = new Set(stuck);
    for (const entry of this.entries) {
      const place = `${entry.team} ${entry.criterion}`;
      if (entry.state === "waiting" && !seen.has(place) && !this.unkept.has(entry.id)) return entry;
      seen.add(place);
    }
    return null;
  }

  later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), ms);
  }

  async post(entry) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), ANSWER_MS);
    try {
      const isRemark = typeof entry.criterion === "string";
      const sent = isRemark
        ? { which: entry.criterion, text: entry.value, base_version: entry.base }
        : { criterion: entry.criterion, value: entry.value, client_id: entry.id, base_version: entry.base, device_at: entry.at };
      // Said while something waits, so that a device that goes silent is known to hold it, and once more when nothing does.
      const unsent = this.entries.filter(({ id, criterion }) => id !== entry.id && typeof criterion === "number").length;
      const tells = !isRemark && (unsent > 0 || this.hasTold);
      if (tells) sent.unsent = unsent;
      const response = await fetch(this.address(entry.team, isRemark ? "remarks" : "scores"), {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.token() },
        body: JSON.stringify(sent),
        signal: giveUp.signal,
      });
      if (tells && response.ok) this.hasTold = unsent > 0;
      return { status: response.status, body: await response.json().catch(() => ({})) };
    } finally {
      clearTimeout(timer);
    }
  }

  async send(entry, isSecondTry = false) {
    let answer;
    try {
      answer = await this.post(entry);
    } catch {
      return "no answer";
    }
    const { status, body } = answer;
    // The login page of a venue's network answers too, often with 200. Only a receipt or a named refusal is an answer.
    if (body?.receipt === undefined && body?.code === undefined) return "no answer";
    if (status === 507) {
      // The server's disk is full: the network is fine, and the score stays here until somebody has made room.
      this.say("blocked", body.detail || "");
      return "not now";
    }
    if (status >= 500 || status === 429 || status === 408) return "no answer";
    if (status === 401 || status === 403) {
      // Signing in again changes the token: one more try with a new one.
      if (!isSecondTry && (await this.renew())) return this.send(entry, true);
      this.say("blocked", body.detail || "");
      return "not now";
    }
    if (status < 300) await this.received(entry, body);
    else if (status === 409) await this.overtaken(entry, body);
    else await this.keep(entry, { state: "refused", reason: body.detail || body.title || String(status) });
    return "answered";
  }

  async received(entry, body) {
    await this.stored.remove(entry.id);
    await this.read();
    // What was tapped after it builds on it.
    for (const next of this.of(entry.team, entry.criterion)) {
      if (body.version !== undefined && next.base < body.version) await this.keep(next, { base: body.version });
    }
    this.announce(entry, { ...body, late: body.status === "late", removed: body.status === "removed" });
  }

  // Another device was faster. The same value is no quarrel; otherwise the juror chooses.
  async overtaken(entry, body) {
    const server = { value: body.value ?? null, version: body.version, received_at: body.received_at };
    const isText = typeof entry.criterion === "string";
    const equal = isText || server.value === null ? server.value === entry.value : Number(server.value) === Number(entry.value);
    if (equal && server.version !== undefined) await this.received(entry, server);
    else await this.keep(entry, { state: "conflict", server });
  }

  async keep(entry, changes) {
    await this.stored.put({ ...entry, ...changes });
    await this.read();
    this.channel?.postMessage({});
    this.tell("change");
  }

  // A new version of the rubric calls a criterion otherwise: what waits for it here is shown under the new number.
  async rename(team, from, to) {
    for (const entry of this.of(team, from)) await this.keep(entry, { criterion: to });
  }

  announce(entry, answer) {
    this.channel?.postMessage({ entry, answer });
    this.tell("received", { entry, answer });
    this.tell("change");
  }
}
