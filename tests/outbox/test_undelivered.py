"""A text did not arrive: what happens by the reason, from the receipt to the lists and the second try."""

from datetime import timedelta

import pytest

from bot.domain.messages import Reason, Receipt
from bot.domain.states import TextState
from bot.outbox.receipts import keep_receipts
from tests.outbox.carriers import PHONE, enrol, outbox, providers

HOUR = timedelta(hours=1)


async def fail(house, message_id, reason, state=TextState.UNDELIVERED):
    """The carrier says that a text did not arrive."""
    receipt = Receipt(message_id, state, "x", reason=reason)
    await keep_receipts(house.service.database, "sandbox/a", [receipt], house.clock, house.service.bells)
    await house.rest()


async def failed_first_text(house, reason, state=TextState.UNDELIVERED):
    await enrol(house, PHONE)
    await house.rest()
    await fail(house, "m1", reason, state)
    return await house.state(PHONE)


@pytest.mark.parametrize(
    "reason, calls, tasks",
    [
        (Reason.NO_SUCH_NUMBER, ["no_such_number"], []),
        (Reason.BLOCKED, ["blocked"], []),
        (Reason.OPTED_OUT, ["blocked"], []),
        (Reason.FILTERED, ["undelivered"], ["filtered"]),
        (Reason.ACCOUNT, ["undelivered"], ["account"]),
        (Reason.BAD_SENDER, ["undelivered"], ["account"]),
        (Reason.BAD_TEXT, [], ["bad_text"]),
        (Reason.OTHER, ["undelivered"], []),
        (None, ["undelivered"], []),
        (Reason.ABSENT, [], []),
        (Reason.EXPIRED, [], []),
    ],
)
async def test_each_reason_leads_to_its_list(small_house, reason, calls, tasks):
    async with providers(small_house, {}):
        state = await failed_first_text(small_house, reason)
        assert [name for name, _ in state.calls] == calls
        assert [task.reason for task in state.escalations] == tasks


@pytest.mark.parametrize("state", [TextState.UNDELIVERED, TextState.EXPIRED])
async def test_a_phone_that_was_off_gets_the_text_once_more_and_then_a_call(house, state):
    async with providers(house, {}) as (a,):
        await failed_first_text(house, Reason.ABSENT, state)
        await house.advance(house.clock.now() + 6 * HOUR - timedelta(minutes=1))
        first = a.texts[0]
        assert a.texts.count(first) == 1
        await house.advance(house.clock.now() + timedelta(minutes=2))
        assert a.texts.count(first) == 2
        assert a.texts[-1] == first
        rows = await outbox(house, "id", "again_of")
        assert [again_of for _, again_of in rows if again_of] == [rows[0][0]]
        assert len({data["reference"] for data in a.took}) == len(a.took)
        await fail(house, f"m{len(a.took)}", Reason.ABSENT, state)
        assert (await house.state(PHONE)).calls == [("undelivered", False)]
        await house.advance(house.clock.now() + 12 * HOUR)
        assert a.texts.count(first) == 2


async def test_a_text_that_arrives_the_second_time_needs_no_call(house):
    async with providers(house, {}) as (a,):
        await failed_first_text(house, Reason.ABSENT)
        await house.advance(house.clock.now() + 6 * HOUR)
        receipt = Receipt(f"m{len(a.took)}", TextState.DELIVERED)
        await keep_receipts(house.service.database, "sandbox/a", [receipt], house.clock, house.service.bells)
        await house.advance(house.clock.now() + HOUR)
        assert (await house.state(PHONE)).calls == []
        assert a.texts.count(a.texts[0]) == 2


async def test_the_second_try_waits_for_the_morning(small_house):
    house = small_house
    async with providers(house, {}) as (a,):
        await enrol(house, PHONE)
        await house.rest()
        house.clock.set(house.clock.now() + 7 * HOUR)  # 17:00 in Tokyo
        await fail(house, "m1", Reason.ABSENT)
        await house.advance(house.clock.now().replace(hour=22, minute=59))
        first = a.texts[0]
        assert a.texts.count(first) == 1
        await house.advance(house.clock.now() + timedelta(minutes=2))  # 08:01
        assert a.texts.count(first) == 2


