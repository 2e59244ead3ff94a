"""Token buckets: what a road may take, in one process and shared by several."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.storage.rates import Granted, Rates
from bot.storage.shared_rates import SharedRates

NOW = datetime(2022, 9, 10, 3, 0, tzinfo=UTC)
ROAD = "kannel/main"


@pytest.fixture(params=["of one process", "shared"])
async def rates(request):
    found = Rates() if request.param == "of one process" else SharedRates(request.getfixturevalue("redis_url"))
    yield found
    await found.close()


async def take(rates, want, seconds=0.0, *, rate=2.0, burst=5):
    return (await rates.take(ROAD, rate, burst, want, NOW + timedelta(seconds=seconds))).number


async def test_a_road_takes_a_burst_then_its_rate(rates):
    assert await take(rates, 9) == 5
    assert await take(rates, 9) == 0
    assert await take(rates, 9, 0.5) == 1
    assert await take(rates, 9, 1.5) == 2
    assert await take(rates, 9, 3600) == 5, "no more than a burst is saved up"


async def test_what_is_not_used_can_be_taken_by_others(rates):
    assert await take(rates, 5) == 5
    await rates.give_back(ROAD, 5, 3, NOW)
    assert await take(rates, 9) == 3


async def test_how_far_the_next_token_has_grown_is_told(rates):
    await take(rates, 5)
    granted = await rates.take(ROAD, 2.0, 5, 1, NOW + timedelta(seconds=0.25))
    assert granted.number == 0
    assert granted.left == pytest.approx(0.5, abs=1e-3)


async def test_each_road_has_its_own(rates):
    assert await take(rates, 9) == 5
    assert await rates.take("twilio/main", 2.0, 5, 9, NOW) == Granted(5, 0.0)


async def test_a_clock_that_goes_back_gives_nothing(rates):
    assert await take(rates, 9) == 5
    assert await take(rates, 9, -60) == 0


async def test_processes_share_one_bucket(redis_url):
    several = [SharedRates(redis_url) for _ in range(4)]
    taken = await asyncio.gather(*(take(rates, 3) for rates in several))
    assert sum(taken) == 5
    for rates in several:
        await rates.close()


async def test_without_redis_each_process_counts_for_itself_and_shares_again_once_it_is_back(private_redis):
    one, two = SharedRates(private_redis.url), SharedRates(private_redis.url)
    assert await take(one, 5) == 5
    private_redis.stop()
    assert await take(one, 9) == 5
    assert await take(one, 9) == 0
    assert await take(two, 9) == 5
    private_redis.start()
    for rates in (one, two):
        rates._away_until = 0.0
    assert await take(one, 3) == 3
    assert await take(two, 9) == 2
    for rates in (one, two):
        await rates.close()
