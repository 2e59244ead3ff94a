"""Kills a running demo at random moments while residents text, and lets the carrier's log be the judge."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.bench.driver import Demo, demo_in, phones

if TYPE_CHECKING:
    from bot.bench.progress import Told

_ALIVE_SECONDS = (0.1, 3.0)
_ANSWERS_PER_HOUR = 25  # below the engine's limit, so that every text has an answer
_RETRY_SECONDS = 0.05


async def run_soak(seconds: float, residents: int, seed: int, told: Told) -> dict[str, Any]:
    """Counts of texts sent, kills, and what the carrier's log says was lost or doubled."""
    chance = random.Random(seed)  # noqa: S311  # moments of kills, no secrets
    with tempfile.TemporaryDirectory(prefix="mimamori-soak-") as folder:
        async with demo_in(Path(folder)) as demo:
            numbers = phones(residents)
            await demo.enrol(numbers)
            known = {number: outgoing(await demo.messages(number)) for number in numbers}
            sent, kills = await _disturb(demo, numbers, seconds, chance, told)
            await demo.settle()
            return {"kills": kills, "texts": sum(sent.values()), **await judge(demo, sent, known)}


async def _disturb(
    demo: Demo, numbers: list[str], seconds: float, chance: random.Random, told: Told
) -> tuple[Counter[str], int]:
    """Text and kill in turns; how many texts each number sent, and the number of kills."""
    sent: Counter[str] = Counter()
    kills, end = 0, time.monotonic() + seconds
    while time.monotonic() < end and min((sent[number] for number in numbers), default=0) < _ANSWERS_PER_HOUR:
        told(f"{kills} kills, {sum(sent.values())} texts")
        texting = asyncio.ensure_future(asyncio.gather(*(give_until_taken(demo, number, sent) for number in numbers)))
        while not texting.done():
            await asyncio.wait([texting], timeout=chance.uniform(*_ALIVE_SECONDS))
            if not texting.done():
                demo.kill()
                kills += 1
                await demo.start()
        await texting
    return sent, kills


async def give_until_taken(demo: Demo, number: str, sent: Counter[str]) -> None:
    """A carrier gives a text again until it is told that it was received."""
    message_id = f"{number}-{sent[number]}"
    while True:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            if await demo.text(number, f"2 37.{sent[number] % 5}", message_id) == 200:  # HTTP OK
                sent[number] += 1
                return
        await asyncio.sleep(_RETRY_SECONDS)


async def judge(demo: Demo, sent: Counter[str], known: dict[str, int]) -> dict[str, int]:
    """Compare what was sent with what the house took in and what the carrier was given."""
    lost = doubled = missing = 0
    for number, texts in sent.items():
        messages = await demo.messages(number)
        incoming = sum(message["direction"] == "in" for message in messages) - 1  # the consent
        answers = outgoing(messages) - known[number]
        lost += max(0, texts - incoming)
        doubled += max(0, incoming - texts) + max(0, answers - texts)
        missing += max(0, texts - answers)
    return {"lost": lost, "doubled": doubled, "answers_missing": missing}


def outgoing(messages: list[dict[str, Any]]) -> int:
    return sum(message["direction"] == "out" for message in messages)
