"""Scripts that change while conversations run: who has begun stays on the version that they began with."""

import itertools
import shutil
from datetime import date

import pytest

from bot.domain.errors import ScriptError
from bot.inbox.worker import Worker
from bot.scripts.library import ScriptLibrary
from bot.scripts.stage import Resident
from bot.settings import shipped
from tests.support.house import open_house

PROGRAM = "covid19-2022-09-07"
OLD, NEW = "+819012345678", "+819012345679"


@pytest.fixture
def conversations(tmp_path):
    """A folder of one's own with one program."""
    folder = tmp_path / "conversations"
    for name in ("common", PROGRAM, "reading"):
        shutil.copytree(shipped("conversations") / name, folder / name)
    return folder


def edit(conversations, old, new, name="common/texts/ja.yaml"):
    path = conversations / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def a_house(conversations, folder):
    (folder / "data").mkdir(exist_ok=True)
    return open_house(
        f"sqlite:///{folder / 'data' / 'mimamori.db'}", folder / "data", PROGRAM, conversations=conversations
    )


async def enrol(house, phone):
    await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", phone, "ja", date(2022, 9, 9)))
    await house.send(phone, "はい")


def last(house, phone):
    return house.carrier.messages[phone][-1]["text"]


async def reply(house, phone):
    await house.send(phone, "2 37.2")
    return last(house, phone)


async def test_a_conversation_stays_on_the_version_that_it_began_with(conversations, tmp_path):
    async with a_house(conversations, tmp_path) as house:
        await enrol(house, OLD)
        edit(conversations, "お大事になさってください", "ゆっくりお休みください")
        (taken,) = await house.service.take_scripts()
        assert taken.taken
        await enrol(house, NEW)
        assert "お大事に" in await reply(house, OLD)
        assert "ゆっくりお休みください" in await reply(house, NEW)


async def test_it_stays_there_after_a_restart(conversations, tmp_path):
    async with a_house(conversations, tmp_path) as house:
        await enrol(house, OLD)
    edit(conversations, "お大事になさってください", "ゆっくりお休みください")
    async with a_house(conversations, tmp_path) as house:
        house._ids = itertools.count(1000)
        await enrol(house, NEW)
        assert "お大事に" in await reply(house, OLD)
        assert "ゆっくりお休みください" in await reply(house, NEW)


async def test_care_that_begins_anew_begins_on_the_newest_version(conversations, tmp_path):
    async with a_house(conversations, tmp_path) as house:
        await enrol(house, OLD)
        await house.staff("close", OLD, "recovered")
        edit(conversations, "お大事になさってください", "ゆっくりお休みください")
        await house.service.take_scripts()
        await enrol(house, OLD)
        assert "ゆっくりお休みください" in await reply(house, OLD)


BROKEN = {
    "no YAML": ("common/script.yaml", "start: consent", "start: [consent"),
    "a step that is not there": ("common/script.yaml", "go: resting}", "go: nowhere}"),
    "a variable that is not there": ("common/texts/ja.yaml", "お大事になさってください", "{{ secrets }}"),
    "out of the sandbox": ("common/texts/ja.yaml", "お大事になさってください", "{{ ''.__class__.__mro__ }}"),
    "a text that is too long": ("common/texts/ja.yaml", "お大事になさってください", "お大事に" * 300),
}


@pytest.mark.parametrize("name, old, new", BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_script_is_refused_and_the_old_one_stays(conversations, tmp_path, name, old, new):
    async with a_house(conversations, tmp_path) as house:
        before = house.service.library.current(PROGRAM).version
        edit(conversations, old, new, name)
        (refused,) = await house.service.take_scripts()
        assert not refused.taken
        assert refused.version == before
        assert refused.issues
        assert await house.service.take_scripts() == [], "it is told once"
        await enrol(house, NEW)
        assert "お大事に" in await reply(house, NEW)
        edit(conversations, new, old, name)
        await house.service.take_scripts()
        assert house.service.library.current(PROGRAM).version == before


async def test_a_start_with_a_broken_script_names_the_file_and_line(conversations, tmp_path):
    edit(conversations, "start: consent", "start: nowhere", "common/script.yaml")
    with pytest.raises(ScriptError, match=r"common/script\.yaml:\d+"):
        async with a_house(conversations, tmp_path):
            pass


async def test_a_folder_that_goes_away_while_running_changes_nothing(conversations, tmp_path):
    async with a_house(conversations, tmp_path) as house:
        conversations.rename(tmp_path / "gone")
        assert await house.service.take_scripts() == []
        await enrol(house, OLD)
        assert "お大事に" in await reply(house, OLD)


async def test_a_version_that_another_process_took_is_read_from_the_database(conversations, tmp_path):
    """It looked at the folder before the change; a resident who began on the new version writes to it."""
    async with a_house(conversations, tmp_path) as house:
        service = house.service
        late = ScriptLibrary(conversations)
        late.reload()
        edit(conversations, "お大事になさってください", "ゆっくりお休みください")
        await service.take_scripts()
        await enrol(house, NEW)
        office, program = service.settings.office, service.settings.default_program
        house.worker = Worker(service.database, late, service.reader, office, house.clock, service.bells, program)
        assert "ゆっくりお休みください" in await reply(house, NEW)
