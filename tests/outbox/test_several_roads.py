"""Several roads at once, over HTTP: falling over, never twice by another road, a person's word, characters."""

from datetime import timedelta

import pytest

from bot.domain.errors import Refused
from bot.domain.messages import Outcome, Reason, Receipt, Submitted
from bot.domain.roads import PAUSES
from bot.domain.states import TextState
from bot.gateways.sandbox import SandboxGateway
from bot.outbox.planner import GIVE_UP
from bot.outbox.receipts import keep_receipts
from bot.storage.outbox import NEVER
from tests.outbox.carriers import PHONE, PHONES, enrol, life, outbox, providers, roads

HOUR = timedelta(hours=1)


async def tries(house, times):
    """So many rounds, each when the next text is due."""
    for _ in range(times):
        await house.sender.step()
        due = await house._next_due()
        if due is None:
            return
        house.clock.set(max(due, house.clock.now()))


# -- falling over ----------------------------------------------------------------------------------------------------


async def test_each_text_takes_the_road_of_its_number(house):
    async with providers(house, {"prefixes": ("090123456",)}, {}) as (a, b):
        await enrol(house, PHONE, "+818011112222")
        await house.rest()
        assert (a.phones, b.phones) == ([PHONE], ["+818011112222"])
        assert await outbox(house, "road", "state") == [("sandbox/a", "accepted"), ("sandbox/b", "accepted")]


@pytest.mark.parametrize("answer", [503, 429])
async def test_texts_that_were_not_taken_go_by_the_next_road_once_theirs_is_down(house, answer):
    async with providers(house, {}, {}) as (a, b):
        a.answer = answer
        await enrol(house, *PHONES)
        await tries(house, 8)
        assert sorted(b.phones) == sorted(PHONES)
        assert a.tries >= 3
        assert set(await outbox(house, "road", "state", "possible_duplicate")) == {("sandbox/b", "accepted", False)}
        assert not (await roads(house))["sandbox/a"].is_up
        assert (await roads(house))["sandbox/b"].is_up
        assert (await life(house))[-1] == ("accepted", "sandbox/b")
        assert ("retry", "sandbox/a") in await life(house)


async def test_a_road_without_a_connection_is_left_for_the_next(house):
    async with providers(house, {"url": "http://127.0.0.1:1"}, {}) as (_, b):
        await enrol(house, *PHONES)
        await tries(house, 8)
        assert sorted(b.phones) == sorted(PHONES)
        assert (await roads(house))["sandbox/a"].code == "no_connection"


async def test_one_text_at_a_time_sees_whether_a_road_is_up_again(house):
    async with providers(house, {}) as (a,):
        a.answer = 503
        await enrol(house, *PHONES)
        await house.sender.step()
        assert a.tries == len(PHONES)
        house.clock.set(house.clock.now() + PAUSES[0])
        await house.sender.step()
        assert a.tries == len(PHONES) + 1, "the probe"
        a.answer = 200
        house.clock.set(house.clock.now() + PAUSES[1])
        await house.sender.step()
        assert len(a.took) == 1
        await house.sender.step()
        assert sorted(a.phones) == sorted(PHONES), "then nobody waits any more"
        assert (await roads(house))["sandbox/a"].is_up


async def test_another_process_sees_that_a_road_is_down(house):
    async with providers(house, {}, {}) as (a, b):
        a.answer = 503
        await enrol(house, *PHONES[:4])
        await house.sender.step()
        first = house.sender
    async with providers(house, {}, {}) as (a, b):
        assert house.sender is not first
        await enrol(house, PHONES[5])
        await house.sender.step()
        assert (a.tries, b.phones) == (0, [PHONES[5]])


async def test_guidance_to_call_119_takes_the_other_road_at_its_next_try(house):
    async with providers(house, {}, {}) as (a, b):
        await enrol(house, PHONE)
        await house.rest()
        a.answer = 503
        await house.post(PHONE, "息が苦しい")
        await house.worker.step()
        await tries(house, 2)
        assert (await roads(house))["sandbox/a"].is_up
        assert len([text for text in b.texts if "119" in text]) == 1


# -- never twice -----------------------------------------------------------------------------------------------------


async def test_a_text_of_unknown_fate_is_tried_again_by_its_own_road_only_and_marked(house):
    async with providers(house, {}, {}) as (a, b):
        a.answer = "hangs up"
        await enrol(house, PHONE)
        await house.advance(house.clock.now() + 3 * HOUR)
        assert (len(a.took), len(b.took)) == (2, 0)
        assert await outbox(house, "state", "road", "possible_duplicate") == [("unknown", "sandbox/a", True)]


async def test_not_even_when_its_road_goes_down_after_that(house):
    async with providers(house, {}, {}) as (a, b):
        a.answer = "hangs up"
        await enrol(house, PHONE)
        await house.sender.step()
        a.answer = 503
        await house.advance(house.clock.now() + timedelta(hours=8))
        assert b.phones == []
        assert len(a.took) == 1
        a.answer = 200
        await house.advance(house.clock.now() + timedelta(minutes=20))
        (first, *_) = await outbox(house, "reference")
        assert [data["reference"] for data in a.took].count(first) == 2
        assert first not in [data["reference"] for data in b.took]


async def test_what_the_road_says_never_arrived_may_go_by_another(house):
    async with providers(house, {}, {}, kind=SandboxGateway) as (a, b):
        a.answer = 500
        await enrol(house, *PHONES[:3])
        await house.rest()
        assert (a.took, sorted(b.phones)) == ([], PHONES[:3])
        assert set(await outbox(house, "possible_duplicate")) == {False}


