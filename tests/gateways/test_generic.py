"""The generic gateway: three kinds of public API by TOML alone, run end to end; what a wrong TOML is told."""

import base64
import hashlib
import hmac
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from bot.domain.errors import SettingsError
from bot.domain.messages import Inbound, Outbound, Outcome, Part, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.generic_explain import explain_inbound, explain_send
from bot.gateways.recent_sends import RecentSends
from bot.gateways.registry import load_account
from tests.gateways.kit import (
    BROKEN,
    NOW,
    OUTSIDE,
    TEXT,
    Case,
    later,
    make_gateway,
    never,
    post,
    provider,
    says,
)

EXAMPLE = Path(__file__).parents[2] / "config" / "gateways" / "generic.toml"
TEXTS, RECEIPTS = "/webhook/generic/main", "/webhook/generic/main/receipts"
SECRET = "s3cret-key-of-the-tests"

# A form API with a signature over the address and every parameter, as Twilio documents its own.
FORM_API = """
[secrets]
sid = "env:GENERIC_SID"

[send]
url = "URL/Accounts/{{ secrets.sid }}/Messages.json"
user = "AC123"
password = "env:GENERIC_TOKEN"
code = "{{ json.code }}"
fields = { To = "{{ recipient }}", From = "{{ sender }}", Body = "{{ text }}", StatusCallback = "{{ receipts_url }}?ref={{ reference }}" }
answers = [{ status = [201], means = "accepted", id = "{{ json.sid }}", code = "{{ json.status }}", segments = "{{ json.num_segments }}" }]
codes = { 21211 = "rejected no_such_number", 21610 = "rejected opted_out", 20429 = "retry busy" }

[inbound]
id = "{{ form.MessageSid }}"
sender = "{{ form.From }}"
recipient = "{{ form.To }}"
text = "{{ form.Body }}"

[receipts]
id = "{{ form.MessageSid }}"
reference = "{{ query.ref }}"
code = "{{ form.ErrorCode or form.MessageStatus }}"
codes = { sent = "accepted", delivered = "delivered", 30003 = "undelivered absent", 30005 = "undelivered no_such_number" }

[proof]
kind = "hmac"
secret = "env:GENERIC_SECRET"
algorithm = "sha1"
encoding = "base64"
signature = "X-Twilio-Signature"
signed = "{{ url }}{% for name in form | sort(case_sensitive=true) %}{{ name }}{{ form[name] }}{% endfor %}"

[answer]
body = "<Response/>"
content_type = "text/xml"
"""  # noqa: E501  # inline tables of TOML stand on one line

