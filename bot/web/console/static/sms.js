// How long a text is on the air, by the same rules as bot/domain/sms.py (3GPP TS 23.038 and 23.040).

const GSM7 = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const GSM7_EXTENDED = new Set("^{}\\[~]|€\f");

/** {encoding, units, segments} of one message; an empty text is one segment. */
export function smsLength(text) {
  const chars = [...text];
  if (chars.every((char) => GSM7.has(char) || GSM7_EXTENDED.has(char))) {
    return measured("GSM-7", chars.map((char) => (GSM7_EXTENDED.has(char) ? 2 : 1)), 160, 153);
  }
  return measured("UCS-2", chars.map((char) => char.length), 70, 67);
}

function measured(encoding, sizes, single, part) {
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= single) return { encoding, units, segments: 1 };
  let segments = 1;
  let room = part;
  for (const size of sizes) {
    if (size > room) {
      segments += 1;
      room = part;
    }
    room -= size;
  }
  return { encoding, units, segments };
}

/** Keep a line below a text field that tells how long the text is. */
export function countWhileTyping(field) {
  const line = document.querySelector(`[data-sms-count="${field.id}"]`);
  const most = Number(field.dataset.max);
  if (!line) return;
  const tell = () => {
    const { units, segments } = smsLength(field.value.trim());
    const over = units > most;
    line.textContent = over
      ? `${units - most}文字多すぎます(${most}文字まで)`
      : `${units} / ${most}文字・${segments}通分`;
    line.classList.toggle("is-over", over);
  };
  field.addEventListener("input", tell);
  tell();
}
