"""The clock that PostgreSQL sets right."""

from datetime import UTC, datetime, timedelta

from bot.storage.clock import DatabaseClock
from bot.storage.database import Database
from bot.storage.keys import Keyring


async def test_a_clock_that_is_off_is_set_right_by_the_database(postgres_url):
    database = Database(postgres_url, Keyring.fresh())
    clock = DatabaseClock()
    clock._ahead = timedelta(hours=5)
    await clock.set_by(database)
    await database.close()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
