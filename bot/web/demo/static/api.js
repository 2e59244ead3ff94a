// The demo's API (docs/demo-api.md), by fetch.

/** A JSON answer; throws an Error with a Japanese sentence and the `fields` of a 422. */
async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("デモのサーバーにつながりません。");
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  const error = new Error(body?.error_ja ?? body?.error ?? `エラー ${answer.status}`);
  error.status = answer.status;
  error.fields = body?.fields ?? {};
  throw error;
}

const get = (path) => call(path);
const post = (path, data) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) });

const id = () => `phone-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;

export const api = {
  phones: () => get("/demo/api/phones"),
  messages: (phone) => get(`/demo/api/phones/${encodeURIComponent(phone)}/messages`),
  conversation: (phone) =>
    get(`/demo/api/conversations/${encodeURIComponent(phone)}`).catch((error) => {
      if (error.status === 404) return null;
      throw error;
    }),
  escalations: (phone) => get(`/demo/api/escalations?phone=${encodeURIComponent(phone)}`),
  clock: () => get("/demo/api/clock"),
  advance: (by) => post("/demo/api/clock", { advance: by }),
  carrier: () => get("/demo/api/carrier"),
  switchCarrier: (mode) => post("/demo/api/carrier", { mode }),
  enrol: (resident) => post("/demo/api/residents", resident),
  text: (from, to, text) => post("/webhook/sandbox/demo", { id: id(), from, to, text }),
};
