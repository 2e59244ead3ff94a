"""From a wrong reading to a labelled example in a real browser: clicks, keys, no JavaScript, axe, narrow screens."""

import asyncio
import json

import pytest
from playwright.async_api import expect
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings
from bot.storage.accounts import DEMO_PASSWORD
from tests.web.conftest import running_demo
from tests.web.visits import TARO, violations

TALK, LIST = "/console/conversations/1", "/console/corrections"
REPLY = "2 37.4 山田です。電話は090-9876-5432。階段で休み休みです"
CLEAN = "2 37.4 〇〇です。電話は〇〇〇-〇〇〇〇。階段で休み休みです"
LATER = 30_000


@pytest.fixture
async def own(tmp_path, scripts):
    """A demo with a folder of conversations of its own, in which a resident has replied."""
    async with running_demo(Settings(conversations=scripts), tmp_path / "demo") as demo:
        await demo.consented(TARO)
        await demo.advance("24h")
        await demo.text(TARO, REPLY)
        yield demo


async def sign_in(page, demo, login):
    await page.context.clear_cookies()
    await page.goto(f"{demo.url}/console/login")
    await page.fill("#login", login)
    await page.fill("#password", DEMO_PASSWORD)
    await page.click("form button")
    await page.wait_for_url("**/console/")


async def mark(page, demo):
    """What a nurse does; where she is then."""
    await page.goto(demo.url + TALK)
    reply = page.locator(".entry-in").last
    await reply.locator("summary").click()
    await reply.locator("button", has_text="至急").click()
    await expect(reply.locator(".mark-state")).to_contain_text("管理者の見直し待ち")
    return reply


async def open_entry(page, demo):
    await page.goto(demo.url + LIST)
    await page.click("text=確かめて決める")
    await page.wait_for_url(f"**{LIST}/1")


async def test_from_one_press_to_a_line_that_evaluate_reads(own, page, scripts):
    await sign_in(page, own, "nurse")
    await mark(page, own)
    await sign_in(page, own, "manager")
    await expect(page.locator("nav .count").last).to_contain_text("1")
    await open_entry(page, own)
    assert await page.input_value("#text") == CLEAN
    await page.fill("#text", "2 37.4 階段で休み休みです")
    await page.check("#anonymous")
    await page.click("text=例に採用する")
    await expect(page.locator(".message-good")).to_contain_text("例 reviewed-0001 に採用しました")
    await expect(page.locator(".empty-title")).to_have_text("見直す読み取りはありません。")
    file = scripts / "reading" / "labelled" / "reviewed.jsonl"
    assert json.loads(file.read_text(encoding="utf-8"))["text"] == "2 37.4 階段で休み休みです"
    arguments = ["triage", "evaluate", str(file), "--conversations", str(scripts)]
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert result.exit_code == 0
    assert "priority right" in result.output


async def test_japanese_can_be_typed_with_an_input_method_into_the_text(own, page):
    await sign_in(page, own, "nurse")
    await mark(page, own)
    await sign_in(page, own, "manager")
    await open_entry(page, own)
    await page.fill("#text", "")
    await page.click("#text")
    keyboard = await page.context.new_cdp_session(page)
    for composing in ("k", "か", "かい", "かいだん"):  # as an input method shows it before it is chosen
        await keyboard.send(
            "Input.imeSetComposition",
            {"text": composing, "selectionStart": len(composing), "selectionEnd": len(composing)},
        )
    await keyboard.send("Input.insertText", {"text": "階段"})
    await page.keyboard.insert_text("で休み休みです")
    assert await page.input_value("#text") == "階段で休み休みです"


async def test_a_mark_is_made_and_undone_by_keyboard_alone(own, page):
    await sign_in(page, own, "nurse")
    await page.goto(own.url + TALK)
    keys = page.keyboard
    await page.locator(".entry-in summary").last.focus()
    await keys.press("Enter")
    await keys.press("Tab")
    assert await page.evaluate("document.activeElement.name") == "intent"
    await keys.press("Tab")
    await keys.press("Tab")
    assert "至急" in await page.evaluate("document.activeElement.textContent")
    await keys.press("Enter")
    await expect(page.locator(".mark-state")).to_contain_text("至急")
    await page.wait_for_load_state()  # a page that jumps to its fragment takes the focus back once it is loaded
    await page.locator(".mark-state button").last.press("Enter")
    await expect(page.locator(".message-good")).to_contain_text("訂正を取り消しました")
    await expect(page.locator(".mark-state")).to_have_count(0)


async def test_everything_can_be_done_without_javascript(own, browser, scripts):
    context = await browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = await context.new_page()
    await sign_in(page, own, "nurse")
    await mark(page, own)
    await sign_in(page, own, "manager")
    await open_entry(page, own)
    await page.fill("#reason", "読み取りどおりです")
    await page.click("button:has-text('見送る')")
    await page.click("summary")
    await page.click("text=見直しに戻す")
    await open_entry(page, own)
    await page.check("#anonymous")
    await page.click("text=例に採用する")
    await expect(page.locator(".message-good")).to_contain_text("reviewed-0001")
    await context.close()


async def test_the_open_page_shows_a_colleagues_mark_and_keeps_what_is_unfolded(own, page):
    await sign_in(page, own, "nurse")
    await page.goto(own.url + TALK)
    first = page.locator(".entry-in").first
    await first.locator("summary").click()
    await first.locator("select").select_option("question")
    clerk = await own.signed_in("clerk")
    await clerk.get(TALK)
    number = max(row["id"] for row in await own.rows("inbox") if row["kind"] == "reply")
    await clerk.post(f"{TALK}/replies/{number}/mark", {"priority": "urgent"})
    await expect(page.locator(".mark-state")).to_contain_text("大野 航さん", timeout=LATER)
    await expect(first.locator("select")).to_be_visible()
    assert await first.locator("select").input_value() == "question"


async def pages_of(page, demo):
    """Every page of readings in every state: marked, listed, decided, read again."""
    await sign_in(page, demo, "nurse")
    reply = await mark(page, demo)
    yield "marked"
    await reply.locator(".read-version a").first.click()
    yield "reply"
    await page.locator("button:has-text('訂正を送る')").click()
    await page.goto(demo.url + TALK)
    await page.locator(".entry-in summary").first.click()
    yield "unfolded"
    await sign_in(page, demo, "manager")
    await page.goto(demo.url + LIST)
    yield "list"
    await page.click("text=確かめて決める")
    for summary in await page.locator("summary").all():
        await summary.click()
    yield "entry"
    await page.evaluate("document.querySelectorAll('form').forEach((form) => { form.noValidate = true; })")
    await page.click("text=例に採用する")
    await expect(page.locator(".message-bad")).to_be_visible()
    yield "refused"
    await page.goto(demo.url + TALK)
    await page.locator("text=読み直す").last.click()
    yield "again"
    await page.goto(f"{demo.url}{LIST}/1")
    await page.fill("#reason", "読み取りどおりです")
    await page.click("button:has-text('見送る')")
    await page.click("summary")
    yield "decided"
    await page.click(".decided a")
    yield "declined"


async def test_axe_finds_nothing_on_any_page_of_readings(own, page):
    async for name in pages_of(page, own):
        assert await violations(page) == [], name


@pytest.mark.parametrize("width", [360, 1440])
async def test_no_page_of_readings_has_to_be_scrolled_sideways(own, page, width):
    await page.set_viewport_size({"width": width, "height": 740})
    async for name in pages_of(page, own):
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
