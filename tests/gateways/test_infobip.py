"""Infobip: batches of its public examples, and what its statuses, errors and answers mean."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.domain.clock import FixedClock
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.infobip_codes import REJECTIONS
from bot.gateways.record_lists import MOST_ASKED
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

EXAMPLE = Path(__file__).parents[2] / "config" / "gateways" / "infobip.toml"
TEXTS, RECEIPTS = "/webhook/infobip/main", "/webhook/infobip/main/receipts"
LOGIN = {"Authorization": "Basic bWltYW1vcmk6cGFzcw==", "Content-Type": "application/json"}
# "Receive inbound SMS messages" of Infobip's documentation.
INCOMING = {
    "messageId": "817790313235066447",
    "from": "385916242493",
    "to": "385921004026",
    "text": "QUIZ Correct answer is Paris",
    "cleanText": "Correct answer is Paris",
    "keyword": "QUIZ",
    "receivedAt": "2019-11-09T16:00:00.000+0000",
    "smsCount": 1,
    "price": {"pricePerMessage": 0, "currency": "EUR"},
    "callbackData": "callbackData",
}
# "Get delivery reports" of Infobip's documentation.
REPORT = {
    "bulkId": "8c20f086-d82b-48cc-b2b3-3ca5f7aca9fb",
    "messageId": "ff4804ef-6ab6-4abd-984d-ab3b1387e852",
    "to": "385981178",
    "sentAt": "2015-02-12T09:58:20.323+0100",
    "doneAt": "2015-02-12T09:58:20.337+0100",
    "smsCount": 2,
    "mccMnc": "21901",
    "callbackData": "ref0001",
    "price": {"pricePerMessage": 0.01, "currency": "EUR"},
    "status": {"id": 5, "groupId": 3, "groupName": "DELIVERED", "name": "DELIVERED_TO_HANDSET"},
    "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "permanent": False},
}
DONE = datetime(2015, 2, 12, 8, 58, 20, 337000, tzinfo=UTC)
CAME = datetime(2019, 11, 9, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("INFOBIP_API_KEY", "key-of-ours")
    monkeypatch.setenv("INFOBIP_WEBHOOK_PASSWORD", "pass")


def infobip(url="https://xxxxx.api.infobip.com", **given):
    proof = {"kind": "basic", "user": "mimamori", "password": "env:INFOBIP_WEBHOOK_PASSWORD"}
    return make_gateway("infobip", **({"url": url, "api_key": "env:INFOBIP_API_KEY", "proof": proof} | given))


def results(path, *items, headers=LOGIN):
    return post(path, json.dumps({"results": items, "messageCount": len(items)}).encode(), headers)


def status(group, number, name, error=None):
    told = {"status": {"groupName": group, "id": number, "name": name}}
    return REPORT | told | ({"error": error} if error else {})


def receipt(state, code, reason=None):
    return Receipt(REPORT["messageId"], state, code, "ref0001", reason, DONE, 2, "0.02 EUR", "21901")


def failed(name, *, permanent=True, number=1):
    return {"id": number, "name": name, "permanent": permanent}


TWO = results(TEXTS, INCOMING, INCOMING | {"messageId": "2", "from": "819012345678", "text": "はい"})
ABSENT = status("UNDELIVERABLE", 9, "UNDELIVERABLE_NOT_DELIVERED", failed("EC_ABSENT_SUBSCRIBER", number=27))
CASES = [
    Case(
        "a batch of texts", TWO,
        texts=[
            Inbound("817790313235066447", "+385916242493", "+385921004026", INCOMING["text"], TWO.body, sent_at=CAME),
            Inbound("2", "+819012345678", "+385921004026", "はい", TWO.body, sent_at=CAME),
        ],
    ),
    Case(
        "a batch of receipts", results(RECEIPTS, REPORT, ABSENT),
        receipts=[
            receipt(TextState.DELIVERED, "DELIVERED_TO_HANDSET"),
            receipt(TextState.UNDELIVERED, "EC_ABSENT_SUBSCRIBER", Reason.ABSENT),
        ],
    ),
    Case(
        "at the operator, not yet on the phone",
        results(RECEIPTS, status("DELIVERED", 2, "DELIVERED_TO_OPERATOR")),
        receipts=[receipt(TextState.ACCEPTED, "DELIVERED_TO_OPERATOR")],
    ),
    Case(
        "pending", results(RECEIPTS, status("PENDING", 7, "PENDING_ENROUTE")),
        receipts=[receipt(TextState.ACCEPTED, "PENDING_ENROUTE")],
    ),
    Case(
        "expired", results(RECEIPTS, status("EXPIRED", 15, "EXPIRED_EXPIRED")),
        receipts=[receipt(TextState.EXPIRED, "EXPIRED_EXPIRED", Reason.EXPIRED)],
    ),
    Case(
        "nobody told", results(RECEIPTS, status("EXPIRED", 29, "EXPIRED_DLR_UNKNOWN")),
        receipts=[receipt(TextState.UNKNOWN, "EXPIRED_DLR_UNKNOWN")],
    ),
    Case(
        "no such number",
        results(RECEIPTS, status("UNDELIVERABLE", 9, "X", failed("EC_UNKNOWN_SUBSCRIBER"))),
        receipts=[receipt(TextState.UNDELIVERED, "EC_UNKNOWN_SUBSCRIBER", Reason.NO_SUCH_NUMBER)],
    ),
    Case(
        "blocked", results(RECEIPTS, status("REJECTED", 10, "REJECTED_DND")),
        receipts=[receipt(TextState.REJECTED, "REJECTED_DND", Reason.BLOCKED)],
    ),
    Case(
        "an unseen error that may pass",
        results(RECEIPTS, status("UNDELIVERABLE", 9, "X", failed("EC_NEW", permanent=False))),
        receipts=[receipt(TextState.UNDELIVERED, "EC_NEW", Reason.BUSY)],
    ),
    Case(
        "an unseen error for good", results(RECEIPTS, status("UNDELIVERABLE", 9, "X", failed("EC_NEW"))),
        receipts=[receipt(TextState.UNDELIVERED, "EC_NEW", Reason.OTHER)],
    ),
    Case(
        "an unseen group", results(RECEIPTS, status("UNEXPECTED", 77, "NEW")),
        receipts=[receipt(TextState.UNKNOWN, "NEW")],
    ),
    Case(
        "the group's name alone", results(RECEIPTS, {"messageId": "12345", "status": {"groupName": "DELIVERED"}}),
        receipts=[Receipt("12345", TextState.DELIVERED, "DELIVERED")],
    ),
    Case(
        "the group's number alone", results(RECEIPTS, {"messageId": "12345", "status": {"groupId": 5}}),
        receipts=[Receipt("12345", TextState.REJECTED, "", reason=Reason.OTHER)],
    ),
    Case(
        "no status", results(RECEIPTS, {"messageId": "12345"}), receipts=[Receipt("12345", TextState.UNKNOWN)],
    ),
    Case("an empty batch", results(TEXTS)),
    Case("no results", post(TEXTS, b'{"unexpected": []}', LOGIN), invalid="results"),
    Case("no JSON", post(RECEIPTS, b"Invalid", LOGIN), invalid="body"),
    Case("no sender", results(TEXTS, {"messageId": "1", "to": "1", "text": "x"}), invalid="from"),
    Case("no id", results(RECEIPTS, {"status": {}}), invalid="messageId"),
    Case("no credentials", results(TEXTS, INCOMING, headers={}), refused="unsigned"),
    Case("other credentials", results(TEXTS, INCOMING, headers={"Authorization": "Basic eDp5"}), refused="credentials"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_comes_in(case):
    await case.check(infobip())


async def test_a_bearer_token_and_an_hmac_are_believed_where_the_profile_has_them():
    gateway = infobip(proof={"kind": "bearer", "token": "env:INFOBIP_WEBHOOK_PASSWORD"})
    await gateway.verify(results(TEXTS, INCOMING, headers={"Authorization": "Bearer pass"}), NOW)
    proof = {"kind": "hmac", "secret": "env:INFOBIP_WEBHOOK_PASSWORD", "signature": "X-Signature"}
    await Case("unsigned", TWO, refused="unsigned").check(infobip(proof=proof))
    wrong = results(TEXTS, INCOMING, headers={"X-Signature": "00"})
    await Case("wrong", wrong, refused="signature").check(infobip(proof=proof))


outcome = Trying(infobip, "url")


def taken(group="PENDING", number=26, name="PENDING_ACCEPTED"):
    told = {"groupName": group, "id": number, "name": name}
    return json.dumps({"bulkId": "b", "messages": [{"messageId": "ref0001", "status": told}]}).encode()


ANSWERS = {
    "taken": (says(200, taken()), Submitted(Outcome.ACCEPTED, "ref0001")),
    "taken before": (says(200, taken("REJECTED", 23, "X")), unknown("23")),
    "an unseen rejection": (says(200, taken("REJECTED", 777, "X")), unknown("777")),
    "an unseen group": (says(200, taken("NEW", 888, "X")), unknown("888")),
    "undeliverable at once": (says(200, taken("UNDELIVERABLE", 4, "X")), never("4", Reason.OTHER)),
    "our key": (
        says(401, b'{"requestError": {"serviceException": {"messageId": "UNAUTHORIZED"}}}'),
        later("UNAUTHORIZED", Reason.ACCOUNT),
    ),
    "forbidden": (says(403, b'{"errorCode": "E403"}'), later("E403", Reason.ACCOUNT)),
    "malformed": (says(400, b'{"errorCode": "E400"}'), never("E400", Reason.OTHER)),
    "too many": (says(429, b'{"errorCode": "E429"}'), later("E429", Reason.BUSY)),
    "broken": (says(500, b'{"errorCode": "E500"}'), unknown("E500")),
    "no messages": (says(200), unknown("InvalidInput")),
    "no message": (says(200, b'{"messages": []}'), unknown("IndexError")),
    "without an id": (
        says(200, b'{"messages": [{"status": {"groupId": 1}}]}'), unknown("InvalidInput"),
    ),
} | BY_STATUS | {
    f"rejected {number}": (
        says(200, taken("REJECTED", int(number), "X")), Submitted(found, code=number, reason=reason)
    )
    for number, (found, reason) in REJECTIONS.items()
}  # fmt: skip


@pytest.mark.parametrize("answer, meaning", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_to_a_text_has_its_meaning(answer, meaning):
    assert (await outcome(answer))[0] == meaning


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer):
    await outcome.broken(answer)


async def test_nobody_there_means_later(free_port):
    await outcome.nobody_there(free_port)


async def test_a_text_goes_out_as_version_3_has_it():
    _, seen = await outcome(says(200, taken()))
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", "/sms/3/messages")
    assert headers["Authorization"] == "App key-of-ours"
    assert json.loads(body) == {
        "messages": [
            {
                "sender": "815012345678",
                "destinations": [{"to": "819012345678", "messageId": "ref0001"}],
                "content": {"text": "こんにちは"},
                "webhooks": {
                    "callbackData": "ref0001",
                    "delivery": {
                        "url": f"{OUTSIDE}{RECEIPTS}",
                        "intermediateReport": True,
                        "contentType": "application/json",
                    },
                },
            }
        ]
    }


async def test_a_text_goes_out_as_version_2_has_it():
    _, seen = await outcome(says(200, taken()), version=2)
    assert seen[0][1] == "/sms/2/text/advanced"
    assert json.loads(seen[0][3]) == {
        "messages": [
            {
                "from": "815012345678",
                "destinations": [{"to": "819012345678", "messageId": "ref0001"}],
                "text": "こんにちは",
                "callbackData": "ref0001",
                "notifyUrl": f"{OUTSIDE}{RECEIPTS}",
                "notifyContentType": "application/json",
                "intermediateReport": True,
            }
        ]
    }


@pytest.mark.parametrize("version", [2, 3])
async def test_the_accounts_own_callback_can_be_left_alone(version):
    _, seen = await outcome(says(200, taken()), version=version, own_callback=False)
    assert OUTSIDE not in seen[0][3].decode()


async def test_an_id_that_was_rejected_is_not_used_again():
    async def poor_then_rich(request):
        sent = (await request.json())["messages"][0]["destinations"][0]["messageId"]
        return web.Response(body=taken("REJECTED", 12, "X") if sent == "ref0001" else taken())

    async def act(gateway):
        return [await gateway.send(TEXT), await gateway.send(TEXT)]

    answers, seen = await outcome(poor_then_rich, act)
    assert [answer.outcome for answer in answers] == [Outcome.RETRY, Outcome.ACCEPTED]
    ids = [json.loads(body)["messages"][0]["destinations"][0]["messageId"] for *_, body in seen]
    assert ids == ["ref0001", "ref0001-2"]


def log(*items):
    return json.dumps({"results": items}).encode()


ASKING = {
    "delivered": (says(200, log(REPORT)), Submitted(Outcome.ACCEPTED, REPORT["messageId"], segments=2)),
    "not delivered": (says(200, log(ABSENT)), Submitted(Outcome.ACCEPTED, REPORT["messageId"])),
    "rejected for our credit": (says(200, log(status("REJECTED", 12, "X"))), Submitted(Outcome.RETRY, code="12")),
    "it is not there yet": (says(200, log()), unknown("not_yet")),
    "our key": (says(401), Submitted(Outcome.UNKNOWN, code="401", reason=Reason.ACCOUNT)),
    "too many": (says(429), Submitted(Outcome.UNKNOWN, code="429", reason=Reason.BUSY)),
    "broken": (says(500), unknown("500")),
}


def asks_of(text):
    async def act(gateway):
        gateway.clock = FixedClock(NOW + timedelta(minutes=2))
        return await gateway.ask(text, None)

    return act


@pytest.mark.parametrize("tried", [None, NOW - timedelta(hours=48)], ids=["nobody knows when", "before the logs begin"])
async def test_logs_that_may_not_reach_back_to_the_attempt_are_no_proof(tried):
    found, _ = await outcome(says(200, log()), asks_of(replace(TEXT, submitted_at=tried)))
    assert found == unknown("not_certain")


@pytest.mark.parametrize("answer, meaning", ASKING.values(), ids=ASKING.keys())
async def test_each_answer_about_an_earlier_text_has_its_meaning(answer, meaning):
    found, seen = await outcome(answer, asks_of(replace(TEXT, submitted_at=NOW)))
    assert found == meaning
    assert seen[0][:2] == ("GET", "/sms/3/logs?messageId=ref0001")


async def test_the_last_hours_are_read_from_the_logs():
    async def answer(request):
        return web.Response(body=log(INCOMING) if "inbox" in request.path else log(REPORT, ABSENT))

    found, seen = await outcome(answer, lambda gateway: gateway.look_back(NOW), sender="+385921004026")
    assert [text.message_id for text in found.texts] == ["817790313235066447"]
    assert [item.state for item in found.receipts] == [TextState.DELIVERED, TextState.UNDELIVERED]
    assert [path.split("?")[0] for _, path, _, _ in seen] == ["/sms/3/logs", "/sms/1/inbox/logs"]
    assert "2026-11-20T03:00:00.000%2B00:00" in seen[0][1]


async def test_an_odd_record_holds_up_no_other_and_other_numbers_of_the_account_are_none_of_ours():
    async def answer(request):
        ours = INCOMING | {"to": "815012345678"}
        came = log(INCOMING, ours | {"messageId": None}, ours)
        return web.Response(body=came if "inbox" in request.path else log(REPORT | {"messageId": None}, ABSENT))

    found, _ = await outcome(answer, lambda gateway: gateway.look_back(NOW))
    assert [text.recipient for text in found.texts] == ["+815012345678"]
    assert [item.state for item in found.receipts] == [TextState.UNDELIVERED]


SINCE = NOW - timedelta(hours=6)


def busy_log(count):
    """Answers as Infobip: of ``count`` records, spread evenly over the six hours, at most 1000 of a window."""
    times = [SINCE + timedelta(hours=6) * number / count for number in range(count)]

    async def answer(request):
        inbox = "inbox" in request.path
        names = ("receivedSince", "receivedUntil") if inbox else ("sentSince", "sentUntil")
        start, end = (datetime.fromisoformat(request.query[name]) for name in names)
        there = [number for number, at in enumerate(times) if start <= at <= end]
        of = INCOMING | {"to": "815012345678"} if inbox else REPORT
        return web.Response(body=log(*(of | {"messageId": f"m{number}"} for number in there[:1000])))

    return answer


def looks_back(gateway):
    gateway.clock = FixedClock(NOW)
    return gateway.look_back(SINCE)


async def test_more_than_one_answer_holds_is_read_window_by_window():
    found, _ = await outcome(busy_log(4321), looks_back)
    assert {text.message_id for text in found.texts} == {f"m{number}" for number in range(4321)}
    assert len(found.receipts) == len({item.message_id for item in found.receipts}) == 4321
    assert found.until is None


async def test_a_list_that_is_too_long_is_read_from_its_oldest_end_and_says_how_far():
    with capture_logs() as logs:
        found, seen = await outcome(busy_log(200_000), looks_back)
    assert len(seen) == 2 * MOST_ASKED
    assert SINCE < found.until < NOW
    took = {int(text.message_id[1:]) for text in found.texts}
    before = {number for number in range(200_000) if SINCE + timedelta(hours=6) * number / 200_000 < found.until}
    assert before <= took
    assert [(item["event"], item["road"]) for item in logs] == [("lookback.cut_short", "infobip/main")]


async def test_the_check_tries_the_account_without_sending():
    answer, seen = await outcome(says(200, log()), lambda gateway: gateway.check())
    assert answer == []
    assert seen[0][0] == "GET"
    (told,), _ = await outcome(says(401), lambda gateway: gateway.check())
    assert "401" in told


def test_the_example_loads_as_it_stands():
    gateway = load_account(EXAMPLE)
    assert (gateway.name, gateway.account) == ("infobip", "infobip")
