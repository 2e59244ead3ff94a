"""Enrolling one resident by form."""

import re

import pytest

from tests.web.visits import HANAKO, TARO, once

GOOD = {
    "name": "佐藤 実",
    "kana": "サトウ ミノル",
    "phone": "090-1111-0001",
    "birth_date": "1990-05-05",
    "language": "ja",
    "program": "influenza",
    "onset_date": "",
}


def planned(page):
    return re.findall(r'planned-text">(.*?)</p>', page.text, re.DOTALL)


async def test_the_first_text_is_shown_and_goes_out_after_the_confirmation(demo, nurse):
    page = await nurse.post("/console/enrol", GOOD)
    [first] = planned(page)
    assert "保健所からのご連絡と健康の見守り" in first
    assert "090-1111-0001" in page.text
    assert await demo.sent(TARO) == []
    page = await nurse.post("/console/enrol", {**GOOD, "once": once(page), "confirmed": "1"})
    assert page.path == "/console/conversations/1"
    assert "佐藤 実さんを登録しました" in page.text
    await demo.settle()
    assert await demo.sent(TARO) == [first]
    assert ("nurse", "enrolled", 1) in [
        (r["staff"], r["action"], r["conversation_id"]) for r in await demo.rows("audit")
    ]


async def test_a_confirmation_that_is_sent_twice_enrols_once(demo, nurse):
    page = await nurse.post("/console/enrol", GOOD)
    again = {**GOOD, "once": once(page), "confirmed": "1"}
    await nurse.post("/console/enrol", again)
    page = await nurse.post("/console/enrol", again)
    assert "この登録はもう済んでいます" in page.text
    assert len(await demo.rows("cases")) == 1


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("name", "", "入力してください"),
        ("kana", "漢字", "カタカナ"),
        ("phone", "03-1234-5678", "060・070・080・090で始まる11桁"),
        ("phone", "電話", "電話番号として読み取れません"),
        ("birth_date", "2999-01-01", "日付にしてください"),
        ("onset_date", "きのう", "2026-01-31 の形"),
        ("program", "plague", "次から選んでください"),
        ("language", "tlh", "次から選んでください"),
    ],
)
async def test_a_wrong_field_is_told_beside_it_and_the_others_are_kept(demo, nurse, field, value, words):
    page = await nurse.post("/console/enrol", {**GOOD, field: value})
    assert page.status == 422
    assert words in re.search(rf'id="{field}-error">(.*?)</span>', page.text, re.DOTALL)[1]
    assert re.search(rf'id="{field}"[^>]*aria-describedby="[^"]*{field}-error', page.html)
    for other in {"name", "kana", "phone"} - {field}:
        assert f'value="{GOOD[other]}"' in page.html
    assert await demo.rows("cases") == []


async def test_a_program_whose_rules_have_ended_is_warned_of(nurse):
    page = await nurse.post("/console/enrol", {**GOOD, "program": "covid19-2022-09-07"})
    assert "このプログラムの決まりは2022-09-07から2023-05-07まで" in page.text
    page = await nurse.post("/console/enrol", {**GOOD, "program": "covid19-2022-09-07", "onset_date": "2023-01-10"})
    assert "このプログラムの決まりは" not in page.text


async def test_a_number_that_is_on_the_roster_is_warned_of_and_joins_the_household(demo, nurse):
    await demo.consented(TARO)
    page = await nurse.post("/console/enrol", GOOD)
    assert "この番号には山田 太郎さんがもう登録されています" in page.text
    [first] = planned(page)
    assert "太郎さん、実さん" in first
    await nurse.post("/console/enrol", {**GOOD, "once": once(page), "confirmed": "1"})
    await demo.settle()
    assert (await demo.sent(TARO))[-1] == first


async def test_the_same_name_on_the_same_number_is_asked_about(demo, nurse):
    await demo.consented(TARO)
    page = await nurse.post("/console/enrol", {**GOOD, "name": "山田 太郎", "kana": "ヤマダ タロー"})
    assert "同じ方でないか" in page.text


async def test_nobody_is_enrolled_twice_with_one_number(demo, nurse):
    await demo.consented(TARO)
    twice = {**GOOD, "name": "山田 太郎", "kana": "ヤマダ タロウ"}
    page = await nurse.post("/console/enrol", twice)
    page = await nurse.post("/console/enrol", {**twice, "once": once(page), "confirmed": "1"})
    assert page.status == 422
    assert "すでに登録されています" in re.search(r'id="phone-error">(.*?)</span>', page.text, re.DOTALL)[1]
    assert len(await demo.rows("cases")) == 1


async def test_a_number_whose_emergency_waits_for_staff_gets_a_task_instead_of_a_text(demo, nurse):
    await demo.text(TARO, "息が苦しい")
    page = await nurse.post("/console/enrol", GOOD)
    assert planned(page) == []
    assert "対応待ちに入ります: 対応待ちのあいだに登録" in page.text


async def test_a_number_that_sent_stop_gets_no_text_but_a_call(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "STOP")
    page = await nurse.post("/console/enrol", GOOD)
    assert "この番号は配信停止(STOP)です" in page.text
    assert planned(page) == []
    assert "いま送られるSMSはありません" in page.text
    assert "電話リストに入ります: 配信停止" in page.text


async def test_at_night_the_page_says_when_the_text_goes_out(demo, nurse):
    await demo.advance("12h")
    page = await nurse.post("/console/enrol", GOOD)
    assert re.search(r"夜間のため、\d+月\d+日\(.\) 8:00に送られます", page.text)


async def test_going_back_keeps_what_was_typed(nurse):
    page = await nurse.post("/console/enrol", {**GOOD, "at_risk": "on", "edit": "1"})
    assert page.status == 200
    assert 'value="佐藤 実"' in page.html
    assert re.search(r'name="program" value="influenza"[^>]* checked', page.html)
    assert re.search(r'id="at_risk"[^>]* checked', page.html)


async def test_the_form_tells_what_day_0_is_for_each_program(nurse):
    page = (await nurse.get("/console/enrol")).text
    assert page.count("発症日が0日目。") == 3
    assert page.count("最後に接触した日が0日目。") == 2


async def test_in_english_the_first_text_is_english(nurse):
    page = await nurse.post("/console/enrol", {**GOOD, "language": "en"})
    assert "Sakura City Health Center" in planned(page)[0]


async def test_the_number_of_a_conversation_that_is_not_there_is_not_told(demo, nurse):
    await demo.enrol(HANAKO)
    assert (await nurse.get("/console/enrol?conversation=99")).status == 404
    assert 'value=""' in (await nurse.get("/console/enrol?conversation=x")).html