async def test_after_66_hours_there_is_only_the_telephone(small_house):
    house = small_house
    async with providers(house, {}):
        await enrol(house, PHONE)
        await house.rest()
        house.clock.set(house.clock.now() + 67 * HOUR)
        await fail(house, "m1", Reason.EXPIRED)
        assert ("undelivered", False) in (await house.state(PHONE)).calls


async def test_a_daily_question_is_void_by_then_and_somebody_calls(small_house):
    house = small_house
    async with providers(house, {}) as (a,):
        await enrol(house, PHONE)
        await house.send(PHONE, "はい")
        await house.advance(house.clock.now() + 23 * HOUR)
        keys = await outbox(house, "text_key")
        assert keys[-1].startswith("daily")
        await fail(house, f"m{len(a.took)}", Reason.ABSENT)
        assert ("undelivered", False) in (await house.state(PHONE)).calls


async def test_guidance_to_call_119_that_did_not_arrive_is_told_by_telephone_first(small_house):
    house = small_house
    async with providers(house, {}):
        await enrol(house, PHONE)
        await house.send(PHONE, "はい")
        await house.send(PHONE, "息が苦しい")
        (emergency,) = [at for at, kind in enumerate(await outbox(house, "kind"), 1) if kind == "emergency"]
        await fail(house, f"m{emergency}", Reason.ABSENT)
        assert ("undelivered", True) in (await house.state(PHONE)).calls


@pytest.mark.parametrize("then", ["はい", "STOP"])
async def test_a_text_that_is_void_by_then_is_not_sent_again(small_house, then):
    house = small_house
    async with providers(house, {}) as (a,):
        await failed_first_text(house, Reason.ABSENT)
        await house.send(PHONE, then)
        first = a.texts[0]
        await house.advance(house.clock.now() + 8 * HOUR)
        assert a.texts.count(first) == 1


async def test_a_phone_that_refuses_our_texts_gets_no_more_until_a_person_has_spoken(house):
    async with providers(house, {}) as (a,):
        await enrol(house, PHONE)
        await house.send(PHONE, "はい")
        sent = len(a.took)
        await fail(house, f"m{sent}", Reason.OPTED_OUT)
        await house.advance(house.clock.now() + 48 * HOUR)
        assert len(a.took) == sent
        assert [name for name, _ in (await house.state(PHONE)).calls] == ["blocked"]
        await house.send(PHONE, "2 37.5")
        state = await house.state(PHONE)
        assert len(a.took) == sent
        assert "report_to_read" in [task.reason for task in state.escalations]
        assert [report.temperature for report in state.reports] == [37.5], "what they write still counts"
        await call(house, "reached")
        await house.advance(house.clock.now() + 24 * HOUR)
        assert len(a.took) > sent


async def test_a_phone_that_refuses_our_texts_is_still_told_to_call_119(small_house):
    house = small_house
    async with providers(house, {}) as (a,):
        await enrol(house, PHONE)
        await house.send(PHONE, "はい")
        await fail(house, f"m{len(a.took)}", Reason.BLOCKED)
        await house.send(PHONE, "息が苦しい")
        assert "119" in a.texts[-1]


async def test_start_opens_the_way_again(small_house):
    house = small_house
    async with providers(house, {}) as (a,):
        await enrol(house, PHONE)
        await house.send(PHONE, "はい")
        sent = len(a.took)
        await fail(house, f"m{sent}", Reason.OPTED_OUT)
        await house.send(PHONE, "START")
        assert len(a.took) > sent


async def call(house, outcome):
    async with house.service.database.read() as tx:
        call_id = await tx.value(tx.t.calls.select().with_only_columns(tx.t.calls.c.id))
    await house.service.desk.call_made(call_id, "nurse", outcome, "", finished=True)
    await house.rest()
