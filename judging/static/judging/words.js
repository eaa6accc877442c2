// The words and figures of a juror's pages. The sentences come from the server, on the badge that says what was received.

export const badge = document.querySelector("[data-outbox]");
export const words = badge.dataset;
export const language = document.documentElement.lang;
export const clock = new Intl.DateTimeFormat(language, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: words.zone,
});
export const fill = (text, figures) => text.replace(/\{(\w+)\}/g, (all, name) => figures[name] ?? all);
export const count = (n, one, many) => fill(n === 1 ? one : many, { n });
export const figure = (value) => new Intl.NumberFormat(language).format(Number(value));
export const same = (a, b) => (a === null || a === "" ? b === null || b === "" : b !== null && b !== "" && Number(a) === Number(b));
export const element = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text, ...attributes });
