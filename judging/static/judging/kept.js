// The sheets around the one on the screen, kept while there is a network: without one, a juror still goes on to the next team.
// In the memory of this page alone: a tablet that changes hands keeps nothing.

const AHEAD = 2;
const EVERY_MS = 60000;

export class KeptSheets {
  constructor() {
    this.pages = new Map();
    this.keptAt = -Infinity;
  }

  // order: the addresses of all own sheets; here: the one on the screen. At most once a minute.
  async keep(order, here) {
    if (Date.now() - this.keptAt < EVERY_MS) return;
    this.keptAt = Date.now();
    const place = order.indexOf(here);
    for (const address of order.slice(Math.max(0, place - 1), place + 1 + AHEAD).filter((one) => one !== here)) {
      const response = await fetch(address, { cache: "no-store" }).catch(() => null);
      // A cut, or somebody else's session by now: what is kept stays as it is.
      if (!response) return;
      if (response.ok && new URL(response.url).pathname === address) this.put(address, await response.text());
    }
  }

  put(address, text) {
    this.pages.set(address, text);
  }

  forget(address) {
    this.pages.delete(address);
  }

  page(address) {
    const text = this.pages.get(address);
    return text ? new DOMParser().parseFromString(text, "text/html") : null;
  }
}
