"""One conversation: what is shown, and what staff do with it."""

import re

import pytest

from tests.web.visits import HANAKO, TARO, once

PAGE = "/console/conversations/1"


def steps_offered(page):
    choices = page.html[page.html.index('id="step"') :].partition("</select>")[0]
    return set(re.findall(r'<option value="([a-z_]+)"', choices))


def marked(page):
    """The marked words with their tone."""
    return re.findall(r'<mark class="mark-(\w+)"[^>]*>([^<]*)</mark>', page.text)


async def test_the_words_that_decided_are_marked_and_explained(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "2 38.4 息が苦しいです。胸の痛みはありません")
    page = await nurse.get(PAGE)
    assert ("red", "息が苦し") in marked(page)
    assert ("blue", "38.4") in marked(page)
    assert any(tone == "gray" and "胸" in words for tone, words in marked(page))
    for words in ("番号 2", "体温 38.4℃", "息苦しさ: あり", "胸の痛み: なし", "→ 緊急の症状・息苦しさ", "→ 値・体温"):
        assert words in page.text


async def test_the_timeline_tells_everything_in_the_order_in_which_it_happened(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "息が苦しい")
    await demo.staff("take-over", TARO)
    await demo.staff("reply", TARO, text="119に電話しましたか")
    await demo.staff("hand-back", TARO, step="resting")
    page = (await nurse.get(PAGE)).text
    shown = page[page.index('id="timeline"') :]
    events = [
        "登録しました",
        "さくら市保健所】保健所からのご連絡",
        "SMSに同意",
        "ありがとうございます。毎日",
        "職員に知らせました(緊急): 緊急の症状",
        "今すぐ119に電話してください",
        "引き継ぎました。ボットは止まっています",
        "119に電話しましたか",
        "対応済みにしました: 緊急の症状",
        "ボットに戻しました",
    ]
    places = [shown.find(event) for event in events]
    assert -1 not in places, dict(zip(events, places, strict=True))
    assert places[:8] == sorted(places[:8])


async def test_the_head_tells_who_since_when_until_when_and_who_leads(demo, nurse):
    await demo.consented(TARO, birth_date="1980-01-01", at_risk=True)
    page = (await nurse.get(PAGE)).text
    for words in (
        "山田 太郎",
        "インフルエンザの見守り",
        "登録日で仮置き",
        "早くて",
        "リスク高",
        "SMSに同意",
        "ボットが対応中",
    ):
        assert words in page


async def test_the_days_values_are_drawn_without_any_style_of_the_element(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "2 38.4 酸素97")
    await demo.advance("24h")
    await demo.text(TARO, "2 37.2 酸素95")
    page = await nurse.get(PAGE)
    assert 'aria-label="体温 ℃の推移: 38.4、37.2"' in page.text
    assert 'aria-label="SpO2 %の推移: 97、95"' in page.text
    assert "style=" not in page.html


async def test_a_nurse_takes_over_writes_hands_back_and_the_queue_is_empty(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "薬は一日何回飲めばいいですか")
    page = await nurse.post(f"{PAGE}/take-over")
    assert "あなたが対応中" in page.text
    assert (await demo.state(TARO))["control"] == "human"
    page = await nurse.post(f"{PAGE}/reply", {"text": "一日3回、食後です。"})
    assert "この内容で送りますか" in page.text
    assert "090-1111-0001" in page.text
    assert "山田 太郎さん" in page.text
    assert "一日3回、食後です。" not in await demo.sent(TARO)
    await nurse.confirm(f"{PAGE}/reply", {"text": "一日3回、食後です。"})
    await demo.settle()
    assert (await demo.sent(TARO))[-1] == "一日3回、食後です。"
    page = await nurse.confirm(f"{PAGE}/hand-back", {"step": "resting"})
    assert "ボットが対応中" in page.text
    assert "いま対応を待っている方はいません" in (await nurse.get("/console/")).text


async def test_handing_back_shows_the_very_text_that_is_sent(demo, nurse):
    await demo.consented(TARO)
    await nurse.post(f"{PAGE}/take-over")
    page = await nurse.post(f"{PAGE}/hand-back", {"step": "daily"})
    [planned] = re.findall(r'planned-text">(.*?)</p>', page.text, re.DOTALL)
    assert "本日の体調を番号で返信してください" in planned
    await nurse.post(f"{PAGE}/hand-back", {"step": "daily", "once": once(page), "confirmed": "1"})
    await demo.settle()
    assert (await demo.sent(TARO))[-1] == planned


