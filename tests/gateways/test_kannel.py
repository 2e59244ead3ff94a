"""Kannel by the tables of its user's guide: what its smsbox brings, what its sendsms answers, who may call."""

from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote_from_bytes, urlsplit

import pytest
from aiohttp import web
from pydantic import ValidationError

from bot.domain.gateway import Parsed
from bot.domain.messages import Inbound, Outbound, Outcome, Part, Reason, Receipt
from bot.domain.states import TextState
from tests.gateways.kit import BROKEN, NOW, TEXT, Case, make_gateway, post, provider, says

KEY = "a-key-of-kannel-1"
ID = "bbe9d5bd-5266-45cf-b78d-91934d1772b1"
AT = "1795337836"
SENT = datetime(2026, 11, 22, 8, 57, 16, tzinfo=UTC)
PHONE, CENTER = "+819012345678", "15000"
IN, OUT = f"/webhook/kannel/main?key={KEY}", f"/webhook/kannel/main/receipts?key={KEY}"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("KANNEL_PASSWORD", "sendsms+password&?")
    monkeypatch.setenv("KANNEL_KEY", KEY)


def kannel(**given):
    settings = {
        "password": "env:KANNEL_PASSWORD",
        "key": "env:KANNEL_KEY",
        "sendsms_url": "http://127.0.0.1:9/cgi-bin/sendsms",
        "username": "mimamori",
        "sender": CENTER,
    }
    return make_gateway("kannel", **{**settings, **given})


def got(data, coding="2", charset="UTF-16BE", *, sender="%2B819012345678", more=""):
    """get-url with %I %p %P %c %C %b %T, encoded as Kannel does it (a space is a plus)."""
    text = quote_from_bytes(data, safe="").replace("%20", "+")
    url = f"{IN}&id={ID}&from={sender}&to={CENTER}&coding={coding}&charset={charset}&at={AT}{more}&text={text}"
    return post(url, method="GET", peer="127.0.0.1")


def posted(data, headers=None, content_type='text/plain; charset="UTF-16BE"'):
    """post-url with send-sender, as Kannel 1.4.5 sends it."""
    given = {
        "User-Agent": "Kannel/1.4.5",
        "Content-Type": content_type,
        "X-Kannel-From": PHONE,
        "X-Kannel-To": CENTER,
        "X-Kannel-Time": "2026-11-22 08:57:16",
        "X-Kannel-SMSC": "carrier",
        "X-Kannel-Coding": "2",
        "X-Kannel-Service": "default",
        **(headers or {}),
    }
    return post(f"{IN}&id={ID}&at={AT}", data, given, peer="127.0.0.1")


def text_of(request, text, *, sender=PHONE, part=None, damaged=False):
    """The text expected of a request; ``raw`` is looked at by a test of its own."""
    return request, [Inbound(ID, sender, CENTER, text, b"", part, SENT, damaged)]


def utf16(text):
    return text.encode("utf-16-be")


