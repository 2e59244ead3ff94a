"""Two installations' worth of movers on one PostgreSQL: they share the work and never do anything twice."""

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.residents.roster import NewResident
from bot.service import build, opened, running
from bot.storage.overview import count_left
from tests.support.house import _shared, open_house
from tests.support.wait import until_async

PHONES = [f"+8190{number:08}" for number in range(10_000_000, 10_000_060)]
TEXTS = ["first_touch", "welcome", "daily_check", "report_confirm"]


@contextlib.asynccontextmanager
async def another_process(house):
    """The movers of a second process: its own connections and bells, the same database and clock."""
    library, reader = _shared()
    made = build(house.service.settings, house.clock, library=library, reader=reader)
    async with opened(made) as service, running(service):
        yield service


async def rest(house):
    async def is_done():
        async with house.service.database.read() as tx:
            left = await count_left(tx, house.clock.now())
        return not any(left.values()) and not house.carrier.pending

    await until_async(is_done, "everything is done", seconds=60)


async def post_all(house, words):
    statuses = await asyncio.gather(*(house.post(phone, words) for phone in PHONES))
    assert set(statuses) == {200}


@pytest.mark.slow
async def test_two_processes_share_the_work_and_do_nothing_twice(postgres_url, tmp_path):
    async with open_house(postgres_url, tmp_path) as house, contextlib.AsyncExitStack() as stack:
        delivering = asyncio.create_task(house.carrier.deliver(f"{house.url}/webhook/sandbox/demo/receipts"))
        stack.callback(delivering.cancel)
        await stack.enter_async_context(running(house.service))
        await stack.enter_async_context(another_process(house))
        for phone in PHONES:
            resident = NewResident("山田 太郎", "ヤマダ タロウ", phone, house.program, day0=date(2022, 9, 9))
            await house.service.roster.enrol(resident)
        await rest(house)
        await post_all(house, "はい")
        await rest(house)
        house.clock.set(datetime(2022, 9, 11, tzinfo=UTC) + timedelta(minutes=1))
        await rest(house)
        for words in ("2 37.6", "2 37.6"):
            await post_all(house, words)
        await rest(house)

        taken = [message["reference"] for texts in house.carrier.messages.values() for message in texts]
        assert len(taken) == len(set(taken))
        async with house.service.database.read() as tx:
            outbox, inbox = tx.t.outbox, tx.t.inbox
            by_key = Counter((await tx.run(select(outbox.c.text_key))).scalars())
            states = Counter((await tx.run(select(outbox.c.state))).scalars())
            ends = Counter((await tx.run(select(inbox.c.state))).scalars())
            reports = await tx.value(select(func.count()).select_from(tx.t.reports))
        number = len(PHONES)
        assert by_key == {**dict.fromkeys(TEXTS, number), "report_confirm": 2 * number}
        assert states == {"delivered": 5 * number}
        assert set(ends) == {"handled"}
        assert reports == number
