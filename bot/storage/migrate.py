"""Brings a database to the tables of this program, and refuses one that it cannot use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from bot.domain.errors import StorageUnusable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.storage.database import Database, Tx

_CHECK_VALUE = "mimamori"
_MIGRATING = 5_062_022  # any number that nobody else locks


async def migrate(database: Database) -> None:
    """Upgrade to the newest tables; raises StorageUnusable for a newer database or another key file."""
    async with database.write() as tx:
        if tx.is_postgres:  # of several processes that start at once, one migrates
            await tx.run(select(func.pg_advisory_xact_lock(_MIGRATING)))
        await tx.conn.run_sync(lambda connection: _upgrade(connection, database))
        await _check_key(database, tx)


async def _check_key(database: Database, tx: Tx) -> None:
    meta = database.tables.meta
    row = await tx.one(select(meta.c.value).where(meta.c.key == "key_check"))
    if row is None:
        await tx.run(meta.insert(), [{"key": "key_check", "value": _CHECK_VALUE}])


def alembic_config(connection: Connection, database: Database) -> Config:
    """Alembic's settings for one connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = database.tables.metadata
    return config


def _upgrade(connection: Connection, database: Database) -> None:
    config = alembic_config(connection, database)
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present == scripts.get_current_head():
        return
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise StorageUnusable(
            f"データベースの版({present})がこのプログラムより新しいため使えません。プログラムを更新してください。",
            f"The database is of a newer version ({present}) than this program. Update the program.",
        )
    command.upgrade(config, "head")
