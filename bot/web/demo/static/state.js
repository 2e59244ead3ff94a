// Beside each phone: what the system knows of it now.
import { make, readable, timeOf, word } from "./words.js";

const SHAPES = {
  emergency: "M6.2 1h7.6L19 6.2v7.6L13.8 19H6.2L1 13.8V6.2z",
  urgent: "M10 1.6 19.2 18H.8z",
  routine: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16z",
};

/** A priority in colour, word and shape. */
function badge(priority) {
  const element = make("span", `badge badge-${priority}`);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "shape");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[priority] ?? "M4 9h12v2H4z");
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  element.append(svg, make("span", "", word("priority", priority)));
  return element;
}

/** The state panel's content. `conversation` is null where the number never wrote nor was enrolled. */
export function stateOf(phone, conversation, escalations) {
  if (!conversation) {
    return [make("p", "state-line", "この番号とのやりとりはまだありません。ここから送ると「登録のない番号」になります。")];
  }
  const control = make("p", `state-control control-${conversation.control}`);
  control.append(make("strong", "", word("control", conversation.control)));
  if (conversation.step && conversation.control !== "human") control.append(make("span", "state-step", word("step", conversation.step)));
  const facts = make("p", "state-line");
  facts.append(make("span", "own-number", readable(phone)), make("span", "tag", word("consent", conversation.consent)));
  if (conversation.case_state) facts.append(make("span", "tag tag-case", word("case", conversation.case_state)));
  return [control, facts, lastReport(conversation.reports), ...tasks(escalations)];
}

function lastReport(reports) {
  const line = make("p", "state-line");
  const last = reports.at(-1);
  if (!last) {
    line.append(make("span", "muted", "体調の報告はまだありません"));
    return line;
  }
  const [, month, day] = last.date.split("-").map(Number);
  const facts = [];
  if (last.temperature !== null) facts.push(`${last.temperature}℃`);
  if (last.spo2 !== null) facts.push(`SpO2 ${last.spo2}%`);
  facts.push(...last.present.map((code) => word("symptom", code)));
  line.append(make("span", "muted", `最後の報告 ${month}/${day}`), make("b", "", facts.join("・") || "症状なし"));
  return line;
}

function tasks(escalations) {
  const open = escalations.filter((item) => item.state !== "closed");
  const order = ["emergency", "urgent", "routine", "none"];
  open.sort((one, other) => order.indexOf(one.priority) - order.indexOf(other.priority));
  return open.slice(0, 2).map((item) => {
    const line = make("p", `state-task task-${item.priority}`);
    const owned = item.state === "owned" ? "対応中" : `${timeOf(item.opened_at)}から待ち`;
    line.append(badge(item.priority), make("b", "", word("reason", item.reason)), make("span", "muted", owned));
    return line;
  });
}

/** How a phone is listed: name, number and where its conversation stands. */
export function labelOf(phone) {
  const at = word("step", phone.label);
  const stands = at === phone.label ? word("control", phone.label) : at;
  return `${phone.name || "登録のない番号"}: ${stands}(${readable(phone.phone)})`;
}
