"""Texts on their way out: what a receipt may change, who may record an outcome, and what is sent next."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import permutations

from sqlalchemy import select, text

from bot.domain.messages import Receipt
from bot.domain.states import TextState
from bot.storage.conversations import ensure_conversations
from bot.storage.database import Database
from bot.storage.due import Plan, Take, carry_out, find_due
from bot.storage.migrate import migrate
from bot.storage.outbox import (
    CLAIM,
    cancel_forbidden,
    claim_unknown,
    expired_claims,
    next_due,
)
from bot.storage.receipts import Failure, apply_receipts, join_early
from bot.storage.settle import Settled, settle
from tests.support.wait import until_async

NOW = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
ROAD = "sandbox/demo"
FINAL = ("delivered", "undelivered")


async def conversation(tx, phone="+819012345678"):
    (found,) = (await ensure_conversations(tx, "main", [phone], "Asia/Tokyo", NOW)).values()
    return found


async def add_texts(tx, number, phone="+819012345678", **values):
    """Queued texts of one conversation; their ids."""
    about = await conversation(tx, phone)
    first = (await tx.value(select(tx.t.outbox.c.id).order_by(tx.t.outbox.c.id.desc()).limit(1))) or 0
    row = {
        "conversation_id": about, "case_id": None, "number": 1, "step": "daily", "text_key": "daily_check",
        "kind": "answer", "text": "こんにちは", "segments": 1, "state": "queued", "due_at": NOW, "epoch": 0,
        "attempts": 0,
        "possible_duplicate": False, "author": None, "created_at": NOW, "code": None, **values,
    }  # fmt: skip
    rows = [{**row, "cause": first + at, "reference": f"r{first + at}"} for at in range(1, number + 1)]
    await tx.run(tx.t.outbox.insert(), rows)
    outbox = tx.t.outbox
    return [row["id"] for row in await tx.all(select(outbox.c.id).where(outbox.c.id > first).order_by(outbox.c.id))]


async def claim_due(tx, limit, now):
    """Send on their way whatever is due."""
    plan = Plan(takes=[Take(due, ROAD) for due in await find_due(tx, limit, now)])
    return await carry_out(tx, plan, now)


async def states(tx):
    outbox = tx.t.outbox
    return {row["id"]: TextState(row["state"]) for row in await tx.all(select(outbox.c.id, outbox.c.state))}


def accepted(text, attempts=1):
    return Settled(text, attempts, TextState.ACCEPTED, f"c{text}")


async def tell(tx, text, said):
    """Let the gateway say one thing about a text: that it took it, or how it ended."""
    if said == "accepted":
        await settle(tx, [accepted(text)], NOW)
        return await join_early(tx, ROAD, [f"c{text}"], NOW)
    return await apply_receipts(tx, ROAD, [Receipt(f"c{text}", TextState(said), said)], NOW)


def end_of(said):
    """The one state that follows from everything that was said."""
    return next((TextState(state) for state in FINAL if state in said), TextState.ACCEPTED)


async def test_whatever_order_a_gateway_tells_things_in_the_end_is_the_same(database):
    words = ("accepted", "delivered", "undelivered", "delivered")
    stories = [order for number in range(3) for order in set(permutations(words[: number + 1]))]
    stories += [order for order in set(permutations(words)) if order not in stories]
    async with database.write() as tx:
        texts = await add_texts(tx, len(stories), state="submitting", attempts=1)
        for text, story in zip(texts, stories, strict=True):
            for said in story:
                await tell(tx, text, said)
        found = await states(tx)
    assert [found[text] for text in texts] == [end_of(story) for story in stories]


async def test_a_text_only_climbs_whatever_comes_twice_or_in_between(database):
    chance = random.Random(20220910)
    async with database.write() as tx:
        texts = await add_texts(tx, 40, state="submitting", attempts=1)
        said = [(text, word) for text in texts for word in chance.sample(["accepted", *FINAL], chance.randint(1, 3))]
        said = [*said, *chance.choices(said, k=len(said))]
        chance.shuffle(said)
        before = await states(tx)
        for text, word in said:
            await tell(tx, text, word)
            after = await states(tx)
            assert all(after[at] is before[at] or after[at].rank > before[at].rank for at in texts)
            before = after
    heard = {text: {word for about, word in said if about == text} for text in texts}
    assert before == {
        text: end_of(words) if "accepted" in words else TextState.SUBMITTING for text, words in heard.items()
    }


async def test_receipts_of_one_request_count_like_receipts_of_many(database):
    async with database.write() as tx:
        (text,) = await add_texts(tx, 1, state="submitting", attempts=1)
        await settle(tx, [accepted(text)], NOW)
        receipts = [Receipt(f"c{text}", TextState(word), word) for word in ("undelivered", "delivered", "undelivered")]
        assert await apply_receipts(tx, ROAD, receipts, NOW) == [Failure(text, "undelivered", "")]
        assert await apply_receipts(tx, ROAD, receipts, NOW) == []
        assert await states(tx) == {text: TextState.DELIVERED}


async def test_a_failure_is_told_once(database):
    async with database.write() as tx:
        (text,) = await add_texts(tx, 1, state="submitting", attempts=1)
        await settle(tx, [accepted(text)], NOW)
        failed = Receipt(f"c{text}", TextState.UNDELIVERED, "undelivered")
        assert await apply_receipts(tx, ROAD, [failed, failed], NOW) == [Failure(text, "undelivered", "")]
        assert await apply_receipts(tx, ROAD, [failed], NOW) == []


async def test_a_receipt_that_comes_while_its_text_is_being_recorded_is_not_lost(database):
    """The outcome is not committed yet when the receipt comes, and neither transaction sees the other's rows."""
    async with database.write() as tx:
        (text,) = await add_texts(tx, 1, state="submitting", attempts=1)

    async def receive():
        async with database.write() as tx:
            await apply_receipts(tx, ROAD, [Receipt(f"c{text}", TextState.DELIVERED, "delivered")], NOW)

    async with database.write() as tx:
        await settle(tx, [accepted(text)], NOW)
        await join_early(tx, ROAD, [f"c{text}"], NOW)
        receiving = asyncio.create_task(receive())
        await until_async(lambda: receiving.done() or waits(database, tx), "the receipt is kept or waits")
    await receiving
    async with database.write() as tx:
        assert await states(tx) == {text: TextState.DELIVERED}


