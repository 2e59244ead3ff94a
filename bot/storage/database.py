"""One database: connections, transactions, and what an error of the driver means to the house."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.domain.errors import StorageUnavailable, StorageUnusable
from bot.storage.sqlite import Inline, Sqlite
from bot.storage.tables import Tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.engine import CursorResult, RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.keys import Keyring

Insert = postgresql.Insert | sqlite.Insert
Values = dict[str, Any]


class Tx:
    """One transaction: ``t`` are the tables; the methods run statements."""

    def __init__(self, conn: AsyncConnection | Inline, tables: Tables, keyring: Keyring) -> None:
        self.conn = conn
        self.t = tables
        self.keyring = keyring
        self.is_postgres = conn.dialect.name == "postgresql"

    def insert(self, table: Table) -> Insert:
        """An INSERT that knows ON CONFLICT in this dialect."""
        return postgresql.insert(table) if self.is_postgres else sqlite.insert(table)

    async def run(self, statement: Executable, rows: Sequence[Values] | None = None) -> CursorResult[Any]:
        """Execute; with ``rows`` once for all of them (nothing happens for an empty list when rows are meant)."""
        return await self.conn.execute(statement, list(rows) if rows is not None else None)

    async def all(self, statement: Executable) -> Sequence[RowMapping]:
        return (await self.conn.execute(statement)).mappings().all()

    async def one(self, statement: Executable) -> RowMapping | None:
        return (await self.conn.execute(statement)).mappings().first()

    async def value(self, statement: Executable) -> Any:  # noqa: ANN401  # a column of any type
        return (await self.conn.execute(statement)).scalar()


class Database:
    """Opens transactions on ``postgresql+asyncpg://…`` or ``sqlite:///…``."""

    def __init__(self, url: str, keyring: Keyring, *, pool_size: int = 5) -> None:
        self.keyring = keyring
        self.tables = Tables(keyring)
        self.is_postgres = url.startswith("postgresql")
        self._opened: _Postgres | Sqlite = _Postgres(url, pool_size) if self.is_postgres else Sqlite(url)

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that changes rows; raises StorageUnavailable when the database cannot take it now."""
        with _translated():
            async with self._opened.write() as conn:
                yield Tx(conn, self.tables, self.keyring)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that only looks."""
        with _translated():
            async with self._opened.read() as conn:
                yield Tx(conn, self.tables, self.keyring)

    async def close(self) -> None:
        await self._opened.close()


class _Postgres:
    def __init__(self, url: str, pool_size: int) -> None:
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  # an embedded start does without

        self._engine = create_async_engine(url, pool_size=pool_size, pool_pre_ping=True)

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as conn, conn.begin():
            yield conn

    read = write

    async def close(self) -> None:
        await self._engine.dispose()


@contextlib.contextmanager
def _translated() -> Any:  # noqa: ANN401  # a generator of nothing
    try:
        yield
    except Exception as error:
        if _is_outage(error):
            raise _unavailable() from error
        if _sqlite_code(error) in _NO_DATABASE:
            raise StorageUnusable(
                "データベースのファイルが壊れているか、データベースではありません。バックアップから戻してください。",
                "The database file is damaged or no database. Restore it from a backup.",
            ) from error
        raise


_NO_DATABASE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
_OUTAGES = ("08", "25006", "40", "53", "55P03", "57", "58", "XX")
"""SQLSTATE classes of what passes by itself: connection, standby, rollback, resources, lock, operator, system."""


def _is_outage(error: Exception) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # Where connecting fails, the driver's own error comes through.
    code = getattr(getattr(error, "orig", error), "sqlstate", None)
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError) or str(code or "").startswith(
        _OUTAGES
    )


def _sqlite_code(error: Exception) -> str:
    return str(getattr(getattr(error, "orig", None), "sqlite_errorname", ""))


def _unavailable() -> StorageUnavailable:
    return StorageUnavailable(
        "データベースに書き込めません(停止中・満杯など)。復旧すると自動で続きます。",
        "The database cannot be used now (down or full). Work goes on by itself when it is back.",
    )
