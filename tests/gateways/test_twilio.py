"""Twilio by its public examples: what its webhooks bring, what its API answers, and who may say so."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from aiohttp import web
from multidict import MultiDict
from pydantic import ValidationError
from twilio.request_validator import RequestValidator

from bot.domain.clock import FixedClock
from bot.domain.gateway import Parsed
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways import twilio_codes
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
TOKEN, OTHER, SHARED = "12345", "the-token-that-is-coming", "shared-key-of-webhooks"
SID, ACCOUNT = "SM1234567890abcdef1234567890abcdef", "AC" + "0" * 32
PHONE, CENTER = "+819012345678", "+815012345678"
IN, OUT = "/webhook/twilio/main", "/webhook/twilio/main/receipts"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    for name, value in {"TOKEN": TOKEN, "OTHER": OTHER, "SHARED": SHARED, "KEY": "key secret"}.items():
        monkeypatch.setenv(f"TWILIO_{name}", value)


def twilio(**given):
    return make_gateway("twilio", **{"account_sid": ACCOUNT, "auth_token": "env:TWILIO_TOKEN", **given})


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def signed(path, params, *, token=TOKEN, headers=None, as_signed=None, algorithm=None, method="POST"):
    """A request as Twilio makes it, signed by its own library; ``as_signed`` is the address that was signed."""
    pairs = list(params.items()) if isinstance(params, dict) else params
    url = path if path.startswith("http") else OUTSIDE + path
    if method == "GET":
        url, pairs, body = f"{url}?{urlencode(pairs)}", [], b""
    else:
        body = urlencode(pairs).encode()
    signature = RequestValidator(token).compute_signature(as_signed or url, MultiDict(pairs), algorithm)
    given = {"X-Twilio-Signature": signature, "Content-Type": FORM, **(headers or {})}
    return post(url, body, given, method=method)


def signed_json(data, *, url=OUTSIDE + IN, told=None, sent=None):
    """A body that is no form: its hash is in the address."""
    body = json.dumps(data).encode()
    url = f"{url}?bodySHA256={told or hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json"}
    return post(url, body if sent is None else sent, headers)


# Twilio, "Twilio's request to your incoming message webhook URL"
ARRIVED = {
    "ToCountry": "JP",
    "ToState": "",
    "SmsMessageSid": SID,
    "NumMedia": "0",
    "ToCity": "",
    "FromZip": "",
    "SmsSid": SID,
    "FromState": "",
    "SmsStatus": "received",
    "FromCity": "",
    "Body": " 1 36.5 ありがとう \n",
    "FromCountry": "JP",
    "To": CENTER,
    "ToZip": "",
    "NumSegments": "1",
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": PHONE,
    "ApiVersion": "2010-04-01",
}
# Twilio, "Track the message status of outbound messages"
STATUS = {
    "SmsSid": SID,
    "SmsStatus": "delivered",
    "MessageStatus": "delivered",
    "To": PHONE,
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": CENTER,
    "ApiVersion": "2010-04-01",
}


def status(word, error="", path=OUT):
    told = {**STATUS, "MessageStatus": word, "SmsStatus": word, **({"ErrorCode": error} if error else {})}
    return signed(path, told)


def text_case(label, request, body=ARRIVED["Body"], **more):
    damaged = more.pop("damaged", False)
    raw = request.body if request.method == "POST" else request.url.encode()
    texts = [Inbound(SID, PHONE, CENTER, body, raw, damaged=damaged)]
    return Case(label, request, texts=texts, answer=b'<?xml version="1.0" encoding="UTF-8"?><Response/>', **more)


def altered(request, **changed):
    body = urlencode({**dict(parse_qsl(request.body.decode(), keep_blank_values=True)), **changed}).encode()
    return post(request.url, body, request.headers)


WITH_PORT = OUTSIDE + ":443" + IN
TWICE = [*ARRIVED.items(), ("Tag", "b"), ("Tag", "a"), ("Tag", "b")]

CASES = [
    text_case("a text, its blanks kept", signed(IN, ARRIVED)),
    text_case("parameters that nobody knew", signed(IN, {**ARRIVED, "Zeit": "neu", "aAA": "", "Ünicode": "ü"})),
    text_case("a parameter that is there several times", signed(IN, TWICE)),
    text_case("an address with a query", signed(IN + "?foo=1&bar=2", ARRIVED)),
    text_case("signed with the port", signed(IN, ARRIVED, as_signed=WITH_PORT)),
    text_case("signed without the port", signed(WITH_PORT, ARRIVED, as_signed=OUTSIDE + IN)),
    text_case("signed with the port that we have", signed(WITH_PORT, ARRIVED)),
    text_case("a GET, whose parameters are in the address", signed(IN, ARRIVED, method="GET")),
    text_case("the token that is coming", signed(IN, ARRIVED, token=OTHER)),
    text_case(
        "a shared key",
        signed(
            IN,
            ARRIVED,
            token=SHARED,
            algorithm="HMAC_SHA256",
            headers={"X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"},
        ),
    ),
    text_case("a JSON body with its hash", signed_json(ARRIVED)),
    text_case(
        "STOP, which Twilio answers itself", signed(IN, {**ARRIVED, "Body": "STOP", "OptOutType": "STOP"}), "STOP"
    ),
    text_case(
        "a picture with words",
        signed(IN, {**ARRIVED, "NumMedia": "1", "MediaUrl0": "https://api.twilio.com/m"}),
        damaged=True,
    ),
    text_case("a picture alone", signed(IN, {**ARRIVED, "Body": "", "NumMedia": "2"}), "\ufffd", damaged=True),
    text_case("an empty text", signed(IN, {**ARRIVED, "Body": ""}), ""),
    text_case("a text at the address of receipts", signed(OUT, ARRIVED)),
    text_case(
        "a Messaging Service and its old name of the id",
        signed(IN, {**{k: v for k, v in ARRIVED.items() if k != "MessageSid"}, "MessagingServiceSid": "MG1"}),
    ),
    Case("delivered", status("delivered"), receipts=[Receipt(SID, TextState.DELIVERED, "delivered")]),
    Case(
        "delivered, with our reference in the signed address",
        status("delivered", path=f"{OUT}?reference=ref0001"),
        receipts=[Receipt(SID, TextState.DELIVERED, "delivered", "ref0001")],
    ),
    Case(
        "a status at the address of texts", status("sent", path=IN), receipts=[Receipt(SID, TextState.ACCEPTED, "sent")]
    ),
    *(
        Case(word, status(word), receipts=[Receipt(SID, state, word, reason=reason)])
        for word, state, reason in [
            ("accepted", TextState.ACCEPTED, None),
            ("queued", TextState.ACCEPTED, None),
            ("sending", TextState.ACCEPTED, None),
            ("sent", TextState.ACCEPTED, None),
            ("read", TextState.DELIVERED, None),
            ("canceled", TextState.REJECTED, Reason.OTHER),
            ("failed", TextState.UNDELIVERED, Reason.OTHER),
            ("teleported", TextState.UNKNOWN, None),
        ]
    ),
    *(
        Case(f"undelivered {code}", status("undelivered", code), receipts=[Receipt(SID, state, code, reason=reason)])
        for code, state, reason in [
            ("30001", TextState.UNDELIVERED, Reason.BUSY),
            ("30002", TextState.UNDELIVERED, Reason.ACCOUNT),
            ("30003", TextState.UNDELIVERED, Reason.ABSENT),
            ("30004", TextState.UNDELIVERED, Reason.BLOCKED),
            ("30005", TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),
            ("30006", TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),
            ("30007", TextState.UNDELIVERED, Reason.FILTERED),
            ("30008", TextState.UNDELIVERED, Reason.OTHER),
            ("30036", TextState.EXPIRED, Reason.EXPIRED),
            ("30410", TextState.UNDELIVERED, Reason.BUSY),
            ("21610", TextState.UNDELIVERED, Reason.OPTED_OUT),
            ("39999", TextState.UNDELIVERED, Reason.OTHER),
        ]
    ),
    Case("no signature", post(IN, urlencode(ARRIVED).encode(), {"Content-Type": FORM}), refused="unsigned"),
    Case("another token", signed(IN, ARRIVED, token="54321"), refused="signature"),
    Case("a parameter changed", altered(signed(IN, ARRIVED), Body="5"), refused="signature"),
    Case("a blank taken away", altered(signed(IN, ARRIVED), Body=ARRIVED["Body"].strip()), refused="signature"),
    Case("a parameter added", altered(signed(IN, ARRIVED), Extra=""), refused="signature"),
    Case("another path", signed(IN, ARRIVED, as_signed=OUTSIDE + OUT), refused="signature"),
    Case("another host", signed(IN, ARRIVED, as_signed="https://sms.example.com" + IN), refused="signature"),
    Case("http for https", signed(IN, ARRIVED, as_signed=OUTSIDE.replace("https", "http") + IN), refused="signature"),
    Case("a query that was not signed", signed(IN + "?a=1", ARRIVED, as_signed=OUTSIDE + IN), refused="signature"),
    Case(
        "our reference changed",
        signed(OUT + "?reference=r2", STATUS, as_signed=f"{OUTSIDE}{OUT}?reference=r1"),
        refused="signature",
    ),
    Case("another port", signed(IN, ARRIVED, as_signed=f"{OUTSIDE}:8443{IN}"), refused="signature"),
    Case("a signature that is no base64", post(IN, b"a=1", {"X-Twilio-Signature": "é?"}), refused="signature"),
    Case("a form that is no UTF-8", post(IN, b"Body=%ff", {"X-Twilio-Signature": "AAAA"}), refused="signature"),
    Case("another account", signed(IN, {**ARRIVED, "AccountSid": "AC" + "1" * 32}), refused="account"),
    Case("a JSON body that was changed", signed_json(ARRIVED, sent=b'{"Body": "5"}'), refused="payload"),
    Case(
        "a JSON body without its hash", signed(IN, {}, headers={"Content-Type": "application/json"}), refused="payload"
    ),
    Case("a JSON body with the hash of another", signed_json(ARRIVED, told="0" * 64), refused="payload"),
    Case(
        "the token where the shared key is named",
        signed(
            IN,
            ARRIVED,
            algorithm="HMAC_SHA256",
            headers={"X-Twilio-Webhooks-Signature-Settings": "algorithm=HMAC_SHA256"},
        ),
        refused="signature",
    ),
    Case(
        "an algorithm that nobody knows",
        signed(IN, ARRIVED, headers={"X-Twilio-Webhooks-Signature-Settings": "algorithm=NONE"}),
        refused="signature",
    ),
    *(
        Case(
            f"without {name}",
            signed(IN, {k: v for k, v in ARRIVED.items() if k not in {name, "SmsSid"}}),
            invalid=field,
        )
        for name, field in [("From", "From"), ("To", "To"), ("Body", "Body"), ("MessageSid", "SmsSid")]
    ),
    Case("a JSON list", signed_json([1]), invalid="body"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_twilio_brings(case):
    await case.check(twilio(auth_token_other="env:TWILIO_OTHER", shared_key="env:TWILIO_SHARED"))


async def test_the_example_of_twilios_own_documentation_is_believed():
    """The values of twilio-python's tests of its RequestValidator."""
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    headers = {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "Content-Type": FORM}
    await twilio().verify(post(url, urlencode(params).encode(), headers), NOW)


