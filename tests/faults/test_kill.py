"""Killed at ten random moments while five hundred residents text: nothing lost, nothing done twice."""

import asyncio
import itertools
import random

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.storage.database import Database
from bot.storage.keys import Keyring
from tests.support.child import Child, mimamori
from tests.support.wait import pause, until_async

RESIDENTS, KILLS, SEED = 500, 10, 20220907
LONGEST_LIFE_SECONDS = 0.35
PHONES = [f"+8190{number:08}" for number in range(10_000_000, 10_000_000 + RESIDENTS)]
TEMPERATURE = {phone: 36.0 + number % 14 / 10 for number, phone in enumerate(PHONES)}
_AGAIN_SECONDS = 0.05


class Client:
    """A gateway that comes again until its text is taken."""

    def __init__(self, http, base):
        self._http = http
        self._base = base
        self._ids = itertools.count()
        self.retries = 0

    async def ask(self, method, path, body=None):
        """The JSON of the answer; None where nobody, or only half of an answer, is there."""
        try:
            async with self._http.request(method, self._base + path, json=body) as answer:
                assert answer.status in {200, 201, 503}, await answer.text()
                return await answer.json() if answer.ok else None
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            return None

    async def text(self, phone, words):
        body = {"id": f"k{next(self._ids)}", "from": phone, "to": "+815000000000", "text": words}
        while await self.ask("POST", "/webhook/sandbox/demo", body) is None:
            self.retries += 1
            await pause(_AGAIN_SECONDS)

    async def enrol(self, phone):
        body = {"name": "山田 太郎", "kana": "ヤマダ タロウ", "phone": phone, "program": "covid19-2023-05-08"}
        assert await self.ask("POST", "/demo/api/residents", body)

    async def settle(self):
        for _ in range(15):  # each call waits ten seconds at most
            told = await self.ask("POST", "/demo/api/settle")
            if told and told["settled"]:
                return
        pytest.fail(f"it never settled: {told}")


async def all_of(phones, act):
    return await asyncio.gather(*map(act, phones))


@pytest.mark.slow(seconds=80)
async def test_nothing_is_lost_and_nothing_is_done_twice(reaper, tmp_path, free_port):
    lives = []

    async def live():
        lives.append(Child(mimamori("demo", "--data", tmp_path, "--port", str(free_port), "--no-samples"), reaper))
        await asyncio.to_thread(lives[-1].wait_for, "Ready", seconds=60)

    connector = aiohttp.TCPConnector(limit=100, force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=150)) as http:
        client = Client(http, f"http://127.0.0.1:{free_port}")
        await live()
        await all_of(PHONES, client.enrol)
        await client.settle()
        await all_of(PHONES, lambda phone: client.text(phone, "はい"))
        await client.settle()

        chance = random.Random(SEED)
        texting = asyncio.gather(*(client.text(phone, f"2 {TEMPERATURE[phone]:.1f}") for phone in PHONES))
        handled_at_kills = []
        for _ in range(KILLS):
            await pause(chance.uniform(0.01, LONGEST_LIFE_SECONDS))
            lives[-1].kill()
            handled_at_kills.append(await rows(tmp_path, "inbox", state="handled"))
            await live()
        await texting
        await client.settle()
        # what a life left half sent is asked about again only after a pause
        await until_async(lambda: all_delivered(tmp_path), "every text is delivered", seconds=180)

        assert client.retries > 0
        assert len(set(handled_at_kills)) > 2, "it was killed in the middle of its work"
        told = await all_of(PHONES, lambda phone: client.ask("GET", f"/demo/api/conversations/{phone}"))
        messages = await all_of(PHONES, lambda phone: client.ask("GET", f"/demo/api/phones/{phone}/messages"))
        calls = await client.ask("GET", "/demo/api/calls")
        escalations = await client.ask("GET", "/demo/api/escalations")
    lives[-1].kill()

    for phone, conversation in zip(PHONES, told, strict=True):
        assert [report["temperature"] for report in conversation["reports"]] == [TEMPERATURE[phone]]
    assert {conversation["step"] for conversation in told} == {"resting"}
    for phone, of_phone in zip(PHONES, messages, strict=True):
        received = [message["text"] for message in of_phone if message["direction"] == "in"]
        assert received == ["はい", f"2 {TEMPERATURE[phone]:.1f}"]
        first_touch, welcome, answer = (message for message in of_phone if message["direction"] == "out")
        assert f"{TEMPERATURE[phone]:.1f}" in answer["text"]
        assert len({first_touch["text"], welcome["text"], answer["text"]}) == 3
        assert {message["status"] for message in of_phone} == {"received", "delivered"}
    assert (calls, escalations) == ([], [])
    assert await rows(tmp_path, "inbox", state="handled") == await rows(tmp_path, "inbox") == 3 * RESIDENTS
    assert await rows(tmp_path, "outbox", state="delivered") == await rows(tmp_path, "outbox") == 3 * RESIDENTS
    assert await rows(tmp_path, "consents") == RESIDENTS
    for life in lives:
        assert "Traceback" not in life.output
        assert "山田" not in life.output
        assert not any(phone[3:] in life.output for phone in PHONES)


async def all_delivered(folder):
    await pause(1)
    return await rows(folder, "outbox", state="delivered") == 3 * RESIDENTS


async def rows(folder, table, **where):
    """How many rows there are in the database that a life has left behind."""
    database = Database(f"sqlite:///{folder / 'mimamori.sqlite3'}", Keyring.load_or_create(folder / "keys.json"))
    async with database.read() as tx:
        found = tx.t.metadata.tables[table]
        query = (
            select(func.count()).select_from(found).where(*(found.c[name] == value for name, value in where.items()))
        )
        number = await tx.value(query)
    await database.close()
    return number
