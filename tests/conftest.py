"""Fixtures for all tests, and the marks that follow from asking for a server or a browser."""

import pytest

pytest_plugins = ["tests.support.fixtures"]

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
