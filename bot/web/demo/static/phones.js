// The page of simulated phones: clock, carrier, enrolment, and as many phones side by side as one likes.
import { api } from "./api.js";
import { Station } from "./station.js";
import { dayOf, e164, minutesUntilMorning, timeOf } from "./words.js";

const EVERY_MS = 1000;
const KEPT = "mimamori-phones";
const FIRST_STEPS = ["consent", "daily", "with_staff", "resting"];
const CARRIER = {
  normal: "すぐに届きます。",
  slow: "1通に3秒かかります。",
  lossy: "4通に1通が届かず、返事もときどき失われます。",
  down: "1通も受け付けません。直ると自動で届きます。",
};

const $ = (id) => document.getElementById(id);
const center = { name: document.body.dataset.center, phone: document.body.dataset.centerPhone };
const stations = [];
let phones = [];
let now = null;
let moving = false;

// -- phones ------------------------------------------------------------------------------------------------------------
function addStation(phone) {
  const station = new Station($("phone-template"), center, keep);
  station.list(phones);
  stations.push(station);
  $("phones").append(station.element);
  if (now) station.tellTime(now);
  station.show(phone);
  return station;
}

function keep() {
  const shown = stations.filter((station) => station.element.isConnected);
  stations.splice(0, stations.length, ...shown);
  localStorage.setItem(KEPT, JSON.stringify(shown.map((station) => station.phone)));
}

function firstPhones() {
  const room = Math.max(1, Math.min(4, Math.floor(window.innerWidth / 345)));
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]").filter((phone) => phones.some((item) => item.phone === phone));
  const telling = FIRST_STEPS.map((step) => phones.find((phone) => phone.label === step)?.phone);
  const wished = [...kept, ...telling, ...phones.map((phone) => phone.phone)].filter(Boolean);
  return [...new Set(wished)].slice(0, kept.length || room);
}

function unshown() {
  const shown = new Set(stations.map((station) => station.phone));
  return phones.find((phone) => !shown.has(phone.phone))?.phone ?? phones[0]?.phone ?? null;
}

// -- clock and carrier ---------------------------------------------------------------------------------------------------
function showClock(moment) {
  now = moment;
  $("clock-day").textContent = dayOf(moment);
  $("clock-time").textContent = timeOf(moment);
  for (const station of stations) station.tellTime(moment);
}

async function advance(by) {
  if (moving) return;
  const wanted = by === "morning" ? `${minutesUntilMorning(now)}m` : by;
  setMoving(true);
  try {
    const answer = await api.advance(wanted);
    showClock(answer.now);
    $("clock-state").textContent = `${dayOf(answer.now)} ${timeOf(answer.now)} になりました。`;
    await refreshAll();
  } catch (error) {
    $("clock-state").textContent = error.message;
  }
  setMoving(false);
}

function setMoving(value) {
  moving = value;
  for (const button of document.querySelectorAll(".clock button")) button.disabled = value;
  if (value) $("clock-state").textContent = "時計を進めています。そのあいだに起きることが順に起きます…";
}

function showCarrier(mode) {
  $("carrier-hint").textContent = CARRIER[mode] ?? "";
  for (const radio of document.getElementsByName("carrier")) radio.checked = radio.value === mode;
}

// -- enrolment -------------------------------------------------------------------------------------------------------------
function openEnrol() {
  const taken = new Set(phones.map((phone) => phone.phone));
  let number = 1;
  while (taken.has(`+8190200000${String(number).padStart(2, "0")}`)) number += 1;
  if (!$("f-phone").value) $("f-phone").value = `090-2000-00${String(number).padStart(2, "0")}`;
  $("enrol").showModal();
}

async function enrol(event) {
  event.preventDefault();
  const form = event.target;
  const data = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
  data.at_risk = form.elements.at_risk.checked;
  showErrors(form, {});
  try {
    await api.enrol(data);
  } catch (error) {
    showErrors(form, error.fields ?? {}, error.message);
    return;
  }
  form.reset();
  $("enrol").close();
  phones = await api.phones();
  const phone = e164(data.phone);
  const place = stations.find((station) => station.phone === phone) ?? stations[0];
  if (place) place.show(phone);
  else addStation(phone);
  place?.element.scrollIntoView({ block: "nearest" });
}

function showErrors(form, fields, message = "") {
  for (const slot of form.querySelectorAll(".field-error")) {
    const problem = slot.id === "e-form" ? (Object.keys(fields).length ? "" : message) : fields[slot.id.slice(2)]?.ja;
    slot.textContent = problem ?? "";
    slot.hidden = !problem;
    const input = form.querySelector(`[aria-describedby="${slot.id}"]`);
    if (input && problem) input.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
  form.querySelector("[aria-invalid]")?.focus();
}

// -- fresh every second ------------------------------------------------------------------------------------------------------
async function refreshAll() {
  const [list, clock, carrier] = await Promise.all([api.phones(), api.clock(), api.carrier()]);
  phones = list;
  if (!moving) showClock(clock.now);
  showCarrier(carrier.mode);
  for (const station of stations) station.list(phones);
  await Promise.all(stations.map((station) => station.refresh()));
}

async function loop() {
  if (!document.hidden) {
    try {
      await refreshAll();
      $("trouble").hidden = true;
    } catch (error) {
      $("trouble").textContent = error.message;
      $("trouble").hidden = false;
    }
  }
  window.setTimeout(loop, EVERY_MS);
}

/** The list of accounts closes when one goes on elsewhere. */
function closeDrops(event) {
  for (const drop of document.querySelectorAll(".drop[open]")) {
    if (event.key === "Escape" || (event.type === "click" && !drop.contains(event.target))) drop.open = false;
  }
}

async function start() {
  document.addEventListener("click", closeDrops);
  document.addEventListener("keydown", closeDrops);
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => advance(button.dataset.advance));
  }
  $("clock-form").addEventListener("submit", (event) => {
    event.preventDefault();
    advance($("clock-by").value.trim());
  });
  for (const radio of document.getElementsByName("carrier")) {
    radio.addEventListener("change", async () => showCarrier((await api.switchCarrier(radio.value)).mode));
  }
  $("add-phone").addEventListener("click", () => addStation(unshown()).find("pick").focus());
  $("open-enrol").addEventListener("click", openEnrol);
  $("close-enrol").addEventListener("click", () => $("enrol").close());
  $("enrol-form").addEventListener("submit", enrol);
  phones = await api.phones().catch(() => []);
  for (const phone of firstPhones()) addStation(phone);
  loop();
}

start();
