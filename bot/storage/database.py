"""One database: connections, transactions, and what an error of the driver means to the house."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.domain.errors import StorageUnavailable
from bot.storage.tables import Tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.engine import CursorResult, RowMapping

    from bot.storage.keys import Keyring

Insert = postgresql.Insert | sqlite.Insert
Values = dict[str, Any]


class Tx:
    """One transaction: ``t`` are the tables; the methods run statements."""

    def __init__(self, conn: AsyncConnection, tables: Tables, keyring: Keyring) -> None:
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
    """Opens transactions. SQLite has one writer at a time: writers queue here instead of failing on its lock."""

    def __init__(self, url: str, keyring: Keyring, *, pool_size: int = 5) -> None:
        self.url = url
        self.keyring = keyring
        self.tables = Tables(keyring)
        self.engine = create_async_engine(url, pool_size=pool_size, pool_pre_ping=not url.startswith("sqlite"))
        self.is_postgres = self.engine.dialect.name == "postgresql"
        self._writer = asyncio.Lock()
        if not self.is_postgres:
            _prepare_sqlite(self.engine.sync_engine)

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that changes rows; raises StorageUnavailable when the database cannot take it now."""
        async with contextlib.AsyncExitStack() as stack:
            if not self.is_postgres:
                await stack.enter_async_context(self._writer)
            stack.enter_context(_translated())
            conn = await stack.enter_async_context(self.engine.connect())
            if not self.is_postgres:
                await conn.execution_options(sqlite_begin="IMMEDIATE")
            async with conn.begin():
                yield Tx(conn, self.tables, self.keyring)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that only looks."""
        with _translated():
            async with self.engine.connect() as conn, conn.begin():
                yield Tx(conn, self.tables, self.keyring)

    async def close(self) -> None:
        await self.engine.dispose()


@contextlib.contextmanager
def _translated() -> Any:  # noqa: ANN401  # a generator of nothing
    try:
        yield
    except (OperationalError, InterfaceError, OSError) as error:
        raise _unavailable() from error
    except DBAPIError as error:
        if error.connection_invalidated or type(error.orig).__name__ in {"InternalServerError", "DiskFullError"}:
            raise _unavailable() from error
        raise


def _unavailable() -> StorageUnavailable:
    return StorageUnavailable(
        "データベースに書き込めません(停止中・満杯など)。復旧すると自動で続きます。",
        "The database cannot be used now (down or full). Work goes on by itself when it is back.",
    )


def _prepare_sqlite(engine: Any) -> None:  # noqa: ANN401  # sqlalchemy.Engine, whose events are untyped
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:  # noqa: ANN401
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=10000",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:  # noqa: ANN401
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")
