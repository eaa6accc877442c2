// The control room: dialogs instead of pages, a typed word that arms its button, one sending per form.
// The regions refresh themselves (web/live.js); nothing here knows a rule.

const dialogOf = (name) => document.getElementById(`dialog-${name}`);
let opener = null;

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  const dialog = link && dialogOf(link.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    opener = link.dataset.dialog;
    dialog.showModal();
    dialog.querySelector("textarea, input:not([type=hidden])")?.focus();
    return;
  }
  const close = event.target.closest("[data-close]");
  if (close?.closest("dialog")) {
    event.preventDefault();
    close.closest("dialog").close();
    return;
  }
  const armed = event.target.closest("[data-armed]");
  if (armed?.getAttribute("aria-disabled") === "true") event.preventDefault();
});

// The region may have been replaced while its dialog was open: focus goes back to the link of the same name.
document.addEventListener("close", () => document.querySelector(`[data-dialog="${opener}"]`)?.focus(), true);

// One sending per form, until the page is shown again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

function arm(field) {
  const button = field.form.querySelector("[data-armed]");
  const typed = field.value.trim().toLocaleUpperCase() === field.dataset.retype.toLocaleUpperCase();
  button?.setAttribute("aria-disabled", String(!typed));
}
const armAll = () => document.querySelectorAll("[data-retype]").forEach(arm);

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-retype]")) arm(event.target);
});
document.addEventListener("live:refreshed", armAll);
armAll();
