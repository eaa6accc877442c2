// The two texts of a sheet. What is typed goes to the outbox like a score: on the device first, then sent.

import { element, words } from "./words.js";

const PAUSE_MS = 600;

class Remark {
  constructor(outbox, team, box, signal) {
    Object.assign(this, { outbox, team, which: box.dataset.remark });
    this.text = box.querySelector("textarea");
    this.line = box.querySelector("[data-remark-state]");
    this.version = 0;
    this.written = this.text.defaultValue;
    this.text.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.write(), PAUSE_MS);
    });
    this.text.addEventListener("change", () => this.write());
    addEventListener("pagehide", () => this.write(), { signal });
  }

  get entries() {
    return this.outbox.of(this.team, this.which);
  }

  async write() {
    clearTimeout(this.timer);
    const { value } = this.text;
    if (value === this.written) return;
    this.written = value;
    // Typing on is an answer to an open question: the other text was on the screen.
    const question = this.entries.find(({ state }) => state !== "waiting");
    const base = question?.server ? question.server.version : this.version;
    const kept = await this.outbox.add({ team: this.team, criterion: this.which, value, base });
    if (question) await this.outbox.discard(this.team, this.which, { except: kept });
  }

  adopt({ value, version }) {
    if (version < this.version) return;
    const isNew = version > this.version;
    this.version = version;
    // A text that is being written is never replaced under the hand.
    if (!isNew || this.entries.length || this.text.value !== this.written) return;
    this.text.value = this.written = value;
  }

  received({ value, version }, sent) {
    this.version = Math.max(this.version, version ?? 0);
    // What was typed stays as it was typed; only another device's text is put in its place.
    if (!this.entries.length && this.text.value === this.written && value !== undefined && value.trim() !== (sent ?? "").trim()) {
      this.text.value = this.written = value;
    }
  }

  paint() {
    const { entries } = this;
    const question = entries.find(({ state }) => state !== "waiting");
    const wanted = entries.at(-1);
    if (wanted && this.text.value === this.written && this.text.value !== wanted.value) this.text.value = this.written = wanted.value;
    const said =
      question?.state === "conflict" ? `${words.remarkConflict} ${question.server.value || words.remarkEmpty}`
      : question ? words.refused.replace("{reason}", question.reason)
      : wanted ? (this.outbox.unkept.has(wanted.id) ? words.sending : words.device)
      : this.version ? words.idle : "";
    if (this.line.dataset.said === said) return;
    this.line.dataset.said = said;
    this.line.dataset.state = question ? question.state : wanted ? "device" : "received";
    if (question?.state === "conflict") {
      const other = element("blockquote", question.server.value || words.remarkEmpty);
      this.line.replaceChildren(element("b", words.remarkConflict), other, ...this.choices(words.remarkKeep, words.remarkTake, question));
    } else if (question) this.line.replaceChildren(element("span", said), ...this.choices(words.retry, words.discard, question));
    else this.line.replaceChildren(element("span", said));
  }

  choices(keep, drop, question) {
    const button = (text, onclick) => element("button", text, { type: "button", className: "btn btn--sm", onclick });
    return [
      button(keep, () => {
        this.written = null;
        this.write();
      }),
      button(drop, async () => {
        await this.outbox.discard(this.team, this.which);
        const { value, version } = question.server ?? { value: this.text.defaultValue, version: this.version };
        this.version = Math.max(this.version, version ?? 0);
        this.text.value = this.written = value ?? "";
        this.paint();
      }),
    ];
  }
}

export class Remarks {
  // signal: says when the sheet leaves the screen.
  constructor(outbox, form, signal) {
    const team = Number(form.dataset.team);
    this.all = [...form.querySelectorAll("[data-remark]")].map((box) => new Remark(outbox, team, box, signal));
    outbox.addEventListener("received", ({ detail: { entry, answer } }) => {
      if (entry.team === team) this.of(entry.criterion)?.received(answer, entry.value);
      this.paint();
    }, { signal });
    outbox.addEventListener("change", () => this.paint(), { signal });
    document.addEventListener("live:refreshed", () => this.fromServer(), { signal });
    this.fromServer();
  }

  // What is typed is kept now.
  write() {
    for (const remark of this.all) remark.write();
  }

  of(which) {
    return this.all.find((remark) => remark.which === which);
  }

  fromServer() {
    const state = JSON.parse(document.getElementById("sheet-state").textContent);
    for (const remark of this.all) if (state[remark.which]) remark.adopt(state[remark.which]);
    this.paint();
  }

  paint() {
    for (const remark of this.all) remark.paint();
  }
}
