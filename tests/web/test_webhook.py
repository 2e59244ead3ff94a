"""The webhook's door: 200 after the commit, a JSON error for everything else, and no text that stops the others."""

import asyncio
import json
import random
import time
from datetime import date

import pytest
from sqlalchemy import func, select, text

from bot.scripts.stage import Resident

PHONE, OTHER = "+819012345678", "+819012345679"
GOOD = {"id": "m1", "from": PHONE, "to": "+815055500100", "text": "こんにちは"}


async def post(house, body, path="/webhook/sandbox/demo"):
    """Status, headers and JSON of the answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with house.http.post(house.url + path, data=data) as answer:
        assert answer.content_type == "application/json"
        return answer.status, answer.headers, await answer.json()


async def consented(house, phone=PHONE):
    await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", phone, "ja", date(2022, 9, 9)))
    await house.send(phone, "はい")


async def count(house, table):
    async with house.service.database.read() as tx:
        return await tx.value(select(func.count()).select_from(tx.t.metadata.tables[table]))


async def test_a_text_is_committed_when_it_is_answered(house):
    status, _, told = await post(house, GOOD)
    assert (status, told) == (200, {"status": "kept"})
    assert await count(house, "inbox") == 1


async def test_the_same_text_ten_times_at_once_is_one_row_and_one_answer(house):
    await consented(house)
    before = await count(house, "inbox"), len(house.carrier.messages[PHONE])
    answers = await asyncio.gather(*(post(house, {**GOOD, "id": "again", "text": "1 36.5"}) for _ in range(10)))
    assert [status for status, _, _ in answers] == [200] * 10
    await house.rest()
    assert (await post(house, {**GOOD, "id": "again", "text": "1 36.5"}))[0] == 200
    await house.rest()
    assert (await count(house, "inbox"), len(house.carrier.messages[PHONE])) == (before[0] + 1, before[1] + 1)
    assert await count(house, "reports") == 1


async def test_two_first_texts_from_a_new_number_at_once_are_one_conversation(house):
    answers = await asyncio.gather(*(post(house, {**GOOD, "id": f"first {number}"}) for number in range(2)))
    assert [status for status, _, _ in answers] == [200, 200]
    await house.rest()
    assert await count(house, "conversations") == 1
    assert await count(house, "inbox") == 2
    assert not house.carrier.messages.get(PHONE), "who is not known is not texted"
    assert [task.reason for task in (await house.state(PHONE)).escalations] == ["unknown_sender"]


async def test_a_number_is_the_same_in_every_spelling(small_house):
    for spelling in (
        PHONE,
        "090-1234-5678",
        "09012345678",
        "+81 90 1234 5678",
        "819012345678",
    ):
        assert (await post(small_house, {**GOOD, "id": spelling, "from": spelling}))[0] == 200, spelling
    assert await count(small_house, "conversations") == 1
    assert await count(small_house, "inbox") == 5


MALFORMED = [
    (b"", "body"),
    (b"not json", "body"),
    (b"[]", "body"),
    (b'{"id": "m1", "from": "+819012345678", "to": "x", "text": "\xff\xfe"}', "body"),
    (json.dumps(GOOD).encode("shift_jis") + b"\x81", "body"),
    ({**GOOD, "id": ""}, "id"),
    ({**GOOD, "id": "x" * 121}, "id"),
    ({**GOOD, "id": "a\x00b"}, "id"),
    ({**GOOD, "id": 5}, "id"),
    ({**GOOD, "from": "保健所"}, "from"),
    ({**GOOD, "from": "12"}, "from"),
    ({**GOOD, "from": "\ud800"}, "from"),
    ({**GOOD, "from": None}, "from"),
    ({**GOOD, "text": None}, "text"),
    ({**GOOD, "text": ["こんにちは"]}, "text"),
    ({key: value for key, value in GOOD.items() if key != "to"}, "to"),
]


async def test_what_is_malformed_is_refused_with_the_name_of_the_field(small_house):
    for body, field in MALFORMED:
        status, _, told = await post(small_house, body)
        assert (status, told.get("field")) == (400, field), body
        assert told["error"]
        assert told["error_ja"]
    assert await count(small_house, "inbox") == 0


async def test_whatever_a_request_holds_the_answer_is_200_or_400(small_house):
    chance = random.Random(20220912)
    good = json.dumps(GOOD, ensure_ascii=False).encode()
    values = [None, 0, -1.5, True, "", "\x00", "\ud83d", "x" * 5000, [], {}, [[]], "+81" + "9" * 20, "１"]
    statuses = set()
    for _ in range(150):
        body = bytearray(good)
        if chance.random() < 0.5:
            body = json.dumps({**GOOD, chance.choice(list(GOOD)): chance.choice(values)}).encode()
        else:
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(body))
                body[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        status, _, _ = await post(small_house, bytes(body))
        statuses.add(status)
    assert statuses == {200, 400}
    await small_house.rest()


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("POST", "/webhook/sandbox/other", 404),
        ("POST", "/webhook/twilio/demo", 404),
        ("POST", "/webhook/sandbox/demo/more/of/it", 404),
        ("GET", "/webhook/sandbox/demo", 405),
        ("PUT", "/webhook/sandbox/demo", 405),
    ],
)
async def test_other_doors_are_closed_with_a_json_error(small_house, method, path, status):
    async with small_house.http.request(method, small_house.url + path, json=GOOD) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]


async def test_a_text_of_a_hundred_kilobytes_is_read_or_a_persons_and_others_go_on(small_house):
    await consented(small_house)
    await consented(small_house, OTHER)
    assert (await post(small_house, {**GOOD, "id": "long", "text": "せきが出ます。" * 4_800}))[0] == 200
    assert (await post(small_house, {**GOOD, "id": "short", "from": OTHER, "text": "1"}))[0] == 200
    started = time.monotonic()
    await small_house.rest()
    assert time.monotonic() - started < 10
    assert len((await small_house.state(OTHER)).reports) == 1
    long_one = await small_house.state(PHONE)
    assert long_one.reports or long_one.escalations


async def test_a_damaged_text_is_read_and_shown_to_a_person(house):
    for number, damage in enumerate(["\x00", "\ud83d", "\x1b[31m"]):
        phone = f"+81901234567{number}"
        await consented(house, phone)
        body = {**GOOD, "id": f"damaged {number}", "from": phone, "text": f"2 37.9 {damage} のどが痛い"}
        assert (await post(house, body))[0] == 200
        await house.rest()
        state = await house.state(phone)
        assert [task.reason for task in state.escalations] == ["damaged_text"]
        assert state.reports[0].temperature == 37.9


async def test_danger_in_a_damaged_text_is_an_emergency(small_house):
    await consented(small_house)
    await post(small_house, {**GOOD, "id": "damaged", "text": "息が苦しいです\ud83d\x00"})
    await small_house.rest()
    assert "emergency" in [task.priority for task in (await small_house.state(PHONE)).escalations]


async def test_while_the_database_is_away_the_gateway_is_asked_to_come_again(small_house):
    async with small_house.service.database.write() as tx:
        await tx.run(text("ALTER TABLE inbox RENAME TO away"))
    status, headers, told = await post(small_house, GOOD)
    assert status == 503
    assert int(headers["Retry-After"]) > 0
    assert "goes on by itself" in told["error"]
    async with small_house.service.database.write() as tx:
        await tx.run(text("ALTER TABLE away RENAME TO inbox"))
    assert (await post(small_house, GOOD))[0] == 200


async def test_receipts_are_taken_malformed_ones_are_not(house):
    path = "/webhook/sandbox/demo/receipts"
    assert (await post(house, [{"id": "c999", "status": "delivered"}] * 3, path))[0] == 200
    assert (await post(house, [], path))[0] == 200
    for body in (b"", b"{}", b'[{"id": "c1"}]', b'[{"id": "\\u0000", "status": "delivered"}]'):
        assert (await post(house, body, path))[0] == 400
    async with house.service.database.write() as tx:
        await tx.run(text("ALTER TABLE receipts RENAME TO away"))
    status, _, _ = await post(house, [{"id": "c998", "status": "delivered"}], path)
    assert status == (500 if house.service.database.is_postgres else 503)


async def test_who_asks_for_its_health_is_answered(small_house):
    async with small_house.http.get(f"{small_house.url}/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
