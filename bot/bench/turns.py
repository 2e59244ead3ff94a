"""Turns a second: webhook in -> answer accepted by the carrier and report stored."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.bench.driver import Demo, demo_in, phones
from bot.bench.progress import Told

ROUNDS = 3
STEADY_PER_SECOND = 20
_NOOPS = 4000
_AT_ONCE = 48


async def measure_turns(residents: int, steady_seconds: int, told: Told) -> dict[str, Any]:
    """Throughput at full load, delays at 20 texts a second, start-up time and memory of a fresh demo."""
    told("no-op handler")
    noops = await _noop_rate()
    with tempfile.TemporaryDirectory(prefix="mimamori-bench-") as folder:
        async with demo_in(Path(folder)) as demo:
            numbers = phones(residents)
            told(f"{residents} residents")
            await demo.enrol(numbers)
            told(f"{residents * ROUNDS} turns")
            rate = await _full_load(demo, numbers)
            told(f"{steady_seconds} s at {STEADY_PER_SECOND}/s")
            delays = await _steady(demo, numbers, steady_seconds)
            return {
                "noop_requests_per_second": round(noops),
                "turns_per_second": round(rate),
                "turns_to_noops": round(rate / noops, 3),
                "delay_ms_at_20_per_second": {
                    "p50": round(statistics.median(delays) * 1000, 1),
                    "p95": round(statistics.quantiles(delays, n=20)[-1] * 1000, 1),
                    "max": round(max(delays) * 1000, 1),
                },
                "start_seconds": round(demo.start_seconds, 2),
                "memory_mb": round(demo.megabytes),
            }


async def _full_load(demo: Demo, numbers: list[str]) -> float:
    """Every resident texts in each round; from the first post to the last answer at the carrier."""
    before = {number: len(await demo.messages(number)) for number in numbers[:1]}
    began = time.monotonic()
    for turn in range(ROUNDS):
        gate = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(_gated(gate, demo, number, f"2 37.{turn}") for number in numbers))
    await demo.settle()
    took = time.monotonic() - began
    for number, earlier in before.items():
        answers = len(await demo.messages(number)) - earlier
        if answers != ROUNDS * 2:
            raise RuntimeError(f"{answers} messages instead of {ROUNDS * 2}")
    return len(numbers) * ROUNDS / took


async def _gated(gate: asyncio.Semaphore, demo: Demo, number: str, text: str) -> None:
    async with gate:
        status = await demo.text(number, text)
        if status != 200:  # HTTP OK
            raise RuntimeError(f"webhook answered {status}")


async def _steady(demo: Demo, numbers: list[str], seconds: int) -> list[float]:
    """Delays in seconds from the post to the carrier's acceptance, at an even rate."""
    ahead = await demo.ahead()
    posts: list[tuple[str, float, asyncio.Task[int]]] = []
    began = time.monotonic()
    for index in range(seconds * STEADY_PER_SECOND):
        await asyncio.sleep(max(0.0, began + index / STEADY_PER_SECOND - time.monotonic()))
        number = numbers[index % len(numbers)]
        posts.append((number, time.time() + ahead, asyncio.create_task(demo.text(number, "1 36.6"))))
    await asyncio.gather(*(task for _, _, task in posts))
    await demo.settle()
    answers = {number: await _answer_times(demo, number) for number in {number for number, _, _ in posts}}
    return [min(at for at in answers[number] if at >= posted - 0.01) - posted for number, posted, _ in posts]


async def _answer_times(demo: Demo, number: str) -> list[float]:
    messages = await demo.messages(number)
    return [datetime.fromisoformat(text["at"]).timestamp() for text in messages if text["direction"] == "out"]


async def _noop_rate() -> float:
    """Requests a second of a handler that does nothing, by the same client."""
    app = web.Application()
    app.router.add_post("/", _nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_AT_ONCE)) as http:
        began = time.monotonic()
        await asyncio.gather(*(_post(http, f"http://127.0.0.1:{port}/") for _ in range(_NOOPS)))
        took = time.monotonic() - began
    await runner.cleanup()
    return _NOOPS / took


async def _nothing(_request: web.Request) -> web.Response:
    return web.Response()


async def _post(http: aiohttp.ClientSession, url: str) -> None:
    async with http.post(url, json={"text": "1"}) as answer:
        await answer.read()
