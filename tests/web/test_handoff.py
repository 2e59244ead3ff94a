"""The page of the CSV hand-off: files to carry, exports to take, each once."""

import json
import re

import aiohttp
import pytest
from aiohttp import FormData

from bot.domain.messages import Outbound, Outcome
from bot.gateways.registry import load_account
from bot.settings import Settings
from bot.storage.accounts import DEMO_PASSWORD
from tests.support.wait import until_async
from tests.web.conftest import running_demo
from tests.web.visits import TARO, violations

ACCOUNT = """
kind = "csvfolder"
sender = "+815000000000"
key = "env:CSV_KEY"
order = 500
look_seconds = 0.05
"""
REPLIES = "返信元番号,返信本文,返信日時\r\n090-1111-0001,はい,2022/09/10 10:31\r\nこれは番号ではない,x,2022/09/10\r\n"


@pytest.fixture
async def with_folder(tmp_path, monkeypatch):
    """A demo with a hand-off folder beside its sandbox."""
    monkeypatch.setenv("CSV_KEY", "a secret of the center")
    roads = tmp_path / "roads"
    roads.mkdir()
    (roads / "vendor.toml").write_text(f'{ACCOUNT}folder = "{tmp_path / "handoff"}"\n')
    async with running_demo(Settings(gateways=roads), tmp_path / "demo") as demo:
        yield demo


@pytest.fixture
def road(with_folder, tmp_path):
    """The account, as another process has it."""
    return load_account(tmp_path / "roads" / "vendor.toml")


async def uploaded(visitor, content, name="返信.csv", *, csrf=None, first=True):
    """What the page says of an upload."""
    form = FormData()
    if first:
        form.add_field("csrf", visitor.csrf if csrf is None else csrf)
    form.add_field("file", content.encode() if isinstance(content, str) else content, filename=name)
    if not first:
        form.add_field("csrf", visitor.csrf)
    async with visitor.http.post(f"{visitor.url}/console/handoff/vendor/look", data=form) as answer:
        return await visitor._read(answer)


def token(page):
    return re.search(r'name="token" value="(\w+)"', page.html)[1]


async def sent(road, *texts):
    for number, text in enumerate(texts):
        assert (await road.send(Outbound(f"ref{number}", TARO, text))).outcome is Outcome.ACCEPTED


async def test_without_a_folder_the_menu_says_nothing_of_it(nurse):
    assert "/console/handoff" not in (await nurse.get("/console/")).html
    assert "設定されていません" in (await nurse.get("/console/handoff")).text


