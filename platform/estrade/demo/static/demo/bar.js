// Shows the act under way. While the play is paused the page's countdowns stand still with it; afterwards the
// page is loaded anew, because every time on it has moved. On the projector there is no bar, only the pausing.
const bar = document.querySelector("[data-demo-state]");
const paint = (name, change) => {
  const node = bar.querySelector(`[data-demo-${name}]`);
  if (node) change(node);
};

async function refresh() {
  try {
    const answer = await fetch(bar.dataset.demoState, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const state = await answer.json();
    for (const name of ["clock", "act", "next"]) paint(name, (node) => (node.textContent = state[name]));
    paint("pause", (node) => (node.hidden = state.paused));
    paint("resume", (node) => (node.hidden = !state.paused));
    const page = document.documentElement;
    if (page.hasAttribute("data-paused") && !state.paused) location.reload();
    page.toggleAttribute("data-paused", state.paused);
  } catch {
    // The server is away: the page itself says so.
  }
}

if (bar) {
  refresh();
  setInterval(refresh, 2000);
}
