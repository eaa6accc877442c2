// The browser's own menu prints as well: the button only shows where this script runs.
for (const box of document.querySelectorAll("[data-print]")) {
  box.hidden = false;
  box.addEventListener("click", () => print());
}