async def test_the_answer_is_an_empty_twiml_and_never_words_that_would_be_texted():
    answer = twilio().answer(signed(IN, ARRIVED), Parsed())
    assert (answer.status, answer.content_type) == (200, "text/xml")
    assert answer.body.endswith(b"<Response/>")


def test_an_empty_token_would_believe_anybody_and_is_refused(monkeypatch):
    monkeypatch.setenv("TWILIO_TOKEN", "")
    with pytest.raises(ValidationError):
        twilio()


def test_an_api_key_needs_its_secret():
    with pytest.raises(ValidationError):
        twilio(api_key="SK1")


# ── sending / 送信 ───────────────────────────────────────────────────────────

# Twilio, "Messages resource", an answer to a created message
CREATED = {
    "account_sid": ACCOUNT,
    "api_version": "2010-04-01",
    "body": TEXT.text,
    "date_created": "Fri, 20 Nov 2026 03:00:00 +0000",
    "date_sent": None,
    "date_updated": "Fri, 20 Nov 2026 03:00:00 +0000",
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "from": CENTER,
    "messaging_service_sid": None,
    "num_media": "0",
    "num_segments": "1",
    "price": None,
    "price_unit": "USD",
    "sid": SID,
    "status": "queued",
    "to": PHONE,
    "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}.json",
}