# A query API of the older kind: GET, Shift_JIS, an answer in words, receipts as repeated fields.
GET_API = """
[send]
method = "GET"
url = "URL/send.cgi"
content = "query"
charset = "cp932"
fields = { tel = "{{ recipient | national }}", msg = "{{ text }}", id = "{{ reference }}" }
answers = [
  { pattern = '^OK:(\\d+)', means = "accepted", id = "{{ match[1] }}" },
  { pattern = '^NG:(?P<why>\\w+)', means = "rejected other", code = "{{ match.why }}" },
]

[inbound]
content = "query"
charset = "cp932"
sender = "{{ item.tel | e164 }}"
text = "{{ item.msg }}"
id = "{{ item.no }}"
part_reference = "{{ item.long }}"
part_number = "{{ item.n }}"
part_total = "{{ item.of }}"

[receipts]
content = "query"
each = "*"
reference = "{{ item.id }}"
code = "{{ item.st }}"
codes = { 1 = "delivered", 2 = "undelivered absent", 9 = "undelivered" }
at = "{{ item.at }}"
time_format = "%Y%m%d%H%M%S"

[proof]
kind = "path_secret"
key = "env:GENERIC_SECRET"
allowed = ["203.0.113.0/24"]

[answer]
body = "OK"
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("GENERIC_SECRET", SECRET)
    monkeypatch.setenv("GENERIC_TOKEN", "token-of-ours")
    monkeypatch.setenv("GENERIC_SID", "AC123")


def generic(toml, url="https://api.example.jp", **changed):
    given = tomllib.loads(toml.replace("URL", url)) | changed
    given.pop("kind", None)
    return make_gateway("generic", **given)


def example(url="https://api.example.jp"):
    return generic(EXAMPLE.read_text(encoding="utf-8").replace("https://api.example.jp", url), public_url=OUTSIDE)


async def outcome(toml, answer, act=lambda gateway: gateway.send(TEXT)):
    async with provider(answer) as (url, there):
        gateway = example(url) if toml is EXAMPLE else generic(toml, url)
        try:
            return await act(gateway), there.seen
        finally:
            await gateway.close()


# --- the form API


def signed(path, pairs, key=SECRET):
    url = OUTSIDE + path
    signature = RequestValidator(key).compute_signature(url, dict(pairs))
    kind = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return post(url, urlencode(pairs).encode(), kind)


TEXT_PAIRS = [("MessageSid", "SM1"), ("From", "+819012345678"), ("To", "+815012345678"), ("Body", " はい &=+ ")]
STATUS_PAIRS = [("MessageSid", "SM2"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")]
SIGNED_TEXT = signed(TEXTS, TEXT_PAIRS)


def altered(request, **given):
    fields = {"method": request.method, "url": request.url, "headers": dict(request.headers), "body": request.body}
    return post(**(fields | given))


def without_signature(request, name):
    return altered(request, headers={key: value for key, value in request.headers.items() if key != name})


FORM_CASES = [
    Case(
        "a text", SIGNED_TEXT, answer=b"<Response/>",
        texts=[Inbound("SM1", "+819012345678", "+815012345678", " はい &=+ ", SIGNED_TEXT.body)],
    ),
    Case(
        "a receipt", signed(f"{RECEIPTS}?ref=ref0001", STATUS_PAIRS),
        receipts=[Receipt("SM2", TextState.UNDELIVERED, "30003", reference="ref0001", reason=Reason.ABSENT)],
    ),
    Case(
        "a receipt with an unseen code", signed(RECEIPTS, [("MessageSid", "SM2"), ("MessageStatus", "read")]),
        receipts=[Receipt("SM2", TextState.UNKNOWN, "read")],
    ),
    Case("no id", signed(TEXTS, TEXT_PAIRS[1:]), invalid="id"),
    Case("no sender", signed(TEXTS, TEXT_PAIRS[:1]), invalid="sender"),
    Case("no signature", without_signature(SIGNED_TEXT, "x-twilio-signature"), refused="unsigned"),
    Case("another key", signed(TEXTS, TEXT_PAIRS, "guess"), refused="signature"),
    Case("another address", altered(SIGNED_TEXT, url=f"{OUTSIDE}{TEXTS}?x=1"), refused="signature"),
    Case("another parameter", altered(SIGNED_TEXT, body=SIGNED_TEXT.body + b"&X=1"), refused="signature"),
    Case(
        "no base64", altered(SIGNED_TEXT, headers={**SIGNED_TEXT.headers, "x-twilio-signature": "%%"}),
        refused="signature",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", FORM_CASES, ids=str)
async def test_a_form_api_is_read_by_toml_alone(case):
    await case.check(generic(FORM_API))


async def says_later(_request):
    """Down, and it says when to come again."""
    return web.Response(status=503, headers={"Retry-After": "30"})


FORM_ANSWERS = {
    "taken": (
        says(201, b'{"sid": "SM9", "status": "queued", "num_segments": "2"}'),
        Submitted(Outcome.ACCEPTED, "SM9", "queued", segments=2),
    ),
    "opted out": (says(400, b'{"code": 21610}'), never("21610", Reason.OPTED_OUT)),
    "busy": (says(429, b'{"code": 20429}'), later("20429", Reason.BUSY)),
    "an unseen code": (says(400, b'{"code": 30450}'), Submitted(Outcome.UNKNOWN, code="30450")),
    "our password": (says(401, b'{"code": 20003}'), later("20003", Reason.ACCOUNT)),
    "down, perhaps after it was taken": (says(503, b"", "text/html"), Submitted(Outcome.UNKNOWN, code="503")),
    "down until then": (says_later, later("503", Reason.BUSY)),
    "broken": (says(500, b"<html>", "text/html"), Submitted(Outcome.UNKNOWN, code="500")),
    "taken without an id": (says(201, b"{}"), Submitted(Outcome.UNKNOWN, code="no_id")),
    "another success": (says(200, b"{}"), Submitted(Outcome.UNKNOWN, code="200")),
}  # fmt: skip


@pytest.mark.parametrize("answer, meaning", FORM_ANSWERS.values(), ids=FORM_ANSWERS.keys())
async def test_each_answer_of_a_form_api_has_its_meaning(answer, meaning):
    found, seen = await outcome(FORM_API, answer)
    assert found == meaning
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", "/Accounts/AC123/Messages.json")
    assert headers["Authorization"] == f"Basic {base64.b64encode(b'AC123:token-of-ours').decode()}"
    assert dict(parse_qsl(body.decode())) == {
        "To": "+819012345678",
        "From": "+815012345678",
        "Body": "こんにちは",
        "StatusCallback": f"{OUTSIDE}{RECEIPTS}?ref=ref0001",
    }


# --- repeated form fields

REPEATED = """
one_address = true

