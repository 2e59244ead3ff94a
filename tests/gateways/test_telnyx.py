"""Telnyx by its public examples: Ed25519 over time and body, texts, receipts, and what its API answers."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nacl.signing import SigningKey
from pydantic import ValidationError

from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.registry import load_account
from tests.gateways.kit import (
    BROKEN,
    BY_STATUS,
    NOW,
    OUTSIDE,
    TEXT,
    Case,
    Trying,
    later,
    make_gateway,
    never,
    post,
    says,
    unknown,
)

EXAMPLES = Path(__file__).parents[2] / "config" / "gateways"
PHONE, CENTER = "+819012345678", "+815012345678"
IN, OUT = "/webhook/telnyx/main", "/webhook/telnyx/main/receipts"
KEY, COMING, STRANGER = SigningKey(b"1" * 32), SigningKey(b"2" * 32), SigningKey(b"3" * 32)
ID, STAMP = "40385f64-5717-4562-b3fc-2c963f66afa6", int(NOW.timestamp())


def b64(data):
    return base64.b64encode(data).decode()


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("TELNYX_KEY", "KEY0123")


def telnyx(**given):
    keys = {"api_key": "env:TELNYX_KEY", "public_key": b64(bytes(KEY.verify_key))}
    return make_gateway("telnyx", **{**keys, **given})


def signed(data, *, path=IN, key=KEY, stamp=STAMP, sent=None, headers=None):
    """Telnyx, "Receiving Webhooks": the signature covers the time, a bar and the body; signed by PyNaCl."""
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    signature = key.sign(f"{stamp}|".encode() + body).signature
    given = {
        "Content-Type": "application/json",
        "Telnyx-Signature-Ed25519": b64(signature),
        "Telnyx-Timestamp": str(stamp),
        **(headers or {}),
    }
    return post(path, body if sent is None else sent, given)


def event(kind, payload, **more):
    data = {"event_type": kind, "id": "86f58db9-0fe3-4adc-9d1f-46e66e6e9323", "occurred_at": "2026-11-20T03:00:00.000Z"}
    data |= {"payload": payload, "record_type": "event", **more}
    return {"data": data, "meta": {"attempt": 1, "delivered_to": OUTSIDE + IN}}


# Telnyx, API reference, callback "inboundMessage"
ARRIVED = {
    "record_type": "message",
    "direction": "inbound",
    "id": ID,
    "type": "SMS",
    "messaging_profile_id": "0f512bda-ae1e-4597-8e11-e5f5686b97d3",
    "organization_id": "b448f9cc-a842-4784-98e9-03c1a5872950",
    "from": {"phone_number": PHONE, "carrier": "NTT DOCOMO", "line_type": "Wireless"},
    "to": [{"phone_number": CENTER, "status": "webhook_delivered", "carrier": "TELNYX LLC", "line_type": "VoIP"}],
    "cc": [],
    "text": " 1 36.5\nありがとう",
    "media": [],
    "encoding": "UCS-2",
    "parts": 1,
    "tags": [],
    "cost": None,
    "received_at": "2026-11-20T02:59:59.000+00:00",
    "errors": [],
}
# the same, callback "deliveryUpdate"
UPDATE = {
    "record_type": "message",
    "direction": "outbound",
    "id": ID,
    "type": "SMS",
    "from": {"phone_number": CENTER, "carrier": "TELNYX LLC", "line_type": "VoIP"},
    "to": [{"phone_number": PHONE, "status": "delivered", "carrier": "NTT DOCOMO", "line_type": "Wireless"}],
    "text": "こんにちは",
    "webhook_url": f"{OUTSIDE}{OUT}?reference=ref0001",
    "encoding": "UCS-2",
    "parts": 2,
    "cost": {"amount": "0.0510", "currency": "USD"},
    "completed_at": "2026-11-20T03:00:00.000+00:00",
    "errors": [],
}
PICTURE = {**ARRIVED, "type": "MMS", "media": [{"url": "https://example.com/a.jpg", "content_type": "image/jpeg"}]}


def arrived(label, request, text=ARRIVED["text"], **more):
    damaged = more.pop("damaged", False)
    sent_at = NOW - timedelta(seconds=1)
    return Case(label, request, texts=[Inbound(ID, PHONE, CENTER, text, request.body, None, sent_at, damaged)], **more)


def updated(status, code="", kind="message.finalized"):
    errors = [{"code": code, "title": "…", "detail": "…"}] if code else []
    return signed(event(kind, {**UPDATE, "to": [{**UPDATE["to"][0], "status": status}], "errors": errors}), path=OUT)


def receipt(code, state, reason=None):
    return [Receipt(ID, state, code, "ref0001", reason, NOW, 2, "0.0510 USD", "NTT DOCOMO")]


def without(data, name):
    return {key: value for key, value in data.items() if key != name}


TEXT_EVENT = event("message.received", ARRIVED)
BODY = json.dumps(TEXT_EVENT).encode()
CASES = [
    arrived("a text", signed(TEXT_EVENT)),
    arrived("a text at the address of receipts", signed(TEXT_EVENT, path=OUT)),
    arrived("parameters that nobody knew", signed(event("message.received", {**ARRIVED, "new": {"x": 1}}, more=2))),
    arrived("signed by the key that is coming", signed(TEXT_EVENT, key=COMING)),
    arrived("at the last second", signed(TEXT_EVENT), now=NOW + timedelta(seconds=300)),
    arrived("a body that is written in its own way", signed(BODY.replace(b'": ', b'" :  '))),
    arrived("a picture with words", signed(event("message.received", PICTURE)), damaged=True),
    arrived("a picture alone", signed(event("message.received", {**PICTURE, "text": None})), "\ufffd", damaged=True),
    Case("delivered", updated("delivered"), receipts=receipt("delivered", TextState.DELIVERED)),
    Case("sent", updated("sent", kind="message.sent"), receipts=receipt("sent", TextState.ACCEPTED)),
    *(
        Case(f"{status} {code}", updated(status, code), receipts=receipt(code or status, state, reason))
        for status, code, state, reason in [
            ("queued", "", TextState.ACCEPTED, None),
            ("sending", "", TextState.ACCEPTED, None),
            ("delivery_unconfirmed", "", TextState.ACCEPTED, None),
            ("delivery_failed", "", TextState.UNDELIVERED, Reason.OTHER),
            ("delivery_failed", "40001", TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),
            ("delivery_failed", "40002", TextState.UNDELIVERED, Reason.FILTERED),
            ("delivery_failed", "40004", TextState.UNDELIVERED, Reason.BLOCKED),
            ("delivery_failed", "40005", TextState.EXPIRED, Reason.EXPIRED),
            ("delivery_failed", "40006", TextState.UNDELIVERED, Reason.BUSY),
            ("delivery_failed", "40008", TextState.UNDELIVERED, Reason.OTHER),
            ("delivery_failed", "40012", TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),
            ("delivery_failed", "40300", TextState.UNDELIVERED, Reason.OPTED_OUT),
            ("delivery_failed", "49999", TextState.UNDELIVERED, Reason.OTHER),
            ("sending_failed", "40014", TextState.EXPIRED, Reason.EXPIRED),
            ("sending_failed", "40318", TextState.UNDELIVERED, Reason.BUSY),
            ("expired", "", TextState.EXPIRED, Reason.EXPIRED),
            ("teleported", "", TextState.UNKNOWN, None),
        ]
    ),
    Case("an event of something else", signed(event("message.link_click", {"url": "x"}))),
    Case("no signature", post(IN, BODY, {"Telnyx-Timestamp": str(STAMP)}), refused="unsigned"),
    Case("no time", signed(TEXT_EVENT, headers={"Telnyx-Timestamp": ""}), refused="unsigned"),
    Case("another key", signed(TEXT_EVENT, key=STRANGER), refused="signature"),
    Case("another body", signed(TEXT_EVENT, sent=BODY + b" "), refused="signature"),
    Case("another time", signed(TEXT_EVENT, headers={"Telnyx-Timestamp": str(STAMP + 1)}), refused="signature"),
    Case(
        "the time and the bar moved",
        signed(b"5|{}", stamp=1, sent=b"{}", headers={"Telnyx-Timestamp": "1|5"}),
        refused="stale",
    ),
    Case("no base64", signed(TEXT_EVENT, headers={"Telnyx-Signature-Ed25519": "é"}), refused="signature"),
    Case("too short", signed(TEXT_EVENT, headers={"Telnyx-Signature-Ed25519": b64(b"x" * 63)}), refused="signature"),
    Case("all zeros", signed(TEXT_EVENT, headers={"Telnyx-Signature-Ed25519": b64(bytes(64))}), refused="signature"),
    Case("too old", signed(TEXT_EVENT), now=NOW + timedelta(seconds=301), refused="stale"),
    Case("ahead of time", signed(TEXT_EVENT), now=NOW - timedelta(seconds=301), refused="stale"),
    Case("a time that is none", signed(TEXT_EVENT, stamp="now"), refused="stale"),
    Case("a time in a strange script", signed(TEXT_EVENT, stamp="１７９５１４３６００"), refused="stale"),
    Case("a time without end", signed(TEXT_EVENT, stamp="9" * 400), refused="stale"),
    Case("a list", signed([TEXT_EVENT]), invalid="body"),
    Case("no data", signed({"meta": {}}), invalid="data"),
    Case("no type", signed({"data": {"payload": ARRIVED}}), invalid="event_type"),
    Case("no payload", signed({"data": {"event_type": "message.received"}}), invalid="payload"),
    *(
        Case(f"a text without {name}", signed(event("message.received", without(ARRIVED, name))), invalid=field)
        for name, field in [("id", "id"), ("from", "phone_number"), ("to", "to"), ("text", "text")]
    ),
    Case("a receipt without a state", signed(event("message.sent", {**UPDATE, "to": [{}]})), invalid="status"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_telnyx_brings(case):
    await case.check(telnyx(public_key_other=b64(bytes(COMING.verify_key))))


async def test_a_reference_is_believed_only_inside_what_was_signed():
    request = signed(event("message.finalized", without(UPDATE, "webhook_url")), path=f"{OUT}?reference=other")
    gateway = telnyx()
    await gateway.verify(request, NOW)
    assert (await gateway.parse(request)).receipts[0].reference == ""


@pytest.mark.parametrize("key", ["", "AAAA", "no base64", b64(b"x" * 33)])
def test_a_public_key_that_is_none_is_refused(key):
    with pytest.raises(ValidationError):
        telnyx(public_key=key)


# ── sending / 送信 ───────────────────────────────────────────────────────────


def errors(status, code):
    return says(status, json.dumps({"errors": [{"code": code, "title": "…", "detail": "…"}]}).encode())


TAKEN = {"data": {"id": ID, "parts": 1, "cost": {"amount": "0.0255", "currency": "USD"}, "errors": [], "tags": []}}
ANSWERS = {
    "taken": (
        says(200, json.dumps(TAKEN).encode()),
        Submitted(Outcome.ACCEPTED, ID, segments=1, price="0.0255 USD"),
    ),
    "taken, no price yet": (says(200, json.dumps({"data": {"id": ID}}).encode()), Submitted(Outcome.ACCEPTED, ID)),
    "opted out": (errors(400, "40300"), never("40300", Reason.OPTED_OUT)),
    "opted out, as 403": (errors(403, "40300"), never("40300", Reason.OPTED_OUT)),
    "a wrong number": (errors(422, "40310"), never("40310", Reason.NO_SUCH_NUMBER)),
    "not our number": (errors(422, "40305"), never("40305", Reason.BAD_SENDER)),
    "too large": (errors(422, "40302"), never("40302", Reason.BAD_TEXT)),
    "blocked for its content": (errors(422, "40322"), never("40322", Reason.FILTERED)),
    "wrong key": (errors(401, "10009"), later("10009", Reason.ACCOUNT)),
    "no rights": (errors(403, "10010"), later("10010", Reason.ACCOUNT)),
    "no money": (errors(403, "20100"), later("20100", Reason.ACCOUNT)),
    "country not enabled": (errors(422, "40309"), later("40309", Reason.ACCOUNT)),
    "profile disabled": (errors(422, "40312"), later("40312", Reason.ACCOUNT)),
    "too many": (errors(429, "10011"), later("10011", Reason.BUSY)),
    "queue full": (errors(422, "40318"), later("40318", Reason.BUSY)),
    "a code that nobody knows": (errors(422, "49999"), unknown("49999")),
    "an answer without a code": (says(422, b'{"errors": []}'), unknown("422")),
    "broken": (errors(500, "10007"), unknown("10007")),
    "away": (says(503, b"<html>"), later("503", Reason.BUSY)),
    "taken, without an id": (says(200, b'{"data": {}}'), unknown("InvalidInput")),
    "taken, no JSON": (says(200, b"OK"), unknown("InvalidInput")),
} | BY_STATUS


outcome_of = Trying(telnyx, "api")


@pytest.mark.parametrize("answer, submitted", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_to_a_text_has_its_meaning(answer, submitted):
    assert (await outcome_of(answer))[0] == submitted


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer):
    await outcome_of.broken(answer)


async def test_nobody_there_means_later(free_port):
    await outcome_of.nobody_there(free_port)


async def test_a_text_goes_out_with_our_reference_in_the_address_of_its_webhook():
    _, seen = await outcome_of(ANSWERS["taken"][0])
    ((method, path, headers, body),) = seen
    assert (method, path, headers["Authorization"]) == ("POST", "/v2/messages", "Bearer KEY0123")
    assert json.loads(body) == {
        "from": CENTER,
        "to": PHONE,
        "text": TEXT.text,
        "type": "SMS",
        "webhook_url": f"{OUTSIDE}{OUT}?reference=ref0001",
    }


@pytest.mark.parametrize("sender, told", [(CENTER, None), ("SAKURA", "SAKURA")])
async def test_a_profile_sends_by_its_numbers_or_under_a_name(sender, told):
    given = {"messaging_profile": "0f512bda", "sender": sender}
    _, seen = await outcome_of(ANSWERS["taken"][0], **given)
    body = json.loads(seen[0][3])
    assert (body["messaging_profile_id"], body.get("from")) == ("0f512bda", told)


@pytest.mark.parametrize("answer, words", [(says(200), ""), (errors(401, "10009"), "refuses"), (says(500), "500")])
async def test_the_check_says_what_is_wrong_with_the_account(answer, words):
    problems, seen = await outcome_of(answer, lambda gateway: gateway.check())
    assert seen[0][1] == "/v2/balance"
    assert bool(problems) == bool(words)
    assert all(words in problem and " / " in problem for problem in problems)


async def test_telnyx_can_neither_be_asked_by_our_reference_nor_looked_back_at():
    gateway = telnyx()
    assert not gateway.abilities.can_ask
    assert not gateway.abilities.can_look_back
    assert await gateway.ask(TEXT, None) is None
    assert await gateway.look_back(datetime(2026, 11, 20, tzinfo=UTC)) is None


def test_the_example_for_operators_loads_as_it_stands(monkeypatch):
    monkeypatch.setenv("TELNYX_API_KEY", "KEY0123")
    assert load_account(EXAMPLES / "telnyx.toml").name == "telnyx"
