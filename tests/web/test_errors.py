"""Errors in words: a page for people, JSON for programs, never a trace nor personal data."""

import pytest

from bot.domain.errors import StorageUnavailable
from bot.storage import queue
from tests.web.visits import TARO


async def test_a_page_that_is_not_there_says_so(nurse):
    page = await nurse.get("/console/nothing")
    assert page.status == 404
    assert "ページが見つかりません" in page.text


async def test_a_wrong_method_is_told_with_those_that_are_allowed(nurse):
    page = await nurse.get("/console/logout")
    assert page.status == 405
    assert page.headers["Allow"] == "POST"
    assert "この操作はここではできません" in page.text


async def test_too_large_a_form_is_told(nurse):
    page = await nurse.post("/console/enrol", {"name": "あ" * 400_000})
    assert page.status == 413
    assert "送られた内容が大きすぎます" in page.text


@pytest.mark.parametrize("error", [ValueError(f"{TARO} 山田 太郎"), KeyError("山田 太郎"), RuntimeError("山田 太郎")])
async def test_what_nobody_foresaw_gives_an_id_and_no_trace(nurse, monkeypatch, capsys, error):
    async def fail(*_arguments, **_values):
        raise error

    monkeypatch.setattr("bot.web.console.queue.queue_cards", fail)
    page = await nurse.get("/console/")
    assert page.status == 500
    assert "システムの中で問題が起きました" in page.text
    assert "問い合わせ番号" in page.text
    told = page.text + "".join(capsys.readouterr())
    assert not [words for words in ("Traceback", TARO, "山田") if words in told]


async def test_a_database_that_is_away_is_told_and_when_to_come_back(nurse, monkeypatch):
    async def fail(*_arguments, **_values):
        raise StorageUnavailable("データベースに書き込めません。", "The database is away.")

    monkeypatch.setattr("bot.web.console.queue.queue_cards", fail)
    page = await nurse.get("/console/")
    assert page.status == 503
    assert page.headers["Retry-After"] == "5"
    assert "データベースに書き込めません" in page.text
    assert queue.queue_cards is not fail


async def test_an_audit_that_cannot_be_written_does_not_hide_the_conversation(demo, nurse, monkeypatch):
    async def fail(*_arguments):
        raise StorageUnavailable("満杯です。", "Full.")

    await demo.text(TARO, "息が苦しい")
    monkeypatch.setattr("bot.web.console.conversation.note_action", fail)
    assert (await nurse.get("/console/conversations/1")).status == 200


@pytest.mark.parametrize("path", ["/webhook/nothing/here", "/demo/api/nothing"])
async def test_programs_are_told_in_json(nurse, path):
    page = await nurse.get(path)
    assert page.status in {404, 405}
    assert page.headers["Content-Type"].startswith("application/json")


async def test_the_server_does_not_tell_what_it_is_made_of(nurse):
    assert "aiohttp" not in (await nurse.get("/console/")).headers["Server"]


async def test_a_static_file_is_found_by_its_name_alone(nurse):
    assert (await nurse.get("/console/static/base.css")).status == 200
    for name in ("..%2f__init__.py", "nothing.css"):
        assert (await nurse.get(f"/console/static/{name}")).status == 404


@pytest.mark.parametrize(
    "body, kind",
    [
        (b"csrf=x", "application/x-www-form-urlencoded; charset=nothing"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
    ],
)
async def test_a_body_that_is_no_form_is_told_and_not_an_incident(nurse, body, kind):
    async with nurse.http.post(nurse.url + "/console/enrol", data=body, headers={"Content-Type": kind}) as answer:
        assert answer.status == 400


async def test_control_characters_never_get_as_far_as_a_text(demo, nurse):
    await demo.consented(TARO)
    await nurse.get("/console/conversations/1")
    await nurse.post("/console/conversations/1/take-over")
    await nurse.confirm("/console/conversations/1/reply", {"text": "お大事に\x00\x1b\u0007\n保健所"})
    await demo.settle()
    assert (await demo.sent(TARO))[-1] == "お大事に\n保健所"


async def test_a_login_that_cannot_be_one_is_only_a_wrong_login(demo):
    visitor = await demo.visitor()
    for login in ("\x00", "名前", "a" * 500, "nurse\x00"):
        assert (await visitor.sign_in(login)).status in {403, 200}
