"""Bells between processes, on a real Redis."""

import asyncio
import contextlib

import pytest

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


@pytest.mark.parametrize("turns", range(8))
async def test_whoever_carries_bells_ends_when_cancelled_whatever_was_under_way(redis_url, turns):
    here, there = SharedBells(redis_url), SharedBells(redis_url)
    tasks = [asyncio.create_task(item.run()) for item in (here, there)]
    assert await rung_until_heard(here, there)
    here.ring("inbox")
    for _ in range(turns):
        await asyncio.sleep(0)  # the loop turns once more: the cancellation comes at another moment of the sending
    for task in tasks:
        task.cancel()
    _, left = await asyncio.wait(tasks, timeout=20)
    assert not left


async def test_a_failure_while_being_cancelled_does_not_keep_the_carrier_going(redis_url):
    class Torn(SharedBells):
        async def _hear(self, redis):
            try:
                await super()._hear(redis)
            finally:
                raise ConnectionError

    here, there = Torn(redis_url), SharedBells(redis_url)
    async with carried(there):
        task = asyncio.create_task(here.run())
        assert await rung_until_heard(here, there)
        task.cancel()
        _, left = await asyncio.wait([task], timeout=20)
    assert not left
