"""The inbox: everything is kept once, and handed to one worker at a time."""

import asyncio
import json
from datetime import UTC, datetime

from sqlalchemy import func, select

from bot.storage.conversations import ensure_conversations
from bot.storage.database import Database
from bot.storage.inbox import (
    BATCH,
    Arrival,
    Handled,
    add_arrivals,
    add_for_conversation,
    claim,
    count_new,
    mark_handled,
)
from bot.storage.migrate import migrate

NOW = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
PHONE = "+819012345678"


def arrival(message_id, phone=PHONE, *, account="demo", text="こんにちは"):
    return Arrival("reply", "sandbox", account, message_id, phone, {"text": text}, b'{"\xff": 1}')


async def add(database, *arrivals):
    async with database.write() as tx:
        await add_arrivals(tx, "main", arrivals, "Asia/Tokyo", NOW)


async def count(tx, table):
    return await tx.value(select(func.count()).select_from(table))


async def test_the_same_message_is_kept_once_in_one_request_or_in_many(database):
    await add(database, arrival("1"), arrival("1"), arrival("2"))
    await add(database, arrival("2"), arrival("1", account="other"))
    async with database.read() as tx:
        assert await count_new(tx) == 3
        assert await count(tx, tx.t.conversations) == 1


async def test_the_raw_request_is_kept_byte_by_byte(database):
    await add(database, arrival("1"))
    async with database.read() as tx:
        row = await tx.one(select(tx.t.inbox.c.raw, tx.t.inbox.c.payload))
    assert row["raw"].encode("latin-1") == b'{"\xff": 1}'
    assert json.loads(row["payload"]) == {"text": "こんにちは"}


async def test_first_texts_of_a_new_number_at_once_make_one_conversation(database_url, keyring):
    """Each in a transaction of its own; in PostgreSQL they really overlap."""
    databases = [Database(database_url, keyring) for _ in range(1 if database_url.startswith("sqlite") else 3)]
    await migrate(databases[0])
    phones = [f"+8190123456{number:02}" for number in range(8)]

    async def text(number):
        order = phones if number % 2 else phones[::-1]
        await add(databases[number % len(databases)], *(arrival(f"{number}-{phone}", phone) for phone in order))

    await asyncio.gather(*(text(number) for number in range(12)))
    async with databases[0].read() as tx:
        assert await count(tx, tx.t.conversations) == len(phones)
        assert await count_new(tx) == 12 * len(phones)
    for database in databases:
        await database.close()


async def test_the_same_phone_of_two_offices_is_two_conversations(database):
    async with database.write() as tx:
        one = await ensure_conversations(tx, "main", [PHONE], "Asia/Tokyo", NOW)
        two = await ensure_conversations(tx, "branch", [PHONE], "Asia/Tokyo", NOW)
    assert one[PHONE] != two[PHONE]


async def test_texts_of_a_conversation_are_claimed_in_the_order_in_which_they_came(database):
    await add(database, *(arrival(str(number)) for number in (3, 1, 2)))
    async with database.write() as tx:
        items = await claim(tx)
    assert [item.id for item in items] == sorted(item.id for item in items)
    assert len(items) == 3


async def test_a_flood_from_one_number_does_not_keep_the_others_waiting(database):
    await add(database, *(arrival(str(number)) for number in range(1500)))
    await add(database, *(arrival(f"other {number}", f"+8190000000{number:02}") for number in range(1, 11)))
    async with database.write() as tx:
        items = await claim(tx)
    assert len({item.conversation_id for item in items}) == 11
    assert len(items) == 20 + 10


async def test_no_more_conversations_are_claimed_than_one_transaction_shall_hold(database):
    await add(database, *(arrival(str(number), f"+81900000{number:04}") for number in range(BATCH + 20)))
    async with database.write() as tx:
        assert len({item.conversation_id for item in await claim(tx)}) == BATCH


async def test_two_workers_never_hold_the_same_conversation(postgres_url, keyring):
    database = Database(postgres_url, keyring)
    await migrate(database)
    await add(
        database, *(arrival(f"{phone} {number}", f"+81900000{phone:04}") for phone in range(80) for number in range(2))
    )
    async with database.write() as one, database.write() as two:
        first, second = await claim(one), await claim(two)
    held, others = ({item.conversation_id for item in items} for items in (first, second))
    assert len(held) == BATCH
    assert others
    assert not held & others
    await database.close()


async def test_what_was_handled_is_not_claimed_again(database):
    await add(database, arrival("1"), arrival("2"), arrival("3"))
    async with database.write() as tx:
        one, two, _ = await claim(tx)
        await mark_handled(tx, [Handled(one.id, reading="[]"), Handled(two.id, "dead", "unreadable")], NOW)
    async with database.write() as tx:
        assert [item.attempts for item in await claim(tx)] == [0]
        inbox = tx.t.inbox
        rows = await tx.all(
            select(inbox.c.state, inbox.c.note, inbox.c.attempts, inbox.c.handled_at).order_by(inbox.c.id)
        )
    assert [tuple(row.values()) for row in rows] == [
        ("handled", None, 1, NOW), ("dead", "unreadable", 1, NOW), ("new", None, 0, None),
    ]  # fmt: skip


async def test_an_event_of_the_house_is_kept_once(database):
    async with database.write() as tx:
        (conversation,) = (await ensure_conversations(tx, "main", [PHONE], "Asia/Tokyo", NOW)).values()
        first = await add_for_conversation(tx, conversation, "delivery_failed", "7", {}, NOW)
        assert first is not None
        assert await add_for_conversation(tx, conversation, "delivery_failed", "7", {}, NOW) is None
        assert await add_for_conversation(tx, conversation, "enrolled", "7", {}, NOW) not in (None, first)


async def test_while_a_worker_holds_a_conversation_texts_and_timers_for_it_are_kept(postgres_url, keyring):
    database = Database(postgres_url, keyring)
    await migrate(database)
    await add(database, arrival("1"))
    async with database.write() as tx:
        (item,) = await claim(tx)
        await asyncio.wait_for(add(database, arrival("2")), 5)
        async with database.write() as other:
            await asyncio.wait_for(add_for_conversation(other, item.conversation_id, "timer", "7", {}, NOW), 5)
        await mark_handled(tx, [Handled(item.id)], NOW)
    async with database.write() as tx:
        assert len(await claim(tx)) == 2
    await database.close()
