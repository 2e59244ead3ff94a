"""Roads that bring texts by themselves, and roads that are asked what was missed."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy import text as sql

from bot.domain.gateway import Parsed
from bot.storage.heard import last_heard, looked_back_to
from bot.storage.text_events import TextEvent, add_text_events
from bot.web.webhook.lookback import AGAIN, EVERY, FARTHEST, FIRST, OVERLAP, LookBack
from bot.web.webhook.standing import keep_standing
from tests.storage.test_receipts import add_text
from tests.support.signed import PHONE, SignedGateway, join, knock, parsed, text, words
from tests.support.wait import until_async

ROAD = "signed/main"


@contextlib.asynccontextmanager
async def standing(house, gateway):
    task = asyncio.create_task(keep_standing(gateway, house.service.reception, shortest=0.01))
    yield
    assert not task.done()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def count(house, table):
    async with house.service.database.read() as tx:
        return await tx.value(select(func.count()).select_from(tx.t.metadata.tables[table]))


def bring(*texts, **more):
    return parsed({"texts": list(texts), **more}, b"a frame")


# -- standing --------------------------------------------------------------------------------------------------------


async def test_what_a_connection_brings_is_committed_and_a_failure_is_no_end(house):
    gateway = join(house)
    async with standing(house, gateway):
        receipts = [{"message_id": "s1", "state": "delivered"}]
        for brought in (
            bring(text("a", "1")),
            ConnectionResetError(),
            ZeroDivisionError(),
            bring(text("b", "2"), receipts=receipts),
        ):
            gateway.brings.put_nowait(brought)
        await until_async(lambda: count(house, "receipts"), "the last frame is committed")
    assert await words(house) == ["1", "2"]
    async with house.service.database.read() as tx:
        assert await last_heard(tx, ROAD) == house.clock.now()


async def test_a_connection_that_fails_while_it_is_closed_is_not_opened_again(house):
    gateway = join(house)

    async def torn(deliver):
        try:
            await asyncio.Event().wait()
        finally:
            raise ConnectionResetError

    gateway.run = torn
    task = asyncio.create_task(keep_standing(gateway, house.service.reception, shortest=0.01))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    _, left = await asyncio.wait([task], timeout=20)
    assert not left


async def test_a_connection_hears_that_nothing_was_kept(house):
    gateway = join(house)
    async with house.service.database.write() as tx:
        await tx.run(sql("ALTER TABLE inbox RENAME TO away"))
    async with standing(house, gateway):
        gateway.brings.put_nowait(bring(text("a")))
        await until_async(gateway.brings.empty, "it was handed over")
        async with house.service.database.write() as tx:
            await tx.run(sql("ALTER TABLE away RENAME TO inbox"))
        gateway.brings.put_nowait(bring(text("a")))
        await until_async(lambda: count(house, "inbox"), "it came again and was kept")
    assert await count(house, "inbox") == 1


async def test_a_sender_without_a_number_on_a_connection_is_kept_for_a_person(house):
    gateway = join(house)
    taken = await house.service.reception.take(gateway, bring(text("a", "ひみつ", phone="12345"), text("b", "2")))
    assert (taken.texts, taken.nameless) == (1, 1)
    (item,) = await house.service.quarantine.list()
    _, contents = await house.service.quarantine.show(item.id)
    assert (item.code, contents.texts[0]["text"], contents.request.body) == ("no_number", "ひみつ", b"a frame")


# -- looking back ----------------------------------------------------------------------------------------------------


def look_back(house, *gateways):
    return LookBack(gateways, house.service.reception, house.service.database, house.clock)


async def test_what_no_webhook_brought_comes_in_once_and_what_one_did_is_not_doubled(house):
    gateway, looking = join(house), None
    assert (await knock(house, {"texts": [text("a", "1")]}))[0] == 200
    receipts = [{"message_id": "s1", "state": "delivered", "code": "d"}]
    gateway.list = bring(text("a", "1"), text("b", "2"), receipts=receipts)
    for _ in range(4):  # as after restarts
        looking = look_back(house, gateway)
        assert await looking.step() == 1
    assert (await knock(house, {"texts": [text("b", "2")]}))[0] == 200
    assert await words(house) == ["1", "2"]
    assert await count(house, "receipts") == 1
    await house.rest()
    assert [task.reason for task in (await house.state(PHONE)).escalations] == ["unknown_sender"], "and was handled"


async def test_each_question_goes_back_to_the_last_one_and_a_little_further(house):
    gateway = join(house)
    looking, began = look_back(house, gateway), house.clock.now()
    assert await looking.step() == 1
    assert await looking.step() == 0
    house.clock.set(began + EVERY)
    await looking.step()
    house.clock.set(began + EVERY + timedelta(days=30))
    await looking.step()
    assert gateway.asked_since == [began - FIRST, began - OVERLAP, house.clock.now() - FARTHEST]
    async with house.service.database.read() as tx:
        assert await looked_back_to(tx, ROAD) == house.clock.now()


@pytest.mark.parametrize("fault", ["none", "raises", "away"])
async def test_a_question_without_an_answer_is_asked_again_soon(house, fault):
    gateway, other = join(house), join(house, SignedGateway("second"))
    other.list = bring(text("c", "3"))

    def fails():
        raise ZeroDivisionError

    gateway.list = {"none": None, "raises": fails, "away": bring(text("a"))}[fault]
    looking, began = look_back(house, gateway, other), house.clock.now()
    if fault == "away":
        async with house.service.database.write() as tx:
            await tx.run(sql("ALTER TABLE roads RENAME TO away"))
    assert await looking.step() == 2
    assert await count(house, "inbox") == (0 if fault == "away" else 1)
    if fault == "away":
        async with house.service.database.write() as tx:
            await tx.run(sql("ALTER TABLE away RENAME TO roads"))
    gateway.list = bring(text("b", "2"))
    house.clock.set(began + AGAIN)
    assert await looking.step() == (2 if fault == "away" else 1)
    assert sorted(await words(house)) == ["2", "3"]
    assert gateway.asked_since[-1] == began + AGAIN - FIRST, "nothing was passed over"


async def test_nothing_new_is_an_answer_too(house):
    gateway = join(house)
    gateway.list = Parsed()
    await look_back(house, gateway).step()
    async with house.service.database.read() as tx:
        assert await looked_back_to(tx, ROAD) == house.clock.now()


async def test_a_list_that_is_too_long_for_one_look_goes_on_soon_where_it_ended(house):
    gateway = join(house)
    looking, began = look_back(house, gateway), house.clock.now()
    read_until = began - timedelta(hours=5)
    gateway.list = replace(bring(text("a", "1")), until=read_until)
    await looking.step()
    async with house.service.database.read() as tx:
        assert await looked_back_to(tx, ROAD) == read_until
    gateway.list = bring(text("b", "2"))
    house.clock.set(began + AGAIN)
    assert await looking.step() == 1
    house.clock.set(began + AGAIN + EVERY)
    await looking.step()
    assert gateway.asked_since == [began - FIRST, read_until, began + AGAIN - OVERLAP]
    assert await words(house) == ["1", "2"]


class LookedUp(SignedGateway):
    """Has no list; tells what became of the texts that it is asked about."""

    abilities = replace(SignedGateway.abilities, looks_up=True)

    async def look_up(self, references):
        self.asked_about = list(references)
        return parsed({"receipts": [{"message_id": "", "reference": "ref2", "state": "delivered"}]})


async def test_a_road_without_a_list_is_asked_about_each_text_that_has_no_result(house):
    gateway, now = join(house, LookedUp()), house.clock.now()
    async with house.service.database.write() as tx:
        hours = {1: 80, 2: 60, 3: 1, 4: 1, 5: 1, 6: 2}
        states = {1: "accepted", 2: "accepted", 3: "delivered", 4: "accepted", 5: "unknown", 6: "queued"}
        for number, state in states.items():
            text_id = await add_text(tx, number, state, road="other/main" if number == 4 else ROAD)
            tried = [TextEvent(text_id, "submitting", "other/main" if number == 4 else ROAD)]
            await add_text_events(tx, tried * 2, now - timedelta(hours=hours[number]))
    looking = look_back(house, gateway)
    await looking.step()
    assert gateway.asked_about == ["ref2", "ref5"], "also those that an earlier process sent"
    house.clock.set(now + EVERY)
    await looking.step()
    assert gateway.asked_about == ["ref5"], "a result that is stored is not asked for again"
    assert gateway.asked_since == []
