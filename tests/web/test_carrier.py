"""The simulated carrier's own log, which judges whether anything was sent twice."""

from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.domain.clock import FixedClock
from bot.domain.errors import StorageUnusable
from bot.storage.keys import Keyring
from bot.web.demo.carrier import Carrier

CLOCK = FixedClock(datetime(2022, 9, 10, 1, 0, tzinfo=UTC))
PHONE = "+819012345678"


@pytest.fixture
def opened(tmp_path, keyring):
    """Open the carrier on the log of this test (again and again)."""
    carriers = []

    def open_carrier(keys=keyring):
        carriers.append(Carrier(tmp_path / "carrier.log", keys, CLOCK))
        return carriers[-1]

    yield open_carrier
    for carrier in carriers:
        carrier.close()


async def take(carrier, *references):
    app = web.Application()
    carrier.setup(app)
    async with TestClient(TestServer(app)) as client:
        for reference in references:
            body = {"reference": reference, "to": PHONE, "text": f"こんにちは {reference}"}
            async with client.post("/demo/carrier/messages", json=body) as answer:
                assert answer.status == 200


def told(carrier):
    return [(message["id"], message["reference"]) for message in carrier.messages[PHONE]]


async def test_what_it_took_is_there_after_a_restart(opened):
    first = opened()
    await take(first, "r1", "r2")
    again = opened()
    assert told(again) == told(first) == [("c1", "r1"), ("c2", "r2")]
    assert again.pending == 2, "receipts that were not handed over"
    await take(again, "r3")
    assert told(opened()) == [("c1", "r1"), ("c2", "r2"), ("c3", "r3")]


async def test_a_line_that_a_crash_cut_off_spoils_no_other(opened, tmp_path):
    await take(opened(), "r1", "r2")
    whole = (tmp_path / "carrier.log").read_bytes()
    first_line = whole.index(b"\n") + 1
    for end in range(first_line, len(whole)):
        (tmp_path / "carrier.log").write_bytes(whole[:end])
        carrier = opened()
        assert told(carrier) == [("c1", "r1")], end
        carrier._write({"type": "text", "id": "c2", "reference": "r2", "to": PHONE, "text": "", "state": "delivered"})
        assert told(opened()) == [("c1", "r1"), ("c2", "r2")], end


async def test_a_log_of_other_keys_is_refused(opened):
    await take(opened(), "r1")
    with pytest.raises(StorageUnusable):
        opened(Keyring.fresh())
