// The poster's own print button; without this module the browser's menu prints it as well.
const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => window.print());