async def test_files_are_made_downloaded_and_marked_as_carried(with_folder, road):
    nurse = await with_folder.signed_in()
    await sent(road, "熱はいかがですか", "=1+1")
    page = await nurse.get("/console/handoff")
    assert "2通" in page.text
    page = await nurse.post("/console/handoff/vendor/files")
    assert "ファイルを1個作りました" in page.text
    (batch,) = road.spool.batches()
    async with nurse.http.get(f"{nurse.url}/console/handoff/vendor/files/{batch.file}") as answer:
        data = await answer.read()
        assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{batch.file}"
    async with nurse.http.get(f"{nurse.url}/console/handoff/vendor/files/{batch.file}.manifest.json") as answer:
        assert road.signer.check(data, await answer.read())["rows"] == 2
    assert "・=1+1" in data.decode("cp932")
    page = await nurse.post(f"/console/handoff/vendor/files/{batch.id}/carried")
    assert "運んだことを記録しました" in page.text
    assert road.spool.batches()[0].carried_by == "nurse"
    actions = [row["action"] for row in await with_folder.rows("audit")]
    assert [action for action in actions if action.startswith("handoff")] == [
        "handoff_made", "handoff_downloaded", "handoff_carried",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/files/..%2F..%2Fdemo.csv", "/files/none.csv", "/reports/none", "/files/x/carried"])
async def test_what_is_not_there_is_not_found(with_folder, path):
    nurse = await with_folder.signed_in()
    method = nurse.post if path.endswith("carried") else nurse.get
    assert (await method(f"/console/handoff/vendor{path}")).status == 404
    assert (await method(f"/console/handoff/other{path}")).status == 404


async def test_an_export_is_looked_at_and_then_taken_once(with_folder, road):
    nurse = await with_folder.signed_in()
    look = await uploaded(nurse, REPLIES)
    assert look.status == 200
    assert "新しい行 New rows</dt><dd><strong>1件" in re.sub(r"<span[^>]*>([^<]*)</span>", r"\1", look.html)
    assert "3行目" in look.text
    assert "これは番号ではない" not in look.text
    assert road.inbox.waiting() == []
    page = await nurse.post("/console/handoff/vendor/take", {"token": token(look), "confirmed": "1"})
    assert "取り込みました" in page.text
    again = await nurse.post("/console/handoff/vendor/take", {"token": token(look), "confirmed": "1"})
    assert "もう取り込んだか" in again.text
    await with_folder.settle()
    replies = [row for row in await with_folder.rows("inbox") if row["gateway"] == "csvfolder"]
    assert [json.loads(row["payload"])["text"] for row in replies] == ["はい"]
    (taken,) = road.inbox.taken()
    report = await nurse.get(f"/console/handoff/vendor/reports/{taken.name}")
    assert "line 3" in report.html
    second = await uploaded(nurse, REPLIES)
    assert "取り込み済みの行" in second.text
    await nurse.post("/console/handoff/vendor/take", {"token": token(second), "confirmed": "1"})
    await with_folder.settle()
    assert len([row for row in await with_folder.rows("inbox") if row["gateway"] == "csvfolder"]) == 1


async def test_an_upload_that_is_not_wanted_is_dropped(with_folder, road):
    nurse = await with_folder.signed_in()
    look = await uploaded(nurse, REPLIES)
    await nurse.post("/console/handoff/vendor/take", {"token": token(look), "confirmed": "0"})
    page = await nurse.post("/console/handoff/vendor/take", {"token": token(look), "confirmed": "1"})
    assert "もう取り込んだか" in page.text
    assert (road.inbox.waiting(), road.inbox.taken()) == ([], [])


async def test_a_wrong_header_is_told_on_the_page(with_folder):
    nurse = await with_folder.signed_in()
    page = await uploaded(nurse, "番号,本文\r\n1,2\r\n")
    assert page.status == 409
    assert "1行目の見出しが設定と違います" in page.text
    assert "Line 1" in page.text
    assert "ファイルを選んでください" in (await uploaded(nurse, "", name="")).text


@pytest.mark.parametrize("how", [{"csrf": ""}, {"csrf": "wrong"}, {"first": False}])
async def test_an_upload_of_another_site_is_refused(with_folder, how):
    nurse = await with_folder.signed_in()
    assert (await uploaded(nurse, REPLIES, **how)).status == 403


async def test_an_upload_larger_than_allowed_is_refused(with_folder, road):
    nurse = await with_folder.signed_in()
    assert (await uploaded(nurse, b"x" * (road.mine.most_megabytes * 1_000_000 + 1))).status == 413


async def test_only_who_is_signed_in_may_upload(with_folder):
    visitor = await with_folder.visitor()
    await visitor.get("/console/login")
    assert (await uploaded(visitor, REPLIES)).path == "/console/login"
    nurse = await with_folder.signed_in()
    assert (await nurse.post("/console/handoff/vendor/look", {"file": "x"})).status == 400
    with aiohttp.MultipartWriter("form-data", boundary="x") as writer:
        writer.append("y")
    async with nurse.http.post(f"{nurse.url}/console/handoff/vendor/look", data=writer) as answer:
        assert answer.status in {400, 403}


@pytest.mark.slow
async def test_the_page_can_be_used_in_a_browser_and_by_everybody(with_folder, road, page, tmp_path):
    (tmp_path / "返信.csv").write_bytes(REPLIES.encode("cp932"))
    await sent(road, "熱はいかがですか")
    await page.goto(f"{with_folder.url}/console/login?next=/console/handoff")
    await page.fill("#login", "nurse")
    await page.fill("#password", DEMO_PASSWORD)
    await page.click("button.button-primary")
    await page.wait_for_url("**/console/handoff")
    await page.click("text=いま作る")
    await page.wait_for_selector("text=ファイルを1個作りました")
    assert await violations(page) == []
    async with page.expect_download() as download:
        await page.click(f"a:has-text('{road.spool.batches()[0].file}')")
    assert (await download.value).suggested_filename == road.spool.batches()[0].file
    await page.set_input_files("input[type=file]", str(tmp_path / "返信.csv"))
    await page.click("text=内容を確かめる")
    await page.wait_for_selector("h1:has-text('取り込みますか')")
    assert await violations(page) == []
    await page.click("button:has-text('取り込む')")
    await page.wait_for_selector("text=取り込みました")
    await until_async(road.inbox.taken, "it was taken")
    assert await violations(page) == []
