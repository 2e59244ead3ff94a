"""The sandbox gateway: what it reads, and what each answer of a carrier means."""

import asyncio
import json

import pytest
from aiohttp import web

from bot.domain.errors import InvalidInput
from bot.domain.gateway import WebRequest
from bot.domain.messages import Inbound, Outbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.sandbox import SandboxGateway
from tests.gateways.kit import half_an_answer, no_http, provider, reset, says

TEXT = Outbound("r1", "+819012345678", "こんにちは")
GOOD = {"id": "m1", "from": "+819012345678", "to": "+815055500100", "text": "はい"}
reader = SandboxGateway.at("http://127.0.0.1:9")


def post(body):
    return WebRequest("POST", "http://127.0.0.1/webhook/sandbox/demo", {}, body)


async def outcome_of(handler, act):
    """What ``act`` makes of a carrier that answers everything alike."""
    async with provider(handler) as (url, _):
        gateway = SandboxGateway.at(url)
        try:
            return await act(gateway)
        finally:
            await gateway.close()


def status(code, body="{}", content_type="application/json"):
    return says(code, body.encode(), content_type)


SENDING = {
    "taken": (status(200, '{"id": "c1"}'), Outcome.ACCEPTED),
    "taken with a number as id": (status(200, '{"id": 17}'), Outcome.ACCEPTED),
    "never": (status(400), Outcome.REJECTED),
    "too many": (status(429), Outcome.RETRY),
    "later": (status(503), Outcome.RETRY),
    "broken": (status(500), Outcome.UNKNOWN),
    "bad gateway": (status(502), Outcome.UNKNOWN),
    "timeout of a proxy": (status(504), Outcome.UNKNOWN),
    "a status that nobody defined": (status(599), Outcome.UNKNOWN),
    "taken, not JSON": (status(200, "OK"), Outcome.UNKNOWN),
    "taken, HTML": (status(200, "<html>", "text/html"), Outcome.UNKNOWN),
    "taken without an id": (status(200, "{}"), Outcome.UNKNOWN),
    "taken, a list": (status(200, "[]"), Outcome.UNKNOWN),
    "taken, no id": (status(200, '{"id": null}'), Outcome.UNKNOWN),
    "reset": (reset, Outcome.UNKNOWN),
    "half an answer": (half_an_answer, Outcome.UNKNOWN),
    "no HTTP": (no_http, Outcome.UNKNOWN),
}


@pytest.mark.parametrize("handler, outcome", SENDING.values(), ids=SENDING.keys())
async def test_each_answer_to_a_text_has_its_meaning(handler, outcome):
    submitted = await outcome_of(handler, lambda gateway: gateway.send(TEXT))
    assert submitted.outcome is outcome
    assert (submitted.message_id is not None) == (outcome is Outcome.ACCEPTED)


ASKING = {
    "it has it": (status(200, '{"id": "c1"}'), Submitted(Outcome.ACCEPTED, "c1")),
    "it never came": (status(404), Submitted(Outcome.RETRY, code="never_arrived")),
    "broken": (status(500), Submitted(Outcome.UNKNOWN, code="cannot_ask")),
    "later": (status(503), Submitted(Outcome.UNKNOWN, code="cannot_ask")),
    "not JSON": (status(200, "OK"), Submitted(Outcome.UNKNOWN, code="cannot_ask")),
    "reset": (reset, Submitted(Outcome.UNKNOWN, code="cannot_ask")),
    "half an answer": (half_an_answer, Submitted(Outcome.UNKNOWN, code="cannot_ask")),
}


@pytest.mark.parametrize("handler, submitted", ASKING.values(), ids=ASKING.keys())
async def test_each_answer_about_an_earlier_text_has_its_meaning(handler, submitted):
    assert await outcome_of(handler, lambda gateway: gateway.ask(TEXT, None)) == submitted


async def test_a_text_goes_out_as_it_is_with_our_reference():
    seen = []

    async def take(request):
        seen.append((request.method, request.path, await request.json()))
        return web.json_response({"id": "c1"})

    await outcome_of(take, lambda gateway: gateway.send(TEXT))
    assert seen == [("POST", "/messages", {"reference": "r1", "to": "+819012345678", "text": "こんにちは"})]


