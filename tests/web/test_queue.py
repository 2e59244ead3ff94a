"""The queue: who waits, in which order, and what may not be seen."""

import re

import pytest

from tests.web.visits import HANAKO, KEN, TARO, links

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


async def test_the_gravest_come_first_and_then_those_who_wait_longest(demo, nurse):
    for phone in (TARO, HANAKO, KEN):
        await demo.consented(phone)
    await demo.text(TARO, "薬は一日何回飲めばいいですか")
    await demo.advance("5m")
    await demo.text(HANAKO, "3 38.6 昨日よりつらい")
    await demo.advance("5m")
    await demo.text("+819011110009", "息が苦しい")
    await demo.advance("5m")
    await demo.text(KEN, "息が苦しい")
    page = await nurse.get("/console/")
    assert links(page) == [f"/console/conversations/{number}" for number in (4, 3, 2, 1)]
    assert [int(number) for number in re.findall(r'queue-number">(\d+)', page.html)] == [2, 1, 1]
    assert "<title>(緊急2・全4) 対応待ち" in page.html


async def test_a_conversation_with_two_tasks_is_one_card_with_the_graver_first(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "3 昨日よりつらい")
    await demo.text(TARO, "胸が痛い")
    page = await nurse.get("/console/")
    assert len(links(page)) == 1
    tasks = re.findall(r'queue-reason">([^ ]+)', page.text)
    assert tasks == ["緊急の症状", "悪化・心配な値の報告"]


async def test_a_card_tells_who_why_with_which_words_and_how_long(demo, nurse):
    await demo.consented(TARO, birth_date="1950-01-01", at_risk=True)
    await demo.text(TARO, "息が苦しいです")
    await demo.advance("1h20m")
    page = (await nurse.get("/console/")).text
    for words in (
        "山田 太郎",
        "ヤマダ タロウ",
        "090-1111-0001",
        "リスク高",
        "緊急の症状",
        "息が苦し",
        "1時間20分",
        "担当なし",
    ):
        assert words in page
    assert re.search(r"\d\d歳", page)


async def test_an_empty_queue_says_what_to_do_next(nurse):
    page = await nurse.get("/console/")
    assert "いま対応を待っている方はいません" in page.text
    assert 'href="/console/calls"' in page.html


async def test_the_views_show_what_nobody_has_taken_and_what_is_mine(demo, nurse):
    for phone in (TARO, HANAKO):
        await demo.consented(phone)
        await demo.text(phone, "息が苦しい")
    await demo.staff("take-over", HANAKO)
    assert links(await nurse.get("/console/?view=open")) == ["/console/conversations/1"]
    assert links(await nurse.get("/console/?view=mine")) == ["/console/conversations/2"]
    assert "山口 みどりさんが対応中" in (await nurse.get("/console/")).text
    clerk = await demo.signed_in("clerk")
    assert "あなたが担当している会話はありません" in (await clerk.get("/console/?view=mine")).text


async def test_what_a_resident_writes_is_never_part_of_the_page(demo, nurse):
    await demo.text(TARO, HOSTILE)
    await demo.enrol(HANAKO, name="<b>花子</b>")
    await demo.text(HANAKO, "息が苦しい " + HOSTILE)
    for path in ("/console/", "/console/live", "/console/conversations/1", "/console/conversations/2/live"):
        page = await nurse.get(path)
        assert page.status == 200
        assert not re.search(r"<script(?![^>]* src=)|<img|<b>花子", page.html), path
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in (await nurse.get("/console/conversations/1")).html


async def test_no_address_of_the_console_holds_a_number_a_name_or_a_text(demo, admin):
    await demo.consented(TARO)
    await demo.text(TARO, "息が苦しい")
    await demo.staff("take-over", TARO)
    for path in ("/console/", "/console/conversations/1", "/console/calls", "/console/enrol", "/console/accounts"):
        html = (await admin.get(path)).html
        addresses = [found for found in re.findall(r'(?:href|action|data-poll)="([^"]*)"', html) if "tel:" not in found]
        known = re.compile(
            r"(/console/([a-z-]+(/\d+)?(/replies/\d+)?(/[a-z-]+)?)?(\?(view|all)=\w+)?|#[\w-]+|/demo/"
            r"|/console/static/[\w.]+\?v=\w+)"
        )
        assert addresses
        assert not [address for address in addresses if not known.fullmatch(address)]


async def test_the_fragment_for_the_live_view_holds_the_cards_and_the_title_alone(demo, nurse):
    await demo.text(TARO, "息が苦しい")
    page = await nurse.get("/console/live")
    assert {"queue-cards", "queue-counts", "count-queue"} <= set(
        re.findall(r'id="([\w-]+)" ?[^>]*data-live', page.html)
    )
    assert "<html" not in page.html
    assert "<title>(緊急1・全1) 対応待ち" in page.html


@pytest.mark.parametrize("typed", ["090-1111-0001", "+819011110001", "０９０１１１１０００１"])
async def test_a_conversation_is_found_by_its_number_without_the_number_in_the_address(demo, nurse, typed):
    await demo.enrol(TARO)
    await nurse.get("/console/")
    assert (await nurse.post("/console/find", {"phone": typed})).path == "/console/conversations/1"


@pytest.mark.parametrize(
    "typed, words", [("090-1111-0002", "やりとりはありません"), ("山田", "電話番号として読み取れません")]
)
async def test_a_number_that_is_not_found_is_told(nurse, typed, words):
    await nurse.get("/console/")
    page = await nurse.post("/console/find", {"phone": typed})
    assert page.path == "/console/"
    assert words in page.text