async def waits(database, tx):
    """Whether a transaction waits for another one (in SQLite they queue before they begin)."""
    return not database.is_postgres or await tx.value(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def test_who_lost_the_claim_cannot_record_an_outcome(database):
    """A sender that froze past its claim wakes up after another one has found out."""
    async with database.write() as tx:
        (text,) = await add_texts(tx, 1)
        (first,) = await claim_due(tx, 10, NOW)
        later = NOW + CLAIM + timedelta(seconds=1)
        assert await expired_claims(tx, later - timedelta(seconds=2)) == 0
        assert await expired_claims(tx, later) == 1
        (second,) = await claim_unknown(tx, 10, later)
        assert (first.id, second.attempts) == (text, first.attempts + 1)
        assert second.text.submitted_at == NOW, "when it was tried, not when it is asked about"
        await settle(tx, [Settled(text, first.attempts, TextState.REJECTED, None, "400")], later)
        assert await states(tx) == {text: TextState.SUBMITTING}
        await settle(tx, [accepted(text, second.attempts)], later)
        await settle(tx, [Settled(text, first.attempts, TextState.QUEUED, None, "503", later)], later)
        assert await states(tx) == {text: TextState.ACCEPTED}


async def test_a_restart_of_the_only_process_voids_every_claim(database):
    async with database.write() as tx:
        texts = await add_texts(tx, 1) + await add_texts(tx, 1, phone="+819012345679")
        await claim_due(tx, 10, NOW)
        assert await expired_claims(tx, NOW, restarted=True) == 2
        assert await states(tx) == dict.fromkeys(texts, TextState.UNKNOWN)


async def test_texts_of_a_conversation_go_out_one_after_another(database):
    async with database.write() as tx:
        one, two = await add_texts(tx, 2)
        (other,) = await add_texts(tx, 1, phone="+819012345679")
        assert {claimed.id for claimed in await claim_due(tx, 10, NOW)} == {one, other}
        assert await claim_due(tx, 10, NOW) == []
        await settle(tx, [accepted(one), accepted(other)], NOW)
        assert [claimed.id for claimed in await claim_due(tx, 10, NOW)] == [two]


async def test_a_text_that_waits_for_the_morning_does_not_hold_up_an_answer(database):
    async with database.write() as tx:
        await add_texts(tx, 1, due_at=NOW + timedelta(hours=9))
        (answer,) = await add_texts(tx, 1)
        assert [claimed.id for claimed in await claim_due(tx, 10, NOW)] == [answer]


async def test_no_more_are_claimed_than_asked_for_and_the_oldest_first(database):
    async with database.write() as tx:
        for number in range(5):
            await add_texts(tx, 1, phone=f"+81901234000{number}", due_at=NOW - timedelta(minutes=number))
        claimed = await claim_due(tx, 3, NOW)
        assert [text.text.recipient for text in claimed] == ["+819012340004", "+819012340003", "+819012340002"]


async def test_two_senders_never_claim_the_same_text(postgres_url, keyring):
    database = Database(postgres_url, keyring)
    await migrate(database)
    async with database.write() as tx:
        for number in range(20):
            await add_texts(tx, 1, phone=f"+8190123400{number:02}")
    async with database.write() as one, database.write() as two:
        first, second = await claim_due(one, 10, NOW), await claim_due(two, 100, NOW)
    assert (len(first), len(second)) == (10, 10)
    assert not {claimed.id for claimed in first} & {claimed.id for claimed in second}
    await database.close()


STOPPED = {"opted_out": True}
WRONG_NUMBER = {"quarantined": True}
TAKEN_OVER = {"control": "human", "epoch": 1}
LAST_CHECKS = [
    # state, conversation, kind and epoch of the text, cancelled
    ("queued", {"epoch": 0}, "answer", 0, False),
    ("queued", STOPPED, "answer", 0, True),
    ("queued", STOPPED, "staff", 0, True),
    ("queued", STOPPED, "emergency", 0, True),
    ("queued", STOPPED, "farewell", 0, False),
    ("unknown", STOPPED, "answer", 0, False),  # it may have arrived: the carrier is asked
    ("queued", WRONG_NUMBER, "farewell", 0, True),
    ("queued", TAKEN_OVER, "answer", 0, True),
    ("queued", TAKEN_OVER, "scheduled", 0, True),
    ("queued", TAKEN_OVER, "staff", 0, False),
    ("queued", TAKEN_OVER, "answer", 1, False),  # said in the turn itself
    ("queued", {"control": "waiting_human", "epoch": 1}, "answer", 0, False),
]


async def test_the_last_check_cancels_what_must_not_go_out_any_more(database):
    async with database.write() as tx:
        for number, (state, about, kind, epoch, _) in enumerate(LAST_CHECKS):
            phone = f"+8190123400{number:02}"
            await add_texts(tx, 1, phone=phone, state=state, kind=kind, epoch=epoch)
            table, found = tx.t.conversations, await conversation(tx, phone)
            await tx.run(table.update().where(table.c.id == found).values(**about))
        await cancel_forbidden(tx, NOW)
        ends = [state for _, state in sorted((await states(tx)).items())]
    assert ends == [TextState.CANCELLED if check[-1] else TextState(check[0]) for check in LAST_CHECKS]


async def test_the_next_due_moment_is_that_of_the_next_text_that_waits(database):
    async with database.write() as tx:
        assert await next_due(tx) is None
        await add_texts(tx, 1, due_at=NOW + timedelta(hours=2))
        await add_texts(tx, 1, due_at=NOW + timedelta(hours=1), state="delivered")
        assert await next_due(tx) == NOW + timedelta(hours=2)
