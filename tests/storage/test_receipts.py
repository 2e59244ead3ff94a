"""Receipts: whose they are, what they move, what is written down of each, and the ones that come too early."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.domain.messages import Reason, Receipt
from bot.domain.states import TextState
from bot.storage.conversations import ensure_conversations
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.storage.receipts import Failure, apply_receipts, forget_early, map_ids, remember_ids
from bot.storage.text_events import known_events

NOW = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
ROAD, OTHER = "signed/main", "signed/second"
FULL = Receipt(
    "p1", TextState.UNDELIVERED, "E27", reason=Reason.ABSENT, at=NOW - timedelta(minutes=3), segments=2,
    price="6.60 JPY", carrier="ドコモ",
)  # fmt: skip


async def add_text(tx, number=1, state="accepted", road=ROAD, **values):
    (about,) = (await ensure_conversations(tx, "main", ["+819012345678"], "Asia/Tokyo", NOW)).values()
    row = {
        "conversation_id": about, "cause": number, "number": 1, "text_key": "x", "kind": "answer", "text": "x",
        "segments": 1, "state": state, "due_at": NOW, "epoch": 0, "attempts": 1, "reference": f"ref{number}",
        "possible_duplicate": False, "created_at": NOW, "road": road, **values,
    }  # fmt: skip
    return (await tx.run(tx.t.outbox.insert().values(**row).returning(tx.t.outbox.c.id))).scalar_one()


async def found(tx, outbox_id):
    outbox = tx.t.outbox
    row = await tx.one(select(outbox.c.state, outbox.c.code, outbox.c.reason).where(outbox.c.id == outbox_id))
    return tuple(row.values())


async def lives(tx):
    events = tx.t.text_events
    return [(row["outbox_id"], row["state"], row["code"]) for row in await tx.all(select(events).order_by(events.c.id))]


async def kept(tx):
    return await tx.value(select(func.count()).select_from(tx.t.receipts))


async def test_a_receipt_finds_its_text_by_any_id_of_the_road_or_by_our_reference(database):
    async with database.write() as tx:
        first, second = await add_text(tx, 1, message_id="own"), await add_text(tx, 2)
        await remember_ids(tx, ROAD, {"p1": second}, NOW)
        await remember_ids(tx, ROAD, {"p2": second}, NOW)
        told = [
            Receipt("own", TextState.DELIVERED, "1"),
            Receipt("p2", TextState.ACCEPTED, "2"),
            Receipt("", TextState.DELIVERED, "3", reference="ref2"),
        ]
        assert await apply_receipts(tx, ROAD, told, NOW) == []
        assert [await found(tx, text) for text in (first, second)] == [
            ("delivered", "1", None),
            ("delivered", "3", None),
        ]
        assert await lives(tx) == [(first, "delivered", "1"), (second, "accepted", "2"), (second, "delivered", "3")]


async def test_ids_of_two_accounts_are_never_mixed_up(database):
    async with database.write() as tx:
        mine, theirs = await add_text(tx, 1, message_id="7"), await add_text(tx, 2, road=OTHER, message_id="7")
        await remember_ids(tx, ROAD, {"8": mine}, NOW)
        await remember_ids(tx, OTHER, {"8": theirs}, NOW)
        await apply_receipts(tx, OTHER, [Receipt("7", TextState.DELIVERED), Receipt("8", TextState.DELIVERED)], NOW)
        assert (await found(tx, mine))[0] == "accepted"
        assert (await found(tx, theirs))[0] == "delivered"
        await apply_receipts(tx, ROAD, [Receipt("9", TextState.DELIVERED)], NOW)
        await remember_ids(tx, OTHER, {"9": theirs}, NOW)
        assert await kept(tx) == 1, "what came early on one road waits for that road's text"


async def test_everything_a_receipt_says_is_in_the_life_of_its_text(database):
    async with database.write() as tx:
        text = await add_text(tx)
        await remember_ids(tx, ROAD, {"p1": text}, NOW)
        assert await apply_receipts(tx, ROAD, [FULL], NOW) == [Failure(text, "E27", "absent")]
        assert await found(tx, text) == ("undelivered", "E27", "absent")
        (event,) = await known_events(tx, [text])
        told = (event.state, event.code, event.reason, event.said_at, event.segments, event.price, event.carrier)
    assert told == ("undelivered", "E27", "absent", FULL.at, 2, "6.60 JPY", "ドコモ")


async def test_an_early_receipt_waits_with_everything_it_says(database):
    async with database.write() as tx:
        assert await apply_receipts(tx, ROAD, [FULL], NOW) == []
        text = await add_text(tx)
        assert await remember_ids(tx, ROAD, {"p1": text}, NOW) == [Failure(text, "E27", "absent")]
        (event,) = await known_events(tx, [text])
        assert (event.said_at, event.segments, event.price, event.carrier) == (FULL.at, 2, "6.60 JPY", "ドコモ")
        assert await kept(tx) == 0


LATTICE = [
    # state before, what is said, state after, whether it failed just now
    ("queued", "unknown", "queued", False),
    ("submitting", "unknown", "submitting", False),
    ("accepted", "unknown", "accepted", False),
    ("queued", "accepted", "accepted", False),
    ("unknown", "delivered", "delivered", False),
    ("accepted", "accepted", "accepted", False),
    ("accepted", "expired", "expired", True),
    ("accepted", "rejected", "rejected", True),
    ("expired", "undelivered", "expired", False),
    ("undelivered", "expired", "undelivered", False),
    ("expired", "delivered", "delivered", False),
    ("delivered", "expired", "delivered", False),
    ("delivered", "accepted", "delivered", False),
    ("cancelled", "delivered", "delivered", False),
    ("cancelled", "undelivered", "cancelled", False),
]


@pytest.mark.parametrize("before, said, after, failed", LATTICE)
async def test_a_text_only_climbs_and_every_word_is_written_down(database, before, said, after, failed):
    async with database.write() as tx:
        text = await add_text(tx, state=before)
        failures = await apply_receipts(tx, ROAD, [Receipt("", TextState(said), "c", reference="ref1")], NOW)
        assert ((await found(tx, text))[0], bool(failures)) == (after, failed)
        assert await lives(tx) == [(text, said, "c")]


async def test_of_a_road_that_a_text_has_left_only_that_it_arrived_counts(database):
    async with database.write() as tx:
        text = await add_text(tx)
        await apply_receipts(tx, OTHER, [Receipt("", TextState.UNDELIVERED, reference="ref1")], NOW)
        assert (await found(tx, text))[0] == "accepted"
        await apply_receipts(tx, OTHER, [Receipt("", TextState.DELIVERED, reference="ref1")], NOW)
        assert (await found(tx, text))[0] == "delivered"


async def test_a_map_of_ids_may_come_before_or_after_what_it_speaks_of(database):
    async with database.write() as tx:
        one, two = await add_text(tx, 1), await add_text(tx, 2)
        await apply_receipts(
            tx, ROAD, [Receipt("smsc1", TextState.DELIVERED), Receipt("smsc2", TextState.DELIVERED)], NOW
        )
        await map_ids(tx, ROAD, {"smsc2": "mine2"}, NOW)
        await remember_ids(tx, ROAD, {"mine1": one}, NOW)
        assert [(await found(tx, text))[0] for text in (one, two)] == ["accepted", "accepted"]
        await map_ids(tx, ROAD, {"smsc1": "mine1"}, NOW)
        await remember_ids(tx, ROAD, {"mine2": two}, NOW)
        assert [(await found(tx, text))[0] for text in (one, two)] == ["delivered", "delivered"]
        assert await kept(tx) == 0


async def test_a_map_may_name_our_reference_and_chains_are_followed(database):
    async with database.write() as tx:
        text = await add_text(tx)
        await map_ids(tx, ROAD, {"third": "second", "second": "first"}, NOW)
        assert await apply_receipts(tx, ROAD, [Receipt("third", TextState.DELIVERED)], NOW) == []
        await map_ids(tx, ROAD, {"first": "ref1"}, NOW)
        assert (await found(tx, text))[0] == "delivered"


async def test_a_list_of_the_last_hours_writes_down_only_what_is_new(database):
    async with database.write() as tx:
        text = await add_text(tx)
        await remember_ids(tx, ROAD, {"p1": text}, NOW)
        receipts = [FULL, Receipt("unknown", TextState.DELIVERED), Receipt("p1", TextState.ACCEPTED)]
        for _ in range(3):
            await apply_receipts(tx, ROAD, receipts, NOW + timedelta(hours=1), known_too=False)
        assert (len(await lives(tx)), await kept(tx)) == (2, 1)
        await apply_receipts(tx, ROAD, receipts, NOW)
        assert (len(await lives(tx)), await kept(tx)) == (4, 2), "a webhook's receipt always leaves a row"


async def test_a_list_that_holds_a_row_twice_writes_it_down_once(database):
    async with database.write() as tx:
        text = await add_text(tx)
        row = Receipt("", TextState.DELIVERED, "送達", reference="ref1")
        await apply_receipts(tx, ROAD, [row, row], NOW, known_too=False)
        assert await lives(tx) == [(text, "delivered", "送達")]


PARTS = [
    # what is said of the parts, state of the text in the end, words in its life
    ([("a", "delivered")], "accepted", ["accepted 1/3"]),
    ([("a", "delivered"), ("a", "delivered")], "accepted", ["accepted 1/3", "accepted 1/3"]),
    ([("c", "delivered"), ("a", "delivered"), ("b", "delivered")], "delivered",
     ["accepted 1/3", "accepted 2/3", "delivered"]),
    ([("a", "delivered"), ("b", "undelivered"), ("c", "delivered")], "undelivered",
     ["accepted 1/3", "undelivered", "accepted 2/3"]),
    ([("b", "expired"), ("a", "delivered"), ("b", "delivered"), ("c", "delivered")], "delivered",
     ["expired", "accepted 1/3", "accepted 2/3", "delivered"]),
]  # fmt: skip


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("said, state, words", PARTS)
async def test_a_text_in_parts_has_arrived_when_all_have_and_failed_when_one_has(
    database, said, state, words, early, at_once
):
    receipts = [Receipt(name, TextState(word), reference="ref1" * (not early)) for name, word in said]
    async with database.write() as tx:
        text = await add_text(tx)
        ids = dict.fromkeys("abc", text)
        if not early:
            await remember_ids(tx, ROAD, ids, NOW)
        for some in [receipts] if at_once else [[receipt] for receipt in receipts]:
            await apply_receipts(tx, ROAD, some, NOW)
        if early:
            await remember_ids(tx, ROAD, ids, NOW)
        assert (await found(tx, text))[0] == state
        assert [f"{word}{code}" for _, word, code in await lives(tx)] == words


async def test_parts_of_an_earlier_try_are_not_waited_for(database):
    async with database.write() as tx:
        text = await add_text(tx)
        await remember_ids(tx, ROAD, {"a1": text, "a2": text}, NOW)
        await remember_ids(tx, ROAD, {"b1": text, "b2": text}, NOW)
        await apply_receipts(tx, ROAD, [Receipt(name, TextState.DELIVERED) for name in ("a1", "b2", "b1")], NOW)
        assert (await found(tx, text))[0] == "delivered"


ODD = Receipt(
    "x" * 300, TextState.DELIVERED, "c\x00" * 60, reference="\ud800" * 200, at=datetime(2022, 9, 10),  # noqa: DTZ001  # as a careless gateway makes it
    segments=10**30, price="9" * 99, carrier="キャリア" * 99,
)  # fmt: skip


async def test_whatever_a_receipt_holds_it_can_be_kept_and_joined(database):
    async with database.write() as tx:
        await apply_receipts(tx, ROAD, [ODD, ODD], NOW)
        text = await add_text(tx)
        await remember_ids(tx, ROAD, {"x" * 300: text}, NOW)
        await apply_receipts(tx, ROAD, [ODD], NOW)
        assert (await found(tx, text))[0] == "delivered"
        assert len(await lives(tx)) == 3


async def test_early_receipts_are_forgotten_in_the_end(database):
    async with database.write() as tx:
        await apply_receipts(tx, ROAD, [FULL], NOW)
        assert [await forget_early(tx, NOW), await forget_early(tx, NOW + timedelta(seconds=1))] == [0, 1]


async def test_receipts_of_one_text_in_two_processes_do_not_overtake_each_other(postgres_url, keyring):
    ours, theirs = Database(postgres_url, keyring), Database(postgres_url, keyring)
    await migrate(ours)
    async with ours.write() as tx:
        text = await add_text(tx)

    async def receive(database, state, **how):
        async with database.write() as tx:
            return await apply_receipts(tx, ROAD, [Receipt("", state, reference="ref1"), *how.get("more", [])], NOW)

    said = [TextState.DELIVERED, TextState.UNDELIVERED, TextState.ACCEPTED] * 5
    ends = await asyncio.gather(*(receive((ours, theirs)[at % 2], state) for at, state in enumerate(said)))
    async with ours.write() as tx:
        assert (await found(tx, text))[0] == "delivered"
        assert len(await lives(tx)) == len(said)
    assert sum(map(len, ends)) <= 1
    await ours.close()
    await theirs.close()
