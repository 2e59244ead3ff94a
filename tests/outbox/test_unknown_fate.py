"""A road that cannot be asked: a receipt is waited for, the text goes once more at most, and then a person calls."""

from datetime import timedelta

import pytest

from bot.domain.messages import Outcome, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.sandbox import SandboxGateway
from bot.outbox.fate import GUIDANCE_PATIENCE, PATIENCE
from bot.outbox.receipts import keep_receipts, take_receipts
from tests.outbox.carriers import PHONE, Mute, enrol, life, outbox, providers, sender_of

ROAD = "sandbox/a"
MOMENT = timedelta(seconds=1)
UNCONFIRMED = [("unconfirmed", False)]


async def unknown_text(house, a):
    """A first text that the road took, or did not: it hung up."""
    a.answer = "hangs up"
    await enrol(house, PHONE)
    await house.rest()
    assert await outbox(house, "state", "code") == [("unknown", "awaited")]


async def told(house, *receipts, ids=None):
    async with house.service.database.write() as tx:
        await take_receipts(tx, ROAD, receipts, ids or {}, house.clock.now())


async def pass_time(house, span):
    await house.advance(house.clock.now() + span)


async def test_a_routine_text_waits_ten_minutes_for_a_receipt_goes_once_more_and_then_somebody_calls(house):
    async with providers(house, {}) as (a,):
        await unknown_text(house, a)
        await pass_time(house, PATIENCE - MOMENT)
        assert len(a.took) == 1
        assert await outbox(house, "possible_duplicate") == [False]
        await pass_time(house, MOMENT)
        assert len(a.took) == 2
        assert await outbox(house, "state", "possible_duplicate") == [("unknown", True)]
        await pass_time(house, PATIENCE - MOMENT)
        assert (await house.state(PHONE)).calls == []
        await pass_time(house, MOMENT)
        assert (await house.state(PHONE)).calls == UNCONFIRMED
        await pass_time(house, timedelta(days=1))
        (reference, *_) = await outbox(house, "reference")
        assert [data["reference"] for data in a.took].count(reference) == 2
        assert (await outbox(house, "state"))[0] == "unknown"


async def test_the_mark_of_a_possible_duplicate_stands_before_the_text_goes(house):
    marks = []

    class Watched(Mute):
        async def send(self, text):
            marks.append(await outbox(house, "state", "possible_duplicate"))
            return await super().send(text)

    async with providers(house, {}, kind=Watched) as (a,):
        await unknown_text(house, a)
        await pass_time(house, PATIENCE)
    assert marks == [[("submitting", False)], [("submitting", True)]]


async def test_guidance_to_call_119_waits_for_half_a_minute(house):
    async with providers(house, {}) as (a,):
        await enrol(house, PHONE)
        await house.send(PHONE, "はい")
        a.took.clear()
        a.answer = "hangs up"
        await house.send(PHONE, "息が苦しい")
        await pass_time(house, GUIDANCE_PATIENCE - MOMENT)
        assert len(a.took) == 1
        await pass_time(house, MOMENT)
        assert ["119" in text for text in a.texts] == [True, True]
        await pass_time(house, GUIDANCE_PATIENCE)
        assert len(a.took) == 2
        assert (await house.state(PHONE)).calls == [("unconfirmed", True)]


@pytest.mark.parametrize("state", ["accepted", "delivered", "undelivered"])
async def test_a_receipt_that_comes_in_time_ends_the_waiting(house, state):
    async with providers(house, {}) as (a,):
        await unknown_text(house, a)
        (reference,) = await outbox(house, "reference")
        await pass_time(house, PATIENCE - MOMENT)
        await told(house, Receipt("", TextState(state), reference=reference))
        await pass_time(house, 3 * PATIENCE)
        assert len(a.took) == 1
        assert await outbox(house, "state") == [state]
        assert UNCONFIRMED[0] not in (await house.state(PHONE)).calls


async def test_a_receipt_after_the_second_try_ends_it_too(small_house):
    house = small_house
    async with providers(house, {}) as (a,):
        await unknown_text(house, a)
        await pass_time(house, PATIENCE)
        (reference,) = await outbox(house, "reference")
        await told(house, Receipt("", TextState.DELIVERED, reference=reference))
        await pass_time(house, 3 * PATIENCE)
        assert await outbox(house, "state", "possible_duplicate") == [("delivered", True)]
        assert (await house.state(PHONE)).calls == []


SIGNS = {
    "a receipt that nobody understands": ([Receipt("", TextState.UNKNOWN, "77", reference="{}")], {}),
    "an id for our reference": ([], {"p9": "{}"}),
}


