"""Timers: each falls once for its local date."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.engine.effects import TimersCancelled, TimerSet
from bot.storage.changes import load_changes, write_changes
from bot.storage.conversations import ensure_conversations
from bot.storage.inbox import claim
from bot.storage.timers import count_due, fell_due, next_due

NOW = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
DAY = date(2022, 9, 10)
HOUR = timedelta(hours=1)
PHONE = "+819012345678"


async def conversation(tx, phone=PHONE):
    (found,) = (await ensure_conversations(tx, "main", [phone], "Asia/Tokyo", NOW)).values()
    return found


async def apply(database, *effects, phone=PHONE):
    """What one turn asks for, in its order."""
    async with database.write() as tx:
        about = await conversation(tx, phone)
        changes = await load_changes(tx, [about], DAY, NOW)
        for effect in effects:
            if isinstance(effect, TimerSet):
                changes.set_timer(about, effect)
            else:
                changes.cancel_timers(about, effect.prefix)
        await write_changes(tx, changes)


async def fall(database, now=NOW):
    async with database.write() as tx:
        return await fell_due(tx, 500, now)


async def events(database):
    async with database.write() as tx:
        return [item.payload for item in await claim(tx) if item.kind == "timer"]


async def test_a_timer_falls_at_its_moment_and_once(database):
    await apply(database, TimerSet("check", NOW + HOUR, DAY))
    assert await fall(database, NOW + HOUR - timedelta(microseconds=1)) == 0
    assert await fall(database, NOW + HOUR) == 1
    assert await fall(database, NOW + 2 * HOUR) == 0
    assert await events(database) == [{"name": "check", "local_date": "2022-09-10", "case_id": None}]


async def test_a_check_that_fell_is_not_set_again_for_the_same_date(database):
    await apply(database, TimerSet("check", NOW, DAY))
    assert await fall(database) == 1
    await apply(database, TimerSet("check", NOW + HOUR, DAY))
    assert await fall(database, NOW + 2 * HOUR) == 0
    await apply(database, TimerSet("check", NOW + HOUR, DAY + timedelta(days=1)))
    assert await fall(database, NOW + 2 * HOUR) == 1


async def test_a_reminder_can_be_set_again_for_the_same_date(database):
    for number in range(3):
        await apply(database, TimerSet("silence:danger:0", NOW, DAY, again=True))
        assert await fall(database) == 1, number
    assert len(await events(database)) == 3


async def test_a_waiting_timer_moves_to_its_new_moment(database):
    await apply(database, TimerSet("check", NOW, DAY))
    await apply(database, TimerSet("check", NOW + HOUR, DAY))
    assert await fall(database) == 0
    async with database.read() as tx:
        assert await next_due(tx) == NOW + HOUR


async def test_cancelled_timers_do_not_fall_and_others_do(database):
    await apply(
        database,
        TimerSet("check", NOW, DAY),
        TimerSet("silence:daily:0", NOW, DAY),
        TimerSet("silence:daily:1", NOW, DAY),
    )
    await apply(database, TimersCancelled("silence:"))
    assert await fall(database) == 1
    assert [event["name"] for event in await events(database)] == ["check"]


@pytest.mark.parametrize("order", ["cancelled first", "set first"])
async def test_what_one_turn_sets_and_cancels_counts_in_its_order(database, order):
    effects = [TimersCancelled("silence:"), TimerSet("silence:daily:0", NOW, DAY, again=True)]
    await apply(database, TimerSet("silence:daily:0", NOW + HOUR, DAY))
    await apply(database, *(effects if order == "cancelled first" else reversed(effects)))
    assert await fall(database) == (1 if order == "cancelled first" else 0)


async def test_a_cancelled_timer_can_be_set_again(database):
    await apply(database, TimerSet("check", NOW, DAY))
    await apply(database, TimersCancelled(""))
    assert await fall(database) == 0
    await apply(database, TimerSet("check", NOW, DAY))
    assert await fall(database) == 1


async def test_timers_of_one_conversation_are_not_those_of_another(database):
    await apply(database, TimerSet("check", NOW, DAY))
    await apply(database, TimerSet("check", NOW, DAY), phone="+819012345679")
    await apply(database, TimersCancelled(""), phone="+819012345679")
    assert await fall(database) == 1


async def test_timers_fall_in_the_order_of_their_moments(database):
    moments = [NOW - HOUR, NOW - 3 * HOUR, NOW - 2 * HOUR]
    await apply(database, *(TimerSet(f"release:{at}", moment, DAY) for at, moment in enumerate(moments)))
    async with database.read() as tx:
        assert await next_due(tx) == NOW - 3 * HOUR
        assert await count_due(tx, NOW) == 3
    assert await fall(database) == 3
    assert [event["name"] for event in await events(database)] == ["release:1", "release:2", "release:0"]


async def test_no_more_fall_at_once_than_asked_for(database):
    await apply(database, *(TimerSet(f"release:{number}", NOW, DAY) for number in range(5)))
    async with database.write() as tx:
        assert await fell_due(tx, 2, NOW) == 2
        assert await count_due(tx, NOW) == 3


async def test_a_timer_that_falls_in_two_processes_is_one_event(database):
    """As after a crash between the two statements: the inbox has the event already."""
    await apply(database, TimerSet("check", NOW, DAY))
    await fall(database)
    async with database.write() as tx:
        await tx.run(tx.t.timers.update().values(state="pending"))
    await fall(database)
    async with database.read() as tx:
        assert await tx.value(select(func.count()).select_from(tx.t.inbox)) == 1
