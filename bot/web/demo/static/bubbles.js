// The texts on one phone. Only what changed is touched, so nothing flickers and the reading place stays.
import { dayOf, make, timeOf, word } from "./words.js";

const MARKS = {
  delivered: ["✓✓", "good"],
  accepted: ["✓", ""],
  received: ["✓", ""],
  unknown: ["?", "doubt"],
  undelivered: ["✕", "bad"],
  rejected: ["✕", "bad"],
  cancelled: ["–", "bad"],
  dead: ["✕", "bad"],
};

export class Bubbles {
  constructor(list) {
    this.list = list;
    this.shown = [];
  }

  clear() {
    this.list.replaceChildren();
    this.shown = [];
  }

  /** Show the messages (oldest first). */
  render(messages) {
    const wanted = [];
    let day = "";
    for (const message of messages) {
      const today = dayOf(message.at);
      if (today !== day) wanted.push({ day: today });
      day = today;
      wanted.push(message);
    }
    wanted.forEach((item, place) => this.put(place, item));
    while (this.shown.length > wanted.length) {
      this.shown.pop();
      this.list.lastElementChild.remove();
    }
  }

  put(place, item) {
    const key = JSON.stringify(item);
    if (this.shown[place] === key) return;
    const element = item.day ? make("li", "messages-day", item.day) : bubble(item);
    const present = this.list.children[place];
    if (present) present.replaceWith(element);
    else this.list.append(element);
    this.shown[place] = key;
  }
}

function bubble(message) {
  const own = message.direction === "in";
  const item = make("li", `message-row ${own ? "mine" : "theirs"}`);
  const text = make("p", "bubble", message.text || "(本文なし)");
  const [sign, tone] = MARKS[message.status] ?? ["…", ""];
  const foot = make("p", `bubble-foot ${tone}`);
  const state = own ? { received: "センターに届いた", dead: "読み取れなかった" }[message.status] : null;
  foot.append(
    make("span", "", timeOf(message.at)),
    make("span", "bubble-state", `${sign} ${state ?? word("text_state", message.status)}`),
    make("span", "", `${message.segments}通分`),
  );
  item.append(make("span", "visually-hidden", own ? "送信:" : "受信:"), text, foot);
  return item;
}
