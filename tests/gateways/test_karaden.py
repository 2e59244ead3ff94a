"""Karaden SMS API: callbacks of its public manual, and what each answer to a submission means."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from bot.domain.errors import SettingsError
from bot.domain.messages import Outbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.recent_sends import RecentSends
from bot.gateways.registry import load_account
from tests.gateways.kit import (
    BROKEN,
    BY_STATUS,
    NOW,
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

EXAMPLE = Path(__file__).parents[2] / "config" / "gateways" / "karaden.toml"
KEY = "k" * 32
MESSAGE_ID = "82bdf9de-a532-4bf5-86bc-c9a1366e5f4a"
RECEIPTS = f"/webhook/karaden/main/receipts?key={KEY}"
# Fields and values as "SMS送信結果返信(コールバック)" and "SMS API共通仕様" of the public manual list them.
MESSAGE = {
    "id": MESSAGE_ID,
    "object": "message",
    "project_id": 3,
    "service_id": 1,
    "billing_address_id": 1,
    "tags": ["ref0001"],
    "is_shorten": False,
    "result": "done",
    "status": "done",
    "sent_result": "received",
    "carrier": "docomo",
    "charged_count_per_sent": 2,
    "scheduled_at": None,
    "limited_at": None,
    "sent_at": "2022-12-09T00:00:00+09:00",
    "received_at": "2022-12-09T00:00:05+09:00",
    "charged_at": "2022-12-09T00:00:00+09:00",
    "created_at": "2022-12-08T23:59:59+09:00",
    "updated_at": "2022-12-09T00:00:05+09:00",
}
SENT = datetime(2022, 12, 8, 15, 0, tzinfo=UTC)
ARRIVED = SENT + timedelta(seconds=5)


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("KARADEN_TOKEN", "123")
    monkeypatch.setenv("KARADEN_KEY", KEY)


def karaden(**given):
    data = {"token": "env:KARADEN_TOKEN", "key": "env:KARADEN_KEY", "tenant_id": "159bfd33", "service_id": 1}
    return make_gateway("karaden", **data, **given)


def callback(url=RECEIPTS, *, peer="203.0.113.7", **changed):
    headers = {"Content-Type": "application/json", "Karaden-Version": "2023-01-01"}
    return post(url, json.dumps(MESSAGE | changed).encode(), headers, peer=peer)


def receipt(state, code, reason=None, **given):
    data = {"reference": "ref0001", "at": ARRIVED, "segments": 2, "carrier": "docomo"}
    return [Receipt(MESSAGE_ID, state, code, reason=reason, **(data | given))]


CASES = [
    Case("arrived", callback(), receipts=receipt(TextState.DELIVERED, "done/received")),
    Case(
        "at the other address", callback(f"/webhook/karaden/main?key={KEY}"),
        receipts=receipt(TextState.DELIVERED, "done/received"),
    ),
    Case(
        "out of reach", callback(sent_result="unconnected", received_at=None),
        receipts=receipt(TextState.UNDELIVERED, "done/unconnected", Reason.ABSENT, at=SENT),
    ),
    Case(
        "out of reach, and the provider goes on trying", callback(result="processing", sent_result="unconnected"),
        receipts=receipt(TextState.ACCEPTED, "done/unconnected"),
    ),
    Case("error", callback(sent_result="error"), receipts=receipt(TextState.UNDELIVERED, "done/error", Reason.OTHER)),
    Case("nobody knows", callback(sent_result="unknown"), receipts=receipt(TextState.UNKNOWN, "done/unknown")),
    Case("no result yet", callback(sent_result="none"), receipts=receipt(TextState.ACCEPTED, "done/none")),
    Case(
        "waiting", callback(result="processing", status="waiting", sent_result="none", carrier="checking"),
        receipts=receipt(TextState.ACCEPTED, "waiting/none", carrier=""),
    ),
    Case(
        "could not be sent", callback(status="error", sent_result="none", carrier="unknown"),
        receipts=receipt(TextState.UNDELIVERED, "error/none", Reason.OTHER, carrier=""),
    ),
    Case(
        "cancelled at the provider's console", callback(status="canceled", sent_result="none"),
        receipts=receipt(TextState.REJECTED, "canceled/none", Reason.OTHER),
    ),
    Case("an unseen result", callback(sent_result="lost"), receipts=receipt(TextState.UNKNOWN, "done/lost")),
    Case("an unseen status", callback(status="held"), receipts=receipt(TextState.UNKNOWN, "held/received")),
    Case(
        "without anything that may be missing",
        post(RECEIPTS, json.dumps({"id": MESSAGE_ID, "status": "done", "sent_result": "received"}).encode()),
        receipts=[Receipt(MESSAGE_ID, TextState.DELIVERED, "done/received")],
    ),
    Case(
        "another carrier", callback(carrier="rakuten"),
        receipts=receipt(TextState.DELIVERED, "done/received", carrier="rakuten"),
    ),
    Case("no JSON", post(RECEIPTS, b"id=1"), invalid="body"),
    Case("a list", post(RECEIPTS, b"[]"), invalid="body"),
    Case("no id", callback(id=None), invalid="id"),
    Case("an id that is too long", callback(id="x" * 121), invalid="id"),
    Case("no key", callback("/webhook/karaden/main/receipts"), refused="unsigned"),
    Case("an empty key", callback("/webhook/karaden/main/receipts?key="), refused="unsigned"),
    Case("another key", callback("/webhook/karaden/main/receipts?key=guess"), refused="credentials"),
    Case("another service's result", callback(service_id=2), refused="account"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_comes_in(case):
    await case.check(karaden())


async def test_only_allowed_addresses_may_call_where_some_are_given():
    gateway = karaden(allowed=["203.0.113.0/24", "2001:db8::/32"])
    for peer in ("203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7"):
        await gateway.verify(callback(peer=peer), NOW)
    for peer in ("198.51.100.7", "2001:db9::7", "", "nonsense"):
        await Case("another address", callback(peer=peer), refused="address").check(gateway)


async def test_tags_of_the_console_are_told_apart_from_ours():
    gateway = karaden(tags=["見守り", "北保健所"])
    parsed = await gateway.parse(callback(tags=["見守り", "ref0001", "北保健所"]))
    assert parsed.receipts[0].reference == "ref0001"


outcome = Trying(karaden, "url")


def error(code, **errors):
    return json.dumps({"object": "error", "code": code, "message": "だめです", "errors": errors}).encode()


ANSWERS = {
    "taken": (says(200, json.dumps(MESSAGE).encode()), Submitted(Outcome.ACCEPTED, MESSAGE_ID, segments=2)),
    "the number": (says(422, error("E1", to=["形式"])), never("E1:to", Reason.NO_SUCH_NUMBER)),
    "the text": (says(422, error("E1", body=["長い"])), never("E1:body", Reason.BAD_TEXT)),
    "the time limit": (says(422, error("E1", limited_at=["過去"])), never("E1:limited_at", Reason.EXPIRED)),
    "our service": (says(422, error("E1", service_id=["ない"])), later("E1:service_id", Reason.ACCOUNT)),
    "another field": (says(422, error("E1", other=["?"])), never("E1", Reason.OTHER)),
    "the number, as a bad request": (says(400, error("E2", to=["形式"])), never("E2:to", Reason.NO_SUCH_NUMBER)),
    "a bad request": (says(400, error("E2")), Submitted(Outcome.UNKNOWN, None, "E2")),
    "our token": (says(401, error("E3")), later("E3", Reason.ACCOUNT)),
    "forbidden": (says(403, error("E4")), later("E4", Reason.ACCOUNT)),
    "our tenant": (says(404, error("E5")), later("E5", Reason.ACCOUNT)),
    "too many": (says(429, error("E6")), later("E6", Reason.BUSY)),
    "down": (says(503, b"<html>", "text/html"), later("503", Reason.BUSY)),
    "broken": (says(500, error("E7")), Submitted(Outcome.UNKNOWN, None, "E7")),
    "bad gateway": (says(502, b"", "text/html"), Submitted(Outcome.UNKNOWN, None, "502")),
    "moved": (says(302), Submitted(Outcome.UNKNOWN, None, "302")),
    "taken, no JSON": (says(200, b"OK"), Submitted(Outcome.UNKNOWN, None, "InvalidInput")),
    "taken, without an id": (says(200), Submitted(Outcome.UNKNOWN, None, "InvalidInput")),
} | BY_STATUS  # fmt: skip


@pytest.mark.parametrize("answer, meaning", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_to_a_text_has_its_meaning(answer, meaning):
    assert (await outcome(answer))[0] == meaning


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer):
    await outcome.broken(answer)


async def test_nobody_there_means_later(free_port):
    await outcome.nobody_there(free_port)


async def test_a_text_goes_out_as_the_manual_says():
    _, seen = await outcome(says(200, json.dumps(MESSAGE).encode()), tags=["見守り"])
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", "/159bfd33/messages")
    assert headers["Authorization"] == "Bearer 123"
    assert headers["Karaden-Version"] == "2024-03-01"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(body.decode()) == [
        ("service_id", "1"),
        ("to", "09012345678"),
        ("body", "こんにちは"),
        ("tags[0]", "ref0001"),
        ("tags[1]", "見守り"),
    ]


@pytest.mark.parametrize("number", ["+81312345678", "+12025550123", "+8190123456789"])
async def test_a_number_without_eleven_digits_in_japan_is_not_sent(number):
    text = Outbound("ref0001", number, "x")
    answer, seen = await outcome(says(200), lambda gateway: gateway.send(text))
    assert answer == Submitted(Outcome.REJECTED, code="to", reason=Reason.NO_SUCH_NUMBER)
    assert not seen


async def test_660_characters_are_sent_and_661_are_not():
    taken = says(200, json.dumps(MESSAGE).encode())
    for length, expected in ((660, Outcome.ACCEPTED), (661, Outcome.REJECTED), (0, Outcome.REJECTED)):
        text = Outbound("ref0001", "+819012345678", "あ" * length)
        answer, seen = await outcome(taken, lambda gateway, text=text: gateway.send(text))
        assert answer.outcome is expected
        assert bool(seen) == (expected is Outcome.ACCEPTED)


def listed(*messages, more=False):
    return json.dumps({"object": "list", "has_more": more, "data": list(messages)}).encode()


async def test_a_text_of_unknown_outcome_is_asked_about_by_our_tag():
    answer, seen = await outcome(says(200, listed(MESSAGE)), lambda gateway: gateway.ask(TEXT, None))
    assert answer == Submitted(Outcome.ACCEPTED, MESSAGE_ID, segments=2)
    assert seen[0][:2] == ("GET", "/159bfd33/messages?tag=ref0001")


async def a_minute_later(gateway, message_id=None):
    now = [0.0]
    gateway._recent = RecentSends(lambda: now[0])
    first = await gateway.ask(TEXT, message_id)
    now[0] += 60
    second = await gateway.ask(TEXT, message_id)
    assert first == (unknown("not_yet") if second.outcome is Outcome.RETRY else second)
    return second


async def test_a_text_that_the_provider_does_not_list_can_be_sent_again():
    answer, _ = await outcome(says(200, listed()), a_minute_later)
    assert answer == Submitted(Outcome.RETRY, code="never_arrived")
    cut_off = says(200, b'{"data": [], "has_more": true}')
    assert (await outcome(cut_off, a_minute_later))[0] == unknown("has_more")
    answer, _ = await outcome(says(404, error("E5")), lambda gateway: gateway.ask(TEXT, None))
    assert answer == unknown("E5")  # the address of the list itself is wrong


@pytest.mark.parametrize(
    "answer, expected",
    [
        (says(200, json.dumps(MESSAGE).encode()), Submitted(Outcome.ACCEPTED, MESSAGE_ID, segments=2)),
        (says(404, error("E5")), unknown("E5")),
        (says(401, error("E3")), unknown("E3")),
        (says(429, error("E6")), unknown("E6")),
        (says(500), unknown("500")),
    ],
    ids=["known", "another tenant's, or gone", "our token", "too many", "broken"],
)
async def test_a_text_is_asked_about_by_its_id(answer, expected):
    found, seen = await outcome(answer, lambda gateway: a_minute_later(gateway, MESSAGE_ID))
    assert found == expected
    assert seen[0][1] == f"/159bfd33/messages/{MESSAGE_ID}"


async def test_the_last_hours_are_read_page_by_page():
    async def pages(request):
        first = request.query["page"] == "1"
        other = MESSAGE | {"id": "second", "sent_result": "unconnected"}
        return web.Response(body=listed(MESSAGE, more=True) if first else listed(other))

    found, seen = await outcome(pages, lambda gateway: gateway.look_back(NOW))
    assert [(item.message_id, item.state) for item in found.receipts] == [
        (MESSAGE_ID, TextState.DELIVERED),
        ("second", TextState.UNDELIVERED),
    ]
    assert "start_at=2026-11-20T03:00:00%2B00:00" in seen[0][1]
    assert [seen[place][1][-6:] for place in (0, 1)] == ["page=1", "page=2"]


async def test_a_record_that_cannot_be_read_holds_up_no_other():
    answer = says(200, listed(MESSAGE | {"id": None}, MESSAGE))
    found, _ = await outcome(answer, lambda gateway: gateway.look_back(NOW))
    assert [item.message_id for item in found.receipts] == [MESSAGE_ID]


async def test_the_check_tries_the_account_without_sending():
    answer, seen = await outcome(says(200, listed()), lambda gateway: gateway.check())
    assert answer == []
    assert seen[0][0] == "GET"
    (told,), _ = await outcome(says(401, error("E3")), lambda gateway: gateway.check())
    assert "E3" in told
    assert " / " in told


def test_the_example_loads_as_it_stands():
    gateway = load_account(EXAMPLE)
    assert (gateway.name, gateway.account) == ("karaden", "karaden")
    assert gateway.mine.token.get_secret_value() == "123"
    assert not gateway.abilities.two_way


def test_a_longer_text_than_the_provider_takes_is_no_setting(tmp_path):
    example = EXAMPLE.read_text(encoding="utf-8").replace("longest = 660", "longest = 700")
    (tmp_path / "a.toml").write_text(example, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_account(tmp_path / "a.toml")
    assert error.value.field == "longest"
