"""The page of the roads: how each does, what the day costs, and requests that were not believed."""

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from bot.domain.budget import Level
from bot.domain.gateway import WebRequest
from bot.domain.messages import Reason
from bot.domain.roads import Standing
from bot.domain.states import TextState
from bot.gateways.base import _REFUSALS
from bot.gateways.relay_seal import new_keys
from bot.gateways.relay_state import Odd, State
from bot.settings import Settings
from bot.storage.accounts import DEMO_PASSWORD
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.refused import Contents, keep_refused
from bot.storage.spending import Booking, _count
from bot.web.console.words import knows
from tests.support.roads import seed_roads
from tests.web.conftest import running_demo
from tests.web.visits import TARO, once, violations

PAGE = "/console/roads"
ROAD = "sandbox/demo"


@contextlib.asynccontextmanager
async def rows_of(demo):
    """The demo's database, to write a past into it."""
    settings = Settings(data_dir=demo.data)
    database = Database(settings.database, Keyring.load_or_create(settings.keys))
    try:
        async with database.write() as tx:
            yield tx
    finally:
        await database.close()


async def now_of(demo):
    return datetime.fromisoformat((await demo.call("GET", "/demo/api/clock"))["now"])


@pytest.fixture
async def past(demo):
    """A demo whose road is down, with errors, waiting texts and a held request."""
    now = await now_of(demo)
    async with rows_of(demo) as tx:
        await seed_roads(tx, now, ROAD)
    return demo


@pytest.fixture
async def boss(demo):
    return await demo.signed_in("manager")


async def test_only_managers_and_operators_see_the_roads(demo, nurse, boss, admin):
    assert (await nurse.get(PAGE)).status == 403
    assert (await boss.get(PAGE)).status == 200
    assert (await admin.get(PAGE)).status == 200
    assert "経路 <" not in (await nurse.get("/console/")).html


async def test_each_road_tells_its_state_numbers_and_errors_in_words(past, boss):
    page = (await boss.get(PAGE)).text
    for words in ("止まっています", "no_connection", "経路につながらない", "続けて3回", "503",
                  "混雑、または経路の一時停止", "30003", "電源が入っていないか圏外", "1秒に",
                  "経路が止まっているため待っている", "きょうの予算を使い切ったため待っている"):  # fmt: skip
        assert words in page
    assert "090-1234-5678" not in page
    assert "hello" not in page


async def test_a_demo_says_that_only_the_sandbox_is_connected(demo, boss):
    await demo.consented(TARO)
    page = (await boss.get(PAGE)).text
    assert "sandbox だけです" in page
    assert "動いています" in page
    assert "保留した要求はありません" in page


async def test_everybody_is_told_briefly_when_a_road_is_down_or_a_request_is_held(past, nurse, boss):
    for visitor in (nurse, boss):
        page = (await visitor.get("/console/")).text
        assert "SMSの経路が止まっています(sandbox/demo)" in page
        assert "保留した要求が1件あります" in page
    assert 'href="/console/roads">経路を見る' in (await boss.get("/console/calls")).html
    assert "経路を見る" not in (await nurse.get("/console/calls")).html


async def test_without_a_reason_there_is_no_banner(demo, nurse):
    assert "road-alarms" not in (await nurse.get("/console/")).html


async def test_a_held_request_is_shown_with_what_it_would_bring_and_then_taken(demo, boss):
    now = await now_of(demo)
    body = b'{"id": "h1", "from": "+819011110001", "to": "+815000000000", "text": "2 37.8"}'
    request = WebRequest("POST", f"{demo.url}/webhook/sandbox/demo", {}, body, "203.0.113.9")
    async with rows_of(demo) as tx:
        await seed_roads(tx, now, ROAD, request)
    listed = await boss.get(PAGE)
    assert "認証情報が合わない" in listed.text
    assert f"{len(body) + len(request.url)} B" in listed.text
    page = await boss.get(f"{PAGE}/refused/1")
    for words in ("確かめられました", "2 37.8", "203.0.113.9"):
        assert words in page.text
    done = await boss.post(f"{PAGE}/refused/1/release")
    assert done.path == PAGE
    assert "受け取りました(返信1件、配信結果0件)" in done.text
    assert "保留した要求はありません" in done.text
    actions = [row["action"] for row in await demo.rows("audit")]
    assert {"refused_viewed", "refused_released"} <= set(actions)
    assert (await boss.post(f"{PAGE}/refused/1/release")).status == 409