def error(code, status):
    return json.dumps({"code": code, "message": "…", "more_info": f"https://…/{code}", "status": status}).encode()


ANSWERS = {
    "taken": (says(201, json.dumps(CREATED).encode()), Submitted(Outcome.ACCEPTED, SID, segments=1)),
    "taken by a Messaging Service": (
        says(201, json.dumps({**CREATED, "num_segments": "0", "status": "accepted"}).encode()),
        Submitted(Outcome.ACCEPTED, SID),
    ),
    "taken, with its price": (
        says(201, json.dumps({**CREATED, "price": "-0.07450"}).encode()),
        Submitted(Outcome.ACCEPTED, SID, segments=1, price="0.07450 USD"),
    ),
    "opted out at the carrier": (says(400, error(21610, 400)), never("21610", Reason.OPTED_OUT)),
    "no such number": (says(400, error(21211, 400)), never("21211", Reason.NO_SUCH_NUMBER)),
    "no mobile number": (says(400, error(21614, 400)), never("21614", Reason.NO_SUCH_NUMBER)),
    "too long": (says(400, error(21617, 400)), never("21617", Reason.BAD_TEXT)),
    "no body": (says(400, error(21602, 400)), never("21602", Reason.BAD_TEXT)),
    "not our number": (says(400, error(21606, 400)), never("21606", Reason.BAD_SENDER)),
    "country not enabled": (says(400, error(21408, 400)), later("21408", Reason.ACCOUNT)),
    "wrong token": (says(401, error(20003, 401)), later("20003", Reason.ACCOUNT)),
    "no such account": (says(404, error(20404, 404)), later("20404", Reason.ACCOUNT)),
    "too many": (says(429, error(20429, 429)), later("20429", Reason.BUSY)),
    "rate": (says(429, error(14107, 429)), later("14107", Reason.BUSY)),
    "queue full": (says(400, error(21611, 400)), later("21611", Reason.BUSY)),
    "a code that nobody knows": (says(400, error(29999, 400)), unknown("29999")),
    "a code of deliveries as an answer": (says(400, error(30003, 400)), unknown("30003")),
    "broken": (says(500, error(20500, 500)), unknown("20500")),
    "away": (says(503, b"<html>", "text/html"), later("503", Reason.BUSY)),
    "taken, without an id": (says(201, b"{}"), unknown("InvalidInput")),
    "taken, no JSON": (says(201, b"OK"), unknown("InvalidInput")),
} | BY_STATUS


