"""Bells between processes, on a real Redis."""

import asyncio
import contextlib

from bot.storage.bells import wait_for
from bot.storage.wakeups import SharedBells


@contextlib.asynccontextmanager
async def carried(*bells: SharedBells):
    tasks = [asyncio.create_task(item.run()) for item in bells]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def rung_until_heard(here: SharedBells, there: SharedBells) -> bool:
    with there.listen("inbox") as heard:
        for _ in range(100):
            here.ring("inbox")
            await wait_for(heard, 0.1)
            if heard.is_set():
                return True
    return False


async def test_a_bell_rung_in_one_process_wakes_the_other(redis_url):
    here, there = SharedBells(redis_url), SharedBells(redis_url)
    async with carried(here, there):
        assert await rung_until_heard(here, there)


async def test_without_redis_the_bell_still_rings_at_home(free_port):
    bells = SharedBells(f"redis://127.0.0.1:{free_port}/0")
    async with carried(bells):
        with bells.listen("outbox") as heard:
            bells.ring("outbox")
            assert heard.is_set()


async def test_bells_ring_again_once_redis_is_back(private_redis):
    here, there = SharedBells(private_redis.url), SharedBells(private_redis.url)
    async with carried(here, there):
        assert await rung_until_heard(here, there)
        private_redis.restart()
        assert await rung_until_heard(here, there)
