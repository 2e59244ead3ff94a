"""Plivo: webhooks signed by Plivo's own library, and what its answers and codes mean."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import plivo.utils
import pytest
from aiohttp import web
from plivo.utils import signature_v3

from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.plivo import _ERRORS
from bot.gateways.registry import load_account
from tests.gateways.kit import (
    BROKEN,
    BY_STATUS,
    NOW,
    OUTSIDE,
    Case,
    Trying,
    later,
    make_gateway,
    never,
    post,
    says,
    unknown,
)

EXAMPLE = Path(__file__).parents[2] / "config" / "gateways" / "plivo.toml"
TOKEN, NONCE = "0123456789abcdef0123456789abcdef", "05429567804466091622"
TEXTS, RECEIPTS = "/webhook/plivo/main", "/webhook/plivo/main/receipts?reference=ref0001"
# The parameters of "Incoming message parameters", with figures as public examples have them.
INCOMING = [
    ("To", "815012345678"),
    ("From", "819012345678"),
    ("TotalRate", "0"),
    ("Units", "1"),
    ("Text", " はい & 36.5 "),
    ("TotalAmount", "0"),
    ("Type", "sms"),
    ("MessageUUID", "abc1234"),
]
STATUS = {
    "MessageUUID": "12345",
    "Status": "delivered",
    "To": "+819012345678",
    "From": "+815012345678",
    "Units": "2",
    "TotalAmount": "0.14700",
    "TotalRate": "0.07350",
    "ErrorCode": "000",
    "SentTime": "2026-11-20 03:00:00+00:00",
    "DeliveryReportTime": "2026-11-20 03:00:05+00:00",
}
ARRIVED = datetime(2026, 11, 20, 3, 0, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("PLIVO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("PLIVO_MAIN_TOKEN", "the main account's")


def plivo_gateway(**given):
    return make_gateway("plivo", auth_id="MA123", auth_token="env:PLIVO_AUTH_TOKEN", **given)


def v3(path, pairs, token=TOKEN, nonce=NONCE, header="X-Plivo-Signature-V3", method="POST"):
    """A request as Plivo signs it, by Plivo's own library."""
    url = OUTSIDE + path
    if method == "GET":
        url += f"?{urlencode(pairs)}"
        signed = signature_v3.construct_get_url(url, {}).decode()
    else:
        signed = signature_v3.construct_post_url(url, dict(pairs)).decode()
    signature = signature_v3.get_signature_v3(token.encode(), signed, nonce).decode()
    headers = {header: signature, "X-Plivo-Signature-V3-Nonce": nonce}
    return post(url, b"" if method == "GET" else urlencode(pairs).encode(), headers, method=method)


