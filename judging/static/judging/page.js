// The public board on phones and laptops: changes are painted from the frames, all other news refreshes the page's regions.

import { listen } from "../realtime/stream.js";
import { refreshSoon } from "../web/live.js";
import { Board } from "./board.js";

let board = null;

function take() {
  const root = document.querySelector("[data-board]");
  if (root === (board?.root ?? null)) return;
  board?.stop();
  board = root ? new Board(root) : null;
}

take();
document.addEventListener("live:refreshed", take);
listen({
  slug: document.body.dataset.slug,
  streams: { public: Number(document.querySelector("[data-seq]").dataset.seq) },
  onEvent(stream, n, kind, data) {
    // The region may have been refreshed since, and be younger than this news.
    const shown = Number(document.querySelector("[data-seq]").dataset.seq);
    if (kind !== "board.changed" || n <= shown) return;
    if (!board || !board.apply(data)) refreshSoon();
  },
});
