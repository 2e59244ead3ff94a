"""Jasmin by the examples of its documentation: what its throwers bring, what /send answers, who may call."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

import pytest
from pydantic import ValidationError

from bot.domain.messages import Inbound, Outbound, Outcome, Reason, Receipt
from bot.domain.states import TextState
from tests.gateways.kit import BROKEN, NOW, TEXT, Case, make_gateway, post, provider, says

KEY = "a-key-of-jasmin-1"
ID = "16fd2706-8baf-433b-82eb-8c7fada847da"
PHONE, CENTER = "+819012345678", "+815012345678"
IN, OUT = f"/webhook/jasmin/main?key={KEY}", f"/webhook/jasmin/main/receipts?key={KEY}"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/plain"}
ACK = b"ACK/Jasmin"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("JASMIN_PASSWORD", "pass+word&?")
    monkeypatch.setenv("JASMIN_KEY", KEY)


def jasmin(**given):
    settings = {
        "password": "env:JASMIN_PASSWORD",
        "key": "env:JASMIN_KEY",
        "send_url": "http://127.0.0.1:9/send",
        "username": "mimamori",
    }
    return make_gateway("jasmin", **{**settings, **given})


def thrown(fields, *, url=IN, method="POST"):
    """What a thrower sends; values may be bytes, as a carrier's text is."""
    body = urlencode(fields).encode()
    return post(url, body, FORM) if method == "POST" else post(f"{url}&{body.decode()}", method="GET")


def mo(octets, coding="8", *, binary=True, method="POST", **more):
    fields = {
        "id": ID,
        "from": "819012345678",
        "to": "815012345678",
        "origin-connector": "carrier",
        "priority": "1",
        "validity": "",
        "content": octets,
        **({"coding": coding} if coding is not None else {}),
        **({"binary": octets.hex()} if binary else {}),
        **more,
    }
    return thrown(fields, method=method)


def utf16(text):
    return text.encode("utf-16-be")


TEXTS = {
    "UCS-2": (mo(utf16("はい 37.2")), "はい 37.2", False),
    "UCS-2 by GET": (mo(utf16("はい 37.2"), method="GET"), "はい 37.2", False),
    "UCS-2 without binary": (mo(utf16("はい 37.2"), binary=False), "はい 37.2", False),
    "an emoji": (mo(utf16("😷です")), "😷です", False),
    "binary counts, not the content that a proxy broke": (mo(utf16("はい"), content=b"??"), "はい", False),
    "114 characters, joined by Jasmin": (mo(utf16("あ" * 114)), "あ" * 114, False),
    "GSM-7": (mo(b"\x00 \x1b\x3cx\x1b\x3e 2 37.4", "0"), "@ [x] 2 37.4", False),
    "no coding": (mo(b"2 37.4", None), "2 37.4", False),
    "ASCII": (mo(b"2 @37.4", "1"), "2 @37.4", False),
    "Latin-1": (mo(b"caf\xe9", "3"), "café", False),
    "Shift_JIS": (mo("はい①".encode("cp932"), "5"), "はい①", False),
    "ISO-2022-JP": (mo("はい".encode("iso2022_jp"), "10"), "はい", False),
    "8 bit": (mo("はい".encode(), "4"), "はい", False),
    "8 bit that is no text": (mo(b"ok\xff", "2"), "ok\ufffd", True),
    "half a character": (mo(utf16("はい")[:-1]), "は\ufffd", True),
    "a coding that nobody has seen": (mo(b"2 37.4", "77"), "2 37.4", True),
    "a coding that is no number": (mo(b"2 37.4", "x"), "2 37.4", True),
    "empty": (mo(b"", "0"), "", False),
}


@pytest.mark.parametrize("request_, text, damaged", TEXTS.values(), ids=TEXTS.keys())
async def test_each_text_is_read_as_it_was_written(request_, text, damaged):
    gateway = jasmin()
    await gateway.verify(request_, NOW)
    parsed = await gateway.parse(request_)
    (got,) = parsed.texts
    assert got == Inbound(ID, PHONE, CENTER, text, got.raw, damaged=damaged)
    assert (parsed.receipts, parsed.ids) == ((), {})
    assert b"origin-connector=carrier" in got.raw
    assert KEY.encode() not in got.raw
    assert gateway.answer(request_, parsed).body == ACK


