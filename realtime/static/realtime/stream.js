// The live connection of a page: one socket per edition, shared by everything on the page that listens.
// Frames are hints, the journal is the truth: what is missing is fetched over HTTP, with the rights of now.

import { Cursor } from "./cursor.js";

const SECOND = 1000;
const GREET = 4 * SECOND;
const STALE = 12 * SECOND;
const DEAD = 20 * SECOND;
const LONG_POLL = 25 * SECOND;
const ASK_AGAIN = 30 * SECOND;
const NO_SUCH_EDITION = 4404;

const links = new Map();
const samples = [];
let offset = startOffset();

function startOffset() {
  const made = Date.parse(document.body.dataset.now);
  if (Number.isNaN(made)) return 0;
  const [navigation] = performance.getEntriesByType("navigation");
  return made - (performance.timeOrigin + (navigation?.responseStart || performance.now()));
}

// A message that travelled longer makes the server look late: the greatest of the last samples is the truest.
function hearClock(iso) {
  samples.push(Date.parse(iso) - Date.now());
  if (samples.length > 12) samples.shift();
  offset = Math.max(...samples);
}

/** Milliseconds since the epoch on the server's clock. */
export const serverNow = () => Date.now() + offset;

/**
 * Listen to streams of an edition: `streams` is a list of names, or {name: last number the page already shows}.
 * onEvent(stream, number, kind, data): in order, each once; `data` only where the stream carries it.
 * onGap(stream): too much is missing or the journal is another one: take a fresh look at the whole.
 * onState("live" | "stale" | "offline"): whenever it changes. Returns {close}.
 */
export function listen({ slug, streams, onEvent = () => {}, onGap = () => {}, onState = () => {} }) {
  if (!links.has(slug)) links.set(slug, new Link(slug));
  const link = links.get(slug);
  const places = Array.isArray(streams) ? streams.map((name) => [name, -1]) : Object.entries(streams);
  const cursors = places.map(([name, last]) => new Cursor(slug, name, last, onEvent, onGap));
  return link.add(cursors, onState);
}

/** The socket of one edition, and the long poll where a network lets no socket through. */
class Link {
  constructor(slug) {
    Object.assign(this, { slug, cursors: [], watchers: [], socket: null, state: null, failures: 0, unopened: 0, polling: false });
    this.heard = this.greeted = 0;
    this.lostAt = Date.now();
    setInterval(() => this.watch(), SECOND);
    addEventListener("online", () => this.connect());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    addEventListener("pagehide", () => this.drop());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      if (this.isOpen() && Date.now() - this.heard > 6 * SECOND) this.drop();
      this.connect();
    });
    this.connect();
  }

  add(cursors, onState) {
    this.cursors.push(...cursors);
    this.watchers.push(onState);
    if (this.state) onState(this.state);
    this.subscribe(cursors);
    return {
      close: () => {
        this.cursors = this.cursors.filter((cursor) => !cursors.includes(cursor));
        this.watchers = this.watchers.filter((watcher) => watcher !== onState);
      },
    };
  }

  isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (this.isOpen()) this.socket.send(JSON.stringify(message));
  }

  subscribe(cursors) {
    if (cursors.length) this.send({ t: "sub", streams: Object.fromEntries(cursors.map(({ name, last }) => [name, last])) });
  }

  connect() {
    clearTimeout(this.timer);
    if (this.socket) return;
    const url = new URL(`/ws/${this.slug}/`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.subscribe(this.cursors);
    };
    socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      this.unopened += opened ? 0 : 1;
      this.lose(code);
    };
  }

  hear(frame) {
    this.heard = Date.now();
    this.failures = this.unopened = 0;
    const concerned = (name) => this.cursors.filter((cursor) => cursor.name === name);
    if (frame.t === "ev" || frame.t === "n") for (const cursor of concerned(frame.s)) cursor.take(frame.n, frame.k, frame.d);
    if (frame.t === "hb") {
      hearClock(frame.now);
      for (const [name, head] of Object.entries(frame.heads)) for (const cursor of concerned(name)) cursor.hearHead(head, frame.at?.[name]);
    }
    // A right may come with the next phase or with a role: ask again later.
    if (frame.t === "no") setTimeout(() => this.subscribe(concerned(frame.s)), ASK_AGAIN);
    this.show("live");
  }

  drop() {
    const socket = this.socket;
    this.lose(0);
    socket?.close();
  }

  lose(code) {
    if (this.socket) this.lostAt = Date.now();
    this.socket = null;
    clearTimeout(this.timer);
    if (code === NO_SUCH_EDITION) return;
    // Full jitter: a room whose network comes back does not knock all at once.
    const most = Math.min(30 * SECOND, 0.5 * SECOND * 2 ** ++this.failures);
    this.timer = setTimeout(() => this.connect(), 0.5 * SECOND + Math.random() * (most - 0.5 * SECOND));
    if (this.unopened >= 3) this.poll();
  }

  async poll() {
    if (this.polling) return;
    this.polling = true;
    while (!this.isOpen()) {
      const [first, ...others] = this.cursors;
      if (first && (await first.heal(others.length ? 3 : LONG_POLL / SECOND))) {
        this.heard = Date.now();
        this.show("live");
        await Promise.all(others.map((cursor) => cursor.heal()));
      } else if (!this.isOpen()) this.show("offline");
      await new Promise((resolve) => setTimeout(resolve, SECOND * (1 + Math.random())));
    }
    this.polling = false;
  }

  watch() {
    const now = Date.now();
    const silent = now - this.heard;
    if (this.isOpen() && now - this.greeted >= GREET - 100) {
      this.greeted = now;
      this.send({ t: "hi" });
    }
    if (this.isOpen() && silent > DEAD && now - this.lostAt > DEAD) this.drop();
    else if (this.isOpen() && silent > STALE && this.state === "live") this.show("stale");
    // The poll says itself whether it was answered, after half a minute of silence at the latest.
    const lost = this.polling ? silent > LONG_POLL + 10 * SECOND : now - this.lostAt > 3 * SECOND;
    if (!this.isOpen() && lost) this.show("offline");
  }

  show(state) {
    if (state === this.state) return;
    this.state = state;
    for (const watcher of this.watchers) watcher(state);
  }
}
