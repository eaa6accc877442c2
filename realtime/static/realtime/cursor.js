// The place of one listener in one stream. Numbers decide, never the order of arrival: the next one is
// applied, a later one means that something is missing, and what is missing is asked for over HTTP.

const SECOND = 1000;
const ASK_AGAIN = 30 * SECOND;
// Above this many missing events a fresh look costs less than the events one by one.
const TOO_MANY = 200;
// When the page was made, on the server's clock; NaN where it does not say so.
const made = Date.parse(document.body.dataset.now);

export class Cursor {
  constructor(slug, name, last, onEvent, onGap) {
    Object.assign(this, { slug, name, last, onEvent, onGap, healing: false, refusedUntil: 0 });
  }

  take(number, kind, data) {
    // Before the first heads the page does not know what it already shows.
    if (this.last < 0 || number <= this.last) return;
    if (number > this.last + 1) this.heal();
    else this.apply(number, kind, data);
  }

  apply(number, kind, data) {
    this.last = number;
    this.onEvent(this.name, number, kind, data);
  }

  hearHead(head, at) {
    const unknown = this.last < 0;
    if (!unknown && head > this.last) this.heal();
    else if (unknown || head < this.last) {
      this.last = head;
      // What happened while the page was being made may be missing in it; an older head it already shows.
      if (!unknown || (head > 0 && !(Date.parse(at) < made - 2 * SECOND))) this.onGap(this.name);
    }
  }

  /** Fetch what is missing. Answers whether the server did; a failure is tried again at the next heartbeat. */
  async heal(wait = 0) {
    if (this.healing || Date.now() < this.refusedUntil) return true;
    this.healing = true;
    try {
      for (;;) {
        const answer = await ask(this, wait);
        if (!answer) return false;
        const [first] = answer.events;
        const known = this.last >= 0 && answer.head >= this.last && answer.head - this.last <= TOO_MANY;
        if (!known || (first && first.n > this.last + 1)) {
          this.last = answer.head;
          this.onGap(this.name);
          return true;
        }
        for (const { n, k, d } of answer.events) if (n === this.last + 1) this.apply(n, k, d);
        if (!first || this.last >= answer.head) return true;
      }
    } catch {
      return false;
    } finally {
      this.healing = false;
    }
  }
}

async function ask(cursor, wait) {
  const query = new URLSearchParams({ stream: cursor.name, since: Math.max(cursor.last, 0), ...(wait && { wait }) });
  const response = await fetch(`/api/v1/editions/${cursor.slug}/events/?${query}`, {
    cache: "no-store",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout?.((wait + 10) * SECOND),
  });
  if (response.status === 403 || response.status === 404) cursor.refusedUntil = Date.now() + ASK_AGAIN;
  // A network that wants a login first answers pages of its own, with status 200.
  if (!response.ok || !response.headers.get("content-type")?.startsWith("application/json")) return null;
  const answer = await response.json();
  return Number.isInteger(answer.head) && Array.isArray(answer.events) ? answer : null;
}
