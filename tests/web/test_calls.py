"""The call list."""

import re

import pytest

from tests.web.visits import HANAKO, TARO


async def listed(visitor):
    page = await visitor.get("/console/calls")
    return re.findall(r'id="call-(\d+)"', page.html)


@pytest.fixture
async def silent(demo):
    """Two who have not answered the first text, the second at risk."""
    await demo.enrol(TARO)
    await demo.advance("1m")
    await demo.enrol(HANAKO, at_risk=True)
    await demo.advance("48h")


async def test_those_at_risk_come_first_with_reason_and_a_number_to_tap(silent, nurse):
    page = await nurse.get("/console/calls")
    names = re.findall(r"<h2>(.*?)さん", page.text)
    assert names == ["鈴木 花子", "山田 太郎"]
    assert "はじめの連絡に返事がない" in page.text
    assert 'href="tel:+819011110002"' in page.html
    assert "先に電話" in page.text


async def test_a_call_that_did_not_reach_stays_with_its_attempt(silent, nurse):
    first, second = await listed(nurse)
    page = await nurse.post(f"/console/calls/{first}", {"outcome": "no_answer", "note": "留守電", "finished": "0"})
    assert page.path == "/console/calls"
    assert re.search(r"出なかった\(山口 みどり\) 留守電", page.text)
    assert await listed(nurse) == [first, second]


async def test_a_finished_call_leaves_the_list_and_is_kept_under_the_fold(demo, silent, nurse):
    first, second = await listed(nurse)
    page = await nurse.post(f"/console/calls/{first}", {"outcome": "reached", "note": "元気でした", "finished": "1"})
    assert await listed(nurse) == [second]
    assert "最近済んだ電話(1件)" in page.text
    assert "「元気でした」" in page.text
    assert ("nurse", "call_reached") in [(row["staff"], row["action"]) for row in await demo.rows("audit")]


async def test_a_call_without_an_outcome_is_refused_at_its_form(silent, nurse):
    first, _ = await listed(nurse)
    page = await nurse.post(f"/console/calls/{first}", {"note": "メモ", "finished": "1"})
    assert page.status == 409
    assert "結果を選んでください" in page.text
    assert 'value="メモ"' in page.html


async def test_a_call_that_was_finished_already_is_not_noted_twice(silent, nurse):
    first, _ = await listed(nurse)
    await nurse.post(f"/console/calls/{first}", {"outcome": "reached", "finished": "1"})
    page = await nurse.post(f"/console/calls/{first}", {"outcome": "reached", "finished": "1"})
    assert page.status == 409
    assert "この電話はもう記録済みです" in page.text


async def test_a_call_that_is_not_there_is_not_found(nurse):
    assert (await nurse.post("/console/calls/77", {"outcome": "reached"})).status == 404


async def test_an_empty_list_says_what_to_do_next(nurse):
    page = await nurse.get("/console/calls")
    assert "いま電話する方はいません" in page.text
    assert 'href="/console/"' in page.html
