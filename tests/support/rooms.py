"""A migrated database and a whole house, for tests that ask for them by name."""

import functools
import shutil

import pytest

from bot.storage import readings
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from tests.support.house import open_house


@pytest.fixture(scope="session", autouse=True)
def _packed_once():
    """Each new database keeps the reader's files: a tenth of a second to pack what is the same in nearly every test."""
    pack = functools.lru_cache(maxsize=8)(lambda files, pack=readings._packed: pack(dict(files)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readings, "_packed", lambda files: pack(tuple(files.items())))
        yield


@pytest.fixture
def keyring():
    """New keys that are kept nowhere."""
    return Keyring.fresh()


@pytest.fixture
async def database(database_url, keyring):
    """A database with all tables, once in SQLite and once in PostgreSQL."""
    database = Database(database_url, keyring)
    await migrate(database)
    yield database
    await database.close()


@pytest.fixture
async def house(database_url, tmp_path):
    """The real house, standing still, once in SQLite and once in PostgreSQL."""
    async with open_house(database_url, tmp_path) as house:
        yield house


@pytest.fixture
async def small_house(sqlite_template, tmp_path):
    """The real house on SQLite alone, for what no database can change."""
    shutil.copy(sqlite_template, tmp_path / "mimamori.db")
    async with open_house(f"sqlite:///{tmp_path / 'mimamori.db'}", tmp_path) as house:
        yield house