def v2(path, pairs, token=TOKEN, nonce=NONCE, header="X-Plivo-Signature-V2"):
    url = OUTSIDE + path
    digest = hmac.new(token.encode(), (url.partition("?")[0] + nonce).encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    assert plivo.utils.validate_signature(url, nonce, signature, token)
    return post(url, urlencode(pairs).encode(), {header: signature, "X-Plivo-Signature-V2-Nonce": nonce})


def altered(request, *, without="", **given):
    headers = {name: value for name, value in request.headers.items() if name != without}
    return post(**({"method": request.method, "url": request.url, "headers": headers, "body": request.body} | given))


def text_of(request, sender="+819012345678"):
    return [Inbound("abc1234", sender, "+815012345678", " はい & 36.5 ", request.body)]


def receipts(**changed):
    return v3(RECEIPTS, list((STATUS | changed).items()))


def receipt(state, code, reason=None):
    return [Receipt("12345", state, code, "ref0001", reason, ARRIVED, 2, "0.14700 USD")]


SIGNED, OLDER = v3(TEXTS, INCOMING), v2(TEXTS, INCOMING)
BY_GET = [(name, "yes" if name == "Text" else value) for name, value in INCOMING]  # the library signs only ASCII there
ASKED = v3(TEXTS, BY_GET, method="GET")
DOUBLED = v3(TEXTS, [*INCOMING, ("Blank", "")])
SUB = v3(TEXTS, INCOMING, token="the main account's", header="X-Plivo-Signature-Ma-V3")
TWO = altered(
    SIGNED, headers={**SIGNED.headers, "x-plivo-signature-v3": f"xx,{SIGNED.headers['x-plivo-signature-v3']}"}
)
CASES = [
    Case("a text", SIGNED, texts=text_of(SIGNED), answer=b"<Response></Response>"),
    Case("a text, signed as before", OLDER, texts=text_of(OLDER)),
    Case(
        "a text by GET", ASKED, texts=[Inbound("abc1234", "+819012345678", "+815012345678", "yes", b"")],
    ),
    Case("an empty parameter", DOUBLED, texts=text_of(DOUBLED)),
    Case("several signatures", TWO, texts=text_of(TWO)),
    Case("delivered", receipts(), receipts=receipt(TextState.DELIVERED, "delivered")),
    Case("sent", receipts(Status="sent"), receipts=receipt(TextState.ACCEPTED, "sent")),
    Case(
        "absent", receipts(Status="undelivered", ErrorCode="80"),
        receipts=receipt(TextState.UNDELIVERED, "undelivered/80", Reason.ABSENT),
    ),
    Case(
        "expired", receipts(Status="failed", ErrorCode="420"),
        receipts=receipt(TextState.EXPIRED, "failed/420", Reason.EXPIRED),
    ),
    Case(
        "an unseen code", receipts(Status="failed", ErrorCode="777"),
        receipts=receipt(TextState.UNDELIVERED, "failed/777", Reason.OTHER),
    ),
    Case("an unseen status", receipts(Status="lost"), receipts=receipt(TextState.UNKNOWN, "lost")),
    Case(
        "the parent of several", receipts(ParentMessageUUID="12345", MessageUUID="6"),
        receipts=receipt(TextState.DELIVERED, "delivered"),
    ),
    Case(
        "as older accounts have it", v3("/webhook/plivo/main/receipts", [("MessageUUID", "12345"), ("status", "sent")]),
        receipts=[Receipt("12345", TextState.ACCEPTED, "sent")],
    ),
    Case("no sender", v3(TEXTS, INCOMING[:1]), invalid="From"),
    Case("no text", v3(TEXTS, INCOMING[:4]), invalid="MessageUUID"),
    Case("no status", v3(RECEIPTS, [("MessageUUID", "1")]), invalid="status"),
    Case("no signature", post(TEXTS, urlencode(INCOMING).encode()), refused="unsigned"),
    Case("no nonce", altered(SIGNED, without="x-plivo-signature-v3-nonce"), refused="unsigned"),
    Case("no nonce, V2", altered(OLDER, without="x-plivo-signature-v2-nonce"), refused="unsigned"),
    Case("another token", v3(TEXTS, INCOMING, token="guess"), refused="signature"),
    Case("another token, V2", v2(TEXTS, INCOMING, token="guess"), refused="signature"),
    Case("another address", altered(SIGNED, url=f"{OUTSIDE}/webhook/plivo/other"), refused="signature"),
    Case("another address, V2", altered(OLDER, url=f"{OUTSIDE}/webhook/plivo/other"), refused="signature"),
    Case("another query", altered(SIGNED, url=f"{OUTSIDE}{TEXTS}?x=1"), refused="signature"),
    Case("another parameter", altered(SIGNED, body=SIGNED.body + b"&x=1"), refused="signature"),
    Case("a changed parameter", altered(SIGNED, body=SIGNED.body.replace(b"Units=1", b"Units=2")), refused="signature"),
    Case(
        "another nonce", altered(SIGNED, headers={**SIGNED.headers, "x-plivo-signature-v3-nonce": "1"}),
        refused="signature",
    ),
    Case(
        "no V3 is passed over for a V2",
        altered(OLDER, headers={**OLDER.headers, "x-plivo-signature-v3": "x", "x-plivo-signature-v3-nonce": "1"}),
        refused="signature",
    ),
    Case("the main account's, not ours", SUB, refused="signature"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_comes_in(case):
    await case.check(plivo_gateway())


@pytest.mark.parametrize("pairs", [INCOMING, [("a", "1"), ("B", "2"), ("あ", "い=&")], [("only", "")]])
@pytest.mark.parametrize("path", [TEXTS, RECEIPTS, "/webhook/plivo/main?b=2&a=1&reference=r"])
async def test_what_plivos_own_library_signs_is_believed(path, pairs):
    await plivo_gateway().verify(v3(path, pairs), NOW)
    await plivo_gateway(signature="v2").verify(v2(path, pairs), NOW)


async def test_a_subaccounts_texts_are_believed_by_the_main_accounts_token():
    await plivo_gateway(main_token="env:PLIVO_MAIN_TOKEN").verify(SUB, NOW)


async def test_only_the_chosen_signature_is_believed():
    await Case("V2", OLDER, refused="unsigned").check(plivo_gateway(signature="v3"))
    await Case("V3", SIGNED, refused="unsigned").check(plivo_gateway(signature="v2"))


async def test_a_v2_nonce_is_believed_again_with_the_same_request_only():
    gateway = plivo_gateway()
    await gateway.verify(OLDER, NOW)
    await gateway.verify(OLDER, NOW)
    await Case("another text", altered(OLDER, body=b"Text=other"), refused="replayed").check(gateway)
    await Case("another query", altered(OLDER, url=f"{OLDER.url}?reference=x"), refused="replayed").check(gateway)


@pytest.mark.parametrize("code", _ERRORS)
async def test_each_documented_code_has_its_reason(code):
    (found,) = (await plivo_gateway().parse(receipts(Status="undelivered", ErrorCode=code))).receipts
    assert found.reason is _ERRORS[code]
    assert found.code == f"undelivered/{code}"
    assert found.state is (TextState.EXPIRED if code == "420" else TextState.UNDELIVERED)


outcome = Trying(plivo_gateway, "url")


QUEUED = b'{"message": "message(s) queued", "message_uuid": ["db3ce55a"], "api_id": "db342550"}'
ANSWERS = {
    "taken": (says(202, QUEUED), Submitted(Outcome.ACCEPTED, "db3ce55a")),
    "several ids": (says(202, b'{"message_uuid": ["a", "b"]}'), Submitted(Outcome.ACCEPTED, "a", also=("b",))),
    "no account": (says(404, b'{"error": "not found"}'), later("404", Reason.ACCOUNT)),
    "no credit": (says(400, b'{"error": "Insufficient Credit"}'), later("900", Reason.ACCOUNT)),
    "the number": (says(400, b'{"error": "dst parameter is invalid"}'), never("400", Reason.NO_SUCH_NUMBER)),
    "our number": (says(400, b'{"error": "src is invalid"}'), never("400", Reason.BAD_SENDER)),
    "the text": (says(400, b'{"error": "text too long"}'), never("400", Reason.BAD_TEXT)),
    "another parameter": (says(400, b'{"error": "?"}'), never("400", Reason.OTHER)),
    "down": (says(503), later("503", Reason.BUSY)),
    "taken, no ids": (says(202, b'{"message_uuid": []}'), unknown("ValueError")),
    "taken, without ids": (says(202), unknown("KeyError")),
    "taken, no list": (says(202, b'{"message_uuid": "abc"}'), unknown("ValueError")),
    "taken, no JSON": (says(202, b"ok"), unknown("InvalidInput")),
} | BY_STATUS


@pytest.mark.parametrize("answer, meaning", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_to_a_text_has_its_meaning(answer, meaning):
    assert (await outcome(answer))[0] == meaning


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer):
    await outcome.broken(answer)


async def test_nobody_there_means_later(free_port):
    await outcome.nobody_there(free_port)


async def test_a_text_goes_out_with_our_reference_in_the_address_of_its_receipts():
    _, seen = await outcome(says(202, QUEUED))
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", "/v1/Account/MA123/Message/")
    assert headers["Authorization"] == f"Basic {base64.b64encode(f'MA123:{TOKEN}'.encode()).decode()}"
    assert json.loads(body) == {
        "src": "+815012345678",
        "dst": "+819012345678",
        "text": "こんにちは",
        "url": f"{OUTSIDE}{RECEIPTS}",
        "method": "POST",
    }


async def test_the_last_hours_are_read_page_by_page():
    async def pages(request):
        if request.query["offset"] == "0":
            return web.json_response({"objects": [LISTED] * 20})
        return web.json_response({"objects": [LISTED | {"message_state": "failed", "error_code": "50"}]})

    found, seen = await outcome(pages, lambda gateway: gateway.look_back(NOW))
    assert len(found.receipts) == 21
    assert found.receipts[0] == Receipt("m1", TextState.DELIVERED, "delivered", segments=1, price="0.00650 USD")
    assert found.receipts[20].reason is Reason.NO_SUCH_NUMBER
    assert "message_time__gte=2026-11-20" in seen[0][1]


LISTED = {
    "message_uuid": "m1",
    "message_state": "delivered",
    "message_direction": "outbound",
    "units": 1,
    "total_amount": "0.00650",
    "error_code": "000",
}


async def test_a_record_that_cannot_be_read_holds_up_no_other():
    answer = says(200, json.dumps({"objects": [LISTED | {"message_state": None}, LISTED]}).encode())
    found, _ = await outcome(answer, lambda gateway: gateway.look_back(NOW))
    assert [item.message_id for item in found.receipts] == ["m1"]


async def test_the_check_tries_the_account_without_sending():
    answer, seen = await outcome(says(200, b'{"objects": []}'), lambda gateway: gateway.check())
    assert answer == []
    assert seen[0][0] == "GET"
    (told,), _ = await outcome(says(401), lambda gateway: gateway.check())
    assert "401" in told


def test_the_example_loads_as_it_stands():
    gateway = load_account(EXAMPLE)
    assert (gateway.name, gateway.account) == ("plivo", "plivo")
