"""Migrations bring every database to the same tables, and refuse what cannot be used."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import ProgrammingError

from bot.domain.errors import StorageUnavailable, StorageUnusable
from bot.storage import migrations
from bot.storage.conversations import ensure_conversations
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.migrate import HEAD, migrate, upgrade_by_migrations
from bot.storage.readings import latest_replies

NOW = datetime(2022, 9, 10, tzinfo=UTC)


@pytest.fixture
async def migrated(bare_url, keyring):
    """A database that went through every migration."""
    database = Database(bare_url, keyring)
    async with database.write() as tx:
        await tx.conn.run_sync(lambda connection: upgrade_by_migrations(connection, database))
    await migrate(database)
    yield database
    await database.close()


async def test_a_new_database_stands_where_the_last_migration_leads(bare_url, keyring):
    database = Database(bare_url, keyring)
    await migrate(database)
    async with database.read() as tx:
        assert await tx.value(text("SELECT version_num FROM alembic_version")) == HEAD
        names = await tx.conn.run_sync(lambda connection: inspect(connection).get_table_names())
    assert set(names) == {*database.tables.metadata.tables, "alembic_version"}
    await database.close()


async def test_all_migrations_lead_to_the_newest(migrated):
    async with migrated.read() as tx:
        assert await tx.value(text("SELECT version_num FROM alembic_version")) == HEAD


async def test_the_migrations_make_exactly_the_tables_of_the_program(migrated):
    database = migrated

    def differences(connection):
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, database.tables.metadata)

    async with database.read() as tx:
        assert await tx.conn.run_sync(differences) == []


async def test_the_migrations_make_exactly_the_indexes_and_unique_keys_of_the_program(migrated):
    """Also what Alembic does not compare: the conditions of partial indexes are seen in their number and columns."""
    database = migrated

    def found(connection):
        return {
            (table, index["name"], tuple(index["column_names"]), bool(index["unique"]))
            for table in database.tables.metadata.tables
            for index in inspect(connection).get_indexes(table)
            if not index.get("duplicates_constraint")
        }

    wanted = {
        (table.name, index.name, tuple(column.name for column in index.columns), bool(index.unique))
        for table in database.tables.metadata.tables.values()
        for index in table.indexes
    }
    async with database.read() as tx:
        assert await tx.conn.run_sync(found) == wanted


async def test_a_database_of_the_first_tables_keeps_its_replies_and_their_readings(bare_url, keyring):
    """Of what came before, the circumstances are not known."""
    database = Database(bare_url, keyring)

    def first_tables(connection):
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes |= {"connection": connection, "metadata": database.tables.metadata}
        command.upgrade(config, "0001")

    async with database.write() as tx:
        await tx.conn.run_sync(first_tables)
        (conversation_id,) = (await ensure_conversations(tx, "main", ["+819012345678"], "Asia/Tokyo", NOW)).values()
        row = {
            "conversation_id": conversation_id, "kind": "reply", "gateway": "sandbox", "account": "",
            "message_id": "m1", "payload": '{"text": "息が苦しい"}',
            "reading": '[{"version": "1234", "priority": "emergency"}]',
            "received_at": NOW, "state": "handled", "attempts": 1,
        }  # fmt: skip
        await tx.run(tx.t.inbox.insert(), [row])
    await migrate(database)
    async with database.read() as tx:
        (reply,) = await latest_replies(tx, "main", 5)
        assert await tx.value(text("SELECT version_num FROM alembic_version")) == HEAD
    await database.close()
    assert (reply.text, reply.version, reply.circumstances) == ("息が苦しい", "1234", None)


async def test_a_second_start_changes_nothing(database):
    async def state():
        async with database.read() as tx:
            return await tx.all(text("SELECT key FROM meta")), await tx.all(
                text("SELECT version_num FROM alembic_version")
            )

    before = await state()
    await migrate(database)
    assert await state() == before
    assert len(before[0]) == 1


async def test_a_newer_database_is_refused_and_left_as_it_is(database):
    async with database.write() as tx:
        await tx.run(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageUnusable, match="newer version") as refusal:
        await migrate(database)
    assert "新しい" in refusal.value.ja
    async with database.read() as tx:
        assert await tx.value(text("SELECT version_num FROM alembic_version")) == "9999"


async def test_another_key_file_is_refused(database, database_url):
    other = Database(database_url, Keyring.fresh())
    with pytest.raises(StorageUnusable, match="does not belong"):
        await migrate(other)
    await other.close()
    await migrate(database)


async def test_an_upgrade_that_fails_leaves_nothing_behind(bare_url, keyring):
    """A table is there already that the migration would make: all of it is rolled back."""
    database = Database(bare_url, keyring)
    async with database.write() as tx:
        await tx.run(text("CREATE TABLE script_versions (mine INTEGER)"))
    with pytest.raises((StorageUnavailable, ProgrammingError)):
        await migrate(database)
    async with database.read() as tx:
        names = set(await tx.conn.run_sync(lambda connection: inspect(connection).get_table_names()))
    await database.close()
    assert names <= {"script_versions", "alembic_version"}


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, keyring):
    path = tmp_path / "mimamori.db"
    path.write_bytes(b"This is a letter, not a database. " * 200)
    database = Database(f"sqlite:///{path}", keyring)
    with pytest.raises(StorageUnusable):
        await migrate(database)
    await database.close()
    assert path.read_bytes().startswith(b"This is a letter")
