"""An installation with a real gateway, killed while it receives: what the provider was told is kept, and kept once."""

import asyncio
import itertools
import random
from collections import Counter
from urllib.parse import quote

import aiohttp
import pytest
from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.keys import Keyring
from tests.support.child import Child, mimamori
from tests.support.wait import pause

TEXTS, AT_ONCE, KILLS, SEED = 240, 12, 5, 20220910
KEY = "a-key-of-kannel-1"
_AGAIN_SECONDS = 0.05
ACCOUNT = """
kind = "kannel"
sender = "15000"
public_url = "http://127.0.0.1:8080"
sendsms_url = "http://127.0.0.1:9/cgi-bin/sendsms"
username = "mimamori"
password = "env:KANNEL_PASSWORD"
key = "env:KANNEL_KEY"
"""


async def bring(http, url):
    """As Kannel does: the same request, with the same id, until it is taken; how often it was made."""
    for tries in itertools.count(1):
        try:
            async with http.get(url) as answer:
                if answer.status < 300:
                    return tries
                assert answer.status == 503, await answer.text()
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            pass
        await pause(_AGAIN_SECONDS)
    raise AssertionError


async def kept(folder):
    """(message id, words) of each text in the inbox."""
    database = Database(f"sqlite:///{folder / 'mimamori.sqlite3'}", Keyring.load_or_create(folder / "keys.json"))
    async with database.read() as tx:
        rows = await tx.all(select(tx.t.inbox.c.message_id).where(tx.t.inbox.c.kind == "reply"))
    await database.close()
    return Counter(row["message_id"] for row in rows)


@pytest.mark.slow(seconds=30)
async def test_texts_of_a_gateway_survive_kills_between_commit_and_answer(reaper, tmp_path, free_port):
    (tmp_path / "gateways").mkdir()
    (tmp_path / "gateways" / "main.toml").write_text(ACCOUNT, encoding="utf-8")
    env = {
        "MIMAMORI_DATA_DIR": str(tmp_path), "MIMAMORI_GATEWAYS": str(tmp_path / "gateways"),
        "MIMAMORI_PORT": str(free_port), "KANNEL_PASSWORD": "x" * 16, "KANNEL_KEY": KEY,
    }  # fmt: skip
    lives = []

    async def live():
        lives.append(Child(mimamori("serve"), reaper, env=env))
        await asyncio.to_thread(lives[-1].wait_for, f":{free_port}", seconds=60)

    def url(number):
        told = f"id=k{number}&from=%2B8190{number % 30:08}&to=15000&coding=0&charset=UTF-8&text={quote('せきが出ます')}"
        return f"http://127.0.0.1:{free_port}/webhook/kannel/main?key={KEY}&{told}"

    gate = asyncio.Semaphore(AT_ONCE)

    async def one(http, number):
        async with gate:
            return await bring(http, url(number))

    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(force_close=True)) as http:
        await live()
        chance = random.Random(SEED)
        texting = asyncio.gather(*(one(http, number) for number in range(TEXTS)))
        for _ in range(KILLS):
            await pause(chance.uniform(0.01, 0.2))
            lives[-1].kill()
            await live()
        tries = await texting
    lives[-1].kill()
    assert sum(tries) > TEXTS, "it was killed in the middle of its work"
    assert await kept(tmp_path) == {f"k{number}": 1 for number in range(TEXTS)}
    for life in lives:
        assert "Traceback" not in life.output
        assert KEY not in life.output
        assert "せき" not in life.output
