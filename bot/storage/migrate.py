"""Brings a database to the tables of this program, and refuses one that it cannot use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select, text

from bot.domain.errors import MimamoriError, StorageUnusable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.storage.database import Database, Tx

HEAD = "0004"
"""The newest migration (a test compares)."""

VERSION_TABLE = "alembic_version"
_CHECK_VALUE = "mimamori"
_MIGRATING = 5_062_022  # any number that nobody else locks


async def migrate(database: Database) -> None:
    """Upgrade to the newest tables; raises StorageUnusable for a newer database or another key file."""
    await _reach(database)
    async with database.write() as tx:
        if tx.is_postgres:  # of several processes that start at once, one migrates
            await tx.run(select(func.pg_advisory_xact_lock(_MIGRATING)))
        await tx.conn.run_sync(lambda connection: _upgrade(connection, database))
        await _check_key(database, tx)


async def _reach(database: Database) -> None:
    """A wrong name, user or password is told in a sentence that does not repeat the address."""
    try:
        async with database.read() as tx:
            await tx.value(select(1))
    except MimamoriError:
        raise
    except Exception as error:  # noqa: BLE001  # every driver has errors of its own
        kind = type(error).__name__
        raise StorageUnusable(
            f"データベースに接続できません({kind})。設定 database_url を確かめてください。",
            f"Cannot connect to the database ({kind}). Check the setting database_url.",
            field="database_url",
        ) from None


async def _check_key(database: Database, tx: Tx) -> None:
    meta = database.tables.meta
    row = await tx.one(select(meta.c.value).where(meta.c.key == "key_check"))
    if row is None:
        await tx.run(meta.insert(), [{"key": "key_check", "value": _CHECK_VALUE}])


def _upgrade(connection: Connection, database: Database) -> None:
    """An empty database gets today's tables at once, an older one its migrations (Alembic is loaded only for these)."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE in tables:
        present = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  # a constant
        if present != HEAD:
            upgrade_by_migrations(connection, database)
    elif tables.isdisjoint(database.tables.metadata.tables):
        database.tables.metadata.create_all(connection)
        connection.execute(text(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES (:head)"), {"head": HEAD})  # noqa: S608  # see above
    else:
        upgrade_by_migrations(connection, database)


def upgrade_by_migrations(connection: Connection, database: Database) -> None:
    """Run the migrations that are missing; raises StorageUnusable for a newer database."""
    from alembic import command  # noqa: PLC0415  # a quarter of a second that no ordinary start needs
    from alembic.config import Config  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = database.tables.metadata
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in known:
        raise StorageUnusable(
            f"データベースの版({present})がこのプログラムより新しいため使えません。プログラムを更新してください。",
            f"The database is of a newer version ({present}) than this program. Update the program.",
        )
    command.upgrade(config, "head")
