"""Many texts from one number: every one is kept and read, staff get one task, answers stay within their limit."""

import asyncio
import json
from collections import Counter
from datetime import date, timedelta

from sqlalchemy import select

from bot.domain.hourly import AN_HOUR
from bot.inbox import flood
from bot.scripts.stage import Resident
from tests.support.signed import OTHER, PHONE, join, knock, text

MANY = 120


async def tasks(house, phone=PHONE):
    async with house.service.database.read() as tx:
        about = await house.conversation_id(phone)
        rows = tx.t.escalations
        found = await tx.all(select(rows).where(rows.c.conversation_id == about).order_by(rows.c.id))
    return [(row["reason"], row["priority"], row["times"]) for row in found if row["state"] != "closed"]


async def handled(house):
    async with house.service.database.read() as tx:
        rows = tx.t.inbox
        return Counter((await tx.run(select(rows.c.state).where(rows.c.kind == "reply"))).scalars())


async def bring(house, *said, phone=PHONE, first=0):
    texts = [text(f"f{phone}{first + at}", words, phone) for at, words in enumerate(said)]
    assert (await knock(house, {"texts": texts}))[0] == 200


async def test_a_flood_from_a_stranger_is_one_task_and_all_of_it_is_kept(house):
    join(house)
    await bring(house, *(f"広告 {at}" for at in range(MANY)))
    await house.rest()
    assert await tasks(house) == [("flood", "routine", MANY)]
    assert await handled(house) == {"handled": MANY}


async def test_a_flood_that_comes_drop_by_drop_is_one_task_too(house):
    join(house)
    for at in range(40):
        await bring(house, f"よくわからない話 {at}", first=at)
        await house.rest()
        house.clock.set(house.clock.now() + timedelta(seconds=5))
    assert await tasks(house) == [("flood", "routine", 40)]


async def test_danger_in_a_flood_is_told_by_itself(house):
    join(house)
    said = [f"広告 {at}" for at in range(MANY)]
    said[77] = "息が苦しいです。助けて"
    await bring(house, *said)
    await house.rest()
    found = await tasks(house)
    assert ("flood", "routine") in [task[:2] for task in found]
    assert [task[1] for task in found].count("emergency") == 1
    assert len(found) == 2


async def test_a_residents_flood_is_answered_within_the_limit_and_others_go_on(house):
    join(house)
    for phone in (PHONE, OTHER):
        await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", phone, "ja", date(2022, 9, 9)))
        await house.send(phone, "はい")
    await asyncio.gather(*(bring(house, f"質問ですか {at}?", first=at) for at in range(MANY)))
    await bring(house, "1 36.5", phone=OTHER)
    await house.rest()
    assert [task[0] for task in await tasks(house) if task[1] == "routine"] == ["flood"]
    assert len(house.carrier.messages[PHONE]) <= AN_HOUR
    assert await tasks(house, OTHER) == []
    assert len((await house.state(OTHER)).reports) == 1


async def test_what_a_person_has_taken_or_what_changes_who_is_texted_stays_by_itself(house):
    join(house)
    await bring(house, "番号違いです")
    await house.rest()
    await bring(house, *(f"広告 {at}" for at in range(MANY)), first=1)
    await house.rest()
    reasons = [task[0] for task in await tasks(house)]
    assert "wrong_number" in reasons
    assert reasons.count("flood") <= 1
    assert len(reasons) <= 2


async def test_a_few_texts_are_no_flood(house):
    join(house)
    await bring(house, *(f"広告 {at}" for at in range(flood.MANY - 1)))
    await house.rest()
    assert [task[0] for task in await tasks(house)] == ["unknown_sender"]
    house.clock.set(house.clock.now() + flood.WITHIN)
    await bring(house, *(f"広告 {at}" for at in range(5)), first=100)
    await house.rest()
    assert [task[0] for task in await tasks(house)] == ["unknown_sender"]


async def test_the_words_of_a_flood_are_not_lost(house):
    join(house)
    await bring(house, *(f"広告 {at}" for at in range(flood.MANY)))
    await house.rest()
    async with house.service.database.read() as tx:
        rows = await tx.all(select(tx.t.inbox.c.payload, tx.t.inbox.c.reading))
    assert [json.loads(row["payload"])["text"] for row in rows] == [f"広告 {at}" for at in range(flood.MANY)]
    assert all(row["reading"] for row in rows)
