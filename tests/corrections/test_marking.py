"""A mark puts the reply on the review list without name or number, and changes nothing else."""

from dataclasses import replace

import pytest

from bot.corrections.labels import labels_as_read
from bot.domain.errors import InvalidInput, NotFound, Refused
from bot.storage.corrections import find_mark
from tests.corrections.conftest import PHONE

TEXT = "2 37.4 西園寺です。電話は090-9876-5432。階段で休み休みです"


async def rows(house, table):
    async with house.service.database.read() as tx:
        return [dict(row) for row in await tx.all(getattr(tx.t, table).select())]


async def wanted(corrections, where, **changes):
    return replace(labels_as_read((await corrections.marking.reply(*where)).readings), **changes)


async def test_the_entry_holds_what_a_manager_needs_and_not_who_it_was(corrections, replied, house):
    where = await replied(TEXT)
    labels = await wanted(corrections, where, priority=("urgent",), present=("dyspnea",))
    await corrections.marking.mark(*where, "nurse", labels)
    (entry,) = (await corrections.review.waiting(1)).entries
    assert entry["text"] == "2 37.4 〇〇です。電話は〇〇〇-〇〇〇〇。階段で休み休みです"
    assert (entry["context"], entry["language"], entry["staff"], entry["state"]) == ("daily", "ja", "nurse", "open")
    assert entry["wanted"]["priority"] == ["urgent"]
    assert entry["wanted"]["present"] == ["dyspnea"]
    assert entry["reading"][0]["temperature"] == 37.4
    assert entry["version"] == house.service.reader.version
    assert "conversation_id" not in entry


async def test_a_mark_moves_nothing_in_the_conversation_and_is_audited(corrections, replied, house):
    where = await replied(TEXT)
    before = [await rows(house, table) for table in ("conversations", "reports", "escalations", "outbox", "inbox")]
    await corrections.marking.mark(*where, "nurse", await wanted(corrections, where, priority=("emergency",)))
    await house.rest()
    after = [await rows(house, table) for table in ("conversations", "reports", "escalations", "outbox", "inbox")]
    assert after == before
    assert [(row["staff"], row["action"]) for row in await rows(house, "audit")][-1] == ("nurse", "reading_marked")


async def test_a_mark_can_be_changed_and_taken_back_until_it_is_decided(corrections, replied, house):
    where = await replied(TEXT)
    await corrections.marking.mark(*where, "nurse", await wanted(corrections, where, priority=("urgent",)))
    await corrections.marking.mark(*where, "clerk", await wanted(corrections, where, priority=("routine",)))
    (entry,) = (await corrections.review.waiting(1)).entries
    assert (entry["wanted"]["priority"], entry["staff"]) == (["routine"], "clerk")
    await corrections.marking.unmark(*where, "nurse")
    assert (await corrections.review.waiting(1)).entries == []
    assert await rows(house, "reading_marks") == []
    with pytest.raises(NotFound):
        await corrections.marking.unmark(*where, "nurse")
    assert [row["action"] for row in await rows(house, "audit")][-3:] == [
        "reading_marked", "reading_marked", "reading_unmarked",
    ]  # fmt: skip


async def test_what_was_decided_stays_decided(corrections, replied):
    where = await replied(TEXT)
    labels = await wanted(corrections, where, priority=("urgent",))
    await corrections.marking.mark(*where, "nurse", labels)
    (entry,) = (await corrections.review.waiting(1)).entries
    await corrections.review.decline(entry["id"], "manager", "読み取りどおりです")
    with pytest.raises(Refused, match="decided"):
        await corrections.marking.mark(*where, "nurse", labels)
    with pytest.raises(Refused, match="decided"):
        await corrections.marking.unmark(*where, "nurse")


async def test_labels_that_change_nothing_are_refused(corrections, replied):
    where = await replied(TEXT)
    with pytest.raises(InvalidInput, match="what was read"):
        await corrections.marking.mark(*where, "nurse", await wanted(corrections, where))


@pytest.mark.parametrize(
    "changes", [{"priority": ("grave",)}, {"priority": ()}, {"intent": ("help",)}, {"present": ("ill",)},
                {"temperature": 60.0}, {"temperature": float("nan")}, {"spo2": 30}, {"spo2": 97.5}],
)  # fmt: skip
async def test_labels_that_do_not_exist_are_refused(corrections, replied, changes):
    where = await replied(TEXT)
    with pytest.raises(InvalidInput):
        await corrections.marking.mark(*where, "nurse", await wanted(corrections, where, **changes))
    assert (await corrections.review.waiting(1)).entries == []


async def test_replies_of_others_and_what_is_no_reply_cannot_be_marked(corrections, replied, house):
    conversation_id, reply_id = await replied(TEXT)
    enrolled = next(row["id"] for row in await rows(house, "inbox") if row["kind"] == "enrolled")
    for where in ((conversation_id + 1, reply_id), (conversation_id, reply_id + 99), (conversation_id, enrolled)):
        with pytest.raises(NotFound):
            await corrections.marking.reply(*where)


async def test_the_names_of_everybody_who_was_ever_on_the_phone_are_taken_out(corrections, replied, house):
    from bot.scripts.stage import Resident
    from tests.support.house import START

    await house.enrol(Resident("大野 千鶴", "オオノ チヅル", PHONE, "ja", START.date()))
    where = await replied("千鶴は2 37.5、キンモチは1 36.2")
    labels = await wanted(corrections, where, priority=("urgent",))
    await corrections.marking.mark(*where, "nurse", labels)
    (entry,) = (await corrections.review.waiting(1)).entries
    assert entry["text"] == "〇〇は2 37.5、〇〇は1 36.2"
    assert all(reading["who"] == [] for reading in entry["reading"])


async def test_the_state_of_a_mark_is_known_to_the_page(corrections, replied, house):
    where = await replied(TEXT)
    await corrections.marking.mark(*where, "nurse", await wanted(corrections, where, priority=("urgent",)))
    (entry,) = (await corrections.review.waiting(1)).entries
    await corrections.review.decline(entry["id"], "manager", "今のままで合っています")
    async with house.service.database.read() as tx:
        mark = await find_mark(tx, where[1])
    assert (mark["state"], mark["reason"]) == ("declined", "今のままで合っています")
