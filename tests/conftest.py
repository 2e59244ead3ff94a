"""Fixtures for all tests, and the marks that follow from asking for a server or a browser."""

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.fixtures", "tests.support.rooms"]

# The same examples in every run, and no time limit for each: a busy machine is no error.
settings.register_profile("mimamori", derandomize=True, deadline=None)
settings.load_profile("mimamori")

MARK_OF_FIXTURE = {
    "browser": pytest.mark.browser,
    "postgres_server": pytest.mark.postgres,
    "private_postgres": pytest.mark.postgres,
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test by what it asks for, so that nobody can forget to."""
    for item in items:
        for fixture, mark in MARK_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