async def test_only_steps_that_are_possible_and_keep_the_resident_in_sight_are_offered(demo, nurse):
    await demo.enrol(TARO)
    page = await nurse.post(f"{PAGE}/take-over")
    assert "consent" in steps_offered(page)
    assert not steps_offered(page) & {"resting", "daily", "with_staff"}
    await demo.text(TARO, "はい")
    await demo.staff("hand-back", TARO, step="consent")
    await demo.text(TARO, "1")
    page = await nurse.post(f"{PAGE}/take-over")
    assert {"resting", "daily"} <= steps_offered(page)
    assert "with_staff" not in steps_offered(page)


async def test_a_reply_without_taking_over_is_refused_in_words_and_the_text_is_kept(demo, nurse):
    await demo.consented(TARO)
    clerk = await demo.signed_in("clerk")
    await nurse.post(f"{PAGE}/take-over")
    page = await nurse.post(f"{PAGE}/reply", {"text": "お大事に"})
    token = once(page)
    await clerk.get(PAGE)
    assert "大野 航さんが対応中" not in (await clerk.get(PAGE)).text
    await clerk.post(f"{PAGE}/take-over")
    page = await nurse.post(f"{PAGE}/reply", {"text": "お大事に", "once": token, "confirmed": "1"})
    assert page.status == 409
    assert "先に「引き継ぐ」を押してください" in page.text
    assert "大野 航さんが対応中" in page.text
    assert "Traceback" not in page.text
    assert "お大事に" not in await demo.sent(TARO)


async def test_a_confirmation_that_is_sent_twice_texts_once(demo, nurse):
    await demo.consented(TARO)
    await nurse.post(f"{PAGE}/take-over")
    page = await nurse.post(f"{PAGE}/reply", {"text": "いま電話します"})
    again = {"text": "いま電話します", "once": once(page), "confirmed": "1"}
    await nurse.post(f"{PAGE}/reply", again)
    page = await nurse.post(f"{PAGE}/reply", again)
    await demo.settle()
    assert "この操作はもう済んでいます" in page.text
    assert (await demo.sent(TARO)).count("いま電話します") == 1


@pytest.mark.parametrize(
    "text, words", [("", "本文を入力してください"), ("あ" * 661, "660文字まで"), ("😀" * 331, "660文字まで")]
)
async def test_a_text_that_cannot_be_sent_is_told_and_kept(demo, nurse, text, words):
    await demo.consented(TARO)
    await nurse.post(f"{PAGE}/take-over")
    page = await nurse.post(f"{PAGE}/reply", {"text": text})
    assert page.status == 409
    assert words in page.text
    assert f"{text}</textarea>" in page.text


async def test_going_back_from_the_confirmation_keeps_the_text(demo, nurse):
    await demo.consented(TARO)
    await nurse.post(f"{PAGE}/take-over")
    page = await nurse.post(f"{PAGE}/reply", {"text": "書きかけ", "edit": "1", "once": "x"})
    assert page.status == 200
    assert "書きかけ</textarea>" in page.text


async def test_closing_needs_an_outcome_and_ends_the_care(demo, nurse):
    await demo.consented(TARO)
    page = await nurse.post(f"{PAGE}/close", {"outcome": ""})
    assert page.status == 409
    assert "結果を選んでください" in page.text
    page = await nurse.post(f"{PAGE}/close", {"outcome": "hospitalised"})
    assert "会話を終えました" in page.text
    assert "入院" in page.text
    assert (await demo.state(TARO))["case_state"] == "closed"


async def test_a_release_that_waits_for_staff_is_confirmed_with_the_notice_in_sight(demo, nurse):
    await demo.consented(TARO, program="measles-contact")
    await demo.advance("530h")
    assert (await demo.state(TARO))["case_state"] == "release_pending"
    page = await nurse.get(PAGE)
    assert "終了の条件を満たしました" in page.text
    [case] = re.findall(r'name="case" value="(\d+)"', page.html)
    page = await nurse.post(f"{PAGE}/confirm-release", {"case": case})
    [planned] = re.findall(r'planned-text">(.*?)</p>', page.text, re.DOTALL)
    await nurse.post(f"{PAGE}/confirm-release", {"case": case, "once": once(page), "confirmed": "1"})
    await demo.settle()
    assert (await demo.state(TARO))["case_state"] == "released"
    assert planned in await demo.sent(TARO)


async def test_a_release_that_nobody_waits_for_is_refused_in_words(demo, nurse):
    await demo.consented(TARO)
    page = await nurse.post(f"{PAGE}/confirm-release", {"case": "1"})
    assert page.status == 409
    assert "解除の確認を待っている方ではありません" in page.text


