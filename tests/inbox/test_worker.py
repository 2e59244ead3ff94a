"""The worker: each row to its end, in order, once; what cannot be handled goes to a person and holds up nobody."""

import asyncio
from datetime import date

from sqlalchemy import LargeBinary, func, select, type_coerce, update

from bot.inbox.worker import Worker
from bot.scripts.stage import Resident
from bot.storage.inbox import Arrival, add_arrivals, count_new

PHONES = [f"+8190123456{number:02}" for number in range(12)]
NOT_JSON, NOT_SEALED = "not json", "not sealed"


def resident(phone, **values):
    return Resident("山田 太郎", "ヤマダ タロウ", phone, "ja", date(2022, 9, 9), **values)


async def consented(house, phone):
    await house.enrol(resident(phone))
    await house.send(phone, "はい")


async def add(house, phone, payload, kind="reply", message_id=None):
    """A row that no door of the house would make."""
    async with house.service.database.write() as tx:
        unique = message_id or f"{phone} {await tx.value(select(func.count()).select_from(tx.t.inbox))}"
        row = Arrival(kind, "test", "", unique, phone, payload)
        await add_arrivals(tx, "main", [row], "Asia/Tokyo", house.clock.now())
        inbox = tx.t.inbox
        if payload in (NOT_JSON, NOT_SEALED):
            broken = tx.keyring.seal("{not json") if payload is NOT_JSON else b"\x01 nobody sealed this"
            raw = type_coerce(broken, LargeBinary)
            await tx.run(update(inbox).where(inbox.c.message_id == unique).values(payload=raw))


async def inbox_states(house, phone):
    about = await house.conversation_id(phone)
    async with house.service.database.read() as tx:
        inbox = tx.t.inbox
        rows = await tx.all(
            select(inbox.c.kind, inbox.c.state).where(inbox.c.conversation_id == about).order_by(inbox.c.id)
        )
    return [(row["kind"], row["state"]) for row in rows]


POISON = [
    (NOT_JSON, "reply"),
    (NOT_SEALED, "reply"),
    ({}, "reply"),
    ({"text": None}, "reply"),
    ({"text": "1"}, "party"),
    ({"name": "check", "local_date": "someday", "case_id": None}, "timer"),
    ({"case_id": 4711, "language": "ja"}, "enrolled"),
]


async def test_a_row_that_cannot_be_handled_goes_to_a_person_and_the_others_go_on(house):
    poisoned = dict(zip(PHONES[1:], POISON, strict=False))
    phones = [PHONES[0], *poisoned, "+819099999999"]
    for phone in phones:
        await consented(house, phone)
    for phone in phones:
        await add(house, phone, {"text": "1"})
        if phone in poisoned:
            await add(house, phone, *poisoned[phone])
            await add(house, phone, {"text": "2 37.9"})
    await house.rest()
    for phone, (_, kind) in poisoned.items():
        assert (await inbox_states(house, phone))[-3:] == [("reply", "handled"), (kind, "dead"), ("reply", "handled")]
        state = await house.state(phone)
        assert [report.temperature for report in state.reports] == [37.9]
        assert [(task.priority, task.reason) for task in state.escalations] == [("urgent", "unreadable")]
    for phone in (phones[0], phones[-1]):
        state = await house.state(phone)
        assert len(state.reports) == 1
        assert not state.escalations


async def test_many_damaged_rows_in_a_row_never_stop_the_queue(house):
    for phone in PHONES:
        for payload in (NOT_JSON, NOT_SEALED, {}):
            await add(house, phone, payload)
    await add(house, "+819099999999", {"text": "こんにちは"})
    await house.rest()
    for phone in PHONES:
        assert await inbox_states(house, phone) == [("reply", "dead")] * 3
    assert await inbox_states(house, "+819099999999") == [("reply", "handled")]


async def test_a_conversation_that_cannot_be_read_holds_up_only_itself(house):
    broken, sound = PHONES[:2]
    for phone in (broken, sound):
        await consented(house, phone)
    about = await house.conversation_id(broken)
    async with house.service.database.write() as tx:
        table = tx.t.conversations
        await tx.run(update(table).where(table.c.id == about).values(memory={}))
    for phone in (broken, sound):
        assert await house.post(phone, "1") == 200
    await house.rest()
    assert (await inbox_states(house, broken))[-1] == ("reply", "dead")
    assert len((await house.state(sound)).reports) == 1


async def test_a_conversation_whose_script_version_is_gone_goes_to_a_person(house):
    await consented(house, PHONES[0])
    async with house.service.database.write() as tx:
        await tx.run(update(tx.t.conversations).values(script_version="gone"))
    await house.send(PHONES[0], "1")
    assert (await inbox_states(house, PHONES[0]))[-1] == ("reply", "dead")
    assert [task.reason for task in (await house.state(PHONES[0])).escalations] == ["unreadable"]


async def test_fifty_replies_of_one_resident_at_once_are_handled_one_after_another(house):
    """By three workers at once (in SQLite they take turns): as if the texts had come a minute apart."""
    await consented(house, PHONES[0])
    statuses = await asyncio.gather(*(house.post(PHONES[0], f"2 37.{number % 5}") for number in range(50)))
    assert statuses == [200] * 50
    service = house.service
    parts = (service.database, service.library, service.reader, service.settings.office, house.clock, service.bells)
    workers = [house.worker, *(Worker(*parts, service.settings.default_program) for _ in range(2))]

    async def left():
        async with service.database.read() as tx:
            return await count_new(tx)

    while await left():
        await asyncio.gather(*(worker.step() for worker in workers))
    async with service.database.read() as tx:
        outbox, inbox = tx.t.outbox, tx.t.inbox
        causes = list((await tx.run(select(outbox.c.cause).order_by(outbox.c.id))).scalars())
        last = await tx.value(select(func.max(inbox.c.id)))
        report = await tx.one(select(tx.t.reports))
    assert len(causes) == len(set(causes)) == 30, "thirty texts within the hour, the first touch among them"
    assert causes == sorted(causes)
    assert report["inbox_id"] == last
    assert (await inbox_states(house, PHONES[0]))[2:] == [("reply", "handled")] * 50


async def test_a_text_that_was_handled_is_not_handled_again_after_a_restart(house):
    await consented(house, PHONES[0])
    await house.send(PHONES[0], "1")
    sent = list(house.carrier.messages[PHONES[0]])
    async with house.service.database.write() as tx:
        again = Arrival("reply", "sandbox", "demo", "m0", PHONES[0], {"text": "1"})
        await add_arrivals(tx, "main", [again], "Asia/Tokyo", house.clock.now())
    await house.rest()
    assert house.carrier.messages[PHONES[0]] == sent


async def test_what_a_person_may_not_do_is_refused_and_nothing_else_suffers(house):
    await consented(house, PHONES[0])
    await add(house, PHONES[0], {"staff": "nurse", "step": "nowhere"}, "handed_back")
    await house.rest()
    assert (await inbox_states(house, PHONES[0]))[-1] == ("handed_back", "refused")
    assert not (await house.state(PHONES[0])).escalations
