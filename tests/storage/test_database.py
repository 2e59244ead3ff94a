"""Transactions, and what an error of the database means to the house."""

import asyncio
import multiprocessing
import os
import signal
import stat

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from bot.domain.errors import StorageUnavailable
from bot.storage.database import Database
from bot.storage.folder import only_process
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate


async def count(database, table="audit"):
    async with database.read() as tx:
        return await tx.value(select(func.count()).select_from(database.tables.metadata.tables[table]))


async def note(tx, number=1):
    row = {"at": None, "staff": "nurse", "action": f"test {number}", "conversation_id": None}
    await tx.run(
        text("INSERT INTO audit (at, staff, action) VALUES (:number, :staff, :action)"), [{**row, "number": number}]
    )


async def test_the_files_of_a_new_database_are_for_its_owner_alone_whatever_the_umask(tmp_path):
    before = os.umask(0o022)
    try:
        folder = tmp_path / "mimamori" / "data"
        with only_process(folder):
            database = Database(f"sqlite:///{folder / 'm.sqlite3'}", Keyring.load_or_create(folder / "keys.json"))
            await migrate(database)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
            await database.close()
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)] == [0o700, 0o700]
    assert {modes[name] for name in ("m.sqlite3", "m.sqlite3-wal", "keys.json")} == {0o600}


async def test_a_transaction_that_fails_leaves_nothing(database):
    async def fail():
        async with database.write() as tx:
            await note(tx)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await count(database) == 0


async def test_a_reader_sees_only_what_was_committed(database):
    async with database.write() as tx:
        await note(tx)
        assert await count(database) == 0
    assert await count(database) == 1


async def test_many_writers_at_once_all_get_through(database):
    async def write(number):
        async with database.write() as tx:
            await note(tx, number)

    await asyncio.gather(*(write(number) for number in range(100)))
    assert await count(database) == 100


def _write_ten(url, keyring, number):
    """In a process of its own: each transaction sees a higher count than any before it."""

    async def write():
        database = Database(url, keyring)
        for turn in range(10):
            async with database.write() as tx:
                await note(tx, number * 100 + turn)
                await asyncio.sleep(0)
        await database.close()

    asyncio.run(write())


async def test_writers_of_several_processes_wait_for_each_other(database, database_url):
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=_write_ten, args=(database_url, None, number)) for number in range(3)]
    for other in others:
        other.start()
    for number in range(10):
        async with database.write() as tx:
            await note(tx, 1000 + number)
    for other in others:
        await asyncio.to_thread(other.join, 60)
    assert [other.exitcode for other in others] == [0, 0, 0]
    assert await count(database) == 40


async def test_a_broken_rule_of_the_tables_is_no_outage(database):
    async def add_twice():
        async with database.write() as tx:
            for _ in range(2):
                columns = "login, name, role, password_hash, active, session_epoch, created_at"
                await tx.run(text(f"INSERT INTO staff ({columns}) VALUES ('a', 'A', 'staff', 'x', true, 0, 0)"))

    with pytest.raises(IntegrityError):
        await add_twice()


@pytest.mark.parametrize(
    "code",
    [
        "53100",  # disk full
        "53200",  # out of memory
        "53300",  # too many connections
        "57014",  # the statement was cancelled
        "57P01",  # an administrator shuts down
        "57P03",  # still starting
        "40001",  # the transactions could not be put in an order
        "40P01",  # deadlock
        "55P03",  # a lock is not available
        "25006",  # read only: the other machine is the leader now
        "58030",  # input/output error
        "08006",  # the connection broke
        "XX000",  # internal error
    ],
)
async def test_what_passes_by_itself_is_told_as_an_outage(postgres_url, keyring, code):
    database = Database(postgres_url, keyring)

    async def fail():
        async with database.write() as tx:
            await tx.run(text(f"DO $$ BEGIN RAISE EXCEPTION 'test' USING ERRCODE = '{code}'; END $$"))

    with pytest.raises(StorageUnavailable) as outage:
        await fail()
    assert outage.value.retryable
    async with database.read() as tx:
        assert await tx.value(text("SELECT 1")) == 1
    await database.close()


async def test_a_folder_that_is_not_there_is_an_outage(tmp_path, keyring):
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'mimamori.db'}", keyring)
    with pytest.raises(StorageUnavailable):
        await migrate(database)
    await database.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_a_server_that_goes_is_an_outage_until_it_is_back(private_postgres, keyring, how):
    with private_postgres.database() as url:
        name = url.rpartition("/")[2]
        private_postgres.execute(
            f'ALTER DATABASE "{name}" SET synchronous_commit = on'
        )  # a crash may lose nothing here
        database = Database(url, keyring)
        await migrate(database)

        async def stop_in_the_middle():
            async with database.write() as tx:
                await note(tx)
                await asyncio.to_thread(private_postgres.stop, how)
                await note(tx, 2)

        with pytest.raises(StorageUnavailable):
            await stop_in_the_middle()
        for _ in range(3):
            with pytest.raises(StorageUnavailable):
                await count(database)
        await asyncio.to_thread(private_postgres.start)
        assert await count(database) == 0
        async with database.write() as tx:
            await note(tx)
        assert await count(database) == 1
        await database.close()