async def test_a_number_that_is_right_after_all_is_confirmed_with_the_first_text_in_sight(demo, nurse):
    await demo.enrol(TARO)
    await demo.text(TARO, "番号違いです")
    page = await nurse.get(PAGE)
    assert "宛先違いの連絡があった番号です" in page.text
    page = await nurse.post(f"{PAGE}/confirm-number")
    [planned] = re.findall(r'planned-text">(.*?)</p>', page.text, re.DOTALL)
    page = await nurse.post(f"{PAGE}/confirm-number", {"once": once(page), "confirmed": "1"})
    await demo.settle()
    assert "この番号で合っていると確認しました" in page.text
    assert (await demo.sent(TARO))[-1] == planned


async def test_a_number_that_nobody_doubts_needs_no_confirmation(demo, nurse):
    await demo.enrol(TARO)
    assert "番号は合っている" not in (await nurse.get(PAGE)).text
    assert (await nurse.post(f"{PAGE}/confirm-number")).status == 409


async def test_after_stop_the_page_says_to_call_and_offers_no_text(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "STOP")
    await nurse.get(PAGE)
    page = await nurse.post(f"{PAGE}/take-over")
    assert "配信停止(STOP)の方です" in page.text
    assert 'href="tel:+819011110001"' in page.html
    assert "<textarea" not in page.html


async def test_a_number_that_is_not_on_the_roster_can_be_enrolled_from_its_page(demo, nurse):
    await demo.text(TARO, "そちらに登録したいです")
    page = await nurse.get(PAGE)
    assert "登録のない番号" in page.text
    assert 'href="/console/enrol?conversation=1"' in page.html
    assert 'value="090-1111-0001"' in (await nurse.get("/console/enrol?conversation=1")).html


async def test_two_on_one_phone_are_told_apart(demo, nurse):
    await demo.consented(TARO)
    await demo.enrol(TARO, name="山田 花子", kana="ヤマダ ハナコ")
    await demo.text(TARO, "太郎は1 36.5、花子は2 38.4")
    page = (await nurse.get(PAGE)).text
    assert "山田 太郎・山田 花子" in page
    assert re.search(r"<strong>山田 太郎さん</strong>.{0,200}体温 36.5℃", page, re.DOTALL)
    assert re.search(r"<strong>山田 花子さん</strong>.{0,200}体温 38.4℃", page, re.DOTALL)


async def test_that_a_conversation_was_opened_is_audited_but_not_its_polling(demo, nurse):
    await demo.enrol(HANAKO)
    await nurse.get(PAGE)
    await nurse.get(f"{PAGE}/live")
    seen = [(row["staff"], row["conversation_id"]) for row in await demo.rows("audit") if row["action"] == "viewed"]
    assert seen == [("nurse", 1)]


@pytest.mark.parametrize("number", ["999", "9" * 15, "9" * 30])
async def test_a_conversation_that_is_not_there_is_not_found(nurse, number):
    assert (await nurse.get(f"/console/conversations/{number}")).status == 404


async def test_a_long_history_is_shortened_and_can_be_shown_whole(demo, nurse, monkeypatch):
    monkeypatch.setattr("bot.storage.timeline.LATEST", 3)
    await demo.consented(TARO)
    for text in ("1 36.5", "2 36.6", "2 36.7", "2 36.8"):
        await demo.text(TARO, text)
    page = await nurse.get(PAGE)
    assert "36.8" in page.text
    assert "登録しました" not in page.text
    assert "登録しました" in (await nurse.get(f"{PAGE}?all=1")).text


async def test_the_live_view_is_sent_again_only_when_something_has_changed(demo, nurse):
    await demo.consented(TARO)
    tags = []

    async def ask(status):
        headers = {"If-None-Match": tags[-1]} if tags else {}
        page = await nurse.get(f"{PAGE}/live", headers=headers)
        assert page.status == status
        tags.append(page.headers["ETag"])

    await ask(200)
    await ask(304)
    await demo.text(TARO, "2 37.5")
    await ask(200)
    await demo.staff("take-over", TARO)
    await ask(200)
    await demo.staff("reply", TARO, text="お大事に")
    await ask(200)
    await ask(304)
    await demo.advance("2m")
    await ask(200)
    assert (
        await (await demo.signed_in("clerk")).get(f"{PAGE}/live", headers={"If-None-Match": tags[-1]})
    ).status == 200