async def test_what_cannot_be_read_stays_held_and_says_why(past, boss):
    page = await boss.post(f"{PAGE}/refused/1/release")
    assert page.status == 409
    assert "JSONとして読めません" in page.text
    assert "保留した要求が1件あります" in (await boss.get("/console/")).text


async def test_what_was_taken_without_verifying_says_so_and_the_timeline_when_it_came(demo, boss):
    await demo.consented(TARO)
    body = b'{"id": "h1", "from": "+819011110001", "to": "+815000000000", "text": "2 37.8"}'
    request = WebRequest("POST", f"{demo.url}/webhook/sandbox/demo", {}, body, "203.0.113.9")
    async with rows_of(demo) as tx:
        await keep_refused(tx, "sandbox", "demo", "stale", Contents(request), await now_of(demo) - timedelta(hours=2))
    done = await boss.post(f"{PAGE}/refused/1/release", {"force": "1", "sure": "1"})
    assert "確かめずに受け取りました(返信1件" in done.text
    assert "確かめずに受け取った" in done.text
    assert "確かめずに受け取りました。" in (await boss.get(f"{PAGE}/refused/1")).text
    await demo.settle()
    assert "届いたのは" in (await boss.get("/console/conversations/1")).text


async def test_dropping_needs_the_tick_and_then_the_request_is_gone(past, boss):
    assert (await boss.post(f"{PAGE}/refused/1/drop")).status == 409
    done = await boss.post(f"{PAGE}/refused/1/drop", {"sure": "1"})
    assert "不要にしました" in done.text
    assert "保留した要求はありません" in done.text


async def test_all_of_an_account_can_be_verified_again(past, boss):
    done = await boss.post(f"{PAGE}/release", {"kind": "sandbox", "account": "demo"})
    assert "0件を受け取りました。1件は、まだ確かめられません" in done.text


async def test_a_request_that_is_not_there_is_not_found(demo, boss):
    assert (await boss.get(f"{PAGE}/refused/9")).status == 404


@pytest.fixture
async def poor(tmp_path):
    """A demo whose budget of 10 segments a day is used up."""
    async with running_demo(Settings(budget_segments=10), tmp_path / "demo") as demo:
        now = await now_of(demo)
        day = now.astimezone(ZoneInfo("Asia/Tokyo")).date()
        async with rows_of(demo) as tx:
            await _count(tx, [Booking(0, "main", day, 12, 39_600, "JPY")], [])
        yield demo


async def test_a_used_up_budget_is_told_and_lifted_for_today_after_a_confirmation(poor):
    boss = await poor.signed_in("manager")
    page = (await boss.get(PAGE)).text
    for words in ("12", "39.60 JPY", "10通分", "使い切りました"):
        assert words in page
    assert "予算を使い切りました" in (await boss.get("/console/")).text
    asked = await boss.post(f"{PAGE}/lift")
    assert "きょうの上限を外しますか" in asked.text
    done = await boss.post(f"{PAGE}/lift", {"confirmed": "1", "once": once(asked)})
    assert "きょうは上限なしにしてあります" in done.text
    again = await boss.post(f"{PAGE}/lift", {"confirmed": "1", "once": once(asked)})
    assert "もう済んでいます" in again.text
    assert "budget_lifted" in [row["action"] for row in await poor.rows("audit")]


async def test_from_80_percent_of_the_budget_on_managers_are_warned_on_every_page(tmp_path):
    async with running_demo(Settings(budget_segments=10), tmp_path / "demo") as demo:
        day = (await now_of(demo)).astimezone(ZoneInfo("Asia/Tokyo")).date()
        nurse, boss, admin = [await demo.signed_in(role) for role in ("nurse", "manager", "admin")]
        for segments, warned in ((7, False), (1, True)):
            async with rows_of(demo) as tx:
                await _count(tx, [Booking(0, "main", day, segments, 0, "JPY")], [])
            for who, sees in ((nurse, False), (boss, warned), (admin, warned)):
                assert ("予算の80%を超えました" in (await who.get("/console/")).text) is sees
        assert "80%を超えました" in (await boss.get(PAGE)).text


