"""Sinch: callbacks of its public examples, and what its statuses, codes and answers mean."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.clock import FixedClock
from bot.domain.messages import Inbound, Outcome, Part, Reason, Receipt, Submitted
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

EXAMPLE = Path(__file__).parents[2] / "config" / "gateways" / "sinch.toml"
KEY = "s" * 32
TEXTS, RECEIPTS = f"/webhook/sinch/main?key={KEY}", f"/webhook/sinch/main/receipts?key={KEY}"
# The examples of "Inbounds" and "Delivery reports" in Sinch's documentation and SDKs.
INCOMING = {
    "id": "OzQ5UqIOdoY8",
    "from": "819012345678",
    "to": "815012345678",
    "body": "はい",
    "type": "mo_text",
    "operator_id": "44010",
    "received_at": "2016-03-30T19:33:06.643Z",
}
REPORT = {
    "type": "recipient_delivery_report_sms",
    "batch_id": "01W4FFL35P4NC4K35SMSBATCH9",
    "recipient": "819012345678",
    "code": 0,
    "status": "Delivered",
    "client_reference": "ref0001",
    "at": "2024-06-06T08:17:19.210Z",
    "operator_status_at": "2024-06-06T08:17:00Z",
    "operator": "44010",
    "number_of_message_parts": 2,
}
CAME = datetime(2016, 3, 30, 19, 33, 6, 643000, tzinfo=UTC)
DONE = datetime(2024, 6, 6, 8, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("SINCH_TOKEN", "token-of-ours")
    monkeypatch.setenv("SINCH_KEY", KEY)


def sinch(url="https://us.sms.api.sinch.com", **given):
    proof = {"kind": "path_secret", "key": "env:SINCH_KEY"}
    data = {"url": url, "service_plan_id": "plan1", "token": "env:SINCH_TOKEN", "proof": proof}
    return make_gateway("sinch", **(data | given))


def said(url, data, **given):
    return post(url, json.dumps(data).encode(), {"Content-Type": "application/json"}, **given)


def report(**changed):
    return said(RECEIPTS, REPORT | changed)


def receipt(state, code, reason=None):
    return [Receipt(REPORT["batch_id"], state, code, "ref0001", reason, DONE, 2, carrier="44010")]


PLAIN = said(TEXTS, INCOMING)
BINARY = said(
    TEXTS,
    INCOMING | {
        "type": "mo_binary", "udh": "0500032a0201", "body": base64.b64encode("はい".encode("utf-16-be")).decode(),
    },
)  # fmt: skip
PICTURE = said(TEXTS, INCOMING | {"type": "mo_media", "body": {"message": "写真", "media": []}})
CASES = [
    Case(
        "a text", PLAIN,
        texts=[Inbound("OzQ5UqIOdoY8", "+819012345678", "+815012345678", "はい", PLAIN.body, sent_at=CAME)],
    ),
    Case(
        "a binary text, a piece of a long one", BINARY,
        texts=[
            Inbound(
                "OzQ5UqIOdoY8", "+819012345678", "+815012345678", "はい", BINARY.body, Part("2a", 1, 2), CAME,
                damaged=True,
            )
        ],
    ),
    Case(
        "a picture's words", PICTURE,
        texts=[
            Inbound(
                "OzQ5UqIOdoY8", "+819012345678", "+815012345678", "写真", PICTURE.body, sent_at=CAME, damaged=True
            )
        ],
    ),
    Case("delivered", report(), receipts=receipt(TextState.DELIVERED, "Delivered")),
    Case("delivered, at the one address", said(TEXTS, REPORT), receipts=receipt(TextState.DELIVERED, "Delivered")),
    Case("dispatched", report(status="Dispatched", code=401), receipts=receipt(TextState.ACCEPTED, "Dispatched/401")),
    Case(
        "aborted for the account", report(status="Aborted", code=412),
        receipts=receipt(TextState.REJECTED, "Aborted/412", Reason.ACCOUNT),
    ),
    Case(
        "expired inside", report(status="Aborted", code=406),
        receipts=receipt(TextState.EXPIRED, "Aborted/406", Reason.EXPIRED),
    ),
    Case(
        "absent", report(status="Failed", code=27), receipts=receipt(TextState.UNDELIVERED, "Failed/27", Reason.ABSENT),
    ),
    Case(
        "expired", report(status="Expired", code=9), receipts=receipt(TextState.EXPIRED, "Expired/9", Reason.EXPIRED),
    ),
    Case(
        "deleted", report(status="Deleted", code=8),
        receipts=receipt(TextState.UNDELIVERED, "Deleted/8", Reason.NO_SUCH_NUMBER),
    ),
    Case(
        "an unseen code", report(status="Failed", code=777),
        receipts=receipt(TextState.UNDELIVERED, "Failed/777", Reason.OTHER),
    ),
    Case("nobody told", report(status="Unknown"), receipts=receipt(TextState.UNKNOWN, "Unknown")),
    Case("an unseen status", report(status="INVALID"), receipts=receipt(TextState.UNKNOWN, "INVALID")),
    Case(
        "a summary of the batch",
        said(RECEIPTS, {
            "type": "delivery_report_sms", "batch_id": "b1", "total_message_count": 1,
            "statuses": [{"code": 0, "status": "Delivered", "count": 1}],
        }),
        receipts=[Receipt("b1", TextState.DELIVERED, "Delivered")],
    ),
    Case("no batch", report(batch_id=None), invalid="batch_id"),
    Case("no type", said(TEXTS, {"id": "1"}), invalid="type"),
    Case("no sender", said(TEXTS, {"type": "mo_text", "id": "1", "to": "1", "body": "x"}), invalid="from"),
    Case("no body", said(TEXTS, INCOMING | {"body": None}), invalid="body"),
    Case("no Base64", said(TEXTS, INCOMING | {"type": "mo_binary", "body": "%%"}), invalid="body"),
    Case("no JSON", post(TEXTS, b"x"), invalid="body"),
    Case("no key", said("/webhook/sinch/main", INCOMING), refused="unsigned"),
    Case("another key", said("/webhook/sinch/main?key=guess", INCOMING), refused="credentials"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_comes_in(case):
    await case.check(sinch())


async def test_basic_credentials_are_believed_where_the_account_has_them():
    gateway = sinch(proof={"kind": "basic", "user": "u", "password": "env:SINCH_TOKEN"})
    good = post(TEXTS, PLAIN.body, {"Authorization": "Basic dTp0b2tlbi1vZi1vdXJz"})
    await gateway.verify(good, NOW)
    await Case("none", PLAIN, refused="unsigned").check(gateway)
    await Case("others", post(TEXTS, b"", {"Authorization": "Basic eDp5"}), refused="credentials").check(gateway)


outcome = Trying(sinch, "url")


def error(code):
    return json.dumps({"code": code, "text": "…"}).encode()


ANSWERS = {
    "taken": (says(201, b'{"id": "b1", "to": ["819012345678"]}'), Submitted(Outcome.ACCEPTED, "b1")),
    "malformed": (says(400, error("syntax_invalid_json")), never("syntax_invalid_json", Reason.OTHER)),
    "a wrong value": (
        says(400, error("syntax_invalid_parameter_format")), never("syntax_invalid_parameter_format", Reason.OTHER),
    ),
    "an unseen fault": (says(400, error("new_fault")), unknown("new_fault")),
    "no such number": (says(403, error("illegal_number_type")), never("illegal_number_type", Reason.NO_SUCH_NUMBER)),
    "our account": (says(403, error("blocked_account")), later("blocked_account", Reason.ACCOUNT)),
    "forbidden": (says(403, error("new_fault")), later("new_fault", Reason.ACCOUNT)),
    "no plan": (says(404), later("404", Reason.ACCOUNT)),
    "down": (says(503), later("503", Reason.BUSY)),
    "without an id": (says(201), unknown("InvalidInput")),
    "no JSON": (says(201, b"ok"), unknown("InvalidInput")),
} | BY_STATUS  # fmt: skip


@pytest.mark.parametrize("answer, meaning", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_to_a_text_has_its_meaning(answer, meaning):
    assert (await outcome(answer))[0] == meaning


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer):
    await outcome.broken(answer)


async def test_nobody_there_means_later(free_port):
    await outcome.nobody_there(free_port)


async def test_a_text_goes_out_as_a_batch_of_one():
    _, seen = await outcome(says(201, b'{"id": "b1"}'))
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", "/xms/v1/plan1/batches")
    assert headers["Authorization"] == "Bearer token-of-ours"
    assert json.loads(body) == {
        "type": "mt_text",
        "from": "+815012345678",
        "to": ["+819012345678"],
        "body": "こんにちは",
        "delivery_report": "per_recipient",
        "client_reference": "ref0001",
        "callback_url": f"{OUTSIDE}{RECEIPTS}",
    }


async def test_the_accounts_own_callback_can_be_left_alone():
    _, seen = await outcome(says(201, b'{"id": "b1"}'), own_callback=False)
    assert "callback_url" not in json.loads(seen[0][3])


def listed(name, *items, total=None):
    return json.dumps({"count": len(items) if total is None else total, "page": 0, name: items}).encode()


ASKING = {
    "it has it": (says(200, listed("batches", {"id": "b1"})), Submitted(Outcome.ACCEPTED, "b1")),
    "it is not there yet": (says(200, listed("batches")), unknown("not_yet")),
    "our token": (says(401), unknown("401")),
    "too many": (says(429), unknown("429")),
    "broken": (says(500), unknown("500")),
}


@pytest.mark.parametrize("answer, meaning", ASKING.values(), ids=ASKING.keys())
async def test_each_answer_about_an_earlier_text_has_its_meaning(answer, meaning):
    tried = replace(TEXT, submitted_at=NOW)
    found, seen = await outcome(answer, lambda gateway: gateway.ask(tried, None))
    assert found == meaning
    path = "/xms/v1/plan1/batches?client_reference=ref0001&start_date=2026-11-20T02:55:00.000%2B00:00"
    assert seen[0][:2] == ("GET", path), "without a date Sinch lists one day only"


async def test_where_nobody_knows_when_it_was_tried_an_empty_list_is_no_proof():
    async def act(gateway):
        gateway.clock = FixedClock(NOW)
        return await gateway.ask(TEXT, None)

    found, seen = await outcome(says(200, listed("batches")), act)
    assert found == unknown("not_certain")
    assert "start_date=2026-11-17T03:00:00.000" in seen[0][1]


async def test_the_last_hours_are_read_page_by_page():
    async def answer(request):
        if request.path.endswith("inbounds"):
            return web.Response(body=listed("inbounds", INCOMING | {"id": request.query["page"]}, total=2))
        return web.Response(body=listed("delivery_reports", REPORT))

    found, seen = await outcome(answer, lambda gateway: gateway.look_back(NOW))
    assert [text.message_id for text in found.texts] == ["0", "1"]
    assert [item.state for item in found.receipts] == [TextState.DELIVERED]
    assert len(seen) == 3
    assert "start_date=2026-11-20T03:00:00.000%2B00:00" in seen[0][1]


async def test_an_odd_record_holds_up_no_other_and_other_numbers_of_the_account_are_none_of_ours():
    async def answer(request):
        if request.path.endswith("inbounds"):
            others = INCOMING | {"id": "other", "to": "815099999999"}, INCOMING | {"id": "nobody", "to": None}
            items = [INCOMING | {"from": None}, *others, INCOMING | {"id": "plus", "to": "+815012345678"}]
            return web.Response(body=listed("inbounds", *items))
        return web.Response(body=listed("delivery_reports", REPORT | {"batch_id": None}, REPORT))

    found, _ = await outcome(answer, lambda gateway: gateway.look_back(NOW))
    assert [text.message_id for text in found.texts] == ["plus"]
    assert [item.state for item in found.receipts] == [TextState.DELIVERED]


async def test_the_check_tries_the_account_without_sending():
    answer, seen = await outcome(says(200, listed("batches")), lambda gateway: gateway.check())
    assert answer == []
    assert seen[0][0] == "GET"
    (told,), _ = await outcome(says(401), lambda gateway: gateway.check())
    assert "401" in told


def test_the_example_loads_as_it_stands():
    gateway = load_account(EXAMPLE)
    assert (gateway.name, gateway.account) == ("sinch", "sinch")
