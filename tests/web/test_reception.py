"""The webhook of real gateways: the exact request is verified, all that it brings is committed, nothing is lost."""

import asyncio
from ipaddress import ip_network

import aiohttp
import pytest
from sqlalchemy import func, select
from sqlalchemy import text as sql
from structlog.testing import capture_logs

from bot.domain.gateway import WebRequest
from bot.web.webhook.views import peer_of
from tests.support.signed import OTHER, PATH, PHONE, SignedGateway, inbox, join, knock, text, words
from tests.support.wait import until_async


async def count(house, table):
    async with house.service.database.read() as tx:
        return await tx.value(select(func.count()).select_from(tx.t.metadata.tables[table]))


async def held(house):
    return [(item.code, item.state) for item in await house.service.quarantine.list()]


async def rename(house, old, new):
    async with house.service.database.write() as tx:
        await tx.run(sql(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_everything_in_a_request_is_there_when_it_is_answered(house):
    join(house)
    receipts = [{"message_id": "s1", "state": "delivered"}, {"message_id": "s2", "state": "unknown", "code": "77"}]
    data = {"texts": [text("a"), text("b", "2"), text("c", phone=OTHER)], "receipts": receipts, "ids": {"s9": "s1"}}
    status, _, told = await knock(house, data)
    assert (status, told) == (200, {"status": "kept"})
    assert [words for words, _ in await inbox(house)] == ["こんにちは", "2", "こんにちは"]
    assert await count(house, "receipts") == 3
    assert await count(house, "conversations") == 2


async def test_where_one_part_of_a_request_cannot_be_kept_none_is(house):
    join(house)
    await rename(house, "receipts", "away")
    data = {"texts": [text("a")], "receipts": [{"message_id": "s1", "state": "delivered"}]}
    status, _, _ = await knock(house, data)
    assert status == (500 if house.service.database.is_postgres else 503)
    assert await count(house, "inbox") == 0
    await rename(house, "away", "receipts")
    assert (await knock(house, data))[0] == 200
    assert (await count(house, "inbox"), await count(house, "receipts")) == (1, 1)


async def test_one_requests_fault_is_not_that_of_others_of_the_same_moment(house):
    join(house)
    await rename(house, "receipts", "away")
    good, bad = {"texts": [text("a")]}, {"texts": [text("b")], "receipts": [{"message_id": "s1", "state": "delivered"}]}
    answers = await asyncio.gather(*(knock(house, data) for data in (good, bad, {"texts": [text("c")]})))
    if house.service.database.is_postgres:
        assert [status for status, _, _ in answers] == [200, 500, 200]
        assert await count(house, "inbox") == 2
    else:
        assert answers[1][0] == 503


async def test_ten_requests_at_once_with_the_same_texts_are_one_of_each(house):
    join(house)
    data = {"texts": [text("a"), text("b", "2"), text("c", phone=OTHER)]}
    answers = await asyncio.gather(*(knock(house, data) for _ in range(10)))
    assert [status for status, _, _ in answers] == [200] * 10
    assert await count(house, "inbox") == 3


async def test_a_provider_that_hangs_up_and_comes_again_is_not_doubled(house):
    join(house)

    async def hung_up():
        task = asyncio.create_task(knock(house, {"texts": [text("a")]}))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    for _ in range(5):
        await hung_up()
    assert (await knock(house, {"texts": [text("a")]}))[0] == 200
    assert await count(house, "inbox") == 1


@pytest.mark.parametrize(
    "path",
    [
        PATH + "?id=1&from=%2B819012345678&text=%e3%81%93%E3%82%8C+a%20b%2bc",
        PATH + "?id=2&&from=%2b819012345678&text=%2F%3f&&empty=&flag",
        PATH + "/?id=3&from=09012345678&text=~!*'()",
        PATH + "/receipts?id=4&from=09012345678&text=1",
        PATH + "/s3cret%2Fpart/../x;y=1?id=5&from=09012345678&text=1",
    ],
)
async def test_the_signed_address_is_the_one_that_was_called_byte_for_byte(small_house, path):
    join(small_house)
    status, _, told = await knock(small_house, path=path, method="GET")
    assert status == 200, told
    assert await count(small_house, "inbox") == 1


async def test_a_proxy_that_rewrites_host_and_scheme_changes_nothing(small_house):
    join(small_house)
    headers = {"Host": "inside:8080", "X-Forwarded-Proto": "http"}
    assert (await knock(small_house, {"texts": [text("a")]}, headers=headers))[0] == 200


async def test_without_an_address_of_its_own_an_account_is_at_the_one_that_was_called(small_house):
    seen = []

    class Seeing(SignedGateway):
        async def verify(self, request, _now):
            seen.append(request)

    join(small_house, Seeing(public_url=""))
    assert (await knock(small_house, {}, headers={"X-Twice": "1"}))[0] == 200
    (request,) = seen
    assert isinstance(request, WebRequest)
    assert (request.url, request.body, request.peer) == (small_house.url + PATH, b"{}", "127.0.0.1")
    assert (request.method, request.header("X-Twice"), request.headers["x-twice"]) == ("POST", "1", "1")


REFUSED = [
    ({"X-Signature": ""}, 403, "unsigned"),
    ({"X-Signature": "0" * 64}, 403, "signature"),
    ({"X-Time": "2022-09-10T00:00:00+00:00"}, 403, "stale"),
    ({"X-User": "stranger"}, 401, "credentials"),
    ({"X-Signature": "zażółć"}, 503, "error"),  # comparing it fails: nobody knows, the provider may come again
    ({"X-Crash": "1"}, 503, "error"),
]


async def test_what_is_not_believed_is_answered_so_and_kept(house):
    join(house)
    for number, (headers, expected, code) in enumerate(REFUSED):
        with capture_logs() as logs:
            status, answer, told = await knock(house, {"texts": [text(f"r{number}", "ひみつ")]}, headers=headers)
        assert (status, bool(told["error"]), bool(told["error_ja"])) == (expected, True, True)
        assert (await held(house))[0] == (code, "held")
        assert [log["code"] for log in logs if log["event"] == "webhook.refused"] == [code]
        assert not any(hidden in str(logs) for hidden in ("ひみつ", PHONE, PHONE[3:], PATH))
        assert ("Retry-After" in answer) == (expected == 503)
        assert ("WWW-Authenticate" in answer) == (expected == 401)
    assert await count(house, "inbox") == 0
    (summary,) = await house.service.quarantine.summary()
    assert (summary.held, summary.codes["error"]) == (len(REFUSED), 2)


async def test_what_is_refused_while_the_database_is_away_may_come_again(house):
    join(house)
    await rename(house, "refused_requests", "away")
    status, _, _ = await knock(house, {"texts": [text("a")]}, key="wrong")
    assert status == (500 if house.service.database.is_postgres else 503)


MALFORMED = [(b"", "body"), (b"\xff", "body"), ({"texts": [text("a"), {"id": "b", "from": PHONE}]}, "text")]


async def test_a_believed_request_that_cannot_be_read_is_kept_and_its_fault_named(house):
    join(house)
    for data, field in MALFORMED:
        status, _, told = await knock(house, data)
        assert (status, told["field"]) == (400, field)
    assert await held(house) == [("malformed", "held")] * len(MALFORMED)
    assert await count(house, "inbox") == 0


async def test_a_gateway_that_fails_over_a_request_loses_nothing(house):
    join(house)
    status, _, told = await knock(house, {"texts": [text("a", part=["1"])]})
    assert status == 500
    assert "Part" not in str(told)
    assert await held(house) == [("malformed", "held")]


@pytest.mark.parametrize("sender", ["12345", "AUTH", "保健所", "", "tel:110", "+", "0120-SAKURA", "９９"])
async def test_a_sender_without_a_number_does_not_lose_the_others(house, sender):
    join(house)
    data = {"texts": [text("a", "1"), text("b", "ひみつ", phone=sender), text("c", "3", phone=OTHER)]}
    with capture_logs() as logs:
        for _ in range(3):
            assert (await knock(house, data))[0] == 200
    assert await words(house) == ["1", "3"]
    assert "ひみつ" not in str(logs)
    (item,) = await house.service.quarantine.list()
    assert item.code == "no_number"
    _, contents = await house.service.quarantine.show(item.id)
    assert [(one["sender"], one["text"]) for one in contents.texts] == [(sender, "ひみつ")]


async def test_copies_of_a_text_without_an_id_are_all_kept_and_marked(house):
    join(house)
    for words_, minutes in (("1", 0), ("1", 1), ("2", 0), ("1", 20)):
        house.clock.set(house.clock.now().replace(minute=house.clock.now().minute + minutes))
        assert (await knock(house, {"texts": [text("", words_), text("", words_, phone=OTHER)]}))[0] == 200
    kept = [(words, payload.get("possible_duplicate", False)) for words, payload in await inbox(house)]
    assert kept == [("1", False)] * 2 + [("1", True)] * 2 + [("2", False)] * 2 + [("1", False)] * 2


async def test_copies_of_a_text_without_an_id_at_once_are_told_apart(house):
    join(house)
    await asyncio.gather(*(knock(house, {"texts": [text("", "3")]}) for _ in range(5)))
    marks = [payload.get("possible_duplicate", False) for _, payload in await inbox(house)]
    assert sorted(marks) == [False, True, True, True, True]


async def test_ids_that_no_table_could_hold_are_kept_apart(house):
    join(house)
    ids = ["x" * 500 + "1", "x" * 500 + "2", "nul\x00", "half \ud800"]
    for _ in range(2):
        assert (await knock(house, {"texts": [text(one) for one in ids]}))[0] == 200
    assert await count(house, "inbox") == len(ids)


async def test_a_text_that_could_not_be_decoded_is_shown_to_a_person(house):
    join(house)
    await knock(house, {"texts": [text("a", "2 37.9 ???", damaged=True)]})
    await house.rest()
    assert "damaged_text" in [task.reason for task in (await house.state(PHONE)).escalations]


async def test_two_accounts_may_give_the_same_id(house):
    join(house)
    join(house, SignedGateway("second"))
    for path in (PATH, "/webhook/signed/second"):
        assert (await knock(house, {"texts": [text("a")]}, path=path))[0] == 200
    assert await count(house, "inbox") == 2


async def test_an_unknown_account_is_told_so(small_house):
    for path in ("/webhook/signed/main", "/webhook/nothing/main", "/webhook/signed/main/receipts"):
        assert (await knock(small_house, {}, path=path))[0] == 404


@pytest.mark.parametrize(
    "remote, forwarded, peer",
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the first may be anybody's invention
        ("127.0.0.1", "198.51.100.1, 10.0.0.5", "198.51.100.1"),
        ("127.0.0.1", "junk, 10.0.0.5", "junk"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_proxies_of_ours_tell_who_asked(remote, forwarded, peer):
    assert peer_of(remote, forwarded, [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]) == peer


async def test_a_request_that_is_cut_off_leaves_nothing(house):
    join(house)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rsplit(":", 1)[1]))
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    async with aiohttp.ClientSession() as http, http.get(house.url + "/healthz") as answer:
        assert answer.status == 200
    await until_async(lambda: reader.at_eof() or True, "closed")
    assert (await count(house, "inbox"), await count(house, "refused_requests")) == (0, 0)
