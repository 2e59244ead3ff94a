"""Durable intake: everybody is answered after the commit, or told that nothing was kept."""

import asyncio

import pytest
from sqlalchemy import func, select, text

from bot.domain.clock import SystemClock
from bot.domain.errors import StorageUnavailable
from bot.domain.office import Office
from bot.inbox.intake import MOST, Intake
from bot.storage.bells import Bells
from bot.storage.inbox import Arrival

OFFICE = Office("さくら市保健所", "03-0000-0000", "", "+815000000000")


@pytest.fixture
def intake(database):
    return Intake(database, OFFICE, SystemClock(), Bells())


def arrival(number):
    return Arrival("reply", "sandbox", "demo", f"m{number}", f"+8190{number % 50:08}", {"text": "こんにちは"}, b"{}")


async def kept(database):
    async with database.read() as tx:
        return await tx.value(select(func.count()).select_from(tx.t.inbox))


async def test_what_was_kept_is_committed_when_the_caller_hears_of_it(database, intake):
    for number in range(3):
        await intake.keep(arrival(number))
        assert await kept(database) == number + 1


async def test_more_than_fit_into_one_transaction_are_all_kept(database, intake):
    await asyncio.gather(*(intake.keep(arrival(number)) for number in range(MOST + 100)))
    assert await kept(database) == MOST + 100


async def test_arrivals_go_on_coming_while_others_are_committed(database, intake):
    async def one_after_another(first):
        for number in range(first, first + 5):
            await intake.keep(arrival(number))

    await asyncio.gather(*(one_after_another(first) for first in range(0, 200, 5)))
    assert await kept(database) == 200


async def test_everybody_hears_that_nothing_was_kept_and_can_try_again(database, intake):
    async def rename(old, new):
        async with database.write() as tx:
            await tx.run(text(f"ALTER TABLE {old} RENAME TO {new}"))

    await rename("inbox", "away")
    outcomes = await asyncio.gather(*(intake.keep(arrival(number)) for number in range(20)), return_exceptions=True)
    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    if not database.is_postgres:
        assert {type(outcome) for outcome in outcomes} == {StorageUnavailable}
    await rename("away", "inbox")
    assert await kept(database) == 0
    await asyncio.gather(*(intake.keep(arrival(number)) for number in range(20)))
    assert await kept(database) == 20


async def test_a_caller_who_hangs_up_takes_nobody_along(database, intake):
    waiting = [asyncio.create_task(intake.keep(arrival(number))) for number in range(10)]
    await asyncio.sleep(0)
    waiting[3].cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes].count(True) == 1
    await intake.keep(arrival(99))
    assert await kept(database) >= 10


async def test_the_inbox_bell_rings_once_the_rows_are_there(database):
    bells = Bells()
    intake = Intake(database, OFFICE, SystemClock(), bells)
    with bells.listen("inbox") as bell:
        await intake.keep(arrival(1))
        assert bell.is_set()
