"""The database crashes and comes back while residents text: 503 meanwhile, and work goes on by itself after."""

import asyncio
import contextlib
import signal
from datetime import date, timedelta

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.residents.roster import NewResident
from bot.service import running
from bot.storage.overview import count_left
from tests.support.house import open_house
from tests.support.wait import pause, until_async

PHONES = [f"+8190{number:08}" for number in range(10_000_000, 10_000_080)]


async def count(house, table, **where):
    async with house.service.database.read() as tx:
        found = tx.t.metadata.tables[table]
        conditions = (found.c[name] == value for name, value in where.items())
        return await tx.value(select(func.count()).select_from(found).where(*conditions))


async def rest(house):
    """Until the movers have nothing left to do; claims of the outage run out as time passes."""

    async def is_done():
        house.clock.set(house.clock.now() + timedelta(seconds=10))
        async with house.service.database.read() as tx:
            left = await count_left(tx, house.clock.now())
        return not any(left.values()) and not house.carrier.pending

    await until_async(is_done, "everything is done", seconds=60)


async def text(house, number, statuses):
    """A gateway that comes again until its text is taken."""
    phone = PHONES[number]
    while True:
        status = None
        with contextlib.suppress(aiohttp.ClientError):
            status = await house.post(phone, f"2 37.{number % 5}", f"report {number}")
        statuses.append(status)
        if status == 200:
            return
        await pause(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["shut down", "crash"])
async def test_nothing_is_lost_when_the_database_restarts_under_load(private_postgres, tmp_path, how):
    with private_postgres.database() as url:
        name = url.rpartition("/")[2]
        private_postgres.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
        async with open_house(url, tmp_path) as house:
            for phone in PHONES:
                resident = NewResident("山田 太郎", "ヤマダ タロウ", phone, house.program, day0=date(2022, 9, 9))
                await house.service.roster.enrol(resident)
            await house.rest()
            await asyncio.gather(*(house.post(phone, "はい") for phone in PHONES))
            await house.rest()
            delivering = asyncio.create_task(house.carrier.deliver(f"{house.url}/webhook/sandbox/demo/receipts"))
            async with running(house.service):
                statuses = []
                half = len(PHONES) // 2
                first = asyncio.gather(*(text(house, number, statuses) for number in range(half)))
                await until_async(lambda: count(house, "inbox", state="new", kind="reply"), "a reply waits", seconds=20)
                await asyncio.to_thread(private_postgres.stop, how)
                second = asyncio.gather(*(text(house, number, statuses) for number in range(half, len(PHONES))))
                await until_async(lambda: statuses.count(503) > half, "every gateway is asked to come again")
                async with house.http.get(f"{house.url}/healthz") as answer:
                    assert answer.status == 200
                await asyncio.to_thread(private_postgres.start)
                await asyncio.gather(first, second)
                await rest(house)
            delivering.cancel()

            assert set(statuses) == {200, 503}
            assert await count(house, "inbox", state="handled") == await count(house, "inbox") == 3 * len(PHONES)
            assert await count(house, "reports") == len(PHONES)
            assert await count(house, "escalations") == await count(house, "calls") == 0
            taken = [message["reference"] for texts in house.carrier.messages.values() for message in texts]
            assert len(taken) == len(set(taken)) == 3 * len(PHONES)
            assert await count(house, "outbox", state="delivered") == 3 * len(PHONES)