async def test_nobody_there_means_later_and_nobody_to_ask_means_unknown(free_port):
    gateway = SandboxGateway.at(f"http://127.0.0.1:{free_port}")
    assert (await gateway.send(TEXT)).outcome is Outcome.RETRY
    assert (await gateway.ask(TEXT, None)).outcome is Outcome.UNKNOWN
    await gateway.close()


async def test_many_texts_at_once_are_told_apart():
    async def take(request):
        return web.json_response({"id": (await request.json())["reference"]})

    async def send_many(gateway):
        texts = [Outbound(f"r{number}", "+819012345678", "x") for number in range(150)]
        return await asyncio.gather(*map(gateway.send, texts))

    assert [sent.message_id for sent in await outcome_of(take, send_many)] == [f"r{number}" for number in range(150)]


def test_a_text_from_a_phone_is_read():
    body = json.dumps(GOOD).encode()
    assert reader.parse_inbound(post(body)) == [Inbound("m1", "+819012345678", "+815055500100", "はい", body)]


@pytest.mark.parametrize(
    "body, field",
    [
        (b"", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'"text"', "body"),
        (b"{", "body"),
        (b"\xff\xff\xff", "body"),
        (b'{"id": "\xe3\x81"}', "body"),
        (b"[" * 100_000, "body"),
        (b'{"a":' * 100_000, "body"),
        (b'{"id": ' + b"9" * 10_000 + b"}", "body"),
        (b"{}", "id"),
        *(
            (json.dumps({**GOOD, name: value}).encode(), name)
            for name in GOOD
            for value in (None, 5, ["x"], {"x": 1}, True)
        ),
        *((json.dumps({key: value for key, value in GOOD.items() if key != name}).encode(), name) for name in GOOD),
        (json.dumps({**GOOD, "id": ""}).encode(), "id"),
        (json.dumps({**GOOD, "id": " \t"}).encode(), "id"),
        (json.dumps({**GOOD, "id": "x" * 121}).encode(), "id"),
        (json.dumps({**GOOD, "id": "m\x00"}).encode(), "id"),
        (json.dumps({**GOOD, "id": "\ud800"}).encode(), "id"),
    ],
    ids=lambda value: None if isinstance(value, str) else f"{value[:40]!r}",
)
def test_a_malformed_text_is_refused_and_its_fault_named(body, field):
    with pytest.raises(InvalidInput) as refusal:
        reader.parse_inbound(post(body))
    assert refusal.value.field == field


def test_receipts_are_read():
    body = b'[{"id": "c1", "status": "delivered"}, {"id": "c2", "status": "undelivered", "more": 1}]'
    assert reader.parse_receipts(post(body)) == [
        Receipt("c1", TextState.DELIVERED, "delivered"),
        Receipt("c2", TextState.UNDELIVERED, "undelivered", reason=Reason.OTHER),
    ]
    assert reader.parse_receipts(post(b"[]")) == []


@pytest.mark.parametrize(
    "body, field",
    [
        (b"{}", "body"),
        (b"[1]", "body"),
        (b"no", "body"),
        (b'[{"id": "c1"}]', "status"),
        (b'[{"id": "c1", "status": "lost"}]', "status"),
        (b'[{"id": "c1", "status": null}]', "status"),
        (b'[{"status": "delivered"}]', "id"),
        (b'[{"id": 5, "status": "delivered"}]', "id"),
        (b'[{"id": "", "status": "delivered"}]', "id"),
        (b'[{"id": "' + b"x" * 121 + b'", "status": "delivered"}]', "id"),
        (b'[{"id": "c1", "status": "delivered"}, {"id": "\\u0000", "status": "delivered"}]', "id"),
        (b'[{"id": "\\ud800", "status": "delivered"}]', "id"),
    ],
)
def test_malformed_receipts_are_refused_and_their_fault_named(body, field):
    with pytest.raises(InvalidInput) as refusal:
        reader.parse_receipts(post(body))
    assert refusal.value.field == field
