"""A house in which replies were read, and the folder that accepted examples go to."""

import shutil

import pytest

from bot.corrections import Corrections, Examples
from bot.corrections.labels import labels_as_read
from bot.scripts.stage import Resident
from bot.settings import shipped
from tests.support.house import START

PHONE = "+819098765432"
NAME, KANA = "西園寺 公望", "サイオンジ キンモチ"


@pytest.fixture
def conversations(tmp_path):
    """A folder of conversations in which nothing is labelled yet."""
    folder = tmp_path / "conversations"
    (folder / "reading").mkdir(parents=True)
    for name in ("ja.yaml", "en.yaml"):
        shutil.copy(shipped("conversations") / "reading" / name, folder / "reading" / name)
    return folder


@pytest.fixture
def corrections(house, conversations):
    """What staff and managers do, with that folder."""
    service = house.service
    office = service.settings.office
    examples = Examples(conversations)
    return Corrections.make(service.database, office, house.clock, service.bells, service.reader, examples)


@pytest.fixture
async def replied(house):
    """A function that lets the resident reply; it gives the stored reply's conversation and id."""
    await house.enrol(Resident(NAME, KANA, PHONE, "ja", START.date()))
    await house.send(PHONE, "はい")

    async def send(text):
        await house.send(PHONE, text)
        async with house.service.database.read() as tx:
            inbox = tx.t.inbox
            rows = await tx.all(inbox.select().where(inbox.c.kind == "reply").order_by(inbox.c.id))
        return rows[-1]["conversation_id"], rows[-1]["id"]

    return send


@pytest.fixture
def marked(corrections, replied):
    """A function that lets a reply come and be marked; it gives the entry of the review list."""

    async def mark(text, priority="urgent", staff="nurse"):
        conversation_id, reply_id = await replied(text)
        reply = await corrections.marking.reply(conversation_id, reply_id)
        start = labels_as_read(reply.readings)
        changed = type(start)(**{**start.to_dict(), "priority": (priority,)})
        await corrections.marking.mark(conversation_id, reply_id, staff, changed)
        return (await corrections.review.waiting(1)).entries[-1]

    return mark
