// One simulated phone with its chooser, its state and its text field.
import { api } from "./api.js";
import { Bubbles } from "./bubbles.js";
import { labelOf, stateOf } from "./state.js";
import { e164, make, readable, timeOf } from "./words.js";

const QUICK = {
  consent: ["1", "2", "はい", "どなたですか?", "STOP"],
  danger: ["1", "2", "息が苦しい", "わかりません", "STOP"],
  other: ["1", "2 37.4", "3 38.6", "4", "息が苦しい", "いつまでですか?", "STOP"],
};
const OTHER = "other";

let count = 0;

export class Station {
  /** `moved` is called when the phone changes or the station is put away. */
  constructor(template, center, moved) {
    count += 1;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.center = center;
    this.moved = moved;
    this.phone = null;
    this.stateKey = "";
    this.quickKey = "";
    this.find("handset-center").textContent = center.name;
    this.find("handset-number").textContent = readable(center.phone);
    this.bubbles = new Bubbles(this.find("messages-list"));
    this.element.setAttribute("aria-label", `電話 ${count}`);
    this.find("messages").setAttribute("aria-label", `電話 ${count} のSMS`);
    this.wire();
  }

  find(name) {
    return this.element.querySelector(`.${name}`);
  }

  wire() {
    const pick = this.find("pick");
    pick.addEventListener("change", () => this.picked(pick.value));
    pick.setAttribute("aria-label", `電話 ${count} を選ぶ`);
    this.find("other-number").setAttribute("aria-label", "電話番号");
    this.find("other").addEventListener("submit", (event) => {
      event.preventDefault();
      this.show(e164(this.find("other-number").value));
    });
    this.find("station-close").addEventListener("click", () => {
      this.element.remove();
      this.moved(this);
    });
    this.wireText();
  }

  wireText() {
    const field = this.find("write-text");
    field.setAttribute("aria-label", "返信を書く");
    let composing = false;
    field.addEventListener("compositionstart", () => (composing = true));
    field.addEventListener("compositionend", () => window.setTimeout(() => (composing = false)));
    field.addEventListener("input", () => grow(field));
    field.addEventListener("keydown", (event) => {
      const converting = composing || event.isComposing || event.keyCode === 229;
      if (event.key !== "Enter" || event.shiftKey || converting) return;
      event.preventDefault();
      this.send(field.value);
    });
    this.find("write").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(field.value);
    });
  }

  picked(value) {
    const other = this.find("other");
    other.hidden = value !== OTHER;
    if (value === OTHER) this.find("other-number").focus();
    else this.show(value);
  }

  /** Turn to a phone. */
  show(phone) {
    this.phone = phone;
    this.find("other").hidden = true;
    this.bubbles.clear();
    this.stateKey = "";
    this.list(this.phones ?? []);
    this.moved(this);
    this.refresh();
  }

  /** Offer these phones in the chooser. */
  list(phones) {
    this.phones = phones;
    const pick = this.find("pick");
    const known = phones.some((phone) => phone.phone === this.phone);
    const options = phones.map((phone) => [phone.phone, labelOf(phone)]);
    if (this.phone && !known) options.unshift([this.phone, `${readable(this.phone)}(登録のない番号)`]);
    options.push([OTHER, "ほかの番号を入力…"]);
    const key = JSON.stringify([options, this.phone]);
    if (pick.dataset.key === key || !this.find("other").hidden) return;
    pick.dataset.key = key;
    pick.replaceChildren(...options.map(([value, label]) => new Option(label, value, false, value === this.phone)));
  }

  /** Fetch the phone's texts and state, and show what changed. */
  async refresh() {
    const phone = this.phone;
    if (!phone) return;
    const [messages, conversation, escalations] = await Promise.all([
      api.messages(phone),
      api.conversation(phone),
      api.escalations(phone),
    ]);
    if (phone !== this.phone) return;
    this.bubbles.render(messages);
    const key = JSON.stringify([conversation, escalations]);
    if (key !== this.stateKey) this.find("state").replaceChildren(...stateOf(phone, conversation, escalations));
    this.stateKey = key;
    this.offer(conversation?.step);
  }

  /** Quick replies that fit to what was asked. */
  offer(step) {
    const replies = QUICK[step] ?? QUICK.other;
    const key = replies.join();
    if (key === this.quickKey) return;
    this.quickKey = key;
    this.find("quick").replaceChildren(
      ...replies.map((reply) => {
        const button = make("button", "quick-reply", reply);
        button.type = "button";
        button.addEventListener("click", () => this.send(reply));
        return button;
      }),
    );
  }

  tellTime(now) {
    this.find("handset-time").textContent = timeOf(now);
  }

  async send(text) {
    const field = this.find("write-text");
    if (!text.trim() || !this.phone) return;
    const typed = field.value === text;
    try {
      await api.text(this.phone, this.center.phone, text);
      if (typed) field.value = "";
      grow(field);
      await this.refresh();
    } catch (error) {
      this.trouble(error.message);
    }
  }

  trouble(text) {
    this.find("state").prepend(make("p", "state-trouble", text));
    this.stateKey = "";
  }
}

function grow(field) {
  field.rows = Math.min(5, Math.max(1, field.value.split("\n").length + Math.floor(field.value.length / 20)));
}
