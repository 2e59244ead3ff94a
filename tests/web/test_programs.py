"""What managers see of their scripts."""

from bot.scripts.library import ScriptLibrary
from bot.settings import shipped
from tests.support.wait import until_async
from tests.web.visits import HANAKO, TARO


def version(program):
    library = ScriptLibrary(shipped("conversations"))
    library.reload()
    return library.current(program).version[:12]


async def test_each_program_is_shown_with_its_version_its_source_and_how_many_run_on_it(demo):
    await demo.consented(TARO)
    await demo.consented(HANAKO)
    visitor = await demo.signed_in("manager")
    page = (await visitor.get("/console/scripts")).text
    card = page[page.index("インフルエンザの見守り") :]
    assert version("influenza") in card
    assert "2件" in card[: card.index("</li>")]
    assert "学校保健安全法施行規則" in card
    assert page.count("新しい会話に使用") == 5
    assert "期間終了" in page


async def test_a_change_that_fails_its_checks_is_told_with_its_place_and_is_not_used(scripts, manager):
    before = version("influenza")
    texts = scripts / "influenza" / "texts" / "ja.yaml"
    texts.write_text(texts.read_text(encoding="utf-8") + "\nfaq_extra: |-\n  {{ nobody_knows }}\n", encoding="utf-8")

    async def told():
        page = (await manager.get("/console/scripts")).text
        return page if "検査に通らず、使われていません" in page else None

    page = await until_async(told, "the refusal")
    assert "influenza/texts/ja.yaml:" in page
    assert "nobody_knows" in page
    assert before in page


async def test_a_change_that_passes_is_used_for_new_conversations(scripts, manager):
    before = version("influenza")
    texts = scripts / "common" / "texts" / "ja.yaml"
    texts.write_text(
        texts.read_text(encoding="utf-8").replace("お大事になさってください", "お大事に"), encoding="utf-8"
    )

    async def renewed():
        return before not in (await manager.get("/console/scripts")).text

    assert await until_async(renewed, "the new version")
    assert "最後の読み込み: 検査に通りました" in (await manager.get("/console/scripts")).text
