"""Media SMS: results as its public library knows them, and what each code means."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from aiohttp import web

from bot.domain.messages import Inbound, Outbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.mediasms_codes import ANSWERS
from bot.gateways.recent_sends import RecentSends
from bot.gateways.registry import load_account
from tests.gateways.kit import (
    BROKEN,
    NOW,
    TEXT,
    Case,
    Trying,
    make_gateway,
    post,
    says,
    unknown,
)

EXAMPLE = Path(__file__).parents[2] / "config" / "gateways" / "mediasms.toml"
KEY = "m" * 32
RECEIPTS = f"/webhook/mediasms/main/receipts?key={KEY}"
# The fields of a pushed result as mediasms-go reads them (models/web_hook.go and its test).
RESULT = {
    "mobilenumber": "09012345678",
    "status": "1",
    "smsid": "ref0001",
    "clicks": "0",
    "originalurl": "",
    "type": "sms",
    "returnsms": "0",
    "waitreturnsms": "0",
}
REPLY = RESULT | {
    "status": "26",
    "smstext": "熱が下がりました",
    "returnsms": "1",
    "returnsmsdatetime": "2020年09月01日 10:00:00",
    "replyid": "1",
    "senderid": "222211110000",
}
SAID = datetime(2020, 9, 1, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("MEDIASMS_PASSWORD", "passw0rd")
    monkeypatch.setenv("MEDIASMS_KEY", KEY)


def mediasms(**given):
    data = {"username": "user_1", "password": "env:MEDIASMS_PASSWORD", "key": "env:MEDIASMS_KEY"}
    return make_gateway("mediasms", **data, **given)


def as_json(data, url=RECEIPTS):
    return post(url, json.dumps(data, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


def as_form(pairs, charset="utf-8", url=RECEIPTS):
    body = urlencode(pairs, encoding=charset).encode()
    return post(url, body, {"Content-Type": "application/x-www-form-urlencoded"})


def receipt(state, code, reason=None, reference="ref0001", **given):
    return Receipt(reference, state, code, reference=reference, reason=reason, **given)


DELIVERED = receipt(TextState.DELIVERED, "1")
CASES = [
    Case("arrived", as_json(RESULT), receipts=[DELIVERED]),
    Case("as a form", as_form(RESULT), receipts=[DELIVERED]),
    Case("as a query", post(f"{RECEIPTS}&smsid=ref0001&status=1", method="GET"), receipts=[DELIVERED]),
    Case(
        "in Japanese", as_json(RESULT | {"status": "送信済"}),
        receipts=[receipt(TextState.DELIVERED, "送信済")],
    ),
    Case(
        "in Japanese, Shift_JIS", post(RECEIPTS, '{"smsid": "ref0001", "status": "ドコモ圏外・OFF"}'.encode("cp932")),
        receipts=[receipt(TextState.UNDELIVERED, "ドコモ圏外・OFF", Reason.ABSENT, carrier="ドコモ")],
    ),
    Case(
        "several results in one request, of several attempts too",
        as_json([
            RESULT | {"status": "14"},
            RESULT | {"status": "1"},
            RESULT | {"smsid": "ref0002", "status": "22"},
        ]),
        receipts=[
            receipt(TextState.UNDELIVERED, "14", Reason.ABSENT, carrier="ドコモ"),
            DELIVERED,
            receipt(TextState.UNDELIVERED, "22", Reason.BLOCKED, "ref0002", carrier="ソフトバンク"),
        ],
    ),
    Case("several in a list by a name", as_json({"results": [RESULT, RESULT]}), receipts=[DELIVERED, DELIVERED]),
    Case(
        "several as a form",
        as_form([("smsid", "ref0001"), ("status", "1"), ("smsid", "ref0002"), ("status", "23")]),
        receipts=[DELIVERED, receipt(TextState.UNDELIVERED, "23", Reason.NO_SUCH_NUMBER, "ref0002")],
    ),
    Case("fewer results than ids", as_form([("smsid", "a"), ("smsid", "b"), ("status", "7")]), invalid="status"),
    Case("more results than ids", as_form([("smsid", "a"), ("status", "1"), ("status", "7")]), invalid="status"),
    Case(
        "fewer ids than echoes",
        as_form([("smsid", "a"), ("mimamoriid", "a"), ("mimamoriid", "b"), ("status", "1"), ("status", "7")]),
        invalid="smsid",
    ),
    Case(
        "our id comes back by the extra parameter", as_json(RESULT | {"smsid": "own77", "mimamoriid": "ref0001"}),
        receipts=[Receipt("own77", TextState.DELIVERED, "1", reference="ref0001")],
    ),
    Case(
        "the extra parameter alone", as_form({"mimamoriid": "ref0001", "status": "1"}), receipts=[DELIVERED],
    ),
    Case("an unseen code", as_json(RESULT | {"status": "99"}), receipts=[receipt(TextState.UNKNOWN, "99")]),
    Case("an unseen word", as_json(RESULT | {"status": "謎"}), receipts=[receipt(TextState.UNKNOWN, "謎")]),
    Case("a reply while none are expected", as_json(REPLY), invalid="reply_text"),
    Case("no result", as_json({"smsid": "ref0001"}), invalid="status"),
    Case("no id", as_json({"status": "1"}), invalid="smsid"),
    Case("an id of spaces", as_json(RESULT | {"smsid": "  "}), invalid="smsid"),
    Case("nothing", post(RECEIPTS), invalid="smsid"),
    Case("broken JSON", post(RECEIPTS, b'{"smsid": '), invalid="body"),
    Case("no objects", as_json([1]), invalid="body"),
    Case("no characters", post(RECEIPTS, b"\x81"), invalid="body"),
    Case("no key", as_json(RESULT, "/webhook/mediasms/main/receipts"), refused="unsigned"),
    Case("another key", as_json(RESULT, "/webhook/mediasms/main/receipts?key=guess"), refused="credentials"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_comes_in(case):
    await case.check(mediasms())


async def test_only_allowed_addresses_may_call_where_some_are_given():
    gateway = mediasms(allowed=["203.0.113.7/32"])
    await gateway.verify(as_json(RESULT), NOW)
    other = post(RECEIPTS, b"{}", peer="203.0.113.8")
    await Case("another address", other, refused="address").check(gateway)


RESULTS = {
    "送信中": (TextState.ACCEPTED, None),
    "未送信": (TextState.ACCEPTED, None),
    "リダイレクト": (TextState.DELIVERED, None),
    "失敗": (TextState.UNDELIVERED, Reason.OTHER),
    "403": (TextState.UNDELIVERED, Reason.FILTERED),
    "au 圏外・OFF": (TextState.UNDELIVERED, Reason.ABSENT),
    "au 自 NW 障害": (TextState.UNDELIVERED, Reason.BUSY),
    "au 未払": (TextState.UNDELIVERED, Reason.BLOCKED),
    "ソフトバンク受信拒否": (TextState.UNDELIVERED, Reason.BLOCKED),
    "無効": (TextState.REJECTED, Reason.NO_SUCH_NUMBER),
    "送信不可": (TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),
    "NG ワード": (TextState.REJECTED, Reason.FILTERED),
    "配信停止希望": (TextState.REJECTED, Reason.OPTED_OUT),
    "Ｒａｋｕｔｅｎ 圏外・ＯＦＦ": (TextState.UNDELIVERED, Reason.ABSENT),
    "承認待ち": (TextState.ACCEPTED, None),
}


@pytest.mark.parametrize("word, meaning", RESULTS.items(), ids=RESULTS.keys())
async def test_each_word_of_a_result_has_its_meaning(word, meaning):
    (found,) = (await mediasms().parse(as_json(RESULT | {"status": word}))).receipts
    assert (found.state, found.reason) == meaning
    assert found.code == word


async def test_replies_are_read_where_the_contract_has_them():
    gateway = mediasms(reply_text="smstext")
    request = as_json([REPLY, RESULT])
    parsed = await gateway.parse(request)
    name = parsed.texts[0].message_id
    assert name.startswith("ref0001:12020年09月01日 10:00:00:")
    assert parsed.texts == (
        Inbound(name, "09012345678", "222211110000", "熱が下がりました", request.body, sent_at=SAID),
    )
    assert parsed.receipts == (DELIVERED,)
    both = await gateway.parse(as_json(REPLY | {"status": "送信済"}))
    assert [text.text for text in both.texts] == ["熱が下がりました"]
    assert both.receipts == (receipt(TextState.DELIVERED, "送信済"),)
    assert gateway.abilities.two_way
    assert not mediasms().abilities.two_way


async def test_two_replies_of_one_minute_are_two_and_a_repeated_one_is_one():
    gateway = mediasms(reply_text="smstext")
    first = REPLY | {"replyid": "", "returnsmsdatetime": "2020年09月01日 10:00"}
    told = [first, first | {"smstext": "息が苦しい"}, first | {"mobilenumber": "08011112222"}, first]
    for smsid in ("ref0001", "r" * 120):
        ids = [text.message_id for text in gateway.parse_inbound(as_json([item | {"smsid": smsid} for item in told]))]
        assert len(set(ids[:3])) == 3
        assert ids[3] == ids[0]
        assert max(map(len, ids)) <= 120


outcome = Trying(mediasms, "url")


TAKEN = Submitted(Outcome.ACCEPTED, "ref0001", code="200")
SENDING = {
    "taken": (says(200, b"200", "text/plain"), TAKEN),
    "taken, with a line break": (says(200, b"200\r\n", "text/plain"), TAKEN),
    "taken, as JSON": (says(200, b'{"result": "200"}'), TAKEN),
    "taken before": (says(200, b"587", "text/plain"), Submitted(Outcome.ACCEPTED, "ref0001", code="587")),
    "taken before, as JSON": (says(200, b'{"result": "624"}'), Submitted(Outcome.ACCEPTED, "ref0001", code="624")),
    "the code as HTTP status": (says(560), Submitted(Outcome.REJECTED, code="560", reason=Reason.NO_SUCH_NUMBER)),
    "another code": (says(200, b"597", "text/plain"), unknown("597")),
    "another page": (says(200, b"<html>", "text/html"), unknown("no_code")),
    "nothing": (says(200, b"", "text/plain"), unknown("no_code")),
    "our password": (says(401, b"", "text/html"), Submitted(Outcome.RETRY, code="401", reason=Reason.ACCOUNT)),
    "stopped": (says(502, b"<html>", "text/html"), unknown("502")),
    "too many": (says(503, b"<html>", "text/html"), Submitted(Outcome.RETRY, code="503", reason=Reason.BUSY)),
    "broken JSON": (says(200, b'{"result'), unknown("InvalidInput")),
} | {
    f"code {code}": (says(200, code.encode(), "text/plain"), Submitted(found, code=code, reason=reason))
    for code, (found, reason) in ANSWERS.items()
}


@pytest.mark.parametrize("answer, meaning", SENDING.values(), ids=SENDING.keys())
async def test_each_answer_to_a_text_has_its_meaning(answer, meaning):
    assert (await outcome(answer))[0] == meaning


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer):
    await outcome.broken(answer)


async def test_nobody_there_means_later(free_port):
    gateway = mediasms(url=f"http://127.0.0.1:{free_port}")
    assert (await gateway.send(TEXT)).outcome is Outcome.RETRY
    assert await gateway.ask(TEXT, None) == unknown("no_connection")
    assert len(await gateway.check()) == 1
    await gateway.close()


async def test_a_text_goes_out_as_a_form_with_our_id_twice():
    _, seen = await outcome(says(200, b"200", "text/plain"))
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", "/api/")
    assert headers["Authorization"] == "Basic dXNlcl8xOnBhc3N3MHJk"
    assert parse_qsl(body.decode()) == [
        ("mobilenumber", "09012345678"),
        ("smstext", "こんにちは"),
        ("status", "1"),
        ("smsid", "ref0001"),
        ("mimamoriid", "ref0001"),
    ]


@pytest.mark.parametrize(
    "number, sent",
    [
        ("+819012345678", "09012345678"),
        ("+816012345678", "06012345678"),
        ("+812012345678", "02012345678"),
        ("+8120012345678901"[:16], "02001234567890"),
        ("+8190012345678901"[:16], "09001234567890"),
        ("+81901234567", None),
        ("+819001234567", None),
        ("+81312345678", None),
        ("+815012345678", None),
        ("+12025550123", None),
    ],
)
async def test_numbers_have_11_or_14_digits(number, sent):
    answer, seen = await outcome(
        says(200, b"200", "text/plain"), lambda gateway: gateway.send(Outbound("ref0001", number, "x"))
    )
    if sent is None:
        assert answer == Submitted(Outcome.REJECTED, code="560", reason=Reason.NO_SUCH_NUMBER)
        assert not seen
    else:
        assert dict(parse_qsl(seen[0][3].decode()))["mobilenumber"] == sent


async def test_a_line_break_counts_as_two_characters():
    assert mediasms().length("あ\nい") == 4
    for text, expected in (
        ("あ" * 658 + "\n", Outcome.ACCEPTED),
        ("あ" * 659 + "\n", Outcome.REJECTED),
        ("", Outcome.REJECTED),
    ):
        answer, _ = await outcome(
            says(200, b"200", "text/plain"),
            lambda gateway, text=text: gateway.send(Outbound("ref0001", "+819012345678", text)),
        )
        assert answer.outcome is expected


ASKING = {
    "it arrived": (
        says(200, "200\n送信済\n".encode(), "text/plain"),
        Submitted(Outcome.ACCEPTED, "ref0001", code="送信済"),
    ),
    "with a comma": (says(200, b"200,14", "text/plain"), Submitted(Outcome.ACCEPTED, "ref0001", code="14")),
    "as JSON": (says(200, b'{"result": "200", "status": "1"}'), Submitted(Outcome.ACCEPTED, "ref0001", code="1")),
    "it is not there yet": (says(200, b'{"result": "514"}'), unknown("not_yet")),
    "no result": (says(200, b"200", "text/plain"), unknown("200")),
    "our password": (says(401, b'{"result": "401"}'), unknown("401")),
    "broken": (says(500), unknown("500")),
    "too busy to tell": (says(503), unknown("503")),
}


@pytest.mark.parametrize("answer, meaning", ASKING.values(), ids=ASKING.keys())
async def test_each_answer_about_an_earlier_text_has_its_meaning(answer, meaning):
    found, seen = await outcome(answer, lambda gateway: gateway.ask(TEXT, None))
    assert found == meaning
    assert seen[0][:2] == ("GET", "/api5/?smsid=ref0001")


@pytest.mark.parametrize("body", [b'{"result": "514"}', b"514"], ids=["JSON", "text"])
async def test_a_text_that_the_console_does_not_know_after_a_minute_never_arrived(body):
    now = [0.0]

    async def act(gateway):
        gateway._recent = RecentSends(lambda: now[0])
        await gateway.ask(TEXT, None)
        now[0] += 60
        return await gateway.ask(TEXT, None)

    assert (await outcome(says(200, body, "text/plain"), act))[0] == Submitted(Outcome.RETRY, code="never_arrived")


async def test_texts_without_a_result_are_looked_up_by_a_process_that_did_not_send_them():
    answer = says(200, "200\nau 圏外・OFF\n".encode(), "text/plain")
    found, seen = await outcome(answer, lambda gateway: gateway.look_up(["ref0001"]))
    assert found.receipts == (receipt(TextState.UNDELIVERED, "au 圏外・OFF", Reason.ABSENT, carrier="au"),)
    assert [path for _, path, *_ in seen] == ["/api5/?smsid=ref0001"]


async def test_a_result_that_is_only_read_changes_nothing():
    """Nobody has proved yet where it came from, nor stored it."""

    async def act(gateway):
        await gateway.send(TEXT)
        await gateway.parse(as_json(RESULT))
        return await gateway.look_up(["ref0001"])

    found, _ = await outcome(says(200, b"200,2", "text/plain"), act)
    assert [item.reference for item in found.receipts] == ["ref0001"]


async def test_many_texts_are_looked_up_in_turn():
    references = [f"r{number:04}" for number in range(450)]

    async def act(gateway):
        return [{item.reference for item in (await gateway.look_up(references)).receipts} for _ in range(3)]

    rounds, _ = await outcome(says(200, b"200,2", "text/plain"), act)
    assert [len(found) for found in rounds] == [200, 200, 200]
    assert set.union(*rounds) == set(references)


async def test_a_console_that_takes_few_questions_at_once_is_asked_about_all_in_the_end():
    async def answer(request):
        told.append(request.query["smsid"])
        return web.Response(status=503) if len(told) % 4 == 0 else web.Response(text="200,2")

    async def act(gateway):
        return [{item.reference for item in (await gateway.look_up(list("abcdefgh"))).receipts} for _ in range(3)]

    told = []
    rounds, _ = await outcome(answer, act)
    assert rounds == [set("abc"), set("def"), set("gha")]


async def test_looking_up_stops_when_the_console_is_away():
    found, seen = await outcome(says(503), lambda gateway: gateway.look_up(["a", "b", "c"]))
    assert found is None
    assert len(seen) == 1


async def test_the_check_tries_the_account_without_sending():
    answer, seen = await outcome(says(200, b"514", "text/plain"), lambda gateway: gateway.check())
    assert answer == []
    assert seen[0][0] == "GET"
    (told,), _ = await outcome(says(401), lambda gateway: gateway.check())
    assert "401" in told
    assert " / " in told


def test_the_example_loads_as_it_stands():
    gateway = load_account(EXAMPLE)
    assert (gateway.name, gateway.account) == ("mediasms", "mediasms")
    assert gateway.mine.password.get_secret_value() == "passw0rd"
