"""The whole service over SMPP: a real database, the movers at work, and an SMSC in another process as the witness."""

import asyncio
import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.domain.clock import FixedClock
from bot.domain.gateway import road_of
from bot.residents.roster import NewResident
from bot.service import build, opened, running
from bot.settings import Settings
from tests.support.house import START, _shared
from tests.support.smsc import joined
from tests.support.smsc_process import SmscProcess
from tests.support.wait import pause, until_async

BARE = "819012345678"
LONG = "きのうの夜から少しせきが出ています。" * 6 + "熱はないです。" + "おわり"
ROAD = """
kind = "smpp"
sender = "+815012345678"
host = "127.0.0.1"
port = {port}
system_id = "mimamori"
password = "env:SMPP_PASSWORD"
answer_seconds = 2.0
reconnect_from = 0.02
reconnect_to = 0.1
rate = 1000
burst = 10000
"""


@pytest.fixture
async def provider(reaper, tmp_path, unused_tcp_port_factory, monkeypatch):
    monkeypatch.setenv("SMPP_PASSWORD", "secret")
    (tmp_path / "smsc").mkdir()
    there = SmscProcess(reaper, tmp_path / "smsc", unused_tcp_port_factory(), unused_tcp_port_factory())
    await there.start()
    yield there
    there.kill()


class Office:
    """An installation at work whose only road is SMPP; its clock goes as fast as the test wants."""

    def __init__(self, service, clock):
        self.service, self.clock = service, clock

    async def enrol(self, bare):
        resident = NewResident("山田 太郎", "ヤマダ タロウ", f"+{bare}", self.service.settings.default_program)
        await self.service.roster.enrol(resident)

    async def rows(self, table):
        async with self.service.database.read() as tx:
            found = tx.t.metadata.tables[table]
            return list(await tx.all(select(found).order_by(found.c.id)))

    async def phone_of(self, row):
        async with self.service.database.read() as tx:
            table = tx.t.conversations
            return (await tx.value(select(table.c.phone).where(table.c.id == row["conversation_id"])))[1:]

    async def until(self, condition, what, *, seconds=150.0):
        """Wait while the clock runs ahead, so that pauses of the movers pass."""

        async def look():
            self.clock.set(self.clock.now() + timedelta(seconds=2))
            self.service.bells.ring("outbox")
            await pause(0.1)
            return await condition()

        return await until_async(look, what, seconds=seconds)

    async def under_kills(self, provider, condition, what, *, kills=5):
        """Wait for it while the SMSC is killed and started again, so many times at least half a second apart."""

        async def kill():
            for _ in range(kills):
                await pause(0.5)
                provider.kill()
                await provider.start(slow=0.01, window=100)

        killing = asyncio.create_task(kill())
        await self.until(condition, what)
        assert killing.done(), "it was killed in the middle of it"
        await killing

    async def settled(self):
        """Whether every reply is handled and every text is out of the movers' hands."""
        return not await self.count("outbox", "queued", "submitting") and not await self.count("inbox", "new")

    async def count(self, table, *states):
        async with self.service.database.read() as tx:
            found = tx.t.metadata.tables[table]
            return await tx.value(select(func.count()).select_from(found).where(found.c.state.in_(states)))


@pytest.fixture
async def office(database_url, provider, tmp_path):
    folder = tmp_path / "gateways"
    folder.mkdir()
    (folder / "main.toml").write_text(ROAD.format(port=provider.port), encoding="utf-8")
    library, reader = _shared()
    clock = FixedClock(START)
    made = Settings(
        data_dir=tmp_path, database_url=database_url, gateways=folder, default_program="covid19-2022-09-07"
    )  # fmt: skip
    async with opened(build(made, clock, library=library, reader=reader)) as service, running(service):
        yield Office(service, clock)


async def texts_on(provider, bare):
    return [words for phone, words in joined((await provider.state())["taken"]) if phone == bare]


async def test_a_conversation_goes_over_smpp_in_both_directions(office, provider):
    await provider.behave(receipts="held")
    await office.enrol(BARE)
    await office.until(lambda: texts_on(provider, BARE), "the first text")
    await provider.phones_send([(BARE, "はい")])

    async def welcomed():
        return len(await texts_on(provider, BARE)) > 1

    await office.until(welcomed, "the answer to a consent")
    await provider.phones_send([(BARE, LONG)])

    async def read():
        rows = [row for row in await office.rows("inbox") if row["kind"] == "reply"]
        return len(rows) == 2 and all(row["state"] == "handled" for row in rows) and rows

    rows = await office.until(read, "the long reply, joined and read")
    assert [json.loads(row["payload"])["text"] for row in rows] == ["はい", LONG]
    await office.until(office.settled, "answered")
    await provider.behave(receipts="after")
    await provider.release()

    async def delivered():
        return all(row["state"] == "delivered" for row in await office.rows("outbox"))

    await office.until(delivered, "every receipt, though they came backwards")
    out = await office.rows("outbox")
    assert [row["text"] for row in out] == await texts_on(provider, BARE)
    assert {row["road"] for row in out} == {road_of(office.service.gateway)}


@pytest.mark.slow(seconds=40)
@pytest.mark.timeout(400)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is judged here is the road
async def test_500_residents_while_the_smsc_is_killed_again_and_again(office, provider):
    phones = [f"8190{number:08}" for number in range(10_000_000, 10_000_500)]
    await asyncio.gather(*(office.enrol(phone) for phone in phones))
    await office.under_kills(provider, office.settled, "all first texts are out")
    before = await office.count("inbox", "handled")
    await provider.phones_send([(phone, "はい") for phone in phones])

    async def replied():
        return await office.count("inbox", "handled") >= before + 500 and await office.settled()

    await office.under_kills(provider, replied, "all replies are read and answered")

    async def quiet():
        return not (await provider.state())["waiting"] and await office.settled()

    await office.until(quiet, "everything is acknowledged")
    replies = Counter(row["conversation_id"] for row in await office.rows("inbox") if row["kind"] == "reply")
    assert len(replies) == 500
    assert set(replies.values()) == {1}, "every reply came in once"
    shown = Counter(joined((await provider.state())["taken"]))
    out = await office.rows("outbox")
    assert {row["state"] for row in out} <= {"accepted", "delivered", "unknown"}, "nothing failed"
    wanted = {(await office.phone_of(row), row["text"]): row for row in out}
    assert len(wanted) == len(out), "no text twice to one phone"
    assert set(shown) <= set(wanted)
    for text, row in wanted.items():
        assert shown[text] <= 1 or (shown[text] == 2 and row["possible_duplicate"]), "twice only where it is marked"
        assert shown[text] >= 1 or row["state"] == "unknown", "what is not there is not said to be taken"
