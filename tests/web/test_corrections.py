"""Staff call a reading wrong with one click; managers decide; everybody else is refused."""

import json
import re

import pytest

from bot.settings import Settings, shipped
from tests.web.conftest import running_demo
from tests.web.visits import TARO

PAGE = "/console/conversations/1"
REPLY = "2 37.4 山田です。電話は090-9876-5432。階段で休み休みです"
CLEAN = "2 37.4 〇〇です。電話は〇〇〇-〇〇〇〇。階段で休み休みです"
LIST = "/console/corrections"


@pytest.fixture
async def own(tmp_path, scripts):
    """A demo with a folder of conversations of its own, in which a resident has replied."""
    async with running_demo(Settings(conversations=scripts), tmp_path / "demo") as demo:
        await demo.consented(TARO)
        await demo.advance("24h")
        await demo.text(TARO, REPLY)
        yield demo


async def reply_id(demo):
    return max(row["id"] for row in await demo.rows("inbox") if row["kind"] == "reply")


async def mark(demo, visitor, **fields):
    """Mark the last reply as the details under it do; the page that follows."""
    await visitor.get(PAGE)
    number = await reply_id(demo)
    return await visitor.post(f"{PAGE}/replies/{number}/mark", {"intent": "", "priority": "urgent", **fields})


def example_of(page):
    """What the form of an entry holds, as a browser would send it."""
    fields = {"text": re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)[1]}
    for name, kind in re.findall(r'<input type="checkbox" name="([\w-]+)"(?:[^>]*)( checked)?>', page.html):
        fields |= {name: "on"} if kind else {}
    fields |= dict.fromkeys(re.findall(r'name="((?:priority|intent)-[\w_]+)" checked', page.html), "on")
    for name, options in re.findall(r'<select [^>]*name="([\w-]+)">(.*?)</select>', page.html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    for name in ("temperature", "spo2"):
        fields[name] = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page.html)[1]
    return {**fields, "priority-several": "1", "intent-several": "1"}


async def test_a_reading_is_marked_with_one_press_and_waits_for_a_manager_without_name_or_number(own):
    nurse = await own.signed_in("nurse")
    page = await nurse.get(PAGE)
    assert page.text.count("読み取りが違う") == 2
    page = await mark(own, nurse)
    assert page.path == PAGE
    assert "訂正を送りました。会話は変わっていません" in page.text
    assert re.search(r"正しくは.{0,900}至急.{0,200}山口 みどりさん・管理者の見直し待ち", page.text, re.DOTALL)
    manager = await own.signed_in("manager")
    page = await manager.get(LIST)
    assert CLEAN in re.sub(r"</?mark[^>]*>", "", page.text)
    assert not [secret for secret in ("山田", "9876", TARO, PAGE) if secret in page.text]
    assert re.search(r'読み取りの見直し <span class="count">.*?1</span>', page.html)


async def test_a_graver_label_offers_to_take_over_and_a_lighter_one_does_not(own):
    nurse = await own.signed_in("nurse")
    page = await mark(own, nurse, priority="emergency")
    assert "急ぐときは「引き継ぐ」を押して" in page.text
    assert "引き継いで対応する" in page.text
    assert (await own.state(TARO))["control"] == "bot"
    page = await nurse.post(f"{PAGE}/take-over")
    assert "あなたが対応中" in page.text
    assert "引き継いで対応する" not in page.text
    page = await mark(own, nurse, priority="none", intent="thanks")
    assert "急ぐときは" not in page.text


async def test_a_mark_is_undone_and_leaves_nothing_in_the_list(own):
    nurse = await own.signed_in("nurse")
    await mark(own, nurse)
    page = await nurse.post(f"{PAGE}/replies/{await reply_id(own)}/unmark")
    assert "訂正を取り消しました" in page.text
    assert page.text.count("読み取りが違う") == 2
    assert "見直す読み取りはありません" in (await (await own.signed_in("manager")).get(LIST)).text
    page = await nurse.post(f"{PAGE}/replies/{await reply_id(own)}/unmark")
    assert "この返信には訂正がありません" in page.text


async def test_the_page_of_a_marked_reply_shows_what_was_asked_for(own):
    nurse = await own.signed_in("nurse")
    await mark(own, nurse, priority="routine", intent="question")
    page = await nurse.get(f"{PAGE}/replies/{await reply_id(own)}")
    assert re.search(r'name="priority" value="routine" required checked', page.html)
    assert re.search(r'value="question" selected', page.html)


