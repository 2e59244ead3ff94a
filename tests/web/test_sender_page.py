"""The page that says which numbers our texts come from: for anybody, in any browser."""

import re
from string import Formatter

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.domain.office import Office
from bot.gateways.base import BaseGateway
from bot.gateways.sandbox import SandboxAccount, SandboxGateway
from bot.web.public import PublicPorts, setup
from bot.web.public.texts import TOGETHER, languages
from tests.web.visits import violations

NORTH = Office(
    "北保健所", "03-1111-0000", "平日9時〜17時", "", in_languages=(("en", "North Center", "9-17"),), code="north"
)
SOUTH = Office(
    "南保健所", "03-2222-0000", "平日9時〜17時", "", in_languages=(("en", "South Center", "9-17"),), code="south"
)
LARGEST = 24_000


def road(sender, *, two_way=True, **given):
    account = SandboxAccount(kind="sandbox", account="a", sender=sender, url="http://127.0.0.1", **given)
    made = SandboxGateway(account)
    made.abilities = BaseGateway.abilities if two_way else type(BaseGateway.abilities)(two_way=False)
    return made


async def page_of(roads, path="/sender", offices=(NORTH,)):
    app = web.Application()
    setup(app, PublicPorts(offices, lambda: roads))
    async with TestClient(TestServer(app)) as client:
        answer = await client.get(path)
        return answer.status, await answer.text()


async def test_it_shows_every_number_and_name_that_texts_come_from():
    _, page = await page_of([road("+815012345678"), road("MIMAMORI"), road("12345"), road("+14155550100")])
    for shown in ("050-1234-5678", "(+815012345678)", "MIMAMORI", "12345", "+1 415-555-0100"):
        assert shown in page


async def test_the_numbers_of_a_pool_are_shown_too():
    _, page = await page_of([road("+815012345678", also_from=("+815012345679", "POOL"))])
    for shown in ("050-1234-5678", "050-1234-5679", "POOL"):
        assert shown in page


async def test_a_number_of_several_roads_is_shown_once_and_can_be_answered_if_one_road_can():
    _, page = await page_of([road("+815012345678", two_way=False), road("+815012345678")], "/sender?lang=en")
    assert page.count("050-1234-5678") == 1
    assert "you can reply" in page


@pytest.mark.parametrize("sender, two_way", [("MIMAMORI", True), ("+815012345678", False)])
async def test_where_nobody_can_reply_it_says_so(sender, two_way):
    _, page = await page_of([road(sender, two_way=two_way)])
    assert "返信はできません" in page
    assert "返信できます" not in page


async def test_a_number_abroad_is_explained():
    _, page = await page_of([road("+14155550100")])
    assert "海外の番号のように見えますが、北保健所が使っている番号です。" in page


async def test_it_says_what_is_never_asked_how_to_check_and_how_to_stop():
    _, page = await page_of([road("+815012345678")])
    for words in ("パスワード", "お金を払うこと", "リンク", "STOP", "03-1111-0000", 'href="tel:+81311110000"',
                  "North Center", "passwords", "へんじして ください", "119"):  # fmt: skip
        assert words in page


async def test_each_office_has_its_own_page_with_its_own_numbers():
    roads = [road("+815011110000", offices=("north",)), road("+815022220000", offices=("south",)), road("BOTH")]
    offices = (NORTH, SOUTH)
    _, first = await page_of(roads, "/sender", offices)
    assert 'href="/sender/north"' in first
    assert 'href="/sender/south"' in first
    _, north = await page_of(roads, "/sender/north", offices)
    assert "050-1111-0000" in north
    assert "050-2222-0000" not in north
    assert "BOTH" in north
    assert "北保健所" in north
    assert (await page_of(roads, "/sender/west", offices))[0] == 404


@pytest.mark.parametrize("code", languages())
async def test_every_language_says_everything(code):
    status, page = await page_of([road("+815012345678")], f"/sender?lang={code}")
    assert status == 200
    assert f'<html lang="{"ja" if code.startswith("ja") else code}">' in page
    assert "050-1234-5678" in page
    assert "{" not in page


def lines(texts):
    """Field -> its lines."""
    values = {name: getattr(texts, name) for name in texts.__slots__}
    return {name: [value] if isinstance(value, str) else list(value) for name, value in values.items()}


def test_every_language_has_the_same_lines_and_names_nothing_but_the_center():
    japanese = {name: len(value) for name, value in lines(languages()["ja"]).items()}
    for texts in languages().values():
        assert {name: len(value) for name, value in lines(texts).items()} == japanese
        every = [line for value in lines(texts).values() for line in value]
        assert {name for line in every for _, name, _, _ in Formatter().parse(line)} <= {None, "center"}
    assert len(languages()) >= 10


async def test_it_needs_no_script_no_picture_and_little_data(demo):
    visitor = await demo.visitor()
    page = await visitor.get("/sender")
    assert page.status == 200
    assert page.path == "/sender"
    assert not re.search(r"<script|<img|<iframe|style=", page.html)
    assert len(page.html.encode()) < LARGEST
    assert "Set-Cookie" not in page.headers
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    style = await visitor.get(re.search(r'href="(/sender/style[^"]+)"', page.html)[1])
    assert style.status == 200


async def test_the_demo_shows_its_number(demo):
    page = await (await demo.visitor()).get("/sender")
    assert "さくら市保健所" in page.text
    assert "050-0000-0000" in page.text


@pytest.mark.parametrize("path", ["/sender", "/sender?lang=vi", "/sender?lang=ja"])
async def test_axe_finds_nothing_and_nothing_is_cut_on_a_narrow_screen(demo, page, path):
    await page.set_viewport_size({"width": 360, "height": 800})
    await page.goto(demo.url + path)
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


def test_texts_stand_together_in_the_languages_of_the_center():
    assert TOGETHER == ("ja", "ja-easy", "en")
