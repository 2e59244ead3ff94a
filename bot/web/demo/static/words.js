// Codes in words, moments in the center's time zone, telephone numbers as people write them.

const { words, timezone } = document.body.dataset;
const GROUPS = JSON.parse(words);

export function word(group, code) {
  if (code === null || code === undefined) return "";
  return GROUPS[group]?.[code] ?? String(code);
}

const DAY = new Intl.DateTimeFormat("ja-JP", { timeZone: timezone, month: "numeric", day: "numeric", weekday: "short" });
const TIME = new Intl.DateTimeFormat("ja-JP", { timeZone: timezone, hour: "numeric", minute: "2-digit", hour12: false });
const PARTS = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, dateStyle: "short", timeStyle: "medium", hour12: false });

export const dayOf = (moment) => DAY.format(new Date(moment));
export const timeOf = (moment) => TIME.format(new Date(moment));

/** Minutes from that moment until nine o'clock of the next morning there. */
export function minutesUntilMorning(moment) {
  const [, hours, minutes] = /(\d+):(\d+):\d+/.exec(PARTS.format(new Date(moment)));
  const passed = (Number(hours) % 24) * 60 + Number(minutes);
  return 24 * 60 - passed + 9 * 60;
}

/** E.164 as people write it in Japan; other countries' numbers stay as they are. */
export function readable(phone) {
  const local = /^\+81(\d0)(\d{4})(\d{4})$/.exec(phone);
  return local ? `0${local[1]}-${local[2]}-${local[3]}` : phone;
}

/** What a person types (090-1234-5678) as E.164. */
export function e164(typed) {
  const digits = typed.normalize("NFKC").replace(/[^\d+]/g, "");
  return digits.startsWith("0") ? `+81${digits.slice(1)}` : digits;
}

/** An element with a class and a text. */
export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}
