"""The servers, the browser and the child processes that other tests rely on."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import asyncpg
import pytest
import redis
from axe_playwright_python.async_playwright import Axe
from sqlalchemy import func, inspect, select, text

from bot.domain.errors import StorageUnusable
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from tests.support.child import CHECKOUT, Child
from tests.support.ports import is_open
from tests.support.wait import TimeIsUpError, until, until_async

SLEEPER = "import signal, time; print('sleeping', flush=True); time.sleep(600)"
TEST_RUN_THAT_HANGS = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in a shell's background start without
from pathlib import Path
from tests.support.child import Child
from tests.support.reaper import Reaper
from tests.support.redis_server import OwnRedis

reaper = Reaper()
server = OwnRedis(reaper)
server.start()
child = Child([sys.executable, "-c", sys.argv[1]], reaper)
child.wait_for("sleeping")
print("running", child.pid, server.port, server._folder, flush=True)
child.wait(seconds=600)
"""


async def test_each_bare_database_is_new_and_answers(bare_url):
    database = Database(bare_url, Keyring.fresh())
    async with database.write() as tx:
        await tx.run(text("CREATE TABLE residents (name VARCHAR(20))"))
        await tx.run(text("INSERT INTO residents VALUES ('見守り')"))
        assert await tx.value(text("SELECT name FROM residents")) == "見守り"
    await database.close()


async def test_each_database_has_the_tables_and_takes_the_keys_that_come_first(database_url):
    database = Database(database_url, Keyring.fresh())
    async with database.read() as tx:
        tables = set(await tx.conn.run_sync(lambda connection: inspect(connection).get_table_names()))
        assert tables == {*database.tables.metadata.tables, "alembic_version"}
        assert [await tx.value(select(func.count()).select_from(found)) for found in tx.t.metadata.sorted_tables] == (
            [0] * len(tx.t.metadata.sorted_tables)
        )
    await migrate(database)
    stranger = Database(database_url, Keyring.fresh())
    with pytest.raises(StorageUnusable, match="does not belong"):
        await migrate(stranger)
    await stranger.close()
    await database.close()


async def test_a_database_can_be_copied_from_a_template(postgres_server):
    with postgres_server.database() as template:
        connection = await asyncpg.connect(template.replace("+asyncpg", ""))
        await connection.execute("CREATE TABLE migrated ()")
        await connection.close()
        with postgres_server.database(template.rpartition("/")[2]) as url:
            connection = await asyncpg.connect(url.replace("+asyncpg", ""))
            assert await connection.fetchval("SELECT to_regclass('migrated')::text") == "migrated"
            await connection.close()


async def test_a_private_postgres_keeps_its_data_over_a_crash(private_postgres):
    with private_postgres.database() as url:
        private_postgres.restart(signal.SIGQUIT)
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


def test_redis_is_empty_for_each_test_and_can_be_restarted(redis_url, private_redis):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
    with redis.Redis.from_url(private_redis.url) as client:
        client.set("wake", "up")
        private_redis.restart()
        assert client.dbsize() == 0


async def test_a_page_shows_japanese_and_can_be_judged_by_axe(page):
    await page.set_content("<html lang='ja'><title>見守り</title><main><h1>見守り</h1></main>")
    assert await page.inner_text("h1") == "見守り"
    assert (await Axe().run(page)).violations_count == 0


def test_a_child_is_watched_and_killed(reaper):
    child = Child([sys.executable, "-c", SLEEPER], reaper)
    child.wait_for("sleep")
    child.kill()
    assert child.returncode == -signal.SIGKILL


def test_a_child_that_ends_too_early_says_what_it_printed(reaper):
    child = Child([sys.executable, "-c", "raise SystemExit('no such setting')"], reaper)
    with pytest.raises(AssertionError, match="no such setting"):
        child.wait_for("listening")
    child.kill()


async def test_waiting_ends_with_the_condition_or_with_its_time():
    answers = iter([None, 0, "there"])
    assert until(lambda: next(answers), "an answer") == "there"
    with pytest.raises(TimeIsUpError, match="the cows come home"):
        await until_async(lambda: asyncio.sleep(0, result=False), "the cows come home", seconds=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_a_test_run_is_killed(reaper, number):
    run = Child([sys.executable, "-c", TEST_RUN_THAT_HANGS, SLEEPER], reaper, env={"PYTHONPATH": str(CHECKOUT)})
    pid, port, folder = run.wait_for(r"running (\d+) (\d+) (\S+)").groups()
    run.send(number)
    run.wait()

    def is_gone():
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return not is_open(int(port)) and not Path(folder).exists()
        return False

    until(is_gone, "child, server and folder are gone")