async def test_signs_and_values_can_be_put_right_on_the_page_of_the_reply(own):
    nurse = await own.signed_in("nurse")
    number = await reply_id(own)
    page = await nurse.get(f"{PAGE}/replies/{number}")
    assert "直前の質問: きょうの体調" in page.text
    assert "規則の版" in page.text
    fields = {"priority": "emergency", "intent": "report", "temperature": "３７．９", "spo2": "93%",
              "sign-dyspnea": "present", "sign-cough": "absent"}  # fmt: skip
    page = await nurse.post(f"{PAGE}/replies/{number}/mark", fields)
    assert page.path == PAGE
    (row,) = await own.rows("corrections")
    assert json.loads(row["wanted"]) == {
        "priority": ["emergency"], "intent": ["report"], "temperature": 37.9, "spo2": 93, "present": ["dyspnea"],
        "absent": ["cough"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"priority": "none"}, "今の読み取りと同じです"),
        ({"priority": "grave"}, "緊急度を正しく指定してください"),
        ({"temperature": "たかい"}, "体温(30〜45)を正しく指定してください"),
        ({"spo2": "9"}, "SpO2(40〜100)を正しく指定してください"),
    ],
)
async def test_a_mark_that_says_nothing_is_told_in_words(own, fields, words):
    page = await mark(own, await own.signed_in("nurse"), **fields)
    assert page.status == 409
    assert words in page.text
    assert await own.rows("corrections") == []


async def test_the_manager_edits_and_accepts_and_evaluate_reads_the_line(own, scripts):
    await mark(own, await own.signed_in("nurse"))
    manager = await own.signed_in("manager")
    page = await manager.get(f"{LIST}/1")
    fields = {**example_of(page), "text": "2 37.4 坂で休み休みです", "priority-emergency": "on"}
    page = await manager.post(f"{LIST}/1/accept", fields)
    assert page.status == 409
    assert "名前・番号・住所が残っていないことを確かめて" in page.text
    assert "坂で休み休みです</textarea>" in page.text
    page = await manager.post(f"{LIST}/1/accept", {**fields, "anonymous": "on"})
    assert page.path == LIST
    assert "例 reviewed-0001 に採用しました" in page.text
    lines = (scripts / "reading" / "labelled" / "reviewed.jsonl").read_text(encoding="utf-8").splitlines()
    (line,) = map(json.loads, lines)
    assert (line["text"], line["priority"], line["values"]) == (
        "2 37.4 坂で休み休みです", ["emergency", "urgent"], {"temperature": 37.4},
    )  # fmt: skip
    page = await manager.get(PAGE)
    assert "例に採用" in page.text
    assert "訂正を取り消す" not in page.text
    assert "採用" in (await manager.get(f"{LIST}/1")).text


async def test_a_demo_of_the_shipped_scripts_keeps_examples_with_its_data(demo):
    await demo.consented(TARO)
    await demo.text(TARO, REPLY)
    await mark(demo, await demo.signed_in("nurse"))
    manager = await demo.signed_in("manager")
    page = await manager.get(f"{LIST}/1")
    page = await manager.post(f"{LIST}/1/accept", {**example_of(page), "text": "2 坂道で休みます", "anonymous": "on"})
    assert "例 reviewed-0001 に採用しました" in page.text
    assert "坂道で休みます" in (demo.data / "labelled" / "reviewed.jsonl").read_text(encoding="utf-8")
    assert not (shipped("conversations") / "reading" / "labelled" / "reviewed.jsonl").exists()


async def test_a_refusal_tells_the_colleague_why_and_can_be_taken_back(own):
    nurse, manager = await own.signed_in("nurse"), await own.signed_in("manager")
    await mark(own, nurse)
    page = await manager.get(f"{LIST}/1")
    page = await manager.post(f"{LIST}/1/decline", {"reason": "  "})
    assert page.status == 409
    assert "見送る理由を300文字まで" in page.text
    page = await manager.post(f"{LIST}/1/decline", {"reason": "読み取りどおりです"})
    assert "見送りました" in page.text
    assert "見送り" in (await nurse.get(PAGE)).text
    assert "理由: 読み取りどおりです" in (await nurse.get(PAGE)).text
    page = await manager.post(f"{LIST}/1/reopen")
    assert "見直し待ちに戻しました" in page.text
    assert "確かめて決める" in page.text
    page = await manager.post(f"{LIST}/1/reopen")
    assert "見送ったものだけを戻せます" in page.text


