"""Texts that a road cut: a receipt that our reference alone finds tells of one part, never of the whole."""

from datetime import UTC, datetime

import pytest

from bot.domain.messages import Receipt
from bot.domain.states import TextState
from bot.storage.receipts import apply_receipts, remember_ids
from tests.storage.test_receipts import add_text, found, lives

NOW = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
ROAD = "signed/main"


def said(name, word, reference="ref1"):
    return Receipt(name, TextState(word), reference=reference)


async def apply(tx, *told):
    """Each by itself, as webhooks bring them; the ids of texts that failed."""
    failures = []
    for name, word in told:
        failures += await apply_receipts(tx, ROAD, [said(name, word)], NOW)
    return [failure.outbox_id for failure in failures]


# -- the answer named the parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "z"])
async def test_where_the_parts_are_known_a_receipt_of_none_of_them_is_not_the_whole(database, name):
    async with database.write() as tx:
        text = await add_text(tx, segments=2, message_id="a")
        await remember_ids(tx, ROAD, {"a": text, "b": text}, NOW)
        await apply(tx, (name, "delivered"), (name, "delivered"))
        assert (await found(tx, text))[0] == "accepted"
        await apply(tx, ("a", "delivered"), ("b", "delivered"))
        assert (await found(tx, text))[0] == "delivered"


async def test_a_failed_part_without_a_name_fails_the_text(database):
    async with database.write() as tx:
        text = await add_text(tx, segments=2, message_id="a")
        await remember_ids(tx, ROAD, {"a": text, "b": text}, NOW)
        assert await apply(tx, ("", "undelivered")) == [text]
        assert (await found(tx, text))[0] == "undelivered"


async def test_receipts_by_reference_that_come_before_the_answer_names_the_parts_are_those_of_parts(database):
    async with database.write() as tx:
        text = await add_text(tx, segments=2, state="submitting")
        await apply(tx, ("a", "delivered"))
        await remember_ids(tx, ROAD, {"a": text, "b": text}, NOW)
        assert (await found(tx, text))[0] == "accepted"
        assert (await lives(tx))[-1] == (text, "accepted", "1/2")
        await apply(tx, ("b", "delivered"))
        assert (await found(tx, text))[0] == "delivered"


# -- nobody knows how many will come -----------------------------------------------------------------------------------

WORST = [
    # receipts in their order, the text's state in the end, how often it failed
    ([("a", "delivered")], "delivered", 0),
    ([("a", "delivered"), ("b", "delivered")], "delivered", 0),
    ([("a", "delivered"), ("b", "undelivered")], "undelivered", 1),
    ([("b", "undelivered"), ("a", "delivered")], "undelivered", 1),
    ([("b", "undelivered"), ("a", "delivered"), ("b", "delivered")], "delivered", 1),
    ([("a", "delivered"), ("b", "expired"), ("b", "delivered")], "delivered", 1),
    ([("a", "delivered"), ("a", "undelivered")], "delivered", 0),
    ([("a", "undelivered"), ("a", "delivered")], "delivered", 1),
    ([("", "delivered")], "delivered", 0),
    ([("", "delivered"), ("", "undelivered")], "undelivered", 1),
    ([("", "undelivered"), ("", "delivered")], "undelivered", 1),
    ([("", "accepted"), ("a", "delivered")], "delivered", 0),
    ([("x", "accepted"), ("a", "delivered")], "delivered", 0),
]


@pytest.mark.parametrize("told, state, failed", WORST)
async def test_where_nobody_knows_how_many_will_come_the_worst_of_those_that_came_counts(database, told, state, failed):
    async with database.write() as tx:
        text = await add_text(tx, segments=2)
        assert await apply(tx, *told) == [text] * failed
        assert (await found(tx, text))[0] == state
        assert len(await lives(tx)) == len(told), "every word is written down"


@pytest.mark.parametrize("told", [told for told, _, _ in WORST])
async def test_the_same_at_once(database, told):
    (state,) = {end for other, end, _ in WORST if other == told}
    async with database.write() as tx:
        text = await add_text(tx, segments=2)
        await apply_receipts(tx, ROAD, [said(*item) for item in told], NOW)
        assert (await found(tx, text))[0] == state


@pytest.mark.parametrize("told", [told for told, _, _ in WORST])
async def test_of_a_text_in_one_piece_the_best_counts_as_ever(database, told):
    async with database.write() as tx:
        text = await add_text(tx, segments=1)
        await apply(tx, *told)
        assert (await found(tx, text))[0] == "delivered"


@pytest.mark.parametrize("second", ["w", ""])
async def test_a_name_of_the_whole_tells_of_the_whole(database, second):
    async with database.write() as tx:
        text = await add_text(tx, segments=3, message_id="w")
        await remember_ids(tx, ROAD, {"w": text}, NOW)
        await apply(tx, ("w", "undelivered"), (second, "delivered"))
        assert (await found(tx, text))[0] == "delivered"


async def test_another_failure_of_a_part_that_arrived_changes_nothing(database):
    async with database.write() as tx:
        text = await add_text(tx, segments=2)
        assert await apply(tx, ("a", "delivered"), ("b", "delivered"), ("b", "undelivered")) == []
        assert (await found(tx, text))[0] == "delivered"


async def test_a_text_that_was_taken_in_part_is_whole_when_it_was_sent_again_and_all_of_that_arrived(database):
    async with database.write() as tx:
        text = await add_text(tx, segments=2, state="unknown", message_id="a")
        await remember_ids(tx, ROAD, {"a": text, "ref1.rest1": text}, NOW)
        await apply(tx, ("a", "accepted"), ("a", "delivered"))
        assert (await found(tx, text))[0] == "unknown", "half a text is not with the road"
        await remember_ids(tx, ROAD, {"b": text, "c": text}, NOW)
        await apply(tx, ("b", "delivered"))
        assert (await found(tx, text))[0] == "accepted"
        await apply(tx, ("c", "delivered"))
        assert (await found(tx, text))[0] == "delivered"