async def test_the_default_alphabet_is_the_one_of_the_carrier():
    (text,) = (await jasmin(default_alphabet="latin-1").parse(mo(b"@ caf\xe9", "0"))).texts
    assert (text.text, text.damaged) == ("@ café", False)


def dlr(status, level="2", *, reference="ref0001", **more):
    fields = {"id": ID, "level": level, "message_status": status}
    if level != "1":
        fields |= {
            "id_smsc": "2567",
            "sub": "001",
            "dlvrd": "001",
            "subdate": "2211221756",
            "donedate": "2211221757",
            "err": "000",
            "text": "Hello foo bar",
        }
    return thrown({**fields, **more}, url=f"{OUT}&ref={reference}")


DONE = datetime(2022, 11, 22, 8, 57, tzinfo=UTC)
IDS = {"2567": ID}


def said(state, code, reason=None, at=DONE):
    return [Receipt(ID, state, code, "ref0001", reason, at)]


RECEIPTS = [
    Case("level 1", dlr("ESME_ROK", "1"), receipts=said(TextState.ACCEPTED, "ESME_ROK", at=None), answer=ACK),
    Case(
        "level 1 with the carrier's id",
        dlr("ESME_ROK", "1", id_smsc="2567"),
        receipts=said(TextState.ACCEPTED, "ESME_ROK", at=None),
        ids=IDS,
        answer=ACK,
    ),
    Case(
        "level 1, no such number",
        dlr("ESME_RINVDSTADR", "1"),
        receipts=said(TextState.REJECTED, "ESME_RINVDSTADR", Reason.NO_SUCH_NUMBER, None),
        answer=ACK,
    ),
    Case(
        "level 1, throttled",
        dlr("ESME_RTHROTTLED", "1"),
        receipts=said(TextState.UNKNOWN, "ESME_RTHROTTLED", Reason.BUSY, None),
    ),
    Case(
        "level 1, an error that the specification has not",
        dlr("ESME_RSOMETHING", "1"),
        receipts=said(TextState.UNKNOWN, "ESME_RSOMETHING", at=None),
    ),
    Case("delivered", dlr("DELIVRD"), receipts=said(TextState.DELIVERED, "DELIVRD 000"), ids=IDS, answer=ACK),
    Case("delivered, level 3", dlr("DELIVRD", "3"), receipts=said(TextState.DELIVERED, "DELIVRD 000"), ids=IDS),
    Case("on its way", dlr("ENROUTE"), receipts=said(TextState.ACCEPTED, "ENROUTE 000"), ids=IDS),
    Case("expired", dlr("EXPIRED"), receipts=said(TextState.EXPIRED, "EXPIRED 000", Reason.EXPIRED), ids=IDS),
    Case("rejected", dlr("REJECTD"), receipts=said(TextState.REJECTED, "REJECTD 000", Reason.OTHER), ids=IDS),
    Case("deleted", dlr("DELETED"), receipts=said(TextState.UNDELIVERED, "DELETED 000", Reason.OTHER), ids=IDS),
    Case(
        "undeliverable by a code of the carrier",
        dlr("UNDELIV", err="027"),
        receipts=said(TextState.UNDELIVERED, "UNDELIV 027", Reason.ABSENT),
        ids=IDS,
    ),
    Case(
        "undeliverable by another code",
        dlr("UNDELIV", err="999"),
        receipts=said(TextState.UNDELIVERED, "UNDELIV 999", Reason.OTHER),
        ids=IDS,
    ),
    Case("unknown", dlr("UNKNOWN"), receipts=said(TextState.UNKNOWN, "UNKNOWN 000"), ids=IDS),
    Case("a word that nobody has seen", dlr("FROZEN"), receipts=said(TextState.UNKNOWN, "FROZEN 000"), ids=IDS),
    Case(
        "without a time",
        dlr("DELIVRD", donedate="ND"),
        receipts=said(TextState.DELIVERED, "DELIVRD 000", at=None),
        ids=IDS,
    ),
    Case(
        "by the carrier's id alone",
        thrown({"id_smsc": "2567", "level": "2", "message_status": "DELIVRD"}, url=OUT),
        receipts=[Receipt("2567", TextState.DELIVERED, "DELIVRD")],
    ),
    Case(
        "by GET",
        post(f"{OUT}&ref=ref0001&id={ID}&level=1&message_status=ESME_ROK", method="GET"),
        receipts=said(TextState.ACCEPTED, "ESME_ROK", at=None),
        answer=ACK,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", RECEIPTS, ids=str)
async def test_each_receipt_has_its_meaning(case):
    await case.check(jasmin(errors={"27": "absent"}))


MALFORMED = [
    Case("no id", thrown({"from": PHONE, "content": "x"}), invalid="id"),
    Case("an empty id", thrown({"id": " ", "from": PHONE, "content": "x"}), invalid="id"),
    Case("nobody", thrown({"id": ID, "content": "x"}), invalid="from"),
    Case("no content", thrown({"id": ID, "from": PHONE}), invalid="content"),
    Case("binary that is none", thrown({"id": ID, "from": PHONE, "binary": "0g"}), invalid="binary"),
    Case("half a byte", thrown({"id": ID, "from": PHONE, "binary": "30423"}), invalid="binary"),
    Case("a receipt of nothing", thrown({"message_status": "DELIVRD"}, url=OUT), invalid="id_smsc"),
    Case("a receipt that says nothing", thrown({"id": ID}, url=OUT), invalid="message_status"),
]


@pytest.mark.parametrize("case", MALFORMED, ids=str)
async def test_a_malformed_call_is_named(case):
    await case.check(jasmin())


REFUSED = [
    Case("no key", post("/webhook/jasmin/main", b"id=1"), refused="credentials"),
    Case("a wrong key", post("/webhook/jasmin/main?key=another-key-of-j1", b"id=1"), refused="credentials"),
    Case("the key in the form", post("/webhook/jasmin/main", f"key={KEY}".encode(), FORM), refused="credentials"),
    Case("a receipt without a key", post("/webhook/jasmin/main/receipts?ref=r1", b"id=1"), refused="credentials"),
    Case("another address", post(IN, b"id=1", peer="203.0.113.8"), refused="address"),
]


@pytest.mark.parametrize("case", REFUSED, ids=str)
async def test_who_does_not_show_the_key_or_calls_from_elsewhere_is_refused(case):
    await case.check(jasmin(allowed=["203.0.113.7"]))


async def sent(handler, text=TEXT, **given):
    async with provider(handler) as (url, there):
        gateway = jasmin(send_url=f"{url}/send", **given)
        submitted = await gateway.send(text)
        await gateway.close()
    return submitted, there.seen


TAKEN, REJECTED, LATER, UNKNOWN = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.RETRY, Outcome.UNKNOWN
FILTER = 'Error "Value filter failed for user [m] ({} filter mismatch)."'
CANNOT_SEND = 'Error "Cannot send submit_sm, check SMPPClientManagerPB log file for details"'
CANNOT_CHARGE = 'Error "Cannot charge submit_sm, check RouterPB log file for details"'
MAY_NOT = 'Error "Authorization failed for user [m] (Can not send MT messages)."'

ANSWERS = {
    "taken": (200, 'Success "07033084-5cfd-4812-90a4-e4d24ffb6e3d"', TAKEN, None),
    "password": (403, 'Error "Authentication failure for username:mimamori"', LATER, Reason.ACCOUNT),
    "may not send": (400, MAY_NOT, LATER, Reason.ACCOUNT),
    "may not send, by 403": (403, 'Error "Authorization failed for username:_"', LATER, Reason.ACCOUNT),
    "no credit": (403, CANNOT_CHARGE, LATER, Reason.ACCOUNT),
    "too fast": (403, 'Error "User throughput exceeded"', LATER, Reason.BUSY),
    "number": (400, 'Error "Argument [to] has an invalid value: [abc]."', REJECTED, Reason.NO_SUCH_NUMBER),
    "number filtered": (400, FILTER.format("destination_address"), REJECTED, Reason.FILTERED),
    "sender filtered": (400, FILTER.format("source_address"), REJECTED, Reason.BAD_SENDER),
    "text filtered": (400, FILTER.format("content"), REJECTED, Reason.BAD_TEXT),
    "our address": (400, 'Error "Argument [dlr-url] has an invalid value: [x]."', LATER, Reason.ACCOUNT),
    "no route": (412, 'Error "No route found"', LATER, Reason.ACCOUNT),
    "no link": (412, 'Error "Failover route has no bound connectors"', LATER, Reason.BUSY),
    "interceptor away": (503, 'Error "InterceptorPB not connected !"', LATER, Reason.BUSY),
    "failed inside": (500, CANNOT_SEND, UNKNOWN, None),
    "an error that nobody has seen": (400, 'Error "Strange"', UNKNOWN, None),
    "200 with an error": (200, 'Error "No route found"', UNKNOWN, None),
    "200 with half an answer": (200, 'Success "0703', UNKNOWN, None),
    "200 without an id": (200, 'Success ""', UNKNOWN, None),
    "200 from something else": (200, "<html>", UNKNOWN, None),
    "a proxy's 502": (502, "<html>", UNKNOWN, None),
    "a proxy's 503": (503, "<html>", LATER, Reason.BUSY),
}  # fmt: skip


@pytest.mark.parametrize("status, body, outcome, reason", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_of_send_has_its_meaning(status, body, outcome, reason):
    submitted, _ = await sent(says(status, body.encode(), "text/plain"))
    assert (submitted.outcome, submitted.reason) == (outcome, reason)
    taken = "07033084-5cfd-4812-90a4-e4d24ffb6e3d"
    assert submitted.message_id == (taken if outcome is Outcome.ACCEPTED else None)
    assert len(submitted.code) <= 60


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(broken):
    assert (await sent(broken))[0].outcome is Outcome.UNKNOWN


async def test_nobody_there_means_later(free_port):
    gateway = jasmin(send_url=f"http://127.0.0.1:{free_port}/send")
    assert (await gateway.send(TEXT)).outcome is Outcome.RETRY
    assert "つながりません" in (await gateway.check())[0]
    await gateway.close()


async def test_a_japanese_text_goes_out_in_hexadecimal_digits_and_asks_for_every_receipt():
    _, ((method, path, _, body),) = await sent(says(200, b'Success "x"'))
    told = {name: values for name, (values,) in parse_qs(body.decode(), strict_parsing=True).items()}
    assert (method, path) == ("POST", "/send")
    assert told == {
        "username": "mimamori",
        "password": "pass+word&?",
        "from": CENTER,
        "to": TEXT.recipient,
        "coding": "8",
        "hex-content": TEXT.text.encode("utf-16-be").hex(),
        "dlr": "yes",
        "dlr-url": f"https://sms.example.jp{OUT}&ref=ref0001",
        "dlr-level": "3",
        "dlr-method": "POST",
    }


async def test_a_text_of_gsm_characters_alone_goes_out_as_such():
    _, ((_, _, _, body),) = await sent(says(200, b'Success "x"'), Outbound("r2", TEXT.recipient, "Hello {é}"))
    told = parse_qs(body.decode())
    assert (told["coding"], told["content"]) == (["0"], ["Hello {é}"])
    assert "hex-content" not in told


CHECKS = {
    "well": (200, b'{"balance": "ND", "sms_count": "ND"}', ""),
    "wrong password": (403, b'"Authentication failure for username:m"', "user name"),
    "may not": (400, b'"Authorization failed for user [m] (Can not check balance)."', "may not use"),
    "something else": (200, b"<html>", "not Jasmin"),
}


@pytest.mark.parametrize("status, body, words", CHECKS.values(), ids=CHECKS.keys())
async def test_checking_sends_nothing(status, body, words):
    async with provider(says(status, body)) as (url, there):
        gateway = jasmin(send_url=f"{url}/send")
        problems = await gateway.check()
        await gateway.close()
    assert [words in problem for problem in problems] == ([True] if words else [])
    assert [(method, path.partition("?")[0]) for method, path, _, _ in there.seen] == [("GET", "/balance")]


@pytest.mark.parametrize(
    "given", [{"username": "x" * 17}, {"send_url": "http://127.0.0.1:1401/"}, {"default_alphabet": "ebcdic"}], ids=str
)
def test_settings_that_cannot_work_are_refused(given):
    with pytest.raises(ValidationError):
        jasmin(**given)
