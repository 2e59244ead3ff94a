"""SIGKILL at random moments while residents text: the carrier's own log is the judge."""

import asyncio
import random
from collections import Counter

import pytest

from bot.bench.driver import demo_in, phones
from bot.bench.soak import give_until_taken, judge, outgoing

RESIDENTS, KILLS = 500, 10


@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_ten_kills_while_500_residents_text_lose_nothing_and_double_nothing(tmp_path):
    chance = random.Random(20221122)
    async with demo_in(tmp_path) as demo:
        numbers = phones(RESIDENTS)
        await demo.enrol(numbers)
        known = {number: outgoing(await demo.messages(number)) for number in numbers}
        sent: Counter[str] = Counter()
        texting = asyncio.ensure_future(asyncio.gather(*(give_until_taken(demo, number, sent) for number in numbers)))
        for _ in range(KILLS):
            await asyncio.wait([texting], timeout=chance.uniform(0.05, 1.2))
            if texting.done():  # all were taken before this kill: everybody texts once more
                texting = asyncio.ensure_future(
                    asyncio.gather(*(give_until_taken(demo, number, sent) for number in numbers))
                )
            demo.kill()
            await demo.start()
        await texting
        await demo.settle()
        assert await judge(demo, sent, known) == {"lost": 0, "doubled": 0, "answers_missing": 0}
        reports = await demo.get(f"/demo/api/conversations/{numbers[0]}")
        assert [report["priority"] for report in reports["reports"]] == ["none"]
