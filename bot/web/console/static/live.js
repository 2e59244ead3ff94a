// Keeps the parts of a page that are marked data-live fresh, by fetching them again every few seconds.
import { morph } from "./morph.js";

const EVERY_MS = 3000;
const LONGEST_MS = 30000;

/** Poll `url`; each element with an id and data-live in the answer replaces its namesake in the page. */
export function keepLive(url) {
  const line = document.getElementById("live-state");
  let failures = 0;
  let seen = "";
  let stopped = false;

  async function look() {
    if (document.hidden) return;
    try {
      const headers = seen ? { "If-None-Match": seen } : {};
      const answer = await fetch(url, { headers, redirect: "error", cache: "no-store" });
      if (answer.status === 401) {
        stopped = true;
        tell(line, "ログインの期限が切れました。ページを開き直してください。", true);
        return;
      }
      if (!answer.ok && answer.status !== 304) throw new Error(String(answer.status));
      if (answer.ok) renew(await answer.text());
      seen = answer.headers.get("ETag") ?? "";
      if (failures) tell(line, "", false);
      failures = 0;
    } catch {
      failures += 1;
      if (failures > 1) tell(line, "最新の状態を取得できません。つなぎ直しています。", true);
    }
  }

  async function loop() {
    await look();
    if (!stopped) window.setTimeout(loop, Math.min(EVERY_MS * 2 ** Math.max(failures - 1, 0), LONGEST_MS));
  }

  window.setTimeout(loop, EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !stopped) look();
  });
}

function renew(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (fresh.title && fresh.title !== document.title) {
    document.title = fresh.title;
    const news = document.getElementById("live-news");
    if (news) news.textContent = fresh.title;
  }
  for (const wanted of fresh.querySelectorAll("[data-live][id]")) {
    const present = document.getElementById(wanted.id);
    if (!present) continue;
    if (changesUnderTheHand(present, wanted)) offerReload(present);
    else if (present.dataset.version === undefined || present.dataset.version !== wanted.dataset.version) {
      morph(present, wanted);
    }
  }
}

/** Whether a form in which somebody is typing or choosing would change its meaning. */
function changesUnderTheHand(present, wanted) {
  if (present.dataset.version === undefined || present.dataset.version === wanted.dataset.version) return false;
  return [...present.querySelectorAll("textarea")].some((field) => field.value.trim() !== "");
}

function offerReload(present) {
  if (present.querySelector(".stale")) return;
  const note = document.createElement("p");
  note.className = "message message-bad stale";
  note.setAttribute("role", "alert");
  note.textContent = "この会話の状態が変わりました。書いた内容を控えてから、画面を開き直してください。";
  present.append(note);
}

function tell(line, text, broken) {
  if (!line) return;
  line.textContent = text;
  line.classList.toggle("is-broken", broken);
}