TEXTS = {
    "get, UTF-16BE": text_of(got(utf16("はい 37.2　です")), "はい 37.2　です"),
    "get, an emoji": text_of(got(utf16("😷ありがとう")), "😷ありがとう"),
    "get, GSM-7 in UTF-8": text_of(got("Hello @ [x] é €".encode(), "0", "UTF-8"), "Hello @ [x] é €"),
    "get, no charset named": text_of(got(b"2 37.4", "0", ""), "2 37.4"),
    "get, coding undefined": text_of(got(b"2 37.4", "-1", "UTF-8"), "2 37.4"),
    "get, mo-recode": text_of(got("はい".encode(), "0", "UTF-8"), "はい"),
    "get, Latin-1 of an older Kannel": text_of(got(b"caf\xe9", "0", "ISO-8859-1"), "café"),
    "get, a charset that nobody knows": text_of(got(b"yes", "0", "8-BIT"), "yes"),
    "get, 8 bit": text_of(got("はい".encode(), "1", "8-BIT"), "はい"),
    "get, 8 bit that is no text": text_of(got(b"ok\xff\xfe", "1", "8-BIT"), "ok��", damaged=True),
    "get, bytes that are no UTF-8": text_of(got(b"caf\xe9", "0", "UTF-8"), "café", damaged=True),
    "get, half a character at the end": text_of(got(utf16("はい")[:-1]), "は�", damaged=True),
    "get, a surrogate without its half": text_of(got(b"\xd8\x3d"), "�", damaged=True),
    "get, an empty text": text_of(got(b""), ""),
    "get, a plus, percent and ampersand": text_of(got(utf16("1+1&2%")), "1+1&2%"),
    "get, international without plus": text_of(got(utf16("はい"), sender="819012345678"), "はい"),
    "get, national": text_of(got(utf16("はい"), sender="09012345678"), "はい", sender="09012345678"),
    "get, 0081": text_of(got(utf16("はい"), sender="00819012345678"), "はい", sender="00819012345678"),
    "get, a part": text_of(got(utf16("はい"), more="&udh=%05%00%03%2A%02%01"), "はい", part=Part("2a", 1, 2)),
    "get, a part with a long reference": text_of(
        got(utf16("はい"), more="&udh=%06%08%04%01%02%03%02"), "はい", part=Part("0102", 2, 3)
    ),
    "get, a header that is no part": text_of(got(utf16("はい"), more="&udh=%06%05%04%15%81%00%00"), "はい"),
    "get, a part of nothing": text_of(got(utf16("はい"), more="&udh=%05%00%03%2A%00%00"), "はい"),
    "get, half a header": text_of(got(utf16("はい"), more="&udh=%05%00%03"), "はい"),
    "post, UTF-16BE": text_of(posted(utf16("はい 37.2")), "はい 37.2"),
    "post, GSM-7": text_of(posted(b"2 37.4", {"X-Kannel-Coding": "0"}, 'text/plain; charset="UTF-8"'), "2 37.4"),
    "post, 8 bit": text_of(posted(b"2 37.4", {"X-Kannel-Coding": "1"}, "application/octet-stream"), "2 37.4"),
    "post, nothing said of coding": text_of(posted(b"2", {"X-Kannel-Coding": ""}, "text/plain"), "2"),
    "post, a part": text_of(posted(utf16("はい"), {"X-Kannel-UDH": "%05%00%03+%02%02"}), "はい", part=Part("20", 2, 2)),
    "post, empty": text_of(posted(b""), ""),
}


@pytest.mark.parametrize("request_, texts", TEXTS.values(), ids=TEXTS.keys())
async def test_each_text_is_read_as_it_was_written(request_, texts):
    gateway = kannel()
    await gateway.verify(request_, NOW)
    parsed = await gateway.parse(request_)
    assert [_without_raw(text) for text in parsed.texts] == texts
    assert parsed.receipts == ()
    raw = parsed.texts[0].raw
    assert ID.encode() in raw
    assert KEY.encode() not in raw


def _without_raw(text):
    return Inbound(text.message_id, text.sender, text.recipient, text.text, b"", text.part, text.sent_at, text.damaged)


async def test_8_bit_texts_are_read_as_the_operator_says_they_are_written():
    (text,) = (await kannel(eight_bit="utf-16-be").parse(got(utf16("はい"), "1", "8-BIT"))).texts
    assert (text.text, text.damaged) == ("はい", False)


def received(kind, text="", *, reference="ref0001", more="&id=77&at=" + AT):
    return post(f"{OUT}&ref={reference}&type={kind}{more}&text={text}", method="GET", peer="127.0.0.1")


def smpp(stat, err="000", done="2211221757"):
    """What an SMSC writes into a receipt (SMPP 3.4, appendix B); words of the text itself must not be taken for it."""
    head = f"id:0123456789+sub:001+dlvrd:001+submit+date:2211221756+done+date:{done}"
    return f"{head}+stat:{stat}+err:{err}+text:stat:no+err:9"


DONE = datetime(2022, 11, 22, 8, 57, tzinfo=UTC)
DELIVERED, ACCEPTED, EXPIRED = TextState.DELIVERED, TextState.ACCEPTED, TextState.EXPIRED
UNDELIVERED, REJECTED, UNKNOWN = TextState.UNDELIVERED, TextState.REJECTED, TextState.UNKNOWN
OTHER = Reason.OTHER
NACK = "NACK%2F"