@pytest.mark.parametrize("reason", [Reason.BUSY, Reason.ACCOUNT])
async def test_a_road_that_is_too_busy_to_tell_has_not_said_that_a_text_never_arrived(house, reason):
    class Away(SandboxGateway):
        async def ask(self, _text, _message_id):
            return Submitted(Outcome.RETRY, code="no_connection", reason=reason)

    async with providers(house, {}, {}, kind=Away) as (a, b):
        a.answer = "hangs up"
        await enrol(house, PHONE)
        await house.advance(house.clock.now() + HOUR)
        assert (len(a.took), len(b.took)) == (1, 0)
        assert await outbox(house, "state", "road", "possible_duplicate") == [("unknown", "sandbox/a", False)]


async def test_a_text_of_unknown_fate_stays_unknown_after_a_day_and_somebody_calls(house):
    async with providers(house, {}, kind=SandboxGateway) as (a,):
        a.answer, a.asked = "hangs up", 500
        await enrol(house, PHONE)
        await house.advance(house.clock.now() + GIVE_UP - HOUR)
        assert (await house.state(PHONE)).calls == []
        await house.advance(house.clock.now() + 2 * HOUR)
        first = await outbox(house, "state", "code", "reason", "due_at")
        assert first[0] == ("unknown", "unknown", "other", NEVER)
        assert (await life(house))[-1] == ("unknown", "sandbox/a")
        assert (await house.state(PHONE)).calls == [("unconfirmed", False)]
        (reference, *_) = await outbox(house, "reference")
        assert [data["reference"] for data in a.took].count(reference) == 1
        arrived = [Receipt("late", TextState.DELIVERED, reference=reference)]
        await keep_receipts(house.service.database, "sandbox/a", arrived, house.clock, house.service.bells)
        assert (await outbox(house, "state"))[0] == "delivered"


async def test_a_text_that_may_have_arrived_is_not_called_undelivered_when_its_road_is_down_for_a_day(house):
    async with providers(house, {}) as (a,):
        a.answer = "hangs up"
        await enrol(house, PHONE)
        await house.sender.step()
        a.answer = 503
        await house.advance(house.clock.now() + GIVE_UP + HOUR)
        assert (await outbox(house, "state", "possible_duplicate"))[0] == ("unknown", True)
        assert ("unconfirmed", False) in (await house.state(PHONE)).calls
        assert len(a.took) == 1


async def test_a_person_decides_by_which_road_a_text_of_unknown_fate_goes_again(house):
    async with providers(house, {}, {}) as (a, b):
        a.answer = "hangs up"
        await enrol(house, PHONE)
        await house.advance(house.clock.now() + HOUR)
        (text_id,), about, desk = await outbox(house, "id"), await house.conversation_id(PHONE), house.service.desk
        await desk.send_again(about, "nurse", text_id, "sandbox/b")
        await house.rest()
        assert b.phones == [PHONE]
        assert await outbox(house, "state", "road", "possible_duplicate") == [("accepted", "sandbox/b", True)]
        assert ("queued", "sandbox/b") in await life(house)
        with pytest.raises(Refused):
            await desk.send_again(about, "nurse", text_id, "sandbox/b")


async def test_nobody_sends_again_after_stop(house):
    async with providers(house, {}) as (a,):
        a.answer = "hangs up"
        await enrol(house, PHONE)
        await house.advance(house.clock.now() + HOUR)
        await house.post(PHONE, "STOP")
        await house.worker.step()
        (text_id, *_), about = await outbox(house, "id"), await house.conversation_id(PHONE)
        with pytest.raises(Refused):
            await house.service.desk.send_again(about, "nurse", text_id, "sandbox/a")


async def test_a_text_whose_road_is_gone_is_neither_sent_nor_called_failed(house):
    async with providers(house, {}, {}) as (a, _):
        a.answer = "hangs up"
        await enrol(house, PHONE)
        await house.sender.step()
    async with providers(house, {}) as (other,):
        (gateway,) = house.sender._router.gateways.values()
        house.sender._router.gateways = {"sandbox/other": gateway}
        await house.rest()
        assert other.took == []
        assert await outbox(house, "state", "code") == [("unknown", "road_gone")]


# -- characters ------------------------------------------------------------------------------------------------------


async def write(house, text):
    await enrol(house, PHONE)
    await house.rest()
    await house.staff("take-over", PHONE, "")
    await house.staff("reply", PHONE, text)


async def test_a_text_is_written_for_its_road_and_both_are_kept(house):
    async with providers(house, {"charset": "shift_jis"}) as (a,):
        await write(house, "髙橋さん、9～12時に伺います😀")
        assert a.texts[-1] == "高橋さん、9〜12時に伺います"
        assert (await outbox(house, "text", "written"))[-1] == (
            "髙橋さん、9～12時に伺います😀",
            "高橋さん、9〜12時に伺います",
        )
        assert ("written", "sandbox/a") in await life(house, -1)


async def test_a_text_that_one_road_would_break_goes_by_the_next(house):
    async with providers(house, {"charset": "shift_jis"}, {}) as (_, b):
        await write(house, "𠮷野さん")
        assert b.texts == ["𠮷野さん"]


async def test_a_text_that_every_road_would_break_is_not_sent_and_people_hear_of_it(house):
    async with providers(house, {"charset": "shift_jis"}, {"charset": "cp932"}) as (a, b):
        await write(house, "𠮷野さん")
        assert "𠮷野さん" not in a.texts + b.texts
        assert (await outbox(house, "state", "reason", "code"))[-1] == ("rejected", "bad_text", "characters")
        assert "bad_text" in [task.reason for task in (await house.state(PHONE)).escalations]


async def test_a_text_that_is_too_long_for_a_road_goes_by_the_next(house):
    async with providers(house, {"longest": 70}, {}) as (_, b):
        await write(house, "あ" * 71)
        assert b.texts[-1] == "あ" * 71