async def test_a_folder_that_cannot_be_written_is_told_in_both_languages(own, scripts):
    await mark(own, await own.signed_in("nurse"))
    manager = await own.signed_in("manager")
    fields = {**example_of(await manager.get(f"{LIST}/1")), "anonymous": "on"}
    folder = scripts / "reading" / "labelled"
    folder.rename(folder.with_name("moved"))
    folder.write_text("in the way", encoding="utf-8")
    page = await manager.post(f"{LIST}/1/accept", fields)
    assert page.status == 409
    assert "例を書き込めません" in page.text
    assert "Nothing has changed" in page.text
    assert "確かめて決める" in (await manager.get(LIST)).text


async def test_an_old_reply_read_again_is_the_same_with_its_version_and_not_with_todays_rules(tmp_path, scripts):
    data = tmp_path / "demo"
    async with running_demo(Settings(conversations=scripts), data) as demo:
        await demo.consented(TARO)
        await demo.text(TARO, "息が苦しいです")
        number = await reply_id(demo)
        manager = await demo.signed_in("manager")
        page = await manager.get(f"{PAGE}/replies/{number}/again")
        assert "同じ読み取りになりました" in page.text
        assert "今の規則で読んでも同じです" in page.text
    path = scripts / "reading" / "ja.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("dyspnea", "pale"), encoding="utf-8")
    async with running_demo(Settings(conversations=scripts), data) as demo:
        manager = await demo.signed_in("manager")
        page = await manager.get(f"{PAGE}/replies/{number}/again")
        assert "保存された版で読み直すと、同じ読み取りになりました" in page.text
        assert "今の規則で読むと、違う読み取りになります" in page.text
        assert page.text.count("息苦しさ: あり") == 2
        actions = [row["action"] for row in await demo.rows("audit")]
        assert actions.count("reading_reread") == 2


@pytest.mark.parametrize(
    "method, path",
    [("GET", LIST), ("GET", f"{LIST}/1"), ("POST", f"{LIST}/1/accept"), ("POST", f"{LIST}/1/decline"),
     ("POST", f"{LIST}/1/reopen"), ("GET", f"{PAGE}/replies/2/again")],
)  # fmt: skip
async def test_what_managers_decide_is_refused_to_staff(demo, nurse, method, path):
    page = await (nurse.get(path) if method == "GET" else nurse.post(path))
    assert page.status == 403
    assert "このページを開く権限がありません" in page.text


async def test_staff_see_neither_the_list_nor_the_way_to_read_again(own):
    page = await (await own.signed_in("nurse")).get(PAGE)
    assert LIST not in page.html
    assert "読み直す" not in page.text
    assert "読み直す" in (await (await own.signed_in("manager")).get(PAGE)).text


@pytest.mark.parametrize("path", [LIST, f"{PAGE}/replies/2", f"{PAGE}/replies/2/again"])
async def test_who_is_not_signed_in_is_sent_to_the_login(demo, path):
    page = await (await demo.visitor()).get(path)
    assert page.path == "/console/login"


@pytest.mark.parametrize("path", [f"{PAGE}/replies/2/mark", f"{PAGE}/replies/2/unmark", f"{LIST}/1/accept"])
async def test_a_form_of_another_site_is_refused(own, path):
    manager = await own.signed_in("manager")
    manager.csrf = "made-up"
    page = await manager.post(path, {"priority": "urgent"})
    assert page.status == 403
    assert "フォームの有効期限が切れました" in page.text
    assert await own.rows("corrections") == []


@pytest.mark.parametrize("path", [f"{LIST}/99", f"{LIST}/{'9' * 20}", f"{PAGE}/replies/99", f"{PAGE}/replies/99/again"])
async def test_what_is_not_there_is_not_found(own, path):
    page = await (await own.signed_in("manager")).get(path)
    assert page.status == 404
    assert "Traceback" not in page.text


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "9" * 30, "１"])
async def test_any_number_of_a_page_shows_a_page(own, page):
    assert (await (await own.signed_in("manager")).get(f"{LIST}?page={page}")).status == 200


async def test_a_colleagues_mark_appears_on_the_open_page_by_itself(own):
    nurse, clerk = await own.signed_in("nurse"), await own.signed_in("clerk")
    before = (await nurse.get(f"{PAGE}/live")).headers["ETag"]
    await mark(own, clerk)
    page = await nurse.get(f"{PAGE}/live", headers={"If-None-Match": before})
    assert page.status == 200
    assert "大野 航さん・管理者の見直し待ち" in page.text