# what it is -> (%d, %A, state, reason, code, time)
RECEIPTS = {
    "1": ("1", "", DELIVERED, None, "1", SENT),
    "1 in the carrier's words": ("1", smpp("DELIVRD"), DELIVERED, None, "1 DELIVRD 000", DONE),
    "2": ("2", "", UNDELIVERED, OTHER, "2", SENT),
    "2 undeliverable": ("2", smpp("UNDELIV", "015"), UNDELIVERED, OTHER, "2 UNDELIV 015", DONE),
    "2 by a known code": ("2", smpp("UNDELIV", "027"), UNDELIVERED, Reason.ABSENT, "2 UNDELIV 027", DONE),
    "2 expired": ("2", smpp("EXPIRED"), EXPIRED, Reason.EXPIRED, "2 EXPIRED 000", DONE),
    "2 rejected": ("2", smpp("REJECTD"), REJECTED, OTHER, "2 REJECTD 000", DONE),
    "2 deleted": ("2", smpp("DELETED"), UNDELIVERED, OTHER, "2 DELETED 000", DONE),
    "2 unknown": ("2", smpp("UNKNOWN"), UNKNOWN, None, "2 UNKNOWN 000", DONE),
    "2 by a word that nobody has seen": ("2", smpp("FROZEN"), UNKNOWN, None, "2 FROZEN 000", DONE),
    "2 to the second": ("2", smpp("UNDELIV", done="221122175700"), UNDELIVERED, OTHER, "2 UNDELIV 000", DONE),
    "2 at no time": ("2", smpp("UNDELIV", done="9999999999"), UNDELIVERED, OTHER, "2 UNDELIV 000", SENT),
    "4": ("4", "", ACCEPTED, None, "4", SENT),
    "4 on its way": ("4", smpp("ACCEPTD"), ACCEPTED, None, "4 ACCEPTD 000", DONE),
    "8": ("8", "ACK%2F", ACCEPTED, None, "8", SENT),
    "16": ("16", NACK, REJECTED, OTHER, "16", SENT),
    "16 no such number": (
        "16", f"{NACK}0x0000000b%2FInvalid+Destination+Address", REJECTED, Reason.NO_SUCH_NUMBER, "16 0x0000000b", SENT,
    ),
    "16 our number": (
        "16", f"{NACK}0x0000000a%2FInvalid+Source+Address", REJECTED, Reason.BAD_SENDER, "16 0x0000000a", SENT,
    ),
    "16 in decimal": ("16", f"{NACK}88%2FThrottling+error", REJECTED, Reason.BUSY, "16 88", SENT),
    "16 in decimal with a zero": (
        "16", f"{NACK}08%2FSystem+error", REJECTED, Reason.BUSY, "16 08", SENT,
    ),
    "16 with a number that nobody has": ("16", f"{NACK}{'9' * 5000}%2Fx", REJECTED, OTHER, "16", SENT),
    "16 the carrier's own": ("16", f"{NACK}0x00000444%2FVendor", REJECTED, OTHER, "16 0x00000444", SENT),
    "16 tried too often": ("16", f"{NACK}Retries+Exceeded", REJECTED, OTHER, "16", SENT),
    "34 (expired, of later versions)": ("34", "", EXPIRED, Reason.EXPIRED, "34", SENT),
    "66 (unknown, of later versions)": ("66", "", UNKNOWN, None, "66", SENT),
    "a type that nobody has seen": ("3", "", UNKNOWN, None, "3", SENT),
    "no number": ("%25d", "", UNKNOWN, None, "%d", SENT),
    "bytes in the carrier's words": ("1", "%FF%FE", DELIVERED, None, "1", SENT),
}  # fmt: skip


@pytest.mark.parametrize("kind, text, state, reason, code, at", RECEIPTS.values(), ids=RECEIPTS.keys())
async def test_each_receipt_has_its_meaning(kind, text, state, reason, code, at):
    receipt = Receipt("77", state, code, "ref0001", reason, at)
    await Case("receipt", received(kind, text), receipts=[receipt], answer=b"").check(kannel(errors={"27": "absent"}))


