"""Databases to copy: as the program leaves a new one, before it knows any key."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate


def made_ready(url: str) -> None:
    """Give an empty database today's tables; the first that opens a copy leaves the mark of its keys there."""

    async def run() -> None:
        database = Database(url, Keyring.fresh())
        await migrate(database)
        async with database.write() as tx:
            await tx.run(tx.t.meta.delete())
        await database.close()

    with ThreadPoolExecutor(max_workers=1) as pool:  # a thread without a loop, whatever the test's own does
        pool.submit(asyncio.run, run()).result()
