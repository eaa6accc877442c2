// On narrow windows the organisers' menu is one line: the page's own entry comes into view, the page itself stays where it is.
for (const strip of document.querySelectorAll(".side")) {
  const entry = strip.querySelector("[aria-current]");
  if (entry) strip.scrollLeft += entry.getBoundingClientRect().left - strip.getBoundingClientRect().left - (strip.clientWidth - entry.clientWidth) / 2;
}
