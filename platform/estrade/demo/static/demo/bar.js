// Shows the act under way. While the play is paused the page's countdowns stand still with it.
const bar = document.querySelector("[data-demo-state]");
const part = (name) => bar.querySelector(`[data-demo-${name}]`);

async function refresh() {
  try {
    const answer = await fetch(bar.dataset.demoState, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const state = await answer.json();
    part("clock").textContent = state.clock;
    part("act").textContent = state.act;
    part("next").textContent = state.next;
    part("pause").hidden = state.paused;
    part("resume").hidden = !state.paused;
    const wasPaused = document.documentElement.hasAttribute("data-paused");
    document.documentElement.toggleAttribute("data-paused", state.paused);
    if (wasPaused && !state.paused) document.dispatchEvent(new CustomEvent("estrade:refresh"));
  } catch {
    // The server is away: the page itself says so.
  }
}

if (bar) {
  refresh();
  setInterval(refresh, 2000);
}
