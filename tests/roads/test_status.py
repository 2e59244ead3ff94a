"""``mimamori gateway status``, and how the roads' state is read from the database."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from rich.console import Console

from bot.gateways.relay_seal import new_keys
from bot.gateways.relay_state import Odd, State
from bot.roads.show import states
from bot.settings import load_settings
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from bot.storage.road_view import RoadView, road_views, waiting_texts
from tests.support.roads import seed_roads

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ROAD = "kannel/main"


async def test_errors_of_the_last_hour_are_counted_and_older_ones_are_not(database):
    async with database.write() as tx:
        await seed_roads(tx, NOW)
    async with database.read() as tx:
        views = await road_views(tx, NOW - timedelta(hours=1))
    (view,) = views.values()
    assert (view.road, view.state, view.code, view.failures) == (ROAD, "down", "no_connection", 3)
    assert (view.sent, view.failed, view.under_way) == (2, 3, 1)
    told = [(fault.state, fault.code, fault.reason, fault.number) for fault in view.faults]
    assert told == [("retry", "503", "busy", 2), ("undelivered", "30003", "absent", 1)]


async def test_what_waits_is_told_by_why_it_waits(database):
    async with database.write() as tx:
        await seed_roads(tx, NOW)
    async with database.read() as tx:
        queue = await waiting_texts(tx, NOW)
    assert (queue.due, queue.later, queue.held) == (1, 1, {"road_down": 1, "budget": 1})


async def test_an_empty_installation_has_no_views(database):
    async with database.read() as tx:
        assert await road_views(tx, NOW) == {}
        assert await waiting_texts(tx, NOW) == await waiting_texts(tx, NOW + timedelta(days=1))


def test_status_tells_roads_errors_waiting_texts_and_held_requests(put, gateway):
    put("main")
    put("spare", order=200)

    async def seed():
        settings = load_settings(None, os.environ)
        database = Database(settings.database, Keyring.load_or_create(settings.keys))
        await migrate(database)
        async with database.write() as tx:
            await seed_roads(tx, datetime.now(UTC))
        await database.close()

    asyncio.run(seed())
    code, told = gateway("status")
    assert code == 0
    for words in ("kannel/main", "止まっています", "no_connection", "kannel/spare", "まだ使われていません", "503",
                  "混雑", "経路が止まっているため待っている", "認証情報が合わない"):  # fmt: skip
        assert words in told
    assert "12345678" not in told


def test_times_are_in_the_zone_of_the_settings_and_receiving_is_told_to_the_minute():
    view = RoadView(ROAD, "up", since=NOW, received_at=NOW)
    out = Console(width=200, file=StringIO())
    out.print(states([view], ZoneInfo("Asia/Tokyo")))
    told = out.file.getvalue()
    assert "11-22 12:00:00" in told
    assert told.rstrip().endswith("11-22 12:00")


def test_status_of_a_new_installation(put, gateway):
    put("main")
    code, told = gateway("status")
    assert code == 0
    assert "保留している要求はありません" in told


def test_status_tells_what_was_out_of_order_at_the_relay(put, gateway, tmp_path, monkeypatch):
    keys, state = new_keys(), State()
    monkeypatch.setenv("INSIDE_KEY", keys["inside.key"])
    relay = {"kind": "relay", "sender": "relay", "url": "https://relay.example.jp", "key": "env:INSIDE_KEY"}
    put("outside", **relay, relay=keys["relay.pub"], folder=str(tmp_path / "relay"))
    state.notice(Odd("missing", 3, 4), datetime.now(UTC))
    state.save(tmp_path / "relay" / "state.json")
    code, told = gateway("status")
    assert code == 0
    assert "relay/outside: 中継が預かったはずの要求がありません" in told
    assert "is gone" in told
