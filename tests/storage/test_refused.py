"""The quarantine's rows: sealed, capped for each account, and nobody can push residents' texts out."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from bot.domain.gateway import WebRequest
from bot.storage import refused
from bot.storage.conversations import ensure_conversations
from bot.storage.heard import note_heard
from bot.storage.refused import Contents, decide, find_refused, forget_decided, keep_refused, keep_unknown, list_refused
from bot.storage.refused_texts import settle_came

NOW = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
dispensable = refused._dispensable
PROVIDER, SCANNER = "203.0.113.7", "198.51.100.66"


@pytest.fixture
def _small(monkeypatch):
    monkeypatch.setattr(refused, "MOST", 20)
    monkeypatch.setattr(refused, "MOST_BYTES", 20_000)


def request(body, peer=PROVIDER):
    return Contents(WebRequest("POST", "https://x/webhook/a/b", {"x-signature": "1"}, body.encode(), peer))


async def keep(tx, body, peer=PROVIDER, minute=0, account="main", code="signature"):
    return await keep_refused(tx, "signed", account, code, request(body, peer), NOW + timedelta(minutes=minute))


async def bodies(tx, account="main"):
    found = [(await find_refused(tx, item.id))[1] for item in await list_refused(tx, account=account, limit=999)]
    return [contents.request.body.decode() for contents in reversed(found)]


async def test_a_request_comes_back_as_it_went_in(database):
    chance = random.Random(20220910)
    sent = Contents(
        WebRequest("GET", "https://x/?a=%e3&b=ひ", {"x": "ż", "y": "\ud800"}, chance.randbytes(3000), "::1"),
        [{"message_id": "m", "sender": "12345", "recipient": "", "text": "\x00ひみつ\ud83d"}],
    )
    async with database.write() as tx:
        assert await keep_refused(tx, "signed", "main", "unsigned", sent, NOW)
        (item,) = await list_refused(tx)
        assert (await find_refused(tx, item.id))[1] == sent
        assert (item.code, item.state, item.at, item.decided_by) == ("unsigned", "held", NOW, None)
        raw = (await tx.run(text("SELECT request FROM refused_requests"))).scalar_one()
    assert "ひみつ".encode() not in bytes(raw)


async def test_a_retry_is_not_kept_twice(database):
    async with database.write() as tx:
        assert [await keep(tx, body) for body in ("a", "a", "b", "a")] == [True, False, True, False]
        assert [await keep(tx, "a", account="other"), await keep(tx, "a", code="stale")] == [True, True]


async def test_a_days_replies_after_a_changed_key_are_all_held(database):
    async with database.write() as tx:
        for at in range(250):
            await keep(tx, "x" * at)
        assert await bodies(tx) == ["x" * at for at in range(250)]
    assert (refused.MOST, refused.MOST_BYTES) == (5_000, 16_000_000)


@pytest.mark.usefixtures("_small")
async def test_the_first_after_a_change_and_the_newest_outlive_any_flood(database):
    async with database.write() as tx:
        for at in range(5):
            await keep(tx, f"scan {at}", SCANNER, minute=at)
        await note_heard(tx, "signed/main", NOW + timedelta(minutes=10))
        for at in range(8):
            await keep(tx, f"resident {at}", minute=20 + at)
        for at in range(300):
            await keep(tx, f"flood {at}", SCANNER, minute=30 + at)
        late = [f"late resident {at}" for at in range(4)]
        for at, body in enumerate(late):
            await keep(tx, body, minute=400 + at)
        for at in range(300, 600):
            await keep(tx, f"flood {at}", SCANNER, minute=410 + at)
        found = await bodies(tx)
    assert len(found) == 20
    assert [body for body in found if "resident" in body] == [f"resident {at}" for at in range(8)] + late
    assert found[-1] == "flood 599"


@pytest.mark.usefixtures("_small")
async def test_what_came_before_the_account_was_last_believed_goes_first(database):
    async with database.write() as tx:
        for at in range(20):
            await keep(tx, f"old {at}", minute=at)
        await note_heard(tx, "signed/main", NOW + timedelta(minutes=30))
        for at in range(20):
            await keep(tx, f"new {at}", minute=40 + at)
        assert await bodies(tx) == [f"new {at}" for at in range(20)]


@pytest.mark.usefixtures("_small")
async def test_a_flood_of_many_addresses_leaves_the_first_half_and_the_newest(database):
    async with database.write() as tx:
        for at in range(300):
            await keep(tx, f"{at}", f"198.51.{at}.1", minute=at)
        found = await bodies(tx)
    assert found[:10] == [str(at) for at in range(10)]
    assert found[-1] == "299"


@pytest.mark.usefixtures("_small")
async def test_one_network_of_ipv6_is_one_source(database):
    async with database.write() as tx:
        for at in range(10):
            await keep(tx, f"first {at}", "2001:db8::1", minute=at)
        await keep(tx, "resident")
        for at in range(100):
            await keep(tx, f"{at}", f"2001:db8:1:1::{at:x}", minute=at)
        assert "resident" in await bodies(tx)


@pytest.mark.usefixtures("_small")
async def test_large_requests_count_by_their_bytes(database):
    async with database.write() as tx:
        await keep(tx, "resident")
        for at in range(20):
            await keep(tx, f"{at:03}" * 1000, SCANNER, minute=at)
        found = await bodies(tx)
        assert sum(map(len, found)) <= 20_000
        assert found[0] == "resident"
        await keep(tx, "huge" * 10_000, minute=50)
        assert (await bodies(tx))[-1] == "huge" * 10_000, "the newest is kept, however large"


@pytest.mark.usefixtures("_small")
async def test_accounts_and_what_is_proven_are_out_of_a_floods_reach(database):
    async with database.write() as tx:
        await keep(tx, "other account", account="other")
        await keep(tx, "short code", code="no_number")
        await note_heard(tx, "signed/main", NOW + timedelta(days=1))
        for at in range(100):
            await keep(tx, f"flood {at}", SCANNER, minute=at)
        assert (await bodies(tx))[0] == "short code"
        assert await bodies(tx, "other") == ["other account"]


async def test_a_request_is_decided_once_and_forgotten_in_time(database):
    async with database.write() as tx:
        await keep(tx, "a")
        (item,) = await list_refused(tx)
        assert await decide(tx, item.id, "dropped", "nurse", NOW)
        assert not await decide(tx, item.id, "released", "other", NOW)
        await forget_decided(tx, NOW)
        assert len(await list_refused(tx, state="dropped")) == 1
        await forget_decided(tx, NOW + timedelta(seconds=1))
        assert not (await tx.run(select(tx.t.refused_requests.c.id))).all()


async def test_who_tries_names_of_accounts_fills_only_a_few(database, monkeypatch):
    monkeypatch.setattr(refused, "MOST_UNKNOWN", 2)
    async with database.write() as tx:
        kept = [await keep_unknown(tx, "kannel", name, request(name), NOW) for name in "abc"]
        assert [*kept, await keep_unknown(tx, "kannel", "a", request("more"), NOW)] == [True, True, False, True]
        (item, *_) = await list_refused(tx, account="b")
        await decide(tx, item.id, "dropped", "nurse", NOW)
        assert await keep_unknown(tx, "kannel", "c", request("c"), NOW)


# -- texts that came by another request ------------------------------------------------------------------------------


async def came(tx, *names, table="inbox"):
    (about,) = (await ensure_conversations(tx, "main", ["+819012345678"], "Asia/Tokyo", NOW)).values()
    same = {"gateway": "signed", "account": "main", "payload": "{}", "received_at": NOW}
    rows = {
        "inbox": {"conversation_id": about, "kind": "reply", "state": "new", "attempts": 0},
        "parts": {"series": "s", "total": 9, "state": "waiting"},
    }
    for number, name in enumerate(names):
        more = {"number": number} if table == "parts" else {}
        await tx.run(tx.t.metadata.tables[table].insert().values(**same, **rows[table], **more, message_id=name))


async def states(tx):
    table = tx.t.refused_requests
    return [row["state"] for row in await tx.all(select(table.c.state).order_by(table.c.id))]


async def test_a_held_request_is_settled_once_all_its_texts_came_by_another_one(database):
    async with database.write() as tx:
        for body, ids in {"both": ["a", "b"], "other": ["c"], "no texts": [], "in pieces": ["p", "q"]}.items():
            await keep_refused(tx, "signed", "main", "signature", request(body), NOW, ids)
        await keep_refused(tx, "signed", "second", "signature", request("another account's"), NOW, ["a"])
        assert await settle_came(tx, NOW) == 0
        await came(tx, "a")
        assert await settle_came(tx, NOW) == 0, "one text is still missing"
        await came(tx, "b")
        await came(tx, "p", "q", table="parts")
        assert await settle_came(tx, NOW) == 2
        assert await states(tx) == ["came", "held", "held", "came", "held"]
        assert not await decide(tx, 1, "dropped", "nurse", NOW), "nobody has to decide"
        await forget_decided(tx, NOW + timedelta(seconds=1))
        assert await states(tx) == ["held"] * 3


@pytest.mark.usefixtures("_small")
async def test_what_goes_by_the_cap_or_is_decided_leaves_no_ids_behind(database):
    async with database.write() as tx:
        for at in range(30):
            await keep_refused(tx, "signed", "main", "signature", request(str(at)), NOW, [f"m{at}"])
        held = await list_refused(tx)
        await decide(tx, held[0].id, "dropped", "nurse", NOW)
        assert len((await tx.run(select(tx.t.refused_texts))).all()) == len(held) - 1 == 19


async def test_a_flood_is_not_looked_through_for_each_request(database, monkeypatch):
    """Once the cap is reached, some more go at a time; in between nothing but indexes is read."""
    monkeypatch.setattr(refused, "MOST", 200)
    passes = []
    monkeypatch.setattr(refused, "_dispensable", lambda *given: passes.append(1) or dispensable(*given))
    async with database.write() as tx:
        for at in range(260):
            await keep(tx, f"{at:03}", minute=at)
        assert len(await list_refused(tx, limit=999)) <= 200
    assert len(passes) == 60 // (200 // refused.MORE_GO + 1)
