"""The console in a real browser: clicks, keys, live refresh, accessibility, narrow screens."""

import json

import pytest
from playwright.async_api import expect

from bot.domain.sms import sms_length
from bot.storage.accounts import DEMO_PASSWORD
from tests.support.wait import until_async
from tests.web.visits import HANAKO, TARO, violations

TALK = "/console/conversations/1"
PAGES = [
    "/console/",
    TALK,
    "/console/calls",
    "/console/enrol",
    "/console/corrections",
    "/console/scripts",
    "/console/accounts",
    "/console/no",
]
LATER = 30_000


async def sign_in(page, demo, login="nurse"):
    await page.goto(f"{demo.url}/console/login")
    await page.fill("#login", login)
    await page.fill("#password", DEMO_PASSWORD)
    await page.click("form button")
    await page.wait_for_url("**/console/")


@pytest.fixture
async def busy(demo):
    """A day with everything on it: two on one phone with values, an emergency, calls, a wrong number."""
    await demo.consented(TARO, birth_date="1950-03-03", at_risk=True)
    await demo.enrol(TARO, name="山田 花子", kana="ヤマダ ハナコ")
    await demo.text(TARO, "太郎は2 38.4 酸素96、花子は1 36.8")
    await demo.advance("24h")
    await demo.text(TARO, "太郎は息が苦しい")
    await demo.enrol(HANAKO)
    await demo.text("+819011110009", "<b>番号違いです</b>")
    await demo.advance("36h")
    return demo


async def test_a_nurse_takes_over_replies_hands_back_and_closes_by_clicks(demo, page):
    await demo.consented(TARO)
    await demo.text(TARO, "薬は一日何回飲めばいいですか")
    await sign_in(page, demo)
    await page.click("text=山田 太郎")
    await expect(page.locator(".control-state")).to_contain_text("ボットが対応中")
    await page.click("#take-over")
    await expect(page.locator(".control-state")).to_contain_text("あなたが対応中")
    await page.fill("#reply-text", "一日3回、食後です。")
    await expect(page.locator("#reply-count")).to_have_text("10 / 660文字・1通分")
    await page.click("text=確認へ進む")
    await expect(page.locator(".planned-text")).to_have_text("一日3回、食後です。")
    await page.click("text=送信する")
    await expect(page.locator(".entry-staff .bubble-text")).to_have_text("一日3回、食後です。")
    await expect(page.locator(".entry-staff .text-state")).to_contain_text("届いた", timeout=LATER)
    await page.select_option("#step", "resting")
    await page.click("button:has-text('ボットに戻す')")
    await page.click("button:has-text('ボットに戻す')")
    await expect(page.locator(".control-state")).to_contain_text("ボットが対応中")
    await page.click("summary:has-text('会話を終える')")
    await page.select_option("#outcome", "recovered")
    await page.click("text=この会話を終える")
    await expect(page.locator(".control-state")).to_contain_text("終了")
    assert (await demo.state(TARO))["control"] == "closed"


async def test_the_whole_way_can_be_gone_by_keyboard(demo, page):
    await demo.consented(TARO)
    await demo.text(TARO, "息が苦しい")
    await page.goto(f"{demo.url}/console/login")
    keys = page.keyboard
    await keys.type("nurse")
    await keys.press("Tab")
    await keys.type(DEMO_PASSWORD)
    await keys.press("Enter")
    await page.wait_for_url("**/console/")
    await keys.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await keys.press("Enter")
    for _ in range(6):  # the number to find and its button, the three views, then the first card
        await keys.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "open-1"
    await keys.press("Enter")
    await page.wait_for_url(f"**{TALK}")
    await page.focus("#take-over")
    await keys.press("Enter")
    await expect(page.locator(".control-state")).to_contain_text("あなたが対応中")
    await page.focus("#reply-text")
    await keys.type("いま電話します")
    await keys.press("Tab")
    await keys.press("Enter")
    await page.wait_for_url("**/reply")
    assert "送信する" in await page.evaluate("document.activeElement.textContent")
    await keys.press("Enter")
    await page.wait_for_url(f"**{TALK}")
    await demo.settle()
    assert (await demo.sent(TARO))[-1] == "いま電話します"


async def test_pressing_send_twice_at_once_sends_once(demo, page):
    await demo.consented(TARO)
    await demo.staff("take-over", TARO)
    await sign_in(page, demo)
    await page.goto(demo.url + TALK)
    await page.fill("#reply-text", "いま電話します")
    await page.click("text=確認へ進む")
    await page.dblclick("text=送信する")
    await page.wait_for_url(f"**{TALK}")
    await demo.settle()
    assert (await demo.sent(TARO)).count("いま電話します") == 1


async def test_a_new_emergency_appears_by_itself_with_its_count_in_the_tab(demo, page):
    await demo.consented(TARO)
    await sign_in(page, demo)
    await expect(page.locator(".empty-title")).to_be_visible()
    await demo.text(TARO, "息が苦しい")
    await expect(page.locator(".queue-open")).to_have_text("山田 太郎", timeout=LATER)
    await expect(page).to_have_title("(緊急1・全1) 対応待ち | 見守り Mimamori")
    await expect(page.locator("#count-queue .count")).to_contain_text("1")