outcome_of = Trying(twilio, "api")


@pytest.mark.parametrize("answer, submitted", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_to_a_text_has_its_meaning(answer, submitted):
    assert (await outcome_of(answer))[0] == submitted


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer):
    await outcome_of.broken(answer)


async def test_nobody_there_means_later(free_port):
    await outcome_of.nobody_there(free_port)


async def test_a_text_goes_out_with_our_reference_in_the_address_of_its_callback():
    _, seen = await outcome_of(ANSWERS["taken"][0])
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert headers["Authorization"] == basic(ACCOUNT, TOKEN)
    assert dict(parse_qsl(body.decode())) == {
        "To": PHONE,
        "From": CENTER,
        "Body": TEXT.text,
        "StatusCallback": f"{OUTSIDE}{OUT}?reference=ref0001",
    }


async def test_a_messaging_service_and_an_api_key_take_the_place_of_sender_and_token():
    given = {"messaging_service": "MG1", "api_key": "SK1", "api_key_secret": "env:TWILIO_KEY"}
    _, seen = await outcome_of(ANSWERS["taken"][0], **given)
    ((_, _, headers, body),) = seen
    assert headers["Authorization"] == basic("SK1", "key secret")
    form = dict(parse_qsl(body.decode()))
    assert form["MessagingServiceSid"] == "MG1"
    assert "From" not in form


