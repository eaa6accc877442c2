// Follows the stage: when another team comes on, this page opens its sheet, if it is the juror's.
// Never while somebody types, never while a tap is on its way to the disk, and only when the stage changes:
// who has gone elsewhere on purpose stays there.

const node = () => document.querySelector("[data-stage]");

function isTyping() {
  const { activeElement: field } = document;
  return Boolean(field?.matches("textarea, input:not([type=radio]):not([type=checkbox]), select"));
}

export function followStage(outbox) {
  let seen = node()?.dataset.team ?? "";
  document.addEventListener("live:refreshed", () => {
    const stage = node();
    if (!stage || stage.dataset.team === seen) return;
    seen = stage.dataset.team;
    const { href } = stage.dataset;
    if (!href || href === location.pathname || isTyping() || outbox.unkept.size || !navigator.onLine) return;
    location.assign(href);
  });
}
