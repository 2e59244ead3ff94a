"""Refused requests: kept, released after the setting was mended, judged by when they came, and never doubled."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from bot.domain.errors import InvalidInput, NotFound, Refused
from bot.domain.gateway import NotActed, RefusedRequest, WebRequest
from bot.inbox.parts import PartsKeeper
from tests.gateways.kit import NOW as SNS_NOW
from tests.gateways.test_sns import HOST, TOPIC, Amazon, _secrets, sns, subscription  # noqa: F401  # a fixture
from tests.support.signed import OTHER, OUTSIDE, PATH, SignedGateway, inbox, join, knock, signature, text, words

NURSE = "nurse"
HOUR = timedelta(hours=1)


async def refused(house, *texts, key="k2", **how):
    """A request signed with a key that our settings do not have yet; its number in the quarantine."""
    status, _, _ = await knock(house, {"texts": list(texts)}, key=key, **how)
    assert status == 403
    return (await house.service.quarantine.list())[0].id


def mended(house):
    """The operator has written the new key into the settings."""
    join(house, SignedGateway(key="k2"))
    return house.service.quarantine


async def receipts(house):
    async with house.service.database.read() as tx:
        return await tx.value(select(func.count()).select_from(tx.t.receipts))


async def test_after_the_setting_is_mended_a_held_request_brings_what_it_held(house):
    join(house)
    data = {
        "texts": [text("a", "1"), text("b", "2", phone=OTHER)],
        "receipts": [{"message_id": "s1", "state": "delivered"}],
    }
    await knock(house, data, key="k2")
    came = house.clock.now()
    house.clock.set(came + 48 * HOUR)
    quarantine = mended(house)
    (item,) = await quarantine.list("signed", "main")
    taken = await quarantine.release(item.id, NURSE)
    assert (taken.texts, taken.receipts, taken.nameless) == (2, 1, 0)
    assert await words(house) == ["1", "2"]
    assert {payload["came_at"] for _, payload in await inbox(house)} == {came.isoformat()}
    assert await receipts(house) == 1
    assert await quarantine.list() == await quarantine.summary() == []
    (item,) = await quarantine.list(state="released")
    assert (item.decided_by, item.decided_at) == (NURSE, house.clock.now())


async def test_a_request_that_was_stale_when_it_came_stays_so(house):
    join(house, SignedGateway(key="k2"))
    number = await refused(house, text("a"), at=house.clock.now() - HOUR)
    with pytest.raises(RefusedRequest) as refusal:
        await house.service.quarantine.release(number, NURSE)
    assert refusal.value.code == "stale"
    assert [item.state for item in await house.service.quarantine.list()] == ["held"]
    assert (await house.service.quarantine.release(number, NURSE, force=True)).texts == 1
    assert await words(house) == ["こんにちは"]
    assert [item.id for item in await house.service.quarantine.list(state="forced")] == [number]


async def test_what_is_not_believed_yet_stays_held(house):
    join(house)
    number = await refused(house, text("a"))
    with pytest.raises(RefusedRequest):
        await house.service.quarantine.release(number, NURSE)
    assert [item.id for item in await house.service.quarantine.list()] == [number]
    assert await words(house) == []


async def test_a_request_that_two_release_enters_once(house):
    join(house)
    number = await refused(house, text(""), text("b"))
    quarantine = mended(house)
    ends = await asyncio.gather(*(quarantine.release(number, NURSE) for _ in range(5)), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["Refused"] * 4 + ["Taken"]
    with pytest.raises(Refused):
        await quarantine.release(number, NURSE)
    with pytest.raises(Refused):
        await quarantine.drop(number, NURSE)
    assert await words(house) == ["こんにちは"] * 2


async def test_what_the_provider_brought_again_meanwhile_is_not_doubled(house):
    join(house)
    number = await refused(house, text("a"))
    quarantine = mended(house)
    assert (await knock(house, {"texts": [text("a")]}, key="k2"))[0] == 200
    await quarantine.release(number, NURSE)
    assert await words(house) == ["こんにちは"]


async def test_all_of_an_account_are_released_together_and_junk_stays(house):
    join(house)
    for at in range(5):
        await refused(house, text(f"m{at}", str(at)))
    await refused(house, text("junk", "9"), key="k3")
    quarantine = mended(house)
    assert await quarantine.release_all("signed", "main", NURSE) == (5, 1)
    assert await words(house) == ["0", "1", "2", "3", "4"]
    (junk,) = await quarantine.list()
    await quarantine.drop(junk.id, NURSE)
    assert await quarantine.list() == []
    assert await words(house) == ["0", "1", "2", "3", "4"]


async def test_a_malformed_request_is_read_again_after_the_gateway_was_mended(house):
    join(house)
    assert (await knock(house, {"texts": [{"id": "a", "from": OTHER}]}))[0] == 400
    (item,) = await house.service.quarantine.list()
    with pytest.raises(InvalidInput) as error:
        await house.service.quarantine.release(item.id, NURSE)
    assert error.value.field == "text"

    class Mended(SignedGateway):
        async def parse(self, request):
            return await super().parse(request) if b'"text":' in request.body else await super().parse(filled(request))

    join(house, Mended())
    assert (await house.service.quarantine.release(item.id, NURSE)).texts == 1


def filled(request):
    body = request.body.replace(b'"from"', b'"text": "", "from"')
    return type(request)(request.method, request.url, request.headers, body, request.peer)


async def test_a_text_that_nobody_can_be_answered_for_is_read_and_dropped(house):
    join(house)
    await knock(house, {"texts": [text("a", phone="12345"), text("b", "2")]})
    quarantine = house.service.quarantine
    (item,) = await quarantine.list()
    for force in (False, True):
        with pytest.raises(InvalidInput):
            await quarantine.release(item.id, NURSE, force=force)
    assert [one.state for one in await quarantine.list()] == ["held"]
    await quarantine.drop(item.id, NURSE)
    assert (await quarantine.list(), await words(house)) == ([], ["2"])


async def test_a_released_request_leaves_behind_the_texts_without_a_number(house):
    join(house)
    number = await refused(house, text("a"), text("b", "ひみつ", phone="12345"))
    quarantine = mended(house)
    assert (await quarantine.release(number, NURSE)).nameless == 1
    (left,) = await quarantine.list()
    assert left.code == "no_number"


async def test_what_is_not_there_is_told_so(house):
    join(house)
    quarantine = house.service.quarantine
    for act in (quarantine.show(99), quarantine.release(99, NURSE), quarantine.drop(99, NURSE)):
        with pytest.raises(NotFound):
            await act
    number = await refused(house, text("a"))
    del house.service.gateways["signed", "main"]
    with pytest.raises(NotFound) as missing:
        await quarantine.release(number, NURSE)
    assert "signed/main" in missing.value.en


SAID = {"id": "m1", "from": OTHER, "to": "+815055500100", "text": "3"}


async def said(house, path, body=SAID):
    async with house.http.post(house.url + path, json=body) as answer:
        return answer.status


async def test_a_text_for_a_misspelt_account_is_released_once_its_file_has_that_name(house):
    with capture_logs() as logs:
        assert [await said(house, "/webhook/sandbox/mian", {**SAID, "id": name}) for name in "ab"] == [404, 404]
    told = [entry for entry in logs if entry["event"] == "webhook.unknown_account"]
    assert [(entry["kind"], entry["account"], entry["kept"]) for entry in told] == [("sandbox", "mian", True)]
    quarantine = house.service.quarantine
    assert [item.code for item in await quarantine.list("sandbox", "mian")] == ["unknown_account"] * 2
    with pytest.raises(NotFound):
        await quarantine.release((await quarantine.list())[0].id, NURSE)
    house.service.gateways["sandbox", "mian"] = house.service.gateway
    assert await quarantine.release_all("sandbox", "mian", NURSE) == (2, 0)
    assert await words(house) == ["3", "3"]


async def test_what_scanners_try_is_neither_kept_nor_named(house):
    with capture_logs() as logs:
        for path in ("/webhook/wordpress/login", "/webhook/sandbox/..%2fetc", "/webhook/Kannel/main"):
            assert await said(house, path) == 404
    (entry,) = [entry for entry in logs if entry["event"] == "webhook.unknown_account"]
    assert entry["kept"] is False
    assert await house.service.quarantine.list() == []


async def test_a_released_request_is_verified_with_the_address_that_the_provider_knows(house):
    body = json.dumps({"texts": [text("a")]}).encode()
    headers = {"x-signature": signature("k1", OUTSIDE + PATH, body), "x-time": house.clock.now().isoformat()}
    request = WebRequest("POST", f"http://127.0.0.1:8080{PATH}", headers, body)
    await house.service.reception.keep_unknown("signed", "main", request)
    join(house)
    (item,) = await house.service.quarantine.list()
    assert (await house.service.quarantine.release(item.id, NURSE)).texts == 1


async def test_a_receipt_that_was_held_and_also_came_again_stands_once_in_a_texts_life(house):
    join(house)
    data = {"receipts": [{"message_id": "s1", "state": "delivered", "code": "1"}]}
    await knock(house, data, key="k2")
    quarantine = mended(house)
    assert (await knock(house, data, key="k2"))[0] == 200
    house.clock.set(house.clock.now() + HOUR)
    (item,) = await quarantine.list()
    await quarantine.release(item.id, NURSE)
    assert await receipts(house) == 1


async def a_minute_later(house):
    service = house.service
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    keeper = PartsKeeper(service.database, service.reader, service.settings.office, house.clock, service.bells)
    await keeper.step()


async def test_a_held_text_that_the_provider_sent_again_settles_by_itself(house):
    """After the key was mended: nobody is left with a task that is none."""
    join(house)
    await refused(house, text("a", "1"), text("b", "2"))
    await refused(house, text("c", "3"))
    mended(house)
    assert (await knock(house, {"texts": [text("a", "1"), text("b", "2")], "again": True}, key="k2"))[0] == 200
    await a_minute_later(house)
    quarantine = house.service.quarantine
    ((item,), (settled,)) = await quarantine.list(), await quarantine.list(state="came")
    assert settled.decided_by is None
    with pytest.raises(Refused):
        await quarantine.release(settled.id, NURSE)
    assert (await quarantine.release(item.id, NURSE)).texts == 1
    assert sorted(await words(house)) == ["1", "2", "3"]


async def test_a_held_request_with_receipts_is_left_to_a_person(house):
    join(house)
    data = {"texts": [text("a", "1")], "receipts": [{"message_id": "s1", "state": "delivered"}]}
    await knock(house, data, key="k2")
    mended(house)
    await knock(house, data, key="k2")
    await a_minute_later(house)
    assert len(await house.service.quarantine.list()) == 1


# -- requests that ask for something ---------------------------------------------------------------------------------


async def held_subscription(house, amazon):
    """A confirmation that came while another topic was configured; the topic is right now."""
    mended = join(house, sns(amazon))
    await house.service.reception.refuse(mended, "topic", subscription(), at=SNS_NOW)
    return (await house.service.quarantine.list())[0].id


async def test_a_held_confirmation_of_a_subscription_is_confirmed_when_it_is_released(house):
    amazon = Amazon()
    number = await held_subscription(house, amazon)
    await house.service.quarantine.release(number, NURSE)
    assert [url for url in amazon.asked if "ConfirmSubscription" in url] == [
        f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
    ]
    assert await house.service.quarantine.list() == []


async def test_a_confirmation_that_fails_stays_held_and_says_what_to_do(house):
    amazon = Amazon()
    number = await held_subscription(house, amazon)
    house.service.gateways["sns", "main"].download = refuses(amazon)
    with pytest.raises(NotActed) as error:
        await house.service.quarantine.release(number, NURSE)
    assert "Request confirmation" in error.value.en
    assert await house.service.quarantine.release_all("sns", "main", NURSE) == (0, 1)


async def test_a_confirmation_of_another_topic_cannot_be_forced(house):
    amazon = Amazon()
    number = await held_subscription(house, amazon)
    join(house, sns(amazon, topic=f"{TOPIC}2"))
    with pytest.raises(RefusedRequest):
        await house.service.quarantine.release(number, NURSE)
    with pytest.raises(Refused, match="nothing to take"):
        await house.service.quarantine.release(number, NURSE, force=True)
    assert amazon.asked == []
    assert len(await house.service.quarantine.list()) == 1


def refuses(amazon):
    async def download(url):
        if "ConfirmSubscription" in url:
            raise OSError
        return await amazon.download(url)

    return download