async def test_a_receipt_finds_its_text_by_the_reference_that_was_sent():
    """What we hand out as StatusCallback comes back signed, and is believed."""
    _, seen = await outcome_of(ANSWERS["taken"][0])
    callback = dict(parse_qsl(seen[0][3].decode()))["StatusCallback"]
    request = signed(callback, STATUS)
    gateway = twilio()
    await gateway.verify(request, NOW)
    assert (await gateway.parse(request)).receipts[0].reference == TEXT.reference


# ── asking and looking back / 問い合わせ ────────────────────────────────────────

ITEM = {**CREATED, "status": "sent", "date_sent": "Fri, 20 Nov 2026 03:00:01 +0000"}


def log(*records, following=None):
    return says(200, json.dumps({"messages": records, "next_page_uri": following}).encode())


async def asked(answer, message_id=None, *, at=NOW, again=None, text=TEXT):
    async def act(gateway):
        gateway.clock = FixedClock(at)
        told = await gateway.ask(text, message_id)
        if again is None:
            return told
        gateway.clock = FixedClock(again)
        return await gateway.ask(text, message_id)

    return (await outcome_of(answer, act))[0]


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
UNCERTAIN = unknown("not_certain")
ASKING = {
    "found by number and words": (log(ITEM), NOW, Submitted(Outcome.ACCEPTED, SID, segments=1)),
    "nothing there yet": (log(), NOW, unknown("not_there_yet")),
    "other words": (log({**ITEM, "body": "5"}), NOW, unknown("not_there_yet")),
    "another number": (log({**ITEM, "to": "+819000000000"}), NOW, unknown("not_there_yet")),
    "a text from the resident": (log({**ITEM, "direction": "inbound"}), NOW, unknown("not_there_yet")),
    "twice": (log(ITEM, {**ITEM, "sid": "SM2"}), NOW, UNCERTAIN),
    "of another day's question": (log(ITEM), NOW + 73 * HOUR, unknown("not_there_yet")),
    "of yesterday's question": (log(ITEM), NOW + 25 * HOUR, UNCERTAIN),
    "hours ago": (log(ITEM), NOW + 3 * HOUR, UNCERTAIN),
    "the account keeps no words": (log({**ITEM, "body": ""}), NOW, UNCERTAIN),
    "broken": (says(500), NOW, unknown("cannot_ask")),
    "no JSON": (says(200, b"OK"), NOW, unknown("cannot_ask")),
    "no list": (says(200, b"{}"), NOW, unknown("cannot_ask")),
    "a list of something else": (says(200, b'{"messages": ["x"]}'), NOW, unknown("cannot_ask")),
    **{name: (answer, NOW, unknown("cannot_ask")) for name, answer in BROKEN.items()},
}


@pytest.mark.parametrize("answer, at, submitted", ASKING.values(), ids=ASKING.keys())
async def test_each_answer_about_an_unknown_text_has_its_meaning(answer, at, submitted):
    assert await asked(answer, at=at) == submitted


async def test_a_text_that_is_still_not_there_after_a_minute_never_arrived():
    told = await asked(log(), again=NOW + MINUTE, text=replace(TEXT, submitted_at=NOW))
    assert told == Submitted(Outcome.RETRY, code="never_arrived")


async def test_where_nobody_knows_when_it_was_tried_an_empty_log_is_no_proof():
    assert await asked(log(), again=NOW + MINUTE) == UNCERTAIN
    at = NOW + 71 * HOUR
    assert await asked(log({**ITEM, "body": ""}), at=at) == UNCERTAIN, "the last three days are looked through"


async def test_a_log_that_is_cut_off_is_no_proof():
    other, more = {**ITEM, "body": "5"}, f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1"
    text = replace(TEXT, submitted_at=NOW)
    assert await asked(log(other, following=more), again=NOW + MINUTE, text=text) == UNCERTAIN
    assert await asked(log(ITEM, other, following=more), text=text) == UNCERTAIN


