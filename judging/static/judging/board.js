// Paints a board: the first change at once, then at most one new order every three seconds, all rows together.
// Rows are told apart by id, never by place. Numbers follow the language of the document.

const REORDER_MS = 3000;
const PAGE_MS = 12000;
const EASE = "cubic-bezier(.2,.7,.2,1)";

const language = document.documentElement.lang;
const score = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(language);
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const fill = (text, figures) => text.replace(/\{(\w+)\}/g, (all, name) => figures[name] ?? all);
const byPlace = (a, b) => a.pos - b.pos;

/** One board on the page: `root` holds the list, the row to copy, the plain twin, the pager and the progress. */
export class Board {
  constructor(root) {
    this.root = root;
    this.list = root.querySelector("[data-rows]");
    this.words = this.list.dataset;
    this.pageSize = Number(this.words.pageSize) || Infinity;
    this.pattern = root.querySelector("template[data-row]").content.firstElementChild;
    this.twin = root.querySelector("[data-twin] tbody");
    this.rows = new Map(JSON.parse(root.querySelector('script[type="application/json"]').textContent).map((row) => [row.id, row]));
    this.page = 0;
    this.paintedAt = -Infinity;
    this.waiting = null;
    this.paused = false;
    if (this.pageSize < Infinity) this.turning = setInterval(() => this.turn(), PAGE_MS);
  }

  /** Forget the timers of a board that leaves the page. */
  stop() {
    clearInterval(this.turning);
    clearTimeout(this.waiting);
  }

  /** Apply one change of the public board: whole rows, and ids that left. Returns false when the page must be asked again. */
  apply({ rows, gone, progress, mode }) {
    if (mode && mode !== this.words.mode) return false;
    for (const id of gone) this.rows.delete(id);
    for (const row of rows) this.rows.set(row.id, row);
    if (progress) this.showProgress(progress);
    this.soon();
    return true;
  }

  get order() {
    return [...this.rows.values()].sort(byPlace).map(({ id }) => id);
  }

  get shown() {
    return [...this.list.querySelectorAll(".brow")].map((row) => Number(row.dataset.id));
  }

  soon() {
    if (this.waiting) return;
    const next = this.order;
    const now = this.shown;
    const moves = next.length !== now.length || next.some((id, n) => id !== now[n]);
    const wait = moves ? this.paintedAt + REORDER_MS - performance.now() : 0;
    if (wait <= 0) {
      if (moves) this.paintedAt = performance.now();
      this.paint();
      return;
    }
    this.waiting = setTimeout(() => {
      this.waiting = null;
      this.paintedAt = performance.now();
      this.paint();
    }, wait);
  }

  // FLIP: measure, put the rows in order, let each glide from its old place.
  paint() {
    const nodes = new Map([...this.list.querySelectorAll(".brow")].map((node) => [Number(node.dataset.id), node]));
    const before = new Map([...nodes].filter(([, node]) => !node.hidden).map(([id, node]) => [id, node.getBoundingClientRect().top]));
    for (const [id, node] of nodes) if (!this.rows.has(id)) node.remove();
    for (const id of this.order) {
      const node = nodes.get(id) ?? this.pattern.cloneNode(true);
      nodes.set(id, node);
      this.fillRow(node, this.rows.get(id));
      this.list.append(node);
    }
    this.showPage();
    for (const [id, top] of before) if (nodes.get(id).isConnected) this.glide(nodes.get(id), top);
    this.showTwin();
  }

  glide(node, top) {
    for (const animation of node.getAnimations()) animation.cancel();
    if (node.hidden || still()) return;
    const rise = top - node.getBoundingClientRect().top;
    if (Math.abs(rise) < 1) return;
    node.toggleAttribute("data-moving", rise > node.offsetHeight / 2);
    const glide = node.animate([{ transform: `translateY(${rise}px)` }, { transform: "none" }], { duration: 900, easing: EASE });
    glide.onfinish = glide.oncancel = () => node.removeAttribute("data-moving");
  }

  fillRow(node, row) {
    node.dataset.id = row.id;
    node.id = `row-${row.id}`;
    node.toggleAttribute("data-top", row.rank !== null && row.rank <= 3);
    const put = (name, text) => {
      const place = node.querySelector(`[data-${name}]`);
      if (place && place.textContent !== text) place.textContent = text;
    };
    put("rank", row.rank === null ? "–" : whole.format(row.rank));
    put("name", row.name);
    put("challenge", row.challenge);
    put("score", row.score === null ? "" : score.format(row.score));
    put("votes", `${whole.format(row.ballots)}/${whole.format(row.expected)}`);
    node.querySelector(".brow__votes").toggleAttribute("data-full", row.expected > 0 && row.ballots >= row.expected);
    node.querySelector("[data-bar]").style.setProperty("--v", `${row.score ?? 0}%`);
    this.fillMove(node.querySelector("[data-m]"), row.rank === null ? null : (row.move ?? 0));
  }

  fillMove(node, move) {
    node.toggleAttribute("data-none", move === null);
    const way = move > 0 ? "up" : move < 0 ? "down" : "same";
    node.dataset.m = way;
    node.querySelector(".i").className = `i i-${way}`;
    node.querySelector(".vh").textContent = this.words[way];
    node.lastElementChild.textContent = move ? whole.format(Math.abs(move)) : "";
  }

  showTwin() {
    if (!this.twin) return;
    this.twin.replaceChildren(
      ...this.order.map((id) => {
        const row = this.rows.get(id);
        const line = document.createElement("tr");
        for (const text of [row.rank ?? "–", row.name, row.challenge, row.score === null ? "–" : score.format(row.score), `${row.ballots}/${row.expected}`]) {
          line.append(Object.assign(document.createElement("td"), { textContent: text }));
        }
        return line;
      }),
    );
  }

  showProgress({ ballots, expected, percent }) {
    for (const node of this.root.querySelectorAll("[data-progress]")) {
      node.textContent = fill(node.dataset.progress, { ballots: whole.format(ballots), expected: whole.format(expected), percent });
    }
    for (const node of this.root.querySelectorAll("[data-progress-bar]")) node.style.setProperty("--v", `${percent}%`);
  }

  // --- Pages ---

  get pages() {
    return Math.max(1, Math.ceil(this.rows.size / this.pageSize));
  }

  turn() {
    if (this.paused || this.pages === 1 || document.hidden) return;
    this.page = (this.page + 1) % this.pages;
    this.showPage();
    if (still()) return;
    for (const node of this.list.querySelectorAll(".brow:not([hidden])")) node.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 400 });
  }

  showPage() {
    if (this.pageSize === Infinity) return;
    this.page = Math.min(this.page, this.pages - 1);
    const first = this.page * this.pageSize;
    [...this.list.querySelectorAll(".brow")].forEach((node, n) => { node.hidden = n < first || n >= first + this.pageSize; });
    const range = this.root.querySelector("[data-range]");
    if (!range) return;
    range.textContent = fill(range.dataset.range, { first: first + 1, last: Math.min(first + this.pageSize, this.rows.size), total: this.rows.size });
    const pager = this.root.querySelector("[data-pager]");
    pager.replaceChildren(...Array.from({ length: this.pages }, (_, n) => Object.assign(document.createElement("i"), { className: n === this.page ? "on" : "" })));
  }
}
