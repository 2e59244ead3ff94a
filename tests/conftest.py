"""Fixtures for all tests, the marks that follow from asking for a server or a browser, and the order."""

import gc

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
# Modules and collected tests stay to the end: looking for garbage among them was a tenth of all time.
YOUNG, MIDDLE, OLD = 50_000, 20, 50


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test by what it asks for, so that nobody can forget to, and put the long ones first.

    Side by side, a long test that begins last would keep one process busy while the others have nothing left to do.
    """
    for item in items:
        for fixture, mark in MARK_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
    items.sort(key=_seconds, reverse=True)


def pytest_collection_finish() -> None:
    """Leave what is there by now out of every later look for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def _seconds(item: pytest.Item) -> float:
    """What ``slow`` says that it takes, about: ``slow(seconds=60)``."""
    slow = item.get_closest_marker("slow")
    return slow.kwargs.get("seconds", 5) if slow else 0
