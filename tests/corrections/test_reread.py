"""An old reply, read again with its stored version, gives the reading that was stored."""

import json
import shutil

import pytest
from sqlalchemy import select

from bot.corrections.reread import Rereader, in_words
from bot.domain.rereading import Circumstances, same_readings
from bot.reading import code
from bot.reading.code import code_version
from bot.reading.reader import Reader
from bot.scripts.stage import Resident
from bot.settings import shipped
from bot.storage.readings import find_reading_version, keep_reading_version, latest_replies
from tests.corrections.conftest import NAME, PHONE
from tests.support.house import START

TEXTS = [
    "2 37.8 のどが痛い",
    "息が苦しい",
    "胸の痛みはありません",
    "薬は何回飲みますか",
    "ぜんぜんわからんとです",
    "2 ３８．２ 酸素97%�です",
]


@pytest.fixture
async def replies(house, replied):
    """Replies that were read, latest first."""
    for text in TEXTS:
        await replied(text)
    async with house.service.database.read() as tx:
        return await latest_replies(tx, "main", 50)


def other_rules(tmp_path):
    """A reader whose lexicon has changed: it takes breathlessness for another sign."""
    folder = shutil.copytree(shipped("conversations") / "reading", tmp_path / "changed")
    path = folder / "ja.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("dyspnea", "pale"), encoding="utf-8")
    return Reader.load(folder)


async def test_a_reply_read_again_with_its_version_is_read_the_same_whatever_the_rules_are_now(
    house, replies, tmp_path
):
    today = other_rules(tmp_path)
    rereader = Rereader(house.service.database, today)
    again = {reply.text: await rereader.again(reply) for reply in replies}
    assert len(again) == len(TEXTS) + 1
    assert all(found.same for found in again.values())
    assert all(found.version == house.service.reader.version != found.today_version for found in again.values())
    changed = again["息が苦しい"]
    assert changed.same_today is False
    assert "dyspnea" in changed.kept[0]["present"]
    assert "dyspnea" not in changed.today[0]["present"]


async def test_whom_a_reply_of_a_household_was_about_is_read_again_as_well(house, replied):
    await house.enrol(Resident("大野 千鶴", "オオノ チヅル", PHONE, "ja", START.date()))
    await replied("千鶴は2 38.5、公望は1 36.2")
    async with house.service.database.read() as tx:
        (reply,) = await latest_replies(tx, "main", 1)
    assert len(reply.readings) == 2
    assert (await Rereader(house.service.database, house.service.reader).again(reply)).same


async def test_the_files_of_a_version_are_kept_once_and_come_back_as_they_were(house):
    reader = house.service.reader
    async with house.service.database.read() as tx:
        assert await find_reading_version(tx, reader.version) == dict(reader.files)
        assert await find_reading_version(tx, "0" * 16) is None
    async with house.service.database.write() as tx:
        await keep_reading_version(tx, "v", {"ja.yaml": b"\x00\xff"}, "1", START)
        await keep_reading_version(tx, "v", {"ja.yaml": b"other"}, "2", START)
        assert await find_reading_version(tx, "v") == {"ja.yaml": b"\x00\xff"}


async def test_with_each_reading_stands_which_program_read_it(replies):
    assert {reply.circumstances.code for reply in replies} == {code_version()}
    assert code_version().count("+") == 1


def test_another_dictionary_is_another_program(monkeypatch):
    before = code.code_version()
    monkeypatch.setattr(code, "version", "{} in another version".format)
    assert code.code_version.__wrapped__() != before


async def test_another_program_is_told_of(house, replies):
    now = replies[0].circumstances
    reply = type(replies[0])(**{
        **{name: getattr(replies[0], name) for name in replies[0].__slots__},
        "circumstances": Circumstances(now.context, now.members, now.asked, "0.0.9+0123456789ab"),
    })  # fmt: skip
    rereader = Rereader(house.service.database, house.service.reader)
    assert not (await rereader.again(replies[0])).other_code
    again = await rereader.again(reply)
    assert again.other_code
    assert "0.0.9+0123456789ab" in in_words(reply, again)


async def test_what_cannot_be_read_again_says_why(house, replies, tmp_path):
    database = house.service.database
    rereader = Rereader(database, other_rules(tmp_path))
    async with database.write() as tx:
        await tx.run(tx.t.reading_versions.update().values(files=b"no archive"))
    assert (await rereader.again(replies[0])).problem == "unusable"
    async with database.write() as tx:
        await tx.run(tx.t.reading_versions.delete())
    found = await rereader.again(replies[0])
    assert (found.problem, found.same, found.today is not None) == ("version", None, True)
    async with database.write() as tx:
        await tx.run(tx.t.inbox.update().values(circumstances=None))
        older = (await latest_replies(tx, "main", 1))[0]
    assert (await rereader.again(older)).problem == "circumstances"


async def test_the_circumstances_are_sealed(house, replies):
    async with house.service.database.read() as tx:
        from sqlalchemy import LargeBinary, type_coerce

        raw = await tx.value(select(type_coerce(tx.t.inbox.c.circumstances, LargeBinary)).where(
            tx.t.inbox.c.id == replies[0].id))  # fmt: skip
    assert b"daily" not in bytes(raw)
    assert b"context" not in bytes(raw)


async def test_the_line_of_the_command_tells_no_text(house, replies, tmp_path):
    rereader = Rereader(house.service.database, other_rules(tmp_path))
    lines = [in_words(reply, await rereader.again(reply)) for reply in replies]
    told = "\n".join(lines)
    assert "違う / differs: report:emergency" in told
    assert not [text for text in (*TEXTS, NAME, PHONE) if text in told]


def test_what_a_later_program_writes_down_besides_makes_no_difference():
    stored = [{"priority": "none", "evidence": [{"start": 0, "end": 1, "rule": "menu:2"}], "who": [0]}]
    later = json.loads(json.dumps(stored))
    later[0]["likeness"] = 0.5
    later[0]["evidence"][0]["example"] = "ja-1"
    assert same_readings(stored, later)
    later[0]["evidence"][0]["end"] = 2
    assert not same_readings(stored, later)
    assert not same_readings(stored, [])
