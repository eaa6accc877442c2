// The browser's own menu prints as well: the button only shows where this script runs.
const box = document.querySelector("[data-print]");
box.hidden = false;
box.addEventListener("click", () => print());