async def test_the_carriers_id_is_taken_from_its_words_where_kannel_gives_none():
    parsed = await kannel().parse(received("1", smpp("DELIVRD"), more=""))
    assert parsed.receipts[0].message_id == "0123456789"


MALFORMED = {
    "no id": (post(f"{IN}&from={PHONE}&text=a", method="GET"), "id"),
    "an empty id": (post(f"{IN}&id=&from={PHONE}&text=a", method="GET"), "id"),
    "a control character in the id": (post(f"{IN}&id=a%00&from={PHONE}&text=a", method="GET"), "id"),
    "nobody": (post(f"{IN}&id=1&text=a", method="GET"), "from"),
    "no text": (post(f"{IN}&id=1&from={PHONE}", method="GET"), "text"),
    "a receipt of nothing": (post(f"{OUT}&type=1", method="GET"), "ref"),
    "a receipt that says nothing": (post(f"{OUT}&ref=r1", method="GET"), "type"),
}


@pytest.mark.parametrize("request_, field", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_call_is_named(request_, field):
    await Case("malformed", request_, invalid=field).check(kannel())


def basic(password):
    return {"Authorization": "Basic " + b64encode(f"kannel:{password}".encode()).decode()}


REFUSED = {
    "no key": (post("/webhook/kannel/main?id=1"), "credentials"),
    "an empty key": (post("/webhook/kannel/main?key="), "credentials"),
    "a wrong key": (post("/webhook/kannel/main?key=a-key-of-kannel-2"), "credentials"),
    "a key with a tail": (post(f"/webhook/kannel/main?key={KEY}x"), "credentials"),
    "the key as something else": (post(f"/webhook/kannel/main?Key={KEY}"), "credentials"),
    "a wrong key before the right one": (post(f"/webhook/kannel/main?key=no&key={KEY}"), "credentials"),
    "the key in the body": (post("/webhook/kannel/main", f"key={KEY}".encode()), "credentials"),
    "a wrong password": (post("/webhook/kannel/main", headers=basic("no")), "credentials"),
    "no Basic at all": (post("/webhook/kannel/main", headers={"Authorization": f"Bearer {KEY}"}), "credentials"),
    "Basic that is no Base64": (post("/webhook/kannel/main", headers={"Authorization": "Basic \xff!"}), "credentials"),
    "a receipt without a key": (post("/webhook/kannel/main/receipts?ref=r1&type=1", method="GET"), "credentials"),
}


@pytest.mark.parametrize("request_, code", REFUSED.values(), ids=REFUSED.keys())
async def test_who_does_not_show_the_key_is_refused(request_, code):
    await Case("refused", request_, refused=code).check(kannel())


@pytest.mark.parametrize("peer", ["203.0.113.7", "10.1.0.1", "", "nobody", "::ffff:203.0.113.7", "2001:db8::1"])
async def test_who_calls_from_another_address_is_refused_even_with_the_key(peer):
    gateway = kannel(allowed=["127.0.0.1", "10.0.0.0/16", "::1"])
    await Case("address", post(IN, peer=peer), refused="address").check(gateway)


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.3.4", "::1", "::ffff:10.0.3.4"])
async def test_who_calls_from_an_allowed_address_shows_the_key_in_the_address_or_as_a_password(peer):
    gateway = kannel(allowed=["127.0.0.1", "10.0.0.0/16", "::1"])
    await gateway.verify(post(IN, peer=peer), NOW)
    await gateway.verify(post("/webhook/kannel/main", headers=basic(KEY), peer=peer), NOW)


def test_the_answer_is_empty_so_that_kannel_texts_nothing_of_it():
    answer = kannel().answer(post(IN), Parsed())
    assert (answer.status, answer.body) == (200, b"")


async def sent(handler, text=TEXT, **given):
    async with provider(handler) as (url, there):
        gateway = kannel(sendsms_url=f"{url}/cgi-bin/sendsms", **given)
        submitted = await gateway.send(text)
        await gateway.close()
    return submitted, there.seen


ANSWERS = {
    "taken": (202, "0: Accepted for delivery", Outcome.ACCEPTED, None),
    "queued": (202, "3: Queued for later delivery", Outcome.ACCEPTED, None),
    "at once": (202, "Sent.", Outcome.ACCEPTED, None),
    "denied": (400, "Number(s) has/have been denied by white- and/or black-lists.", Outcome.REJECTED, Reason.FILTERED),
    "no receiver": (400, "Missing receiver number, rejected", Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    "empty receiver": (400, "Empty receiver number not allowed, rejected", Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    "charset": (400, "Charset or body misformed, rejected", Outcome.REJECTED, Reason.BAD_TEXT),
    "account field": (400, "Account field misformed or too long, rejected", Outcome.UNKNOWN, None),
    "mclass field": (400, "MClass field misformed, rejected", Outcome.REJECTED, Reason.OTHER),
    "no sender": (400, "Sender missing and no global set, rejected", Outcome.RETRY, Reason.ACCOUNT),
    "dlr-url": (400, "DLR-URL field misformed, rejected", Outcome.RETRY, Reason.ACCOUNT),
    "password": (403, "Authorization failed for sendsms", Outcome.RETRY, Reason.ACCOUNT),
    "no smsc takes it": (403, "Not routable. Do not try again.", Outcome.REJECTED, Reason.OTHER),
    "path": (404, "Unknown request.", Outcome.RETRY, Reason.ACCOUNT),
    "later": (503, "Temporal failure, try again later.", Outcome.RETRY, Reason.BUSY),
    "a proxy's 503": (503, "<html>", Outcome.RETRY, Reason.BUSY),
    "too many": (429, "", Outcome.RETRY, Reason.BUSY),
    "a proxy's 404": (404, "<html>", Outcome.UNKNOWN, None),
    "a sentence that nobody has seen": (400, "Strange", Outcome.UNKNOWN, None),
    "failed inside": (500, "Sending failed.", Outcome.UNKNOWN, None),
    "202 from something else": (202, "<html>", Outcome.UNKNOWN, None),
    "200 from something else": (200, "0: Accepted for delivery", Outcome.UNKNOWN, None),
    "a redirection": (302, "", Outcome.UNKNOWN, None),
}


@pytest.mark.parametrize("status, body, outcome, reason", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_of_sendsms_has_its_meaning(status, body, outcome, reason):
    submitted, _ = await sent(says(status, body.encode(), "text/html"))
    assert (submitted.outcome, submitted.reason, submitted.message_id) == (outcome, reason, None)
    assert submitted.code.startswith(str(status))
    assert len(submitted.code) <= 60


async def test_the_number_of_parts_is_kept_where_sendsms_tells_it():
    submitted, _ = await sent(says(202, b"Sent. Message splits: 3", "text/html"))
    assert submitted.segments == 3


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(broken):
    assert (await sent(broken))[0].outcome is Outcome.UNKNOWN


async def test_nobody_there_means_later(free_port):
    gateway = kannel(sendsms_url=f"http://127.0.0.1:{free_port}/cgi-bin/sendsms")
    assert (await gateway.send(TEXT)).outcome is Outcome.RETRY
    assert "つながりません" in (await gateway.check())[0]
    await gateway.close()


async def test_a_text_goes_out_with_our_reference_in_the_address_for_its_receipts():
    _, ((method, path, _, body),) = await sent(says(202, b"0: Accepted for delivery"), smsc="carrier-b")
    told = {name: values for name, (values,) in parse_qs(urlsplit(path).query, strict_parsing=True).items()}
    assert (method, urlsplit(path).path, body) == ("GET", "/cgi-bin/sendsms", b"")
    assert told == {
        "username": "mimamori",
        "password": "sendsms+password&?",
        "from": CENTER,
        "to": TEXT.recipient,
        "coding": "2",
        "charset": "UTF-8",
        "text": TEXT.text,
        "dlr-mask": "31",
        "dlr-url": f"https://sms.example.jp{OUT}&ref=ref0001&type=%d&at=%T&id=%F&text=%A",
        "smsc": "carrier-b",
    }


async def test_a_text_of_gsm_characters_alone_goes_out_as_such():
    _, ((_, path, _, _),) = await sent(says(202, b"0: Accepted"), Outbound("r2", TEXT.recipient, "Hello {é}"))
    told = parse_qs(urlsplit(path).query)
    assert (told["coding"], told["text"]) == (["0"], ["Hello {é}"])


async def test_by_post_neither_number_nor_text_nor_password_stands_in_the_address():
    _, ((method, path, headers, body),) = await sent(says(202, b"0: Accepted for delivery"), method="post")
    assert (method, path, body) == ("POST", "/cgi-bin/sendsms", TEXT.text.encode("utf-16-be"))
    told = {name.lower(): value for name, value in headers.items()}
    assert told["content-type"] == "text/plain; charset=UTF-16BE"
    assert {
        name: told[f"x-kannel-{name}"] for name in ("from", "to", "username", "password", "coding", "dlr-mask")
    } == {
        "from": CENTER,
        "to": TEXT.recipient,
        "username": "mimamori",
        "password": "sendsms+password&?",
        "coding": "2",
        "dlr-mask": "31",
    }
    assert told["x-kannel-dlr-url"].endswith("&ref=ref0001&type=%d&at=%T&id=%F&text=%A")


CHECKS = {
    "well": (400, "Missing receiver number, rejected", ""),
    "wrong password": (403, "Authorization failed for sendsms", "user-allow-ip"),
    "wrong path": (404, "Unknown request.", "sendsms_url"),
    "something else": (200, "<html>", "not Kannel"),
}


@pytest.mark.parametrize("status, body, said", CHECKS.values(), ids=CHECKS.keys())
async def test_checking_asks_for_nothing_to_be_sent(status, body, said):
    async with provider(says(status, body.encode())) as (url, there):
        gateway = kannel(sendsms_url=f"{url}/cgi-bin/sendsms")
        problems = await gateway.check()
        await gateway.close()
    assert [said in problem for problem in problems] == ([True] if said else [])
    assert {"to", "text"}.isdisjoint(parse_qs(urlsplit(there.seen[0][1]).query))


LINKS = {
    "online": ("<smscs><smsc><status>online 2s</status></smsc></smscs>", 0),
    "one of two": ("<smscs><smsc><status>dead</status></smsc><smsc><status>online 9s</status></smsc></smscs>", 0),
    "connecting": ("<status>online</status><smscs><smsc><status>re-connecting</status></smsc></smscs>", 1),
    "nothing": ("", 1),
}


@pytest.mark.parametrize("page, problems", LINKS.values(), ids=LINKS.keys())
async def test_checking_looks_at_the_link_to_the_carrier(page, problems):
    async def answers(request):
        if request.path == "/status.xml":
            return web.Response(text=page)
        return web.Response(status=400, text="Missing receiver number, rejected")

    async with provider(answers) as (url, _):
        gateway = kannel(sendsms_url=f"{url}/cgi-bin/sendsms", status_url=f"{url}/status.xml?password=x")
        assert len(await gateway.check()) == problems
        await gateway.close()


WRONG = {
    "a short key": ({"key": "env:SHORT"}, "16 or more"),
    "a key that Kannel would take for escape codes": ({"key": "env:PERCENT"}, "16 or more"),
    "no address of ours": ({"public_url": ""}, "pattern"),
    "a zone that is none": ({"time_zone": "Asia/Nowhere"}, "IANA"),
    "a way to send that is none": ({"method": "put"}, "'get' or 'post'"),
    "an address that is none": ({"allowed": ["kannel.example.jp"]}, "IP"),
    "a reason that is none": ({"errors": {"1": "gone"}}, "absent"),
}


@pytest.mark.parametrize("given, said", WRONG.values(), ids=WRONG.keys())
def test_settings_that_cannot_work_are_refused_without_telling_secrets(monkeypatch, given, said):
    monkeypatch.setenv("SHORT", "tooshort")
    monkeypatch.setenv("PERCENT", "a%Ab%Bc%Cd%De%Ef%F")
    with pytest.raises(ValidationError, match=said) as error:
        kannel(**given)
    assert "tooshort" not in str(error.value)
    assert "%Ab" not in str(error.value)