async def test_the_live_refresh_keeps_what_is_typed_where_the_focus_is_and_what_is_unfolded(demo, page):
    await demo.consented(TARO)
    await demo.staff("take-over", TARO)
    await sign_in(page, demo)
    await page.goto(demo.url + TALK)
    await page.click("summary:has-text('会話を終える')")
    await page.click("#reply-text")
    await page.keyboard.type("書きかけの")
    await demo.text(TARO, "まだ熱があります 38.1")
    await expect(page.locator(".entry-in").last).to_contain_text("38.1", timeout=LATER)
    await page.keyboard.type("返信")
    assert await page.input_value("#reply-text") == "書きかけの返信"
    assert await page.evaluate("document.activeElement.id") == "reply-text"
    await expect(page.locator("#outcome")).to_be_visible()


async def test_a_colleague_who_takes_over_meanwhile_is_told_of_and_the_text_is_not_lost(demo, page):
    await demo.consented(TARO)
    await demo.staff("take-over", TARO)
    await sign_in(page, demo)
    await page.goto(demo.url + TALK)
    await page.fill("#reply-text", "書きかけ")
    clerk = await demo.signed_in("clerk")
    await clerk.get(TALK)
    await clerk.post(f"{TALK}/take-over")
    await expect(page.locator(".stale")).to_contain_text("この会話の状態が変わりました", timeout=LATER)
    await expect(page.locator(".control-state")).to_contain_text("大野 航さんが対応中")
    assert await page.input_value("#reply-text") == "書きかけ"


async def test_a_session_that_ended_is_told_of_on_the_open_page(demo, page):
    await sign_in(page, demo)
    admin = await demo.signed_in("admin")
    [account] = [row for row in await demo.rows("staff") if row["login"] == "nurse"]
    await admin.get("/console/accounts")
    await admin.post(f"/console/accounts/{account['id']}", {"what": "active"})
    await expect(page.locator("#live-state")).to_contain_text("ログインの期限が切れました", timeout=LATER)


async def test_the_timeline_opens_at_its_end(busy, page):
    await sign_in(page, busy)
    await page.goto(busy.url + TALK)
    below = "(line) => line.scrollHeight - line.clientHeight > 100 && Math.abs(line.scrollTop) < 2"
    assert await page.locator("#timeline").evaluate(below)


async def test_the_counter_counts_as_the_program_does(demo, page):
    await demo.consented(TARO)
    await demo.staff("take-over", TARO)
    await sign_in(page, demo)
    await page.goto(demo.url + TALK)
    texts = [
        "",
        "a" * 160,
        "a" * 161,
        "[" * 80,
        "[" * 81,
        "あ" * 70,
        "あ" * 71,
        "😀" * 35,
        "あ" + "😀" * 100,
        "é{}" * 77,
        "ç" * 71,
    ]
    script = "async (texts) => { const sms = await import('/console/static/sms.js'); return texts.map(sms.smsLength); }"
    told = await page.evaluate(script, texts)
    assert [(t["encoding"], t["units"], t["segments"]) for t in told] == [
        (length.encoding, length.units, length.segments) for length in map(sms_length, texts)
    ]


async def test_without_javascript_everything_can_be_done(demo, browser):
    await demo.consented(TARO)
    context = await browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = await context.new_page()
    await sign_in(page, demo)
    await page.goto(demo.url + TALK)
    await page.click("#take-over")
    await page.fill("#reply-text", "お大事に")
    await page.click("text=確認へ進む")
    await page.click("text=送信する")
    await demo.settle()
    assert (await demo.sent(TARO))[-1] == "お大事に"
    await context.close()


async def test_axe_finds_nothing_on_any_page(busy, page):
    await page.goto(f"{busy.url}/console/login")
    assert await violations(page) == []
    await sign_in(page, busy, "admin")
    for path in PAGES:
        await page.goto(busy.url + path)
        assert await violations(page) == [], path
    await page.goto(busy.url + TALK)
    await page.click("#take-over")
    for summary in await page.locator("summary").all():
        await summary.click()
    assert await violations(page) == []
    await page.fill("#reply-text", "お大事に")
    await page.click("text=確認へ進む")
    assert await violations(page) == []


async def test_axe_finds_nothing_on_forms_with_errors_and_confirmations(busy, page):
    await sign_in(page, busy, "admin")
    await page.goto(f"{busy.url}/console/enrol")
    await page.click("text=確認へ進む")
    await expect(page.locator(".field-error").first).to_be_visible()
    assert await violations(page) == []
    await page.fill("#name", "佐藤 実")
    await page.fill("#kana", "サトウ ミノル")
    await page.fill("#phone", "090-1111-0001")
    await page.check("input[value='covid19-2022-09-07']")
    await page.click("text=確認へ進む")
    await expect(page.locator(".message-warn").first).to_be_visible()
    assert await violations(page) == []
    await page.goto(f"{busy.url}/console/accounts")
    await page.locator("summary").first.click()
    assert await violations(page) == []


@pytest.mark.parametrize("width", [360, 768, 1440])
async def test_nothing_has_to_be_scrolled_sideways(busy, page, width):
    await page.set_viewport_size({"width": width, "height": 740})
    await sign_in(page, busy, "admin")
    for path in PAGES:
        await page.goto(busy.url + path)
        if path == TALK:
            await page.click("#take-over") if await page.locator("#take-over").count() else None
            for summary in await page.locator("summary").all():
                await summary.click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_no_page_makes_the_browser_complain(busy, page):
    complaints = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await sign_in(page, busy, "admin")
    for path in PAGES[:-1]:
        await page.goto(busy.url + path)
    await page.goto(busy.url + TALK)
    polled = []
    page.on("response", lambda answer: polled.append(answer.status) if answer.url.endswith("/live") else None)
    await until_async(lambda: 200 in polled, "a refresh")
    assert complaints == [], json.dumps(complaints, ensure_ascii=False)
