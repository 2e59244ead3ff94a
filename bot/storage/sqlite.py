"""SQLite inside this process: statements run where they are called, only the commit (its fsync) goes to a thread.

A statement takes some ten microseconds, handing it to a thread and back several hundred; so the drivers that give every
call to a thread spend most of their time on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.engine import CursorResult

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "mmap_size=268435456",  # large tables are read without copying them first
    "cache_size=-8000",
)


class Inline:
    """A connection with the asynchronous face of the others."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.dialect = conn.dialect

    async def execute(self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None) -> CursorResult[Any]:
        return self._conn.execute(statement, rows)

    async def run_sync(self, function: Callable[[Connection], Any]) -> Any:  # noqa: ANN401  # what the function returns
        return function(self._conn)


class Sqlite:
    """One writer at a time: writers queue here instead of failing on the file's lock."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, connect_args={"check_same_thread": False})
        self._writer = asyncio.Lock()
        _keep_private(self._engine)
        _begin_ourselves(self._engine)

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[Inline]:
        async with self._writer:
            with (
                self._engine.connect().execution_options(sqlite_begin="IMMEDIATE") as conn,
                conn.begin() as transaction,
            ):
                before = _changes(conn)
                yield Inline(conn)
                if _changes(conn) != before:
                    await _to_its_end(transaction.commit)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Inline]:
        with self._engine.connect() as conn, conn.begin():
            yield Inline(conn)

    async def close(self) -> None:
        self._engine.dispose()


async def _to_its_end(work: Callable[[], None]) -> None:
    """Run in a thread and wait for its end also when cancelled: the connection is not free before."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def _changes(conn: Connection) -> int:
    """Rows changed since this connection was opened."""
    raw: Any = conn.connection.dbapi_connection
    return int(raw.total_changes)


def _keep_private(engine: Any) -> None:  # noqa: ANN401  # as below
    @event.listens_for(engine, "do_connect")
    def create(_dialect: object, _record: object, place: list[str], _options: object) -> None:
        """Whatever the umask: a new file is for its owner alone, and SQLite gives those beside it the same mode."""
        if place[0] != ":memory:":
            with contextlib.suppress(OSError):  # it cannot be made: SQLite says why
                os.close(os.open(place[0], os.O_RDWR | os.O_CREAT, 0o600))


def _begin_ourselves(engine: Any) -> None:  # noqa: ANN401  # sqlalchemy.Engine, whose events are untyped
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:  # noqa: ANN401  # sqlite3.Connection
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")