@pytest.mark.parametrize("sign", SIGNS)
async def test_what_the_road_speaks_of_was_taken_and_is_not_sent_again(house, sign):
    async with providers(house, {}) as (a,):
        await unknown_text(house, a)
        (reference,) = await outbox(house, "reference")
        receipts, ids = SIGNS[sign]
        receipts = [Receipt("", item.state, item.code, reference) for item in receipts]
        await told(house, *receipts, ids=dict.fromkeys(ids, reference))
        await pass_time(house, PATIENCE)
        assert len(a.took) == 1
        assert await outbox(house, "state", "possible_duplicate") == [("unknown", False)]
        assert (await house.state(PHONE)).calls == UNCONFIRMED


@pytest.mark.parametrize("ids", [("p1",), ("p1", "p2"), ()])
async def test_a_text_of_which_a_part_was_taken_is_never_sent_again_and_somebody_calls_at_once(house, ids):
    class Partly(Mute):
        async def send(self, text):
            await super().send(text)
            first, *also = ids or [None]
            return Submitted(Outcome.UNKNOWN, first, "part no_answer", also=tuple(also), partly=True)

    async with providers(house, {}, kind=Partly) as (a,):
        await enrol(house, PHONE)
        await house.rest()
        assert (await house.state(PHONE)).calls == UNCONFIRMED
        for name in ids:
            await told(house, Receipt(name, TextState.DELIVERED))
            await told(house, Receipt(name, TextState.ACCEPTED))
        assert (await outbox(house, "state"))[0] == "unknown", "the parts arrived, the text has not"
        await pass_time(house, 3 * PATIENCE)
        assert len(a.took) == 1


async def test_a_partly_taken_text_is_not_even_asked_about(small_house):
    house = small_house

    class Partly(SandboxGateway):
        async def send(self, text):
            await super().send(text)
            return Submitted(Outcome.UNKNOWN, "p1", "part 5", partly=True)

    async with providers(house, {}, kind=Partly) as (a,):
        await enrol(house, PHONE)
        await pass_time(house, 3 * PATIENCE)
        assert (len(a.took), await outbox(house, "state")) == (1, ["unknown"])


KILLS = ["while it is sent", "while it waits", "while it is asked about", "while it goes again", "after that"]


@pytest.mark.parametrize("killed", KILLS)
async def test_killed_anywhere_it_still_goes_once_more_at_most_and_not_before_its_time(house, killed):
    async with providers(house, {}) as (a,):
        a.answer = "hangs up"
        gateways = list(house.sender._router.gateways.values())

        def successor():
            house.sender = sender_of(house, gateways)
            house.sender._alone = True

        await enrol(house, PHONE)
        if killed == "while it is sent":
            _, (claimed,) = await house.sender._claim()
            await house.sender._submit(claimed)
            successor()
        await house.rest()
        if killed == "while it waits":
            successor()
        await pass_time(house, PATIENCE - MOMENT)
        assert len(a.took) == 1
        house.clock.set(house.clock.now() + MOMENT)
        if killed == "while it is asked about":
            assert len((await house.sender._claim())[0]) == 1
            successor()
        elif killed == "while it goes again":
            await house.sender.step()
            _, (claimed,) = await house.sender._claim()
            await house.sender._submit(claimed)
            successor()
        await house.rest()
        if killed == "after that":
            successor()
        await pass_time(house, PATIENCE)
        assert len(a.took) == 2
        assert await outbox(house, "state", "possible_duplicate") == [("unknown", True)]
        assert (await house.state(PHONE)).calls == UNCONFIRMED
        states = [state for state, _ in await life(house)]
        assert states.count("submitting") == 2


async def test_a_failure_that_is_told_after_the_call_was_asked_for_counts_too(small_house):
    house = small_house
    async with providers(house, {}) as (a,):
        await unknown_text(house, a)
        await pass_time(house, 2 * PATIENCE)
        (reference, *_) = await outbox(house, "reference")
        late = Receipt("", TextState.UNDELIVERED, reference=reference)
        await keep_receipts(house.service.database, ROAD, [late], house.clock, house.service.bells)
        await house.rest()
        assert [reason for reason, _ in (await house.state(PHONE)).calls] == ["unconfirmed", "undelivered"]


async def test_the_next_text_does_not_wait_for_one_of_unknown_fate(small_house):
    house = small_house
    async with providers(house, {}) as (a,):
        await unknown_text(house, a)
        a.answer = 200
        await house.send(PHONE, "はい")
        assert await outbox(house, "text_key", "state") == [("first_touch", "unknown"), ("welcome", "accepted")]