[send]
url = "URL/send"
answers = [{ status = ["2xx"], means = "accepted" }]

[inbound]
content = "form"
each = "*"
when = "{{ item.body is defined }}"
id = "{{ item['mid'] }}"
sender = "{{ item.from | e164 }}"
recipient = "{{ item.to }}"
text = "{{ item | path('body') }}"

[receipts]
content = "form"
each = "*"
when = "{{ item.st is defined }}"
id = "{{ item.mid }}"
code = "{{ item.st }}"
codes = { 1 = "delivered" }

[proof]
kind = "bearer"
token = "env:GENERIC_TOKEN"
"""
TWO = [("mid", "a"), ("mid", "b"), ("from", "09012345678"), ("from", "08011112222")]
WORDS = [("body", "はい"), ("body", "37.5")]


def repeated(*pairs):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer token-of-ours"}
    return post("/webhook/generic/main", urlencode(pairs).encode(), headers)


@pytest.mark.parametrize("extra", [[("to", "0312345678")], [("to", "0312345678")] * 2 + [("x", "1")] * 3])
async def test_repeated_form_fields_are_several_texts_and_a_common_field_belongs_to_all(extra):
    texts = (await generic(REPEATED).parse(repeated(*TWO, *WORDS, *extra))).texts
    assert [(text.message_id, text.sender, text.recipient, text.text) for text in texts] == [
        ("a", "+819012345678", "0312345678", "はい"),
        ("b", "+818011112222", "0312345678", "37.5"),
    ]


@pytest.mark.parametrize(
    "pairs, field",
    [
        ([*TWO, WORDS[0]], "body"),
        ([*TWO, ("mid", "c"), ("from", "07011112222"), *WORDS], "body"),
        ([*TWO[:3], *WORDS], "from"),
        ([*TWO[1:], *WORDS], "mid"),
        ([*TWO, ("mid", "c"), ("from", "07011112222"), *WORDS, ("body", "x"), ("to", "1"), ("to", "2")], "to"),
        ([*TWO[:2], ("st", "1")], "st"),
    ],
)
async def test_nobody_is_given_the_field_of_another(pairs, field):
    await Case("unequal", repeated(*pairs), invalid=field).check(generic(REPEATED))


# --- the JSON API of the example


def stamped(path, data, at=NOW, key=SECRET):
    return signed_bytes(path, json.dumps(data, ensure_ascii=False).encode(), at, key)


def signed_bytes(path, body, at=NOW, key=SECRET):
    stamp = str(int(at.timestamp()))
    digest = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Example-Signature": f"sha256={digest}", "X-Example-Timestamp": stamp}
    return post(path, body, headers)


MESSAGES = {
    "messages": [
        {
            "id": 1,
            "type": "sms",
            "from": "819012345678",
            "to": "0312345678",
            "body": "はい",
            "time": "2026/11/20 12:00:00",
        },
        {"id": 2, "type": "call", "from": "819012345678"},
        {"id": 3, "type": "sms", "from": "090-1234-5678", "to": "0312345678", "body": ""},
    ]
}
RESULTS = {
    "results": [
        {
            "id": "m1", "client_id": "ref0001", "status": "DELIVERED", "time": "2026/11/20 12:00:00",
            "parts": 2, "cost": 6.6, "carrier": "docomo",
        },
        {"id": "m2", "status": "POWER_OFF"},
        {"id": "m3", "status": "NEW_WORD"},
    ]
}  # fmt: skip
JSON_TEXT = stamped(TEXTS, MESSAGES)
NOON = datetime(2026, 11, 20, 3, tzinfo=UTC)  # in Japan
OLD = NOW.replace(minute=NOW.minute + 6)
JSON_CASES = [
    Case(
        "several texts", JSON_TEXT, answer=b"OK",
        texts=[
            Inbound("1", "+819012345678", "0312345678", "はい", JSON_TEXT.body, sent_at=NOON),
            Inbound("3", "+819012345678", "0312345678", "", JSON_TEXT.body),
        ],
    ),
    Case(
        "several receipts", stamped(RECEIPTS, RESULTS),
        receipts=[
            Receipt(
                "m1", TextState.DELIVERED, "DELIVERED", "ref0001", at=NOON, segments=2,
                price="6.6 JPY", carrier="docomo",
            ),
            Receipt("m2", TextState.UNDELIVERED, "POWER_OFF", reason=Reason.ABSENT),
            Receipt("m3", TextState.UNKNOWN, "NEW_WORD"),
        ],
    ),
    Case("no JSON", signed_bytes(RECEIPTS, b"{"), invalid="body"),
    Case("no receipts", stamped(RECEIPTS, {}), invalid="results"),
    Case("a receipt without any id", stamped(RECEIPTS, {"results": [{"status": "SENT"}]}), invalid="id"),
    Case("no signature", without_signature(JSON_TEXT, "x-example-signature"), refused="unsigned"),
    Case("no time", without_signature(JSON_TEXT, "x-example-timestamp"), refused="signature"),
    Case("another key", stamped(TEXTS, MESSAGES, key="guess"), refused="signature"),
    Case("another body", altered(JSON_TEXT, body=JSON_TEXT.body + b" "), refused="signature"),
    Case("too old", stamped(TEXTS, MESSAGES), now=OLD, refused="stale"),
    Case("ahead", stamped(TEXTS, MESSAGES, at=OLD), refused="stale"),
    Case(
        "no hexadecimal digits", altered(JSON_TEXT, headers={**JSON_TEXT.headers, "x-example-signature": "sha256=zz"}),
        refused="signature",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", JSON_CASES, ids=str)
async def test_a_json_api_with_a_signed_time_is_read_by_toml_alone(case):
    await case.check(example())


JSON_ANSWERS = {
    "taken": (
        says(202, b'{"result": "OK", "message": {"id": 77, "parts": 1}}'),
        Submitted(Outcome.ACCEPTED, "77", segments=1),
    ),
    "the number": (says(422, b'{"error": "NUMBER"}'), never("NUMBER", Reason.NO_SUCH_NUMBER)),
    "the account": (says(200, b'{"error": "CREDIT"}'), later("CREDIT", Reason.ACCOUNT)),
    "an unseen word": (says(200, b'{"error": "MOON"}'), Submitted(Outcome.UNKNOWN, code="MOON")),
    "no JSON": (says(200, b"OK"), Submitted(Outcome.UNKNOWN, code="200")),
    "another result": (says(200, b'{"result": "HELD"}'), Submitted(Outcome.UNKNOWN, code="200")),
}  # fmt: skip


@pytest.mark.parametrize("answer, meaning", JSON_ANSWERS.values(), ids=JSON_ANSWERS.keys())
async def test_each_answer_of_a_json_api_has_its_meaning(answer, meaning):
    found, seen = await outcome(EXAMPLE, answer)
    assert found == meaning
    ((method, path, headers, body),) = seen
    assert (method, path, headers["Content-Type"]) == ("POST", "/v1/messages", "application/json")
    assert headers["Authorization"] == "Bearer token-of-ours"
    assert json.loads(body) == {
        "to": "09012345678",
        "from": "0312345678",
        "message": "こんにちは",
        "client_id": "ref0001",
    }


ASKING = {
    "it has it": (says(200, b'{"id": "m1"}'), Submitted(Outcome.ACCEPTED, "m1", "200")),
    "it is not there yet": (says(404), Submitted(Outcome.UNKNOWN, code="not_yet")),
    "our token": (says(401), Submitted(Outcome.UNKNOWN, code="401")),
    "too many": (says(429), Submitted(Outcome.UNKNOWN, code="429")),
    "broken": (says(500), Submitted(Outcome.UNKNOWN, code="500")),
}


@pytest.mark.parametrize("answer, meaning", ASKING.values(), ids=ASKING.keys())
async def test_each_answer_about_an_earlier_text_has_its_meaning(answer, meaning):
    found, seen = await outcome(EXAMPLE, answer, lambda gateway: gateway.ask(TEXT, None))
    assert found == meaning
    assert seen[0][:2] == ("GET", "/v1/messages/ref0001")


async def test_what_the_provider_still_does_not_know_a_minute_after_the_first_question_never_came():
    async def act(gateway):
        now = [0.0]
        gateway._recent = RecentSends(lambda: now[0])
        first = await gateway.ask(TEXT, None)
        now[0] += 60
        return first.code, await gateway.ask(TEXT, None)

    found, _ = await outcome(EXAMPLE, says(404), act)
    assert found == ("not_yet", Submitted(Outcome.RETRY, code="404"))


async def test_a_provider_that_cannot_be_asked_is_not_asked():
    gateway = generic(FORM_API)
    assert await gateway.ask(TEXT, None) is None
    assert not gateway.abilities.can_ask
    assert example().abilities.can_ask


# --- the GET API


def got(path, pairs, key=SECRET, **given):
    query = urlencode([*pairs, *([("key", key)] if key else [])], encoding="cp932")
    return post(f"{path}?{query}", method="GET", **given)


GET_TEXT = got(TEXTS, [("tel", "09012345678"), ("msg", "髙橋 ①"), ("no", "5")])
GET_CASES = [
    Case(
        "a text in Shift_JIS", GET_TEXT, answer=b"OK",
        texts=[Inbound("5", "+819012345678", "+815012345678", "髙橋 ①", b"")],
    ),
    Case(
        "a piece of a long text",
        got(TEXTS, [("tel", "09012345678"), ("msg", "x"), ("no", "6"), ("long", "77"), ("n", "2"), ("of", "3")]),
        texts=[Inbound("6", "+819012345678", "+815012345678", "x", b"", Part("77", 2, 3))],
    ),
    Case(
        "receipts in a list",
        got(RECEIPTS, [("id", "ref0001"), ("id", "ref0002"), ("st", "1"), ("st", "2"), ("at", "20261120120000")]),
        receipts=[
            Receipt("", TextState.DELIVERED, "1", "ref0001", at=NOON),
            Receipt("", TextState.UNDELIVERED, "2", "ref0002", Reason.ABSENT, NOON),
        ],
    ),
    Case(
        "characters that cannot be read", post(f"{TEXTS}/{SECRET}?tel=09012345678&no=5&msg=%82", method="GET"),
        texts=[Inbound("5", "+819012345678", "+815012345678", "\ufffd", b"", damaged=True)],
    ),
    Case(
        "the key as the last part of the address",
        post(f"{RECEIPTS}/{SECRET}?id=ref0001&st=9", method="GET"),
        receipts=[Receipt("", TextState.UNDELIVERED, "9", "ref0001")],
    ),
    Case("no key", got(TEXTS, [("tel", "09012345678"), ("no", "5")], key=""), refused="unsigned"),
    Case("another key", got(TEXTS, [("no", "5")], key="guess"), refused="credentials"),
    Case("another key in the path", post(f"{TEXTS}/guess?no=5", method="GET"), refused="credentials"),
    Case("another network", got(TEXTS, [("no", "5")], peer="198.51.100.1"), refused="address"),
]  # fmt: skip


@pytest.mark.parametrize("case", GET_CASES, ids=str)
async def test_a_get_api_with_receipts_in_a_list_is_read_by_toml_alone(case):
    await case.check(generic(GET_API))


GET_ANSWERS = {
    "taken": (says(200, b"OK:123\n", "text/plain"), Submitted(Outcome.ACCEPTED, "123", "200")),
    "refused": (says(200, b"NG:TEL", "text/plain"), Submitted(Outcome.REJECTED, code="TEL", reason=Reason.OTHER)),
    "something else": (says(200, b"hello", "text/plain"), Submitted(Outcome.UNKNOWN, code="200")),
}


@pytest.mark.parametrize("answer, meaning", GET_ANSWERS.values(), ids=GET_ANSWERS.keys())
async def test_each_answer_of_a_get_api_has_its_meaning(answer, meaning):
    found, seen = await outcome(GET_API, answer)
    assert found == meaning
    method, path = seen[0][:2]
    assert (method, urlsplit(path).path) == ("GET", "/send.cgi")
    assert parse_qs(urlsplit(path).query, encoding="cp932") == {
        "tel": ["09012345678"],
        "msg": ["こんにちは"],
        "id": ["ref0001"],
    }


async def test_characters_that_the_character_code_lacks_are_not_sent_broken():
    text = Outbound("ref0001", "+819012345678", "😀")
    found, seen = await outcome(GET_API, says(200, b"OK:1"), lambda gateway: gateway.send(text))
    assert found == Submitted(Outcome.REJECTED, code="charset", reason=Reason.BAD_TEXT)
    assert not seen


# --- what all have in common


@pytest.mark.parametrize("toml", [FORM_API, EXAMPLE, GET_API], ids=["form", "json", "get"])
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(toml, answer):
    assert (await outcome(toml, answer))[0].outcome is Outcome.UNKNOWN


async def test_nobody_there_means_later(free_port):
    gateway = generic(FORM_API, f"http://127.0.0.1:{free_port}")
    assert await gateway.send(TEXT) == Submitted(Outcome.RETRY, code="no_connection", reason=Reason.BUSY)
    await gateway.close()


SENDS_ONLY = """
[send]
url = "URL"
content = "raw"
content_type = "text/xml"
body = "<sms to='{{ recipient | digits }}'>{{ text | e }}</sms>"
codes = { 200 = "accepted" }
"""


async def test_a_whole_body_can_be_written_and_a_status_alone_be_an_answer():
    text = Outbound("ref0001", "+819012345678", "<b>")
    found, seen = await outcome(SENDS_ONLY, says(200, b"", "text/plain"), lambda gateway: gateway.send(text))
    assert found == Submitted(Outcome.ACCEPTED, code="200")
    assert seen[0][3] == b"<sms to='819012345678'>&lt;b&gt;</sms>"
    assert seen[0][2]["Content-Type"] == "text/xml"


async def test_without_a_proof_nothing_is_believed():
    gateway = generic(SENDS_ONLY)
    await Case("anything", post(TEXTS, b"x=1"), refused="unsigned").check(gateway)
    assert not gateway.abilities.two_way
    assert not gateway.abilities.receipts


READS = """
one_address = true
[send]
url = "URL"
codes = { 200 = "accepted" }
[inbound]
when = "{{ json.event == 'mo' }}"
sender = "{{ item.items.from }}"
text = "{{ item.items.text }}"
[receipts]
each = "reports"
when = "{{ json.event == 'dlr' }}"
id = "{{ item | path('ids[0]') }}"
code = "{{ item.ok }}"
codes = { true = "delivered", false = "undelivered" }
"""
PROOFS = {
    "basic": (
        'kind = "basic"\nuser = "u"\npassword = "env:GENERIC_TOKEN"',
        {"Authorization": "Basic dTp0b2tlbi1vZi1vdXJz"},
    ),
    "bearer": ('kind = "bearer"\ntoken = "env:GENERIC_TOKEN"', {"Authorization": "Bearer token-of-ours"}),
    "ip list": ('kind = "ip_list"\nallowed = ["203.0.113.7/32", "2001:db8::/32"]', {}),
    "none, with an ip list": ('kind = "none"\nallowed = ["203.0.113.7/32"]', {}),
}  # fmt: skip


@pytest.mark.parametrize("proof, headers", PROOFS.values(), ids=PROOFS.keys())
async def test_texts_and_receipts_at_one_address_are_told_apart(proof, headers):
    gateway = generic(f"{READS}[proof]\n{proof}")
    text = post(TEXTS, b'{"event": "mo", "items": {"from": "090", "text": "x"}}', headers)
    receipts = post(
        TEXTS, b'{"event": "dlr", "reports": [{"ids": ["a"], "ok": true}, {"ids": ["b"], "ok": false}]}', headers
    )
    await Case("a text", text, texts=[Inbound("", "090", "+815012345678", "x", text.body)]).check(gateway)
    await Case(
        "receipts", receipts,
        receipts=[Receipt("a", TextState.DELIVERED, "true"), Receipt("b", TextState.UNDELIVERED, "false")],
    ).check(gateway)  # fmt: skip
    await Case("neither", post(TEXTS, b'{"event": "ping"}', headers)).check(gateway)


REFUSALS = {
    "basic, nothing": ("basic", {}, "203.0.113.7", "unsigned"),
    "basic, another kind": ("basic", {"Authorization": "Bearer x"}, "203.0.113.7", "unsigned"),
    "basic, no base64": ("basic", {"Authorization": "Basic %%"}, "203.0.113.7", "credentials"),
    "basic, another user": ("basic", {"Authorization": "Basic djp0b2tlbi1vZi1vdXJz"}, "203.0.113.7", "credentials"),
    "basic, another password": ("basic", {"Authorization": "Basic dTpndWVzcw=="}, "203.0.113.7", "credentials"),
    "bearer, nothing": ("bearer", {}, "203.0.113.7", "unsigned"),
    "bearer, another token": ("bearer", {"Authorization": "Bearer guess"}, "203.0.113.7", "credentials"),
    "another address": ("ip list", {}, "203.0.113.8", "address"),
    "no address": ("ip list", {}, "", "address"),
    "another address, no other proof": ("none, with an ip list", {}, "203.0.113.8", "address"),
}


@pytest.mark.parametrize("kind, headers, peer, code", REFUSALS.values(), ids=REFUSALS.keys())
async def test_each_wrong_proof_is_refused(kind, headers, peer, code):
    gateway = generic(f"{READS}[proof]\n{PROOFS[kind][0]}")
    await Case(kind, post(TEXTS, b'{"event": "mo"}', headers, peer=peer), refused=code).check(gateway)


@pytest.mark.parametrize(
    "written, key",
    [("hex", "00ff10"), ("base64", "AP8Q"), ("text", "00ff10")],
)
async def test_the_key_of_an_hmac_may_be_written_in_several_ways(monkeypatch, written, key):
    monkeypatch.setenv("GENERIC_SECRET", key)
    raw = key.encode() if written == "text" else b"\x00\xff\x10"
    body = b'{"event": "mo", "items": {"from": "090", "text": "\xff"}}'  # not even UTF-8: signed as it is
    signature = base64.urlsafe_b64encode(hmac.new(raw, body, hashlib.sha512).digest()).rstrip(b"=").decode()
    proof = f'kind = "hmac"\nsecret = "env:GENERIC_SECRET"\nwritten_as = "{written}"\nalgorithm = "sha512"\n'
    proof += "encoding = \"base64url\"\nsignature = \"{{ headers['X-Sign'] | find('v1=([^,]+)') }}\""
    gateway = generic(f"{READS}[proof]\n{proof}")
    await gateway.verify(post(TEXTS, body, {"x-sign": f"t=1,v1={signature}"}), NOW)
    other = signature.replace(signature[0], "A" if signature[0] != "A" else "B", 1)
    await Case("another", post(TEXTS, body, {"x-sign": f"v1={other}"}), refused="signature").check(gateway)


# --- what a wrong TOML is told

YES = 'codes = { 200 = "accepted" }'
WRONG = {
    "an unknown key": (f'colour = "red"\n{SENDS_ONLY}', "colour"),
    "no way to send": ("", "send"),
    "a template that is none": ('[send]\nurl = "{{ text"\ncodes = { 200 = "accepted" }\n', "send.url"),
    "an unknown name": ('[send]\nurl = "{{ phone }}"\ncodes = { 200 = "accepted" }\n', "send.url"),
    "an unknown name inside": (
        f'[send]\nurl = "u"\n{YES}\nfields = {{ a = [{{ b = "{{{{ x }}}}" }}] }}\n', "send.fields",
    ),
    "an unknown filter": ('[send]\nurl = "{{ text | shout }}"\ncodes = { 200 = "accepted" }\n', "send.url"),
    "no answer that is a yes": ('[send]\nurl = "u"\ncodes = { 400 = "rejected" }\n', "send"),
    "an unknown meaning": ('[send]\nurl = "u"\ncodes = { 200 = "fine" }\n', "send.codes.200"),
    "an unknown reason": ('[send]\nurl = "u"\ncodes = { 200 = "accepted", 1 = "rejected moon" }\n', "send.codes.1"),
    "a wrong pattern": (
        '[send]\nurl = "u"\nanswers = [{ means = "accepted", pattern = "(" }]\n', "send.answers.0.pattern",
    ),
    "a wrong status": (
        '[send]\nurl = "u"\nanswers = [{ means = "accepted", status = [20] }]\n', "send.answers.0.status.0",
    ),
    "a wrong character code": ('[send]\nurl = "u"\ncharset = "sjis9"\ncodes = { 200 = "accepted" }\n', "send.charset"),
    "a secret in the file": (f'{SENDS_ONLY}[secrets]\ntoken = "abc"\n', "secrets.token"),
    "no proof": (READS, "?"),
    "a proof that lacks its key": (f'{READS}[proof]\nkind = "hmac"\nsignature = "X"\n', "proof"),
    "an open door": (f'{READS}[proof]\nkind = "none"\n', "proof"),
    "an unknown kind of proof": (f'{READS}[proof]\nkind = "magic"\n', "proof.kind"),
    "no network": (f'{READS}[proof]\nkind = "ip_list"\nallowed = ["300.1.1.1"]\n', "proof.allowed.0"),
    "a wrong time zone": (READS.replace("each", 'time_zone = "Moon/Sea"\neach'), "receipts.time_zone"),
    "receipts without an id": (READS.replace("id = \"{{ item | path('ids[0]') }}\"\n", ""), "receipts"),
    "no TOML": ("[send", ""),
    "a mistyped secret": (SENDS_ONLY.replace("URL", "URL/{{ secrets.nope }}"), "send"),
    "a mistyped secret deep in fields": (
        SENDS_ONLY + "[[send.fields.a]]\nb = \"{{ secrets['nope'] | b64 }}\"\n", "send",
    ),
    "what every object has is no secret": (SENDS_ONLY.replace("URL", "URL/{{ secrets.__init__ }}"), "send"),
}  # fmt: skip


@pytest.mark.parametrize("toml, key", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_toml_is_told_with_file_and_key_in_two_languages(tmp_path, toml, key):
    file = tmp_path / "vendor.toml"
    head = f'kind = "generic"\nsender = "0312345678"\npublic_url = "{OUTSIDE}"\n'
    file.write_text(head + toml.replace("URL", "https://api.example.jp"), encoding="utf-8")
    with pytest.raises(SettingsError) as told:
        load_account(file)
    assert str(file) in told.value.ja
    assert str(file) in told.value.en
    assert key in told.value.ja
    assert (told.value.field or "") == key


# --- what `mimamori gateway try` shows


def test_trying_shows_each_template_the_proof_and_the_result():
    steps = {step.place: step for step in explain_inbound(example().mine, stamped(RECEIPTS, RESULTS), NOW)}
    assert steps["proof"].gave == "ok"
    assert steps["proof.signature"].gave == steps["proof.expected"].gave
    assert steps["proof.signed"].gave.startswith(f"{int(NOW.timestamp())}.")
    assert steps["receipts[0].code"].gave == "DELIVERED"
    assert steps["receipts[1]"].gave == "m2: undelivered (absent)"
    assert steps["receipts[2]"].gave == "m3: unknown"
    assert not [step for step in steps.values() if step.fault]


def test_trying_shows_texts_too():
    steps = {step.place: step.gave for step in explain_inbound(example().mine, JSON_TEXT, NOW)}
    assert steps["inbound[0].sender"] == "+819012345678"
    assert steps["inbound[0]"] == "+819012345678 → 0312345678: はい"
    assert "receipts[0]" not in steps


def test_trying_says_what_is_wrong_in_two_languages():
    wrong = stamped(TEXTS, {"messages": [{"type": "sms", "id": 1}]}, key="guess")
    steps = {step.place: step for step in explain_inbound(example().mine, wrong, NOW)}
    assert steps["proof"].gave == "signature"
    assert "署名" in steps["proof"].fault
    assert "signature" in steps["proof"].fault
    assert steps["proof.expected"].gave != steps["proof.signature"].gave
    assert "sender" in steps["inbound"].fault
    nothing = explain_inbound(example().mine, stamped(TEXTS, {"messages": []}), NOW)
    assert "nothing" in nothing[-1].fault


def test_trying_to_send_shows_the_request_without_its_secrets():
    made = explain_send(example().mine, TEXT)
    assert (made.method, made.url) == ("POST", "https://api.example.jp/v1/messages")
    assert json.loads(made.body)["to"] == "09012345678"
    assert made.headers["Authorization"] == "Bearer …"
    assert explain_send(generic(FORM_API).mine, TEXT).headers["Authorization"] == "Basic …"
    assert "token-of-ours" not in repr(made)


def test_a_template_reaches_nothing_outside():
    for source in ("{{ text.__class__.__mro__ }}", "{{ ''.__class__ }}"):
        toml = f'[send]\nurl = "https://x/?{quote("a")}={source}"\ncodes = {{ 200 = "accepted" }}\n'
        assert explain_send(generic(toml).mine, TEXT).url == "https://x/?a="


def test_the_example_loads_as_it_stands():
    gateway = load_account(EXAMPLE)
    assert (gateway.name, gateway.account) == ("generic", "generic")
    assert gateway.abilities.two_way
