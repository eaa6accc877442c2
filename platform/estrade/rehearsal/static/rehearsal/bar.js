// Shows the act under way. While the play is paused the page's countdowns stand still with it; afterwards the
// page is loaded anew, because every time on it has moved. On the projector there is no bar, only the pausing.
const bar = document.querySelector("[data-play-state]");
const paint = (name, change) => {
  for (const node of document.querySelectorAll(`[data-play-${name}]`)) change(node);
};
let key = null;

// On the organisers' page the list of acts moves along, too.
function mark(now) {
  const acts = [...document.querySelectorAll("[data-act]")];
  const place = acts.findIndex((node) => node.dataset.act === now);
  acts.forEach((node, index) => (node.dataset.state = index < place ? "done" : index === place ? "now" : "ahead"));
  acts.forEach((node, index) => (index === place ? node.setAttribute("aria-current", "step") : node.removeAttribute("aria-current")));
}

async function refresh() {
  try {
    const answer = await fetch(bar.dataset.playState, { headers: { Accept: "application/json" } });
    if (answer.status === 404 && bar.dataset.playGone) location.assign(bar.dataset.playGone);
    if (!answer.ok) return;
    const state = await answer.json();
    for (const name of ["clock", "act", "next"]) paint(name, (node) => (node.textContent = state[name]));
    paint("pause", (node) => (node.hidden = state.paused));
    paint("resume", (node) => (node.hidden = !state.paused));
    if (key !== state.key) mark((key = state.key));
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