async def test_another_text_of_ours_since_the_attempt_may_be_this_one_as_twilio_wrote_it():
    """A Messaging Service may write characters differently (Smart Encoding)."""
    text = replace(TEXT, submitted_at=NOW)
    assert await asked(log({**ITEM, "body": "こんにちは。"}), again=NOW + MINUTE, text=text) == UNCERTAIN

    async def act(gateway):
        gateway.clock = FixedClock(NOW)
        await gateway.send(TEXT)  # that other text, whose fate is known
        lost = replace(TEXT, reference="ref0002", text="もう1通", submitted_at=NOW)
        await gateway.ask(lost, None)
        gateway.clock = FixedClock(NOW + MINUTE)
        return await gateway.ask(lost, None)

    async def answer(request):
        posted = request.method == "POST"
        data = CREATED if posted else {"messages": [ITEM], "next_page_uri": None}
        return web.json_response(data, status=201 if posted else 200)

    assert (await outcome_of(answer, act))[0] == Submitted(Outcome.RETRY, code="never_arrived")


async def test_a_record_whose_time_cannot_be_read_may_be_the_text():
    told = await asked(log({**ITEM, "date_created": "?"}), again=NOW + MINUTE, text=replace(TEXT, submitted_at=NOW))
    assert told == UNCERTAIN


async def test_an_earlier_text_with_the_same_words_is_not_taken_for_the_one_asked_about():
    async def act(gateway):
        gateway.clock = FixedClock(NOW)
        await gateway.send(TEXT)
        return await gateway.ask(type(TEXT)("ref0002", TEXT.recipient, TEXT.text), None)

    async def answer(request):
        data = CREATED if request.method == "POST" else {"messages": [ITEM], "next_page_uri": None}
        return web.json_response(data, status=201 if request.method == "POST" else 200)

    told, _ = await outcome_of(answer, act)
    assert told == unknown("not_there_yet")


