"""The page of simulated phones in a real browser."""

import re

import pytest
from playwright.async_api import expect

from tests.web.visits import HANAKO, TARO, violations

LATER = 30_000
COMPOSE = """(field) => {
  field.focus();
  field.dispatchEvent(new CompositionEvent("compositionstart"));
  field.value = "いきが";
  field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", isComposing: true, keyCode: 229, bubbles: true}));
  field.value = "息が";
  field.dispatchEvent(new CompositionEvent("compositionend"));
  field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
}"""


@pytest.fixture
async def phones(demo, page):
    """The page with one resident who was just enrolled."""
    await demo.enrol(TARO)
    await page.goto(f"{demo.url}/demo/")
    await expect(page.locator(".bubble").first).to_contain_text("保健所からのご連絡")
    return page


def bubbles(page, kind):
    return page.locator(f".{kind} .bubble")


async def test_a_resident_answers_and_sees_the_bots_answer_with_its_marks(demo, phones):
    await phones.click("button.quick-reply:text-is('1')")
    await expect(bubbles(phones, "mine")).to_have_text("1")
    await expect(bubbles(phones, "theirs").last).to_contain_text("毎日9:00ごろ", timeout=LATER)
    await expect(phones.locator(".theirs .bubble-foot").last).to_contain_text(
        re.compile("届いた.*[23]通分"), timeout=LATER
    )
    await expect(phones.locator(".state")).to_contain_text("SMSに同意")
    assert (await demo.state(TARO))["consent"] == "given"


async def test_an_emergency_is_seen_beside_the_phone_at_once(phones):
    await phones.fill(".write-text", "息が苦しい")
    await phones.keyboard.press("Enter")
    await expect(bubbles(phones, "theirs").last).to_contain_text("119", timeout=LATER)
    await expect(phones.locator(".state-task")).to_contain_text("緊急の症状")
    await expect(phones.locator(".state-control")).to_contain_text("職員の対応待ち")
    assert await phones.input_value(".write-text") == ""


async def test_enter_while_words_are_converted_never_sends(demo, phones):
    await phones.locator(".write-text").evaluate(COMPOSE)
    await expect(phones.locator(".write-text")).to_have_value("息が")
    await phones.keyboard.press("Shift+Enter")
    await expect(bubbles(phones, "mine")).to_have_count(0)
    await phones.fill(".write-text", "1")
    await phones.keyboard.press("Enter")
    await expect(bubbles(phones, "mine")).to_have_count(1)


async def test_the_clock_moves_forward_and_what_falls_due_is_seen(phones):
    await phones.click("text=+6時間")
    await expect(phones.locator("#clock-state")).to_contain_text("になりました", timeout=20_000)
    await expect(bubbles(phones, "theirs").last).to_contain_text("お返事をお待ちしています", timeout=LATER)
    await phones.click("text=翌朝9時へ")
    await expect(phones.locator("#clock-time")).to_have_text(re.compile("0?9:00"), timeout=20_000)
    await expect(phones.locator("#clock-state")).to_contain_text("9:00 になりました", timeout=20_000)
    await phones.fill("#clock-by", "x")
    await phones.keyboard.press("Enter")
    await expect(phones.locator("#clock-state")).to_contain_text("15h30m のように")


async def test_the_carrier_can_be_switched_and_says_what_it_does(demo, phones):
    await phones.check("input[value=down]", force=True)
    await expect(phones.locator("#carrier-hint")).to_contain_text("受け付けません")
    assert (await demo.call("GET", "/demo/api/carrier"))["mode"] == "down"


async def test_a_new_resident_is_enrolled_and_gets_the_first_text(phones):
    await phones.click("#open-enrol")
    await phones.click("text=登録してSMSを送る")
    await expect(phones.locator("#e-name")).to_have_text("入力してください。")
    await expect(phones.locator("#f-name")).to_be_focused()
    await phones.fill("#f-name", "鈴木 花子")
    await phones.fill("#f-kana", "スズキ ハナコ")
    await phones.fill("#f-phone", "090-1111-0002")
    await phones.click("text=登録してSMSを送る")
    await expect(phones.locator("#enrol")).to_be_hidden()
    await expect(phones.locator(".pick").first).to_have_value(HANAKO)
    await expect(bubbles(phones, "theirs").first).to_contain_text("保健所からのご連絡", timeout=LATER)


async def test_any_number_can_text_and_in_danger_is_told_to_call_119(phones):
    await phones.select_option(".pick", "other")
    await phones.fill(".other-number", "090-9999-0000")
    await phones.click("text=この番号で開く")
    await expect(phones.locator(".state")).to_contain_text("やりとりはまだありません")
    await phones.fill(".write-text", "こんにちは")
    await phones.click(".send")
    await expect(phones.locator(".state")).to_contain_text("職員", timeout=LATER)
    await expect(bubbles(phones, "theirs")).to_have_count(0)
    await phones.fill(".write-text", "息が苦しい")
    await phones.click(".send")
    await expect(bubbles(phones, "theirs").last).to_contain_text("119", timeout=LATER)


async def test_hostile_words_stay_words(demo, phones):
    await phones.fill(".write-text", "<img src=x onerror=alert(1)>")
    await phones.keyboard.press("Enter")
    await expect(bubbles(phones, "mine")).to_have_text("<img src=x onerror=alert(1)>")
    assert await phones.locator(".messages img").count() == 0


async def test_what_is_typed_and_chosen_stays_while_the_page_refreshes(demo, phones):
    await phones.fill(".write-text", "書きかけ")
    await phones.evaluate("window.first = document.querySelector('.bubble')")
    await demo.text(TARO, "1")
    await expect(bubbles(phones, "theirs").last).to_contain_text("毎日9:00ごろ", timeout=LATER)
    assert await phones.input_value(".write-text") == "書きかけ"
    assert await phones.evaluate("window.first === document.querySelector('.bubble')")


async def test_phones_are_put_beside_each_other_and_away_again(demo, phones):
    await demo.enrol(HANAKO)
    await phones.click("#add-phone")
    await expect(phones.locator(".station")).to_have_count(2)
    await phones.locator(".station-close").first.click()
    await expect(phones.locator(".station")).to_have_count(1)


async def test_axe_finds_nothing_on_the_phones(demo, phones):
    await demo.text(TARO, "息が苦しい")
    await expect(phones.locator(".state-task")).to_be_visible()
    await phones.click("summary")
    assert await violations(phones) == []
    await phones.keyboard.press("Escape")
    await expect(phones.locator(".drop-body")).to_be_hidden()
    await phones.click("#open-enrol")
    await phones.click("text=登録してSMSを送る")
    await expect(phones.locator("#e-name")).to_be_visible()
    assert await violations(phones) == []


@pytest.mark.parametrize("width", [360, 768, 1440])
async def test_no_phone_has_to_be_scrolled_sideways(phones, width):
    await phones.set_viewport_size({"width": width, "height": 740})
    assert await phones.evaluate("document.documentElement.scrollWidth") <= width
