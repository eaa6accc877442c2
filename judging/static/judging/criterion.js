// One criterion of the sheet: its field, the sentence of the chosen level, and what the server holds of it.

import { element, figure, same, words } from "./words.js";

export class Criterion {
  constructor(fieldset) {
    this.fieldset = fieldset;
    this.id = Number(fieldset.dataset.criterion);
    this.former = fieldset.dataset.former.split(" ").filter(Boolean).map(Number);
    this.isRequired = "required" in fieldset.dataset;
    this.weight = Number(fieldset.dataset.weight);
    this.lowest = Number(fieldset.dataset.lowest);
    this.highest = Number(fieldset.dataset.highest);
    this.radios = [...fieldset.querySelectorAll("input[type=radio]")];
    this.field = fieldset.querySelector("[data-figure]");
    this.anchor = fieldset.querySelector("[data-anchor]");
    this.line = fieldset.querySelector("[data-crit-state]");
    this.clear = fieldset.querySelector("button[name=clear]");
    this.undo = fieldset.querySelector("[data-undo]");
    this.last = null;
    this.version = 0;
    this.server = null;
    this.rendered = fieldset.querySelector("[data-rendered]").value || null;
  }

  get value() {
    const chosen = this.field ? this.field.value : this.radios.find((radio) => radio.checked)?.value;
    return chosen === undefined || chosen === "" ? null : chosen;
  }

  show(value) {
    this.last = value;
    if (this.field) this.field.value = value === null ? "" : String(Number(value));
    for (const radio of this.radios) radio.checked = same(radio.value, value);
    this.showAnchor();
  }

  showAnchor() {
    if (!this.anchor) return;
    const { value } = this;
    const level = [...this.fieldset.querySelectorAll(".scale li")].find((item) => same(item.dataset.value, value));
    this.anchor.classList.toggle("anchor--empty", value === null);
    if (value === null) this.anchor.textContent = words.unscored;
    else this.anchor.replaceChildren(element("b", figure(value)), element("span", level?.lastElementChild.textContent ?? ""));
  }

  share() {
    return this.value === null ? 0 : ((Number(this.value) - this.lowest) / (this.highest - this.lowest)) * this.weight;
  }

  focus() {
    (this.field || this.radios.find((radio) => radio.checked) || this.radios[0]).focus({ preventScroll: true });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.fieldset.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  }
}