OLDER = {**ITEM, "sid": "SM0", "date_created": "Fri, 20 Nov 2026 02:30:00 +0000"}
SINCE_THEN = {
    "older than the attempt": ([OLDER], NOW, unknown("not_there_yet")),
    "older than the attempt, and its own": ([ITEM, OLDER], NOW, Submitted(Outcome.ACCEPTED, SID, segments=1)),
    "asked hours later": ([ITEM, OLDER], NOW + 3 * HOUR, Submitted(Outcome.ACCEPTED, SID, segments=1)),
    "asked on another day": ([ITEM, OLDER], NOW + 30 * HOUR, Submitted(Outcome.ACCEPTED, SID, segments=1)),
    "made long after the attempt": (
        [{**ITEM, "date_created": "Fri, 20 Nov 2026 05:00:00 +0000"}], NOW + 3 * HOUR, UNCERTAIN
    ),
    "clocks that differ": (
        [{**ITEM, "date_created": "Fri, 20 Nov 2026 02:59:00 +0000"}], NOW, Submitted(Outcome.ACCEPTED, SID, segments=1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("records, at, submitted", SINCE_THEN.values(), ids=SINCE_THEN.keys())
async def test_no_record_older_than_the_attempt_is_taken_for_it_by_a_new_process(records, at, submitted):
    async def act(gateway):
        gateway.clock = FixedClock(at)
        return await gateway.ask(replace(TEXT, submitted_at=NOW), None)

    assert (await outcome_of(log(*records), act))[0] == submitted


async def test_a_text_that_never_arrived_is_not_taken_for_an_earlier_one_with_the_same_words():
    async def act(gateway):
        gateway.clock = FixedClock(NOW)
        await gateway.ask(replace(TEXT, submitted_at=NOW), None)
        gateway.clock = FixedClock(NOW + MINUTE)
        return await gateway.ask(replace(TEXT, submitted_at=NOW), None)

    assert (await outcome_of(log(OLDER), act))[0] == Submitted(Outcome.RETRY, code="never_arrived")


async def test_by_its_id_twilio_is_asked_directly():
    assert await asked(says(200, json.dumps(ITEM).encode()), SID) == Submitted(Outcome.ACCEPTED, SID, segments=1)
    assert await asked(says(404, error(20404, 404)), SID) == unknown("404")


RECEIVED = {
    **ITEM,
    "direction": "inbound",
    "from": PHONE,
    "to": CENTER,
    "status": "received",
    "body": "はい",
    "sid": "SM3",
}


async def test_looking_back_brings_texts_and_states_from_all_pages():
    failed = {**ITEM, "sid": "SM4", "status": "undelivered", "error_code": 30003, "price": "-0.0745"}
    old = {**RECEIVED, "sid": "SM0", "date_created": "Thu, 19 Nov 2026 03:00:00 +0000"}
    pages = {
        "0": {"messages": [RECEIVED, ITEM], "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1"},
        "1": {"messages": [failed, old], "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=2"},
        "2": {"messages": [old], "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=3"},
    }

    async def answer(request):
        return web.json_response(pages[request.query.get("Page", "0")])

    since = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    parsed, seen = await outcome_of(answer, lambda gateway: gateway.look_back(since))
    assert len(seen) == 3
    assert "DateSent%3E=2026-11-20T02:00:00Z" in seen[0][1]
    sent_at = datetime(2026, 11, 20, 3, 0, 1, tzinfo=UTC)
    raw = json.dumps(RECEIVED, ensure_ascii=False).encode()
    assert parsed.texts == (Inbound("SM3", PHONE, CENTER, "はい", raw, sent_at=sent_at),)
    assert parsed.receipts == (
        Receipt(SID, TextState.ACCEPTED, "sent", at=NOW, segments=1),
        Receipt("SM4", TextState.UNDELIVERED, "30003", "", Reason.ABSENT, NOW, 1, "0.0745 USD"),
    )


async def test_a_record_that_cannot_be_read_holds_up_no_other():
    odd = [{**RECEIVED, "sid": None}, {**RECEIVED, "from": None}, {**ITEM, "status": None}]
    parsed, _ = await outcome_of(log(*odd, RECEIVED, ITEM), lambda gateway: gateway.look_back(NOW))
    assert [item.message_id for item in (*parsed.texts, *parsed.receipts)] == ["SM3", SID]


async def test_another_number_of_the_account_is_none_of_ours():
    others = [{**RECEIVED, "to": "+815099999999"}, {**ITEM, "from": "+815099999999"}]
    parsed, _ = await outcome_of(log(*others), lambda gateway: gateway.look_back(NOW))
    assert parsed == Parsed()
    service = [{**RECEIVED, "to": "+815099999999", "messaging_service_sid": "MG1"}]
    parsed, _ = await outcome_of(log(*service), lambda gateway: gateway.look_back(NOW), messaging_service="MG1")
    assert len(parsed.texts) == 1


@pytest.mark.parametrize("answer", [says(500), says(200, b"x"), *BROKEN.values()])
async def test_when_the_log_cannot_be_read_now_nothing_is_made_up(answer):
    assert (await outcome_of(answer, lambda gateway: gateway.look_back(NOW)))[0] is None


CHECKS = {
    "well": (says(200, b'{"status": "active"}'), ""),
    "suspended": (says(200, b'{"status": "suspended"}'), "suspended"),
    "wrong token": (says(401), "refuses the credentials"),
    "away": (says(503), "503"),
}


@pytest.mark.parametrize("answer, words", CHECKS.values(), ids=CHECKS.keys())
async def test_the_check_says_what_is_wrong_with_the_account(answer, words):
    problems, _ = await outcome_of(answer, lambda gateway: gateway.check())
    assert bool(problems) == bool(words)
    assert all(words in problem and " / " in problem for problem in problems)


def test_every_known_code_has_a_reason_or_is_for_later():
    for code in twilio_codes.REASONS:
        known = twilio_codes.meaning(code)
        assert (known is not None) == code.startswith("21")


def test_the_example_for_operators_loads_as_it_stands(monkeypatch):
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    assert load_account(EXAMPLES / "twilio.toml").name == "twilio"
