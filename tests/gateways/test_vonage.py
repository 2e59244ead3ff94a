"""Vonage by its public examples: both kinds of signature, texts in pieces, receipts, and what its two APIs answer."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from bot.domain.clock import FixedClock
from bot.domain.gateway import Parsed, RefusedRequest
from bot.domain.messages import Inbound, Outbound, Outcome, Part, Reason, Receipt, Submitted
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
SECRET, KEY, APPLICATION = "my_secret_key_for_testing_of_webhooks", "abcd1234", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
PHONE, CENTER = "+819012345678", "+815012345678"
IN, OUT = "/webhook/vonage/main", "/webhook/vonage/main/receipts"
JSON, FORM = {"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}
ID, UUID = "0A0000000123ABCD1", "aaaaaaaa-bbbb-cccc-dddd-0123456789ff"
STAMP = str(int(NOW.timestamp()))
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def _secrets(monkeypatch, tmp_path):
    pem = PRIVATE.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for name, value in {"API_SECRET": "abcdef0123456789", "SIGNATURE": SECRET, "PEM": pem.decode()}.items():
        monkeypatch.setenv(f"VONAGE_{name}", value)


def vonage(**given):
    secrets = {"api_secret": "env:VONAGE_API_SECRET", "signature_secret": "env:VONAGE_SIGNATURE"}
    gateway = make_gateway("vonage", **{"api_key": KEY, **secrets, **given})
    gateway.clock = FixedClock(NOW)
    return gateway


def by_messages(**given):
    return vonage(send_by="messages", application_id=APPLICATION, private_key="env:VONAGE_PEM", **given)


def sig(params, method="sha256", secret=SECRET):
    """Vonage, "Signing messages": written out by hand, as in its examples."""
    words = "".join(f"&{k}={str(params[k]).replace('&', '_').replace('=', '_')}" for k in sorted(params) if k != "sig")
    if method == "md5hash":
        return hashlib.md5((words + secret).encode(), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), words.encode(), method).hexdigest().upper()


def signed(params, *, path=IN, kind="json", method="sha256", secret=SECRET, sig_of=None):
    params = {**params, "sig": sig(sig_of or params, method, secret)}
    if kind == "get":
        return post(f"{OUTSIDE}{path}?{urlencode(params)}", method="GET")
    body = json.dumps(params, ensure_ascii=False) if kind == "json" else urlencode(params)
    return post(path, body.encode(), JSON if kind == "json" else FORM)


def token(body, *, secret=SECRET, algorithm="HS256", leave_out=(), **claims):
    """Vonage, "Signed webhooks": the claims of its example, signed by PyJWT."""
    given = {
        "iss": "Vonage",
        "iat": int(NOW.timestamp()),
        "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": KEY,
        "application_id": APPLICATION,
        **claims,
    }
    return jwt.encode({k: v for k, v in given.items() if k not in leave_out}, secret, algorithm)


def told(data, *, path=IN, sent=None, bearer=None, **claims):
    body = json.dumps(data, ensure_ascii=False).encode()
    headers = {**JSON, "Authorization": f"Bearer {bearer or token(body, **claims)}"}
    return post(path, body if sent is None else sent, headers)


# Vonage, OpenAPI definition of the SMS API, inbound-sms
ARRIVED = {
    "api-key": KEY,
    "msisdn": "819012345678",
    "to": "815012345678",
    "messageId": ID,
    "text": "1 36.5 = ok & さむい",
    "type": "unicode",
    "keyword": "1",
    "message-timestamp": "2026-11-20 03:00:00",
    "timestamp": STAMP,
    "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
}
PIECE = {**ARRIVED, "concat": "true", "concat-ref": "76", "concat-total": "3", "concat-part": "2"}
# the same, delivery-receipt
RECEIPT = {
    "msisdn": "819012345678",
    "to": "815012345678",
    "network-code": "44010",
    "messageId": "0A0000001234567B",
    "price": "0.03330000",
    "status": "delivered",
    "scts": "2611201200",
    "err-code": "0",
    "api-key": KEY,
    "message-timestamp": "2026-11-20 03:00:00",
    "timestamp": STAMP,
    "nonce": "ec11dd3e-1e7f-4db5-9467-82b02cd223b9",
    "client-ref": "ref0001",
}
# Vonage, Messages API v1, inbound message and message status of channel sms
MESSAGE = {
    "channel": "sms",
    "message_uuid": UUID,
    "to": "815012345678",
    "from": "819012345678",
    "timestamp": "2026-11-20T03:00:00Z",
    "text": "はい",
    "message_type": "text",
    "sms": {"num_messages": "2", "keyword": "はい"},
    "usage": {"currency": "EUR", "price": "0.0333"},
}
STATUS = {
    "message_uuid": UUID,
    "to": "819012345678",
    "from": "815012345678",
    "timestamp": "2026-11-20T03:00:00Z",
    "status": "delivered",
    "usage": {"currency": "EUR", "price": "0.0333"},
    "client_ref": "ref0001",
    "channel": "sms",
    "destination": {"network_code": "44010"},
    "sms": {"count_total": "2"},
}
PROBLEM = {"type": "https://developer.vonage.com/api-errors/messages#1050", "title": 1050, "detail": "Number barred."}


def arrived(label, request, data=ARRIVED, **more):
    raw = request.body if request.method == "POST" else request.url.encode()
    part = Part("76", 2, 3) if "concat" in data else None
    damaged = data["type"] == "binary"
    text = "\ufffd" if damaged else data["text"]
    return Case(label, request, texts=[Inbound(ID, PHONE, CENTER, text, raw, part, NOW, damaged)], **more)


def receipt(state, code="delivered", reason=None):
    return [Receipt("0A0000001234567B", state, code, "ref0001", reason, NOW, price="0.03330000 EUR", carrier="44010")]


def status_receipt(state, code="delivered", reason=None):
    return [Receipt(UUID, state, code, "ref0001", reason, NOW, 2, "0.0333 EUR", "44010")]


BINARY = {**{k: v for k, v in ARRIVED.items() if k != "text"}, "type": "binary", "data": "0a0b", "udh": "050003"}
PICTURE = {**MESSAGE, "message_type": "image", "image": {"url": "https://example.com/1.jpg"}}
PICTURE_TEXT = Inbound(UUID, PHONE, CENTER, "\ufffd", told(PICTURE).body, sent_at=NOW, damaged=True)
LATE, EARLY = NOW + timedelta(seconds=301), NOW - timedelta(seconds=301)
SMS_CASES = [
    arrived("a text in JSON", signed(ARRIVED)),
    arrived("a text in a form", signed(ARRIVED, kind="form")),
    arrived("a text in an address", signed(ARRIVED, kind="get")),
    arrived("a piece of a long text", signed(PIECE), PIECE),
    arrived("a binary text, which staff must see", signed(BINARY), BINARY),
    arrived("parameters that nobody knew", signed({**ARRIVED, "new": "x=1&y", "flag": ""})),
    arrived("at the last second", signed(ARRIVED), now=NOW + timedelta(seconds=300)),
    arrived("a text at the address of receipts", signed(ARRIVED, path=OUT)),
    Case("delivered", signed(RECEIPT, path=OUT), receipts=receipt(TextState.DELIVERED)),
    Case("delivered, in an address", signed(RECEIPT, path=OUT, kind="get"), receipts=receipt(TextState.DELIVERED)),
    Case("a receipt at the address of texts", signed(RECEIPT), receipts=receipt(TextState.DELIVERED)),
    *(
        Case(
            f"{word} {code}",
            signed({**RECEIPT, "status": word, "err-code": code}, path=OUT),
            receipts=receipt(state, f"{word} {code}" if code != "0" else word, reason),
        )
        for word, code, state, reason in [
            ("accepted", "0", TextState.ACCEPTED, None),
            ("buffered", "0", TextState.ACCEPTED, None),
            ("expired", "0", TextState.EXPIRED, Reason.EXPIRED),
            ("failed", "1", TextState.UNDELIVERED, Reason.OTHER),
            ("failed", "2", TextState.UNDELIVERED, Reason.ABSENT),
            ("failed", "3", TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),
            ("failed", "4", TextState.UNDELIVERED, Reason.BLOCKED),
            ("rejected", "5", TextState.REJECTED, Reason.OTHER),
            ("rejected", "6", TextState.REJECTED, Reason.FILTERED),
            ("failed", "7", TextState.UNDELIVERED, Reason.ABSENT),
            ("failed", "8", TextState.UNDELIVERED, Reason.BUSY),
            ("failed", "9", TextState.UNDELIVERED, Reason.OPTED_OUT),
            ("failed", "77", TextState.UNDELIVERED, Reason.OTHER),
            ("unknown", "99", TextState.UNKNOWN, None),
            ("vanished", "0", TextState.UNKNOWN, None),
        ]
    ),
    Case("no signature", post(IN, json.dumps(ARRIVED).encode(), JSON), refused="unsigned"),
    Case("no JSON", post(IN, b"{", JSON), refused="unsigned"),
    Case("a form that is no UTF-8", post(IN, b"text=%ff", FORM), refused="unsigned"),
    Case("another secret", signed(ARRIVED, secret="guess"), refused="signature"),
    Case("another method than the account's", signed(ARRIVED, method="md5hash"), refused="signature"),
    Case("the text changed", signed({**ARRIVED, "text": "5"}, sig_of=ARRIVED), refused="signature"),
    Case("a parameter added", signed({**ARRIVED, "concat": "true"}, sig_of=ARRIVED), refused="signature"),
    Case("a parameter taken away", signed(ARRIVED, sig_of=PIECE), refused="signature"),
    Case("too old", signed(ARRIVED), now=LATE, refused="stale"),
    Case("ahead of time", signed(ARRIVED), now=EARLY, refused="stale"),
    Case("without a time", signed({k: v for k, v in ARRIVED.items() if k != "timestamp"}), refused="stale"),
    Case("a time that is none", signed({**ARRIVED, "timestamp": "now"}), refused="stale"),
    Case("another account", signed({**ARRIVED, "api-key": "ffff0000"}), refused="account"),
    *(
        Case(f"without {name}", signed({k: v for k, v in ARRIVED.items() if k != name}), invalid=name)
        for name in ("msisdn", "to", "text", "messageId")
    ),
    Case("a piece after the last", signed({**PIECE, "concat-part": "4"}), invalid="concat-part"),
    Case("a piece without a number", signed({**PIECE, "concat-part": "x"}), invalid="concat-part"),
    Case("a receipt without an id", signed({**RECEIPT, "messageId": ""}), invalid="messageId"),
]

MESSAGES_CASES = [
    Case("a text", told(MESSAGE), texts=[Inbound(UUID, PHONE, CENTER, "はい", told(MESSAGE).body, sent_at=NOW)]),
    Case("a picture", told(PICTURE), texts=[PICTURE_TEXT]),
    Case("delivered", told(STATUS, path=OUT), receipts=status_receipt(TextState.DELIVERED)),
    *(
        Case(word, told({**STATUS, "status": word}, path=OUT), receipts=status_receipt(state, word, reason))
        for word, state, reason in [
            ("submitted", TextState.ACCEPTED, None),
            ("read", TextState.DELIVERED, None),
            ("undeliverable", TextState.UNDELIVERED, Reason.OTHER),
            ("vanished", TextState.UNKNOWN, None),
        ]
    ),
    Case(
        "rejected, with its problem",
        told({**STATUS, "status": "rejected", "error": PROBLEM}, path=OUT),
        receipts=status_receipt(TextState.REJECTED, "1050", Reason.BLOCKED),
    ),
    Case("no token and no signature", post(IN, json.dumps(MESSAGE).encode(), JSON), refused="unsigned"),
    Case("another kind of credentials", post(IN, b"{}", {**JSON, "Authorization": "Basic eDp5"}), refused="unsigned"),
    Case("another secret", told(MESSAGE, secret="another-secret-that-nobody-was-told"), refused="signature"),
    Case("no token at all", told(MESSAGE, bearer="x.y.z"), refused="signature"),
    Case("a token without a signature", told(MESSAGE, algorithm="none", secret=None), refused="signature"),
    Case("another algorithm", told(MESSAGE, algorithm="HS512", secret=SECRET * 2), refused="signature"),
    Case("another issuer", told(MESSAGE, iss="Someone"), refused="signature"),
    Case("another body", told(MESSAGE, sent=b'{"text": "5"}'), refused="payload"),
    Case("a blank more", told(MESSAGE, sent=told(MESSAGE).body + b" "), refused="payload"),
    Case("no hash of the body", told(MESSAGE, leave_out=["payload_hash"]), refused="payload"),
    Case("an empty hash", told(MESSAGE, payload_hash=""), refused="payload"),
    Case("too old", told(MESSAGE), now=LATE, refused="stale"),
    Case("ahead of time", told(MESSAGE), now=EARLY, refused="stale"),
    Case("without a time", told(MESSAGE, leave_out=["iat"]), refused="stale"),
    Case("run out", told(MESSAGE, exp=int(NOW.timestamp()) - 1), refused="stale"),
    Case("another account", told(MESSAGE, api_key="ffff0000"), refused="account"),
    Case("no account", told(MESSAGE, leave_out=["api_key"]), refused="account"),
    Case("another application", told(MESSAGE, application_id="other"), refused="account"),
    Case("a text without words", told({**MESSAGE, "text": None}), invalid="text"),
    Case("a text without a sender", told({**MESSAGE, "from": None}), invalid="from"),
    Case("a list", told([MESSAGE]), invalid="body"),
]


@pytest.mark.parametrize("case", SMS_CASES, ids=str)
async def test_what_the_sms_api_brings(case):
    await case.check(vonage())


@pytest.mark.parametrize("case", MESSAGES_CASES, ids=str)
async def test_what_the_messages_api_brings(case):
    await case.check(by_messages())


# The values of Vonage's own tests of its signatures (vonage-php-sdk-core, SignatureTest), signed by Vonage.
OWN = {
    "message-timestamp": "2013-11-21 15:27:30",
    "messageId": "020000001B0FE827",
    "msisdn": "14843472194",
    "text": "Test again",
    "timestamp": "1385047698",
    "to": "13239877404",
    "type": "text",
}
AMPERSAND = {
    "keyword": "TEST",
    "message-timestamp": "2017-04-04 22:57:47",
    "messageId": "0B00000042AC53BD",
    "msisdn": "14843472194",
    "nonce": "929d6744-bd28-42c8-b6cf-31d5b4f43732",
    "text": "Test with & and =",
    "timestamp": "1491346667",
    "to": "12192259404",
    "type": "text",
}
SHA512 = (
    "E0D3C650F8C9D1A5C174D10DDDBFB003E561F59B265616208B0487C5D819481"
    "CD3C311D59CF6165ECD1139622D5BA3A256C0D763AC4A9AD9144B5A426B94FE82"
)
VECTORS = [
    ("md5hash", OWN, "d2e7b1dc968737c5998ad624e02f90b7"),
    ("md5", OWN, "DDEBD46008C2D4E93CCE578A332A52D5"),
    ("sha1", OWN, "27D0D05C2876C7CB1720DBCDBA4D492E1E55C09A"),
    ("sha256", OWN, "DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330"),
    ("sha512", OWN, SHA512),
    ("md5hash", AMPERSAND, "e06d9763e3fd0b9c31beb5fc2fcb011c"),
]


@pytest.mark.parametrize("method, params, signature", VECTORS)
async def test_what_vonage_signed_itself_is_believed(monkeypatch, method, params, signature):
    monkeypatch.setenv("VONAGE_SIGNATURE", "my_secret_key_for_testing")
    request = post(IN, urlencode({**params, "sig": signature}).encode(), FORM)
    now = datetime.fromtimestamp(int(params["timestamp"]), UTC)
    await vonage(signature_method=method).verify(request, now)


@pytest.mark.parametrize("request_", [signed(ARRIVED), told(MESSAGE)], ids=["sms", "messages"])
async def test_a_request_that_was_not_answered_may_come_again_and_one_that_was_is_refused(request_):
    gateway = vonage()
    await gateway.verify(request_, NOW)  # 503: nothing was kept, and nothing answered
    await gateway.verify(request_, NOW)
    gateway.answer(request_, await gateway.parse(request_))
    with pytest.raises(RefusedRequest) as refusal:
        await gateway.verify(request_, NOW)
    assert refusal.value.code == "replayed"
    other = signed({**ARRIVED, "nonce": "b"}) if "sig" in request_.body.decode() else told(MESSAGE, jti="b")
    await gateway.verify(other, NOW)


async def test_what_is_remembered_of_answered_requests_has_a_limit(monkeypatch):
    monkeypatch.setattr("bot.gateways.vonage._REMEMBERED", 3)
    gateway = vonage()
    for number in range(10):
        gateway.answer(signed({**ARRIVED, "nonce": str(number)}), Parsed())
    assert len(gateway._answered) == 3


# ── sending / 送信 ───────────────────────────────────────────────────────────


def pieces(*statuses):
    """Vonage, "Troubleshooting SMS", its example of an answer."""
    good = {"to": "819012345678", "remaining-balance": "15.53", "message-price": "0.03330000", "network": "44010"}
    messages = [
        {**good, "message-id": f"0C{number}", "status": status}
        if status == "0"
        else {"status": status, "error-text": "x"}
        for number, status in enumerate(statuses, 1)
    ]
    return says(200, json.dumps({"message-count": str(len(messages)), "messages": messages}).encode())


SMS_ANSWERS = {
    "taken": (pieces("0"), Submitted(Outcome.ACCEPTED, "0C1", segments=1, price="0.03330000 EUR")),
    "taken in three pieces": (
        pieces("0", "0", "0"),
        Submitted(Outcome.ACCEPTED, "0C1", segments=3, price="0.09990000 EUR", also=("0C2", "0C3")),
    ),
    "only one of two pieces": (pieces("0", "1"), Submitted(Outcome.UNKNOWN, "0C1", "part 1")),
    "throttled": (pieces("1"), later("1", Reason.BUSY)),
    "a parameter is missing": (pieces("2"), never("2", Reason.OTHER)),
    "a parameter is wrong": (pieces("3"), never("3", Reason.OTHER)),
    "wrong secret": (pieces("4"), later("4", Reason.ACCOUNT)),
    "an error inside": (pieces("5"), unknown("5")),
    "unknown prefix": (pieces("6"), never("6", Reason.NO_SUCH_NUMBER)),
    "barred": (pieces("7"), never("7", Reason.BLOCKED)),
    "suspended": (pieces("8"), later("8", Reason.ACCOUNT)),
    "no credit": (pieces("9"), later("9", Reason.ACCOUNT)),
    "too long": (pieces("12"), never("12", Reason.BAD_TEXT)),
    "not our sender": (pieces("15"), never("15", Reason.BAD_SENDER)),
    "demo account": (pieces("29"), later("29", Reason.ACCOUNT)),
    "de-activated": (pieces("33"), never("33", Reason.NO_SUCH_NUMBER)),
    "a status that nobody knows": (pieces("77"), unknown("77")),
    "no pieces": (pieces(), Submitted(Outcome.UNKNOWN, code="part empty")),
    "taken, without an id": (says(200, b'{"messages": [{"status": "0"}]}'), unknown("InvalidInput")),
    "no JSON": (says(200, b"OK"), unknown("InvalidInput")),
    "away": (says(503), later("503", Reason.BUSY)),
    "elsewhere": (says(302), unknown("302")),
} | BY_STATUS


def problem(status, code=None):
    kind = (
        f"https://developer.vonage.com/api-errors/messages#{code}"
        if code
        else "https://developer.vonage.com/api-errors"
    )
    return says(status, json.dumps({"type": kind, "title": "…", "detail": "…", "instance": "x"}).encode())


MESSAGES_ANSWERS = {
    "taken": (says(202, json.dumps({"message_uuid": UUID}).encode()), Submitted(Outcome.ACCEPTED, UUID)),
    "throttled": (problem(429, 1000), later("1000", Reason.BUSY)),
    "wrong token": (problem(401), later("401", Reason.ACCOUNT)),
    "no credit": (problem(402, 1070), later("1070", Reason.ACCOUNT)),
    "not our sender": (problem(422, 1120), never("1120", Reason.BAD_SENDER)),
    "barred": (problem(422, 1050), never("1050", Reason.BLOCKED)),
    "unknown prefix": (problem(422, 1040), never("1040", Reason.NO_SUCH_NUMBER)),
    "an error inside": (problem(500, 1030), unknown("1030")),
    "a code that nobody knows": (problem(422, 1999), unknown("1999")),
    "no code": (problem(422), unknown("422")),
    "taken, without an id": (says(202, b"{}"), unknown("InvalidInput")),
    "broken": (says(500, b"<html>"), unknown("500")),
} | BY_STATUS


outcome_of = Trying(vonage, "sms_api", "api")


@pytest.mark.parametrize("answer, submitted", SMS_ANSWERS.values(), ids=SMS_ANSWERS.keys())
async def test_each_answer_of_the_sms_api_has_its_meaning(answer, submitted):
    assert (await outcome_of(answer))[0] == submitted


@pytest.mark.parametrize("statuses, partly", [("01", True), ("00", False), ("5", False)])
async def test_where_a_piece_was_taken_and_another_was_not_the_text_is_taken_in_part(statuses, partly):
    assert (await outcome_of(pieces(*statuses)))[0].partly is partly


@pytest.mark.parametrize("answer, submitted", MESSAGES_ANSWERS.values(), ids=MESSAGES_ANSWERS.keys())
async def test_each_answer_of_the_messages_api_has_its_meaning(answer, submitted):
    assert (await outcome_of(answer, make=by_messages))[0] == submitted


@pytest.mark.parametrize("make", [vonage, by_messages])
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer, make):
    await outcome_of.broken(answer, make)


async def test_nobody_there_means_later(free_port):
    await outcome_of.nobody_there(free_port)


async def test_a_text_goes_out_by_the_sms_api_with_our_reference():
    _, seen = await outcome_of(pieces("0"))
    ((method, path, _, body),) = seen
    assert (method, path) == ("POST", "/sms/json")
    assert dict(parse_qsl(body.decode())) == {
        "api_key": KEY,
        "api_secret": "abcdef0123456789",
        "from": "815012345678",
        "to": "819012345678",
        "text": TEXT.text,
        "type": "unicode",
        "client-ref": "ref0001",
        "status-report-req": "true",
        "callback": OUTSIDE + OUT,
    }


async def test_a_text_of_plain_letters_is_no_unicode_and_costs_less():
    _, seen = await outcome_of(pieces("0"), lambda gateway: gateway.send(Outbound("r", PHONE, "Hello")))
    assert dict(parse_qsl(seen[0][3].decode()))["type"] == "text"


async def test_a_text_goes_out_by_the_messages_api_with_a_token_of_the_application():
    answer = MESSAGES_ANSWERS["taken"][0]
    _, seen = await outcome_of(answer, make=by_messages)
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", "/v1/messages")
    assert json.loads(body) == {
        "message_type": "text",
        "channel": "sms",
        "from": "815012345678",
        "to": "819012345678",
        "text": TEXT.text,
        "client_ref": "ref0001",
        "webhook_url": OUTSIDE + OUT,
        "webhook_version": "v1",
    }
    bearer = headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(bearer, PRIVATE.public_key(), ["RS256"], options={"verify_exp": False, "verify_iat": False})
    assert claims["application_id"] == APPLICATION
    assert claims["iat"] == int(NOW.timestamp())
    assert claims["exp"] == claims["iat"] + 900
    assert claims["jti"]


async def test_a_private_key_that_is_none_holds_texts_back_and_the_check_says_so(monkeypatch):
    monkeypatch.setenv("VONAGE_PEM", "not a key")
    submitted, seen = await outcome_of(says(202), make=by_messages)
    assert submitted == later("private_key", Reason.ACCOUNT)
    assert not seen
    problems, _ = await outcome_of(says(200), lambda gateway: gateway.check(), by_messages)
    assert len(problems) == 1


async def test_the_messages_api_is_told_in_seconds_until_when_a_text_means_something():
    text = replace(TEXT, expires_at=NOW + timedelta(hours=24))
    _, seen = await outcome_of(MESSAGES_ANSWERS["taken"][0], lambda gateway: gateway.send(text), make=by_messages)
    assert json.loads(seen[0][3])["ttl"] == 86_400


def test_the_messages_api_needs_an_application_and_its_key():
    with pytest.raises(ValidationError):
        vonage(send_by="messages")


# ── asking and looking back / 問い合わせ ────────────────────────────────────────

# Vonage, OpenAPI definition of the Reports API
SENT = {
    "account_id": KEY,
    "message_id": "0C1",
    "client_ref": "ref0001",
    "direction": "outbound",
    "from": "815012345678",
    "to": "819012345678",
    "network": "44010",
    "network_name": "NTT DoCoMo",
    "date_received": "2026-11-20T02:59:00+0000",
    "date_finalized": "2026-11-20T03:00:00+0000",
    "status": "delivered",
    "error_code": "0",
    "currency": "EUR",
    "total_price": "0.0333",
}
CAME = {
    "account_id": KEY,
    "message_id": ID,
    "direction": "inbound",
    "from": "819012345678",
    "to": "815012345678",
    "date_received": "2026-11-20T03:00:00+0000",
    "message_body": "はい",
}


def records(*items, following=None):
    links = {"self": {"href": "x"}, **({"next": {"href": following}} if following else {})}
    return says(200, json.dumps({"request_status": "SUCCESS", "records": items, "_links": links}).encode())


ASKING = {
    "found by our reference": (records(SENT), None, Submitted(Outcome.ACCEPTED, "0C1")),
    "found in pieces": (
        records(SENT, {**SENT, "message_id": "0C2"}),
        None,
        Submitted(Outcome.ACCEPTED, "0C1", also=("0C2",)),
    ),
    "found by its id": (records({**SENT, "client_ref": ""}), "0C1", Submitted(Outcome.ACCEPTED, "0C1")),
    "not there": (records(), None, unknown("not_found")),
    "others alone": (records({**SENT, "client_ref": "ref0002"}), None, unknown("not_found")),
    "forbidden": (says(403), None, unknown("cannot_ask")),
    "no JSON": (says(200, b"OK"), None, unknown("cannot_ask")),
    **{name: (answer, None, unknown("cannot_ask")) for name, answer in BROKEN.items()},
}


@pytest.mark.parametrize("answer, message_id, submitted", ASKING.values(), ids=ASKING.keys())
async def test_each_answer_about_an_unknown_text_has_its_meaning(answer, message_id, submitted):
    assert (await outcome_of(answer, lambda gateway: gateway.ask(TEXT, message_id)))[0] == submitted


async def test_the_records_are_asked_for_as_documented():
    _, seen = await outcome_of(records(SENT), lambda gateway: gateway.ask(TEXT, None))
    ((_, path, headers, _),) = seen
    assert path == (
        f"/v2/reports/records?account_id={KEY}&product=SMS&direction=outbound"
        "&date_start=2026-11-19T03:00:00Z&date_end=2026-11-20T03:00:00Z"
    )
    assert headers["Authorization"] == "Basic " + base64.b64encode(f"{KEY}:abcdef0123456789".encode()).decode()


async def test_a_text_is_looked_for_around_the_time_at_which_it_was_tried():
    tried = replace(TEXT, submitted_at=NOW - timedelta(hours=50))
    _, seen = await outcome_of(records(SENT), lambda gateway: gateway.ask(tried, None))
    assert seen[0][1].endswith("&date_start=2026-11-18T00:55:00Z&date_end=2026-11-19T00:55:00Z")


async def test_looking_back_brings_texts_and_states_a_day_at_a_time_and_all_pages():
    seen = []

    async def answer(request):
        seen.append(dict(request.query))
        if request.query.get("cursor"):
            return web.json_response(
                {"records": [{**SENT, "message_id": "0C2", "status": "failed", "error_code": "2"}]}
            )
        if request.query["direction"] == "inbound":
            other = {**CAME, "message_id": "x", "to": "815099999999"}
            found = [CAME, other] if request.query["date_end"].startswith("2026-11-20") else []
            return web.json_response({"records": found})
        following = str(request.url.with_query(cursor="1"))
        found = [SENT] if request.query["date_end"].startswith("2026-11-20") else []
        return web.json_response({"records": found, "_links": {"next": {"href": following}} if found else {}})

    since = NOW - timedelta(hours=30)
    parsed, _ = await outcome_of(answer, lambda gateway: gateway.look_back(since))
    raw = json.dumps(CAME, ensure_ascii=False).encode()
    assert parsed.texts == (Inbound(ID, PHONE, CENTER, "はい", raw, sent_at=NOW),)
    assert parsed.receipts == (
        Receipt("0C1", TextState.DELIVERED, "delivered", "ref0001", None, NOW, None, "0.0333 EUR", "NTT DoCoMo"),
        Receipt(
            "0C2", TextState.UNDELIVERED, "failed 2", "ref0001", Reason.ABSENT, NOW, None, "0.0333 EUR", "NTT DoCoMo"
        ),
    )
    windows = [(query["date_start"], query["date_end"]) for query in seen if query.get("direction") == "inbound"]
    assert windows == [
        ("2026-11-18T21:00:00Z", "2026-11-19T21:00:00Z"),
        ("2026-11-19T21:00:00Z", "2026-11-20T03:00:00Z"),
    ]


@pytest.mark.parametrize("answer", [says(500), says(200, b'{"records": 1}'), *BROKEN.values()])
async def test_when_the_records_cannot_be_read_now_nothing_is_made_up(answer):
    assert (await outcome_of(answer, lambda gateway: gateway.look_back(NOW - timedelta(hours=1))))[0] is None


async def test_a_record_that_cannot_be_read_holds_up_no_other():
    async def answer(request):
        inbound = request.query["direction"] == "inbound"
        found = [{**CAME, "message_id": None}, CAME] if inbound else [{**SENT, "status": None}, SENT]
        return web.json_response({"records": found})

    parsed, _ = await outcome_of(answer, lambda gateway: gateway.look_back(NOW - timedelta(hours=1)))
    assert [item.message_id for item in (*parsed.texts, *parsed.receipts)] == [ID, "0C1"]


async def test_a_page_of_another_host_is_not_followed():
    answer = records(SENT, following="https://elsewhere.example.com/v2/reports/records")
    parsed, seen = await outcome_of(answer, lambda gateway: gateway.look_back(NOW - timedelta(hours=1)))
    assert len(seen) == 2
    assert len(parsed.receipts) == 1


@pytest.mark.parametrize("answer, words", [(says(200), ""), (says(401), "refuses"), (says(500), "500")])
async def test_the_check_says_what_is_wrong_with_the_account(answer, words):
    problems, _ = await outcome_of(answer, lambda gateway: gateway.check())
    assert bool(problems) == bool(words)
    assert all(words in problem and " / " in problem for problem in problems)


def test_the_example_for_operators_loads_as_it_stands(monkeypatch):
    monkeypatch.setenv("VONAGE_SIGNATURE_SECRET", SECRET)
    assert load_account(EXAMPLES / "vonage.toml").name == "vonage"