def test_every_level_has_words():
    assert all(knows("level", level) for level in Level)


def test_every_reason_code_and_state_has_words():
    assert all(knows("failure", reason) for reason in Reason)
    assert all(knows("road_state", state) for state in Standing)
    assert all(knows("life", state) and knows("text_state", state) for state in TextState)
    assert all(knows("refusal", code) for code in [*_REFUSALS, "malformed", "no_number", "error"])


async def sign_in(page, demo, login="manager"):
    await page.goto(f"{demo.url}/console/login")
    await page.fill("#login", login)
    await page.fill("#password", DEMO_PASSWORD)
    await page.click("form button")
    await page.wait_for_url("**/console/")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/refused/1", "/console/conversations/1/evidence"])
async def test_axe_finds_nothing_and_nothing_is_cut(past, page, path, width):
    await page.set_viewport_size({"width": width, "height": 800})
    await sign_in(page, past)
    await page.goto(past.url + path)
    await page.evaluate("document.querySelectorAll('main details').forEach(part => part.open = true)")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_a_held_request_can_be_dropped_by_keyboard(past, page):
    await sign_in(page, past)
    await page.goto(f"{past.url}{PAGE}/refused/1")
    await page.focus("summary:has-text('不要にする')")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{PAGE}")
    assert "不要にしました" in await page.inner_text("main")


async def test_the_page_renews_itself(demo, page):
    await sign_in(page, demo)
    await page.goto(demo.url + PAGE)
    now = await now_of(demo)
    async with rows_of(demo) as tx:
        await seed_roads(tx, now, ROAD)
        await tx.run(update(tx.t.roads).values(code="from_elsewhere"))
    await page.wait_for_selector("text=from_elsewhere", timeout=15_000)


async def test_a_held_request_is_shown_without_keys(demo, boss):
    now = await now_of(demo)
    url = f"{demo.url}/webhook/kannel/main?key=TOPSECRETKEY0123456789&from=x&text=hi"
    async with rows_of(demo) as tx:
        await seed_roads(tx, now, ROAD, WebRequest("GET", url, {}, b"token=TOPSECRETTOKEN&text=hello", "203.0.113.9"))
    page = (await boss.get(f"{PAGE}/refused/1")).text
    assert "TOPSECRET" not in page
    for words in ("?key=…&amp;from=x&amp;text=hi", "token=…&amp;text=hello"):
        assert words in page or words.replace("&amp;", "&") in page


# -- what a road noticed by itself -----------------------------------------------------------------------------------


@pytest.fixture
async def with_relay(tmp_path, monkeypatch):
    """A demo with a relay that nobody can reach, and whose records were out of order."""
    roads, keys = tmp_path / "roads", new_keys()
    roads.mkdir()
    monkeypatch.setenv("INSIDE_KEY", keys["inside.key"])
    state = State()
    state.notice(Odd("missing", 3, 4), datetime.now(UTC))
    state.save(tmp_path / "relay" / "state.json")
    (roads / "outside.toml").write_text(
        f'kind = "relay"\nsender = "relay"\nurl = "http://127.0.0.1:9"\nkey = "env:INSIDE_KEY"\n'
        f'relay = "{keys["relay.pub"]}"\nfolder = "{tmp_path / "relay"}"\n'
    )
    async with running_demo(Settings(gateways=roads), tmp_path / "demo") as demo:
        yield demo


async def test_disorder_at_the_relay_is_told_to_everybody_and_explained_on_the_page(with_relay):
    nurse, boss = await with_relay.signed_in(), await with_relay.signed_in("manager")
    assert "経路について、確かめることがあります(relay/outside)" in (await nurse.get("/console/")).text
    page = await boss.get(PAGE)
    assert "中継が預かったはずの要求がありません" in page.text
    assert "番号 3-4" in page.text
