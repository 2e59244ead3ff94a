"""Timers in a running house: one send per local date, whatever the clock does."""

import asyncio
import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.scripts.stage import Resident
from bot.timers.ticker import Ticker

ZONE = ZoneInfo("Asia/Tokyo")
PHONE = "+819012345678"
DAY = timedelta(days=1)


async def enrolled(house, day0=date(2022, 9, 9), phone=PHONE):
    await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", phone, "ja", day0))


async def consented(house, day0=date(2022, 9, 9), phone=PHONE):
    await enrolled(house, day0, phone)
    await house.send(phone, "はい")


def local(day, clock=time(0, 0)):
    return datetime.combine(date(2022, 9, day), clock, ZONE).astimezone(UTC)


async def checks(house):
    """When each daily check was said, local."""
    async with house.service.database.read() as tx:
        outbox = tx.t.outbox
        said = select(outbox.c.created_at).where(outbox.c.text_key == "daily_check").order_by(outbox.c.id)
        return [moment.astimezone(ZONE) for moment in (await tx.run(said)).scalars()]


async def fallen(house, name="check"):
    """The local dates whose timer of that name has fallen."""
    async with house.service.database.read() as tx:
        timers = tx.t.timers
        query = select(timers.c.local_date).where(timers.c.name == name, timers.c.state == "fallen")
        return sorted((await tx.run(query.order_by(timers.c.id))).scalars())


async def test_each_day_has_one_check_at_its_hour(house):
    await consented(house)
    await house.advance(local(14, time(12, 0)))
    assert await checks(house) == [datetime.combine(date(2022, 9, day), time(9, 0), ZONE) for day in (11, 12, 13, 14)]


async def test_a_house_that_was_closed_for_days_asks_once_and_not_for_each_day(house):
    await consented(house)
    house.clock.set(local(13, time(15, 30)))
    await house.rest()
    assert len(await checks(house)) == 1
    await house.advance(local(15, time(12, 0)))
    assert [moment.day for moment in await checks(house)] == [13, 14, 15]


async def test_around_midnight_a_check_belongs_to_the_day_on_which_it_falls(small_house):
    house = small_house
    phones = {-1: "+819012345671", 0: "+819012345672", 1: "+819012345673"}
    for phone in phones.values():
        await enrolled(house, phone=phone)
    for seconds, phone in phones.items():
        await house.advance(local(12) + timedelta(seconds=seconds))
        await house.send(phone, "はい")
    assert await checks(house) == []
    await house.advance(local(12, time(23, 59, 59)))
    assert [moment.time() for moment in await checks(house)] == [time(9, 0)] * 3
    assert await fallen(house) == [date(2022, 9, 12)] * 3


async def test_a_clock_that_is_set_back_a_day_asks_nobody_twice(house):
    await consented(house)
    await house.advance(local(12, time(9, 30)))
    said = await checks(house)
    assert len(said) == 2
    for back in (DAY, timedelta(hours=1), timedelta(minutes=31)):
        house.clock.set(local(12, time(9, 30)) - back)
        await house.rest()
        await house.send(PHONE, "1 36.5")
        await house.advance(local(12, time(9, 30)))
    assert await checks(house) == said
    await house.advance(local(13, time(9, 30)))
    assert len(await checks(house)) == 3


async def test_a_clock_that_jumps_to_and_fro_asks_once_for_each_date(small_house):
    house, chance = small_house, random.Random(20220911)
    await consented(house, date(2022, 9, 8))
    moves = [DAY, -DAY, timedelta(hours=14), timedelta(hours=-7), timedelta(minutes=50)]
    for _ in range(60):
        now = house.clock.now()
        midnight = datetime.combine(now.astimezone(ZONE).date() + DAY, time(0), ZONE).astimezone(UTC)
        house.clock.set(chance.choice([*(now + move for move in moves), midnight, midnight - timedelta(seconds=1)]))
        await house.rest()
        if chance.random() < 0.3:
            await house.send(PHONE, "2 37.8")  # still ill: nobody is released meanwhile
    dates = await fallen(house)
    assert len(dates) > 8
    assert len(dates) == len(set(dates)), "a timer falls once for its date"
    assert len(await checks(house)) <= len(dates)


async def test_several_tickers_at_once_let_each_timer_fall_once(house):
    phones = [f"+8190123456{number:02}" for number in range(10)]
    for phone in phones:
        await consented(house, phone=phone)
    house.clock.set(local(11, time(9, 0)))
    service = house.service
    tickers = [Ticker(service.database, house.clock, service.bells) for _ in range(3)]
    assert sum(await asyncio.gather(*(ticker.step() for ticker in tickers))) == len(phones)
    await house.rest()
    assert len(await checks(house)) == len(phones)
    texts = Counter(message["to"] for sent in house.carrier.messages.values() for message in sent)
    assert set(texts.values()) == {3}


async def test_nothing_due_costs_no_write(house):
    await consented(house)
    with house.service.bells.listen("inbox") as bell:
        assert await house.ticker.step() == 0
        assert not bell.is_set()
    house.clock.set(local(11, time(9, 0)))
    with house.service.bells.listen("inbox") as bell:
        assert await house.ticker.step() == 1
        assert bell.is_set()
