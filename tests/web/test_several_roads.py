"""What staff see of roads where there are several: texts as they will be written, and texts of unknown fate."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.states import TextKind
from bot.engine.session import Session
from bot.gateways.sandbox import SandboxAccount, SandboxGateway
from bot.outbox.router import Router
from bot.settings import Settings, shipped
from bot.web.console.preview import Looks
from tests.support.house import START
from tests.web.conftest import running_demo
from tests.web.visits import TARO

PAGE = "/console/conversations/1"


async def no_answer(_request):
    """Nobody knows whether a text was taken, and nobody says."""
    return web.Response(status=500)


@pytest.fixture
async def demo(tmp_path):
    """A demo whose first road carries Shift_JIS only and answers nothing that helps."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", no_answer)
    server = TestServer(app)
    await server.start_server()
    folder = tmp_path / "gateways"
    folder.mkdir()
    road = (
        f'kind = "sandbox"\nsender = "+815012345678"\nurl = "{server.make_url("")}"\norder = 1\ncharset = "shift_jis"'
    )
    (folder / "odd.toml").write_text(road, encoding="utf-8")
    settings = Settings(gateways=folder, conversations=shipped("conversations"))
    async with running_demo(settings, tmp_path / "demo") as demo:
        yield demo
    await server.close()


@pytest.fixture
async def nurse(demo):
    return await demo.signed_in("nurse")


async def unknown_text(demo):
    await demo.call(
        "POST",
        "/demo/api/residents",
        {"name": "山田 太郎", "kana": "ヤマダ タロウ", "phone": TARO, "program": "influenza"},
    )
    for _ in range(50):
        rows = await demo.rows("outbox")
        if [row["state"] for row in rows] == ["unknown"]:
            return str(rows[0]["id"])
        await demo.advance("1s")
    raise AssertionError(rows)


async def test_a_text_of_unknown_fate_is_sent_again_by_the_road_that_a_person_chose(demo, nurse):
    text_id = await unknown_text(demo)
    page = await nurse.get(PAGE)
    assert "もう一度送る" in page.text
    assert 'value="sandbox/demo"' in page.html
    asked = await nurse.post(f"{PAGE}/send-again", {"text_id": text_id, "road": "sandbox/demo"})
    assert "二重に届きます" in asked.text
    assert not await demo.sent(TARO)
    await nurse.confirm(f"{PAGE}/send-again", {"text_id": text_id, "road": "sandbox/demo"})
    await demo.settle()
    assert len(await demo.sent(TARO)) == 1
    (row,) = await demo.rows("outbox")
    assert (row["road"], row["possible_duplicate"]) == ("sandbox/demo", True)
    assert "sent_again" in [row["action"] for row in await demo.rows("audit")]
    again = await nurse.post(f"{PAGE}/send-again", {"text_id": text_id, "road": "sandbox/demo"})
    assert again.status == 409


async def test_only_roads_and_texts_that_there_are_can_be_chosen(demo, nurse):
    text_id = await unknown_text(demo)
    for fields in ({"text_id": text_id, "road": "sandbox/none"}, {"text_id": "999", "road": "sandbox/demo"}):
        assert (await nurse.post(f"{PAGE}/send-again", fields)).status == 409


async def test_a_reply_is_shown_as_its_road_will_carry_it(demo, nurse):
    await unknown_text(demo)
    await nurse.post(f"{PAGE}/take-over")
    page = await nurse.post(f"{PAGE}/reply", {"text": "髙橋です。9～12時に伺います😀"})
    assert "経路で送れるように書きかえます" in page.text
    assert "髙橋です。9～12時に伺います" in page.text
    shown = page.text.replace("<q>", "").replace("</q>", "")
    for change in ("髙→高", "～→〜", "😀→消す"):
        assert change in shown


ODD = SandboxGateway(
    SandboxAccount(kind="sandbox", account="odd", sender="+815012345678", url="x", charset="shift_jis")
)


@pytest.mark.parametrize(
    "text, flaw, problems", [("𠮷野さん", "characters", ("𠮷",)), ("あ" * 661, "too_long", ()), ("山田さん", "", ())]
)
def test_a_text_that_no_road_takes_is_told_before_it_is_sent(text, flaw, problems):
    planned = Looks(Router([ODD]), "main", TARO, Session(), START).at(text, TextKind.STAFF)
    assert (planned.flaw, planned.problems) == (flaw, problems)
