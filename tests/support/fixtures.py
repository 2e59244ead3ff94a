"""What tests can ask for by name. Servers start when the first test asks, and end with the run, however it ends."""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.support import ports, tools
from tests.support.child import READY, Child, mimamori
from tests.support.postgres import OwnPostgres, Postgres
from tests.support.reaper import Reaper
from tests.support.redis_server import OwnRedis, Redis
from tests.support.templates import made_ready
from tests.support.wait import PATIENT_SECONDS

# No background traffic: the tests' Chromium talks to 127.0.0.1 only. The sandbox is off because root, and most
# containers, cannot have it; the pages are our own.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=30_000)  # five seconds, its own patience, are too few on a busy machine


@pytest.fixture(scope="session")
def reaper() -> Iterator[Reaper]:
    """Ends what is left over, also when pytest is killed."""
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    return ports.free_port()


@pytest.fixture
def child(reaper: Reaper) -> Iterator[Callable[..., Child]]:
    """Start ``python -m bot …``: ``child("demo", "--port", "0", ready="listening")`` waits for a line like ``ready``.

    ``ready=None`` does not wait, ``env`` and ``cwd`` are handed on. Whatever still runs when the test ends is killed.
    """
    children: list[Child] = []

    def start(
        *arguments: str | Path, ready: str | None = READY, seconds: float = PATIENT_SECONDS, **how: object
    ) -> Child:
        process = Child(mimamori(*arguments), reaper, **how)
        children.append(process)
        if ready is not None:
            process.wait_for(ready, seconds=seconds)
        return process

    yield start
    for process in children:
        process.kill()


@pytest.fixture(scope="session")
def postgres_server(reaper: Reaper) -> Iterator[Postgres]:
    """The PostgreSQL server of this run; ``with postgres_server.database(template) as url`` gives a database."""
    named = os.environ.get(tools.POSTGRES_ENV)
    if named:
        yield Postgres(named)
        return
    with ExitStack() as stack:
        server = OwnPostgres(reaper)
        stack.callback(server.close)
        server.start()
        yield server


@pytest.fixture
def private_postgres(reaper: Reaper) -> Iterator[OwnPostgres]:
    """A PostgreSQL server for one test that stops, restarts or crashes it."""
    with ExitStack() as stack:
        server = OwnPostgres(reaper)
        stack.callback(server.close)
        server.start()
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> Iterator[str]:
    """The name of a database with today's tables, to copy: a third of what making them anew costs."""
    with postgres_server.database() as url:
        made_ready(url)
        yield url.rpartition("/")[2].partition("?")[0]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with today's tables, to copy."""
    path = tmp_path_factory.mktemp("template") / "mimamori.db"
    made_ready(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgres_url(postgres_server: Postgres, postgres_template: str) -> Iterator[str]:
    """``postgresql+asyncpg://…`` of a new database for this test, with today's tables and nothing in them."""
    with postgres_server.database(postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database for this test, with today's tables and nothing in them, once in SQLite and once in PostgreSQL."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "mimamori.db")
    return f"sqlite:///{tmp_path / 'mimamori.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    with request.getfixturevalue("postgres_server").database() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server(reaper: Reaper) -> Iterator[Redis]:
    """The Redis server of this run."""
    named = os.environ.get(tools.REDIS_ENV)
    if named:
        yield Redis(named)
        return
    with ExitStack() as stack:
        server = OwnRedis(reaper)
        stack.callback(server.close)
        server.start()
        yield server


@pytest.fixture
def private_redis(reaper: Reaper) -> Iterator[OwnRedis]:
    """A Redis server for one test that stops or restarts it."""
    with ExitStack() as stack:
        server = OwnRedis(reaper)
        stack.callback(server.close)
        server.start()
        yield server


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """``redis://…`` of an empty database for this test."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The Chromium of this machine."""
    return tools.chromium()


@pytest.fixture
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    """A headless Chromium (Playwright, async) that this test has for itself."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def browser_context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile of a reader in Japan."""
    context = await browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
    yield context
    await context.close()


@pytest.fixture
async def page(browser_context: BrowserContext) -> Page:
    """An empty page."""
    return await browser_context.new_page()
