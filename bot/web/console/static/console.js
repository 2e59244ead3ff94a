// What the console's pages do beyond plain forms and links. Everything works without it too.
import { keepLive } from "./live.js";
import { countWhileTyping } from "./sms.js";

const { poll } = document.body.dataset;
if (poll) keepLive(poll);

for (const field of document.querySelectorAll("[data-sms]")) countWhileTyping(field);

// A second press of a button while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
});
