"""What the relay's tests ask for by name."""

import pytest

from tests.relay import outside as outsides


@pytest.fixture
async def outside(tmp_path, monkeypatch):
    """A relay's folder and keys."""
    made = outsides.outside(tmp_path, monkeypatch)
    yield made
    await made.close()


class Kept:
    """What the inside's accounts were handed; ``away`` is raised instead."""

    def __init__(self):
        self.requests, self.moments, self.away = [], [], None

    async def __call__(self, kind, account, request, at):
        if self.away is not None:
            raise self.away
        self.requests.append((kind, account, request))
        self.moments.append(at)

    @property
    def bodies(self):
        return [request.body for _, _, request in self.requests]


@pytest.fixture
def kept():
    return Kept()
