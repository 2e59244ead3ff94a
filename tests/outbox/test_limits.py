"""Limits, over HTTP and on real tables: who is texted, how often, how fast, and for how much a day."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from bot.domain.budget import Budget, Level
from bot.domain.messages import Receipt
from bot.domain.states import TextState
from bot.outbox.receipts import keep_receipts
from bot.storage.shared_rates import SharedRates
from bot.storage.spending import Booking, book, spent, standing
from tests.outbox.carriers import PHONE, PHONES, enrol, outbox, providers, sender_of

HOUR = timedelta(hours=1)
TODAY = date(2022, 9, 10)
STRANGER = "+818055556666"


async def add_text(house, phone=PHONE, kind="scheduled", **values):
    """A text that is due now, without a script's doing."""
    about = await house.conversation_id(phone)
    async with house.service.database.write() as tx:
        number = int((await tx.run(select(tx.t.outbox.c.id).order_by(tx.t.outbox.c.id.desc()).limit(1))).scalar() or 0)
        now = house.clock.now()
        row = {
            "conversation_id": about, "cause": -number - 1, "number": 1, "step": None, "text_key": "test", "kind": kind,
            "text": f"{kind} {number}", "segments": 1, "state": "queued", "due_at": now, "epoch": 99, "attempts": 0,
            "reference": f"t{number}", "possible_duplicate": False, "created_at": now, **values,
        }  # fmt: skip
        await tx.run(tx.t.outbox.insert(), [row])


# -- who -------------------------------------------------------------------------------------------------------------


async def cause_of(house, phone):
    """The inbox row of the number's last text."""
    about = await house.conversation_id(phone)
    async with house.service.database.read() as tx:
        inbox = tx.t.inbox
        mine = select(inbox.c.id).where(inbox.c.conversation_id == about, inbox.c.kind == "reply")
        return (await tx.run(mine.order_by(inbox.c.id.desc()).limit(1))).scalar()


async def test_a_stranger_is_never_texted_not_even_in_answer(house):
    async with providers(house, {}) as (a,):
        await house.send(STRANGER, "こんにちは")
        cause = await cause_of(house, STRANGER)
        for number, kind in enumerate(("scheduled", "staff", "answer", "farewell", "emergency")):
            await add_text(house, STRANGER, kind, **({"cause": cause, "number": number} if number > 1 else {}))
        await add_text(house, STRANGER, "emergency")
        await house.rest()
        assert a.texts == ["emergency 4"], "only the guidance that answers a text of theirs"
        ended = [("cancelled", "not_on_roster")]
        assert await outbox(house, "state", "code") == [*ended * 4, ("accepted", ""), *ended]
        assert {task.reason for task in (await house.state(STRANGER)).escalations} == {
            "unknown_sender", "not_on_roster"}  # fmt: skip


@pytest.mark.parametrize(
    "words", ["HELP", "STOP", "START", "はい", "1", "ありがとう", "いつまで療養ですか", "昨日より悪い"]
)
async def test_a_stranger_gets_silence_and_staff_the_task(house, words):
    async with providers(house, {}) as (a,):
        await house.send(STRANGER, words)
        assert (a.took, await outbox(house, "id")) == ([], [])
        assert [task.reason for task in (await house.state(STRANGER)).escalations] == ["unknown_sender"]


@pytest.mark.parametrize("words", ["息が苦しい", "STOP 息が苦しい"])
async def test_a_stranger_in_danger_is_told_to_call_119(house, words):
    async with providers(house, {}) as (a,):
        await house.send(STRANGER, words)
        assert ["119" in text for text in a.texts] == [True]
        assert "red_flag" in [task.reason for task in (await house.state(STRANGER)).escalations]


async def test_a_number_of_staff_may_be_texted(house):
    async with providers(house, {}, staff=frozenset({STRANGER})) as (a,):
        await house.send(STRANGER, "こんにちは")
        await add_text(house, STRANGER, "staff")
        await house.rest()
        assert a.phones == [STRANGER]


async def closed(house):
    """A resident whose care was ended by a person, after one text."""
    await enrol(house, PHONE)
    await house.rest()
    await house.staff("take-over", PHONE, "")
    await house.staff("close", PHONE, "recovered")


async def test_whose_care_is_closed_is_texted_by_a_person_and_in_answer_alone(house):
    async with providers(house, {}) as (a,):
        await closed(house)
        a.took.clear()
        for kind in ("staff", "scheduled", "answer", "emergency"):
            await add_text(house, PHONE, kind)
        await house.rest()
        assert a.texts == ["staff 1"]
        assert (await outbox(house, "code"))[-3:] == ["not_on_roster"] * 3
        await house.send(PHONE, "HELP")
        assert len(a.texts) == 2


async def end_case(house, state, after):
    """The case ends so long after the text in the outbox was begun."""
    async with house.service.database.write() as tx:
        await tx.run(tx.t.cases.update().values(state=state, ended_at=house.clock.now() + after))


@pytest.mark.parametrize(
    "state, after, goes",
    [
        ("released", timedelta(0), True),
        ("released", -timedelta(seconds=1), False),
        ("closed", timedelta(0), False),
        ("phone_only", timedelta(0), True),
    ],
)
async def test_a_notice_goes_out_with_the_release_that_it_tells_and_not_after_the_end(house, state, after, goes):
    async with providers(house, {}) as (a,):
        await enrol(house, PHONE)
        await house.rest()
        a.took.clear()
        await end_case(house, state, after)
        await add_text(house, PHONE, "scheduled")
        await house.rest()
        assert bool(a.took) is goes


# -- how often -------------------------------------------------------------------------------------------------------


async def test_no_number_gets_more_than_so_many_texts_an_hour_and_the_rest_waits(house):
    async with providers(house, {}, an_hour=3) as (a,):
        await enrol(house, PHONE, PHONES[1])
        for _ in range(4):
            await add_text(house, PHONE, "staff")
        await house.rest()
        assert (a.phones.count(PHONE), a.phones.count(PHONES[1])) == (3, 1)
        assert set(await outbox(house, "state")) == {"accepted", "queued"}
        await house.advance(house.clock.now() + HOUR + timedelta(seconds=1))
        assert a.phones.count(PHONE) == 5


async def test_other_texts_never_stop_the_first_guidance_and_beyond_the_limit_one_goes_in_ten_minutes(house):
    async with providers(house, {}, an_hour=2) as (a,):
        await enrol(house, PHONE)
        for _ in range(3):
            await add_text(house, PHONE, "staff")
        await house.rest()
        assert len(a.took) == 2
        for _ in range(3):
            await add_text(house, PHONE, "emergency")
        await house.rest()
        guided = [number(a)]
        for _ in range(3):
            await house.advance(house.clock.now() + timedelta(minutes=9, seconds=59))
            guided.append(number(a))
            await house.advance(house.clock.now() + timedelta(seconds=1))
            guided.append(number(a))
        assert guided == [1, 1, 2, 2, 3, 3, 3]


def number(provider):
    return len([text for text in provider.texts if text.startswith("emergency")])


async def test_below_the_limit_each_danger_is_answered_and_counts(house):
    async with providers(house, {}, an_hour=4) as (a,):
        await enrol(house, PHONE)
        await house.rest()
        for kind in ("emergency", "emergency", "emergency", "staff"):
            await add_text(house, PHONE, kind)
        await house.rest()
        assert (len(a.took), number(a)) == (4, 3)
        assert (await outbox(house, "state", "code"))[-1] == ("queued", "too_many")


async def test_two_robots_get_the_limit_and_a_little_guidance(small_house):
    house = small_house
    async with providers(house, {}, an_hour=30) as (a,):
        await enrol(house, PHONE)
        await house.rest()
        for second in range(0, 3500, 35):
            await house.send(PHONE, "息が苦しい" if second % 2 else "HELP")
            await house.advance(house.clock.now() + timedelta(seconds=35))
        assert 30 < len(a.took) <= 36
        assert "too_many_texts" in [task.reason for task in (await house.state(PHONE)).escalations]


# -- how fast --------------------------------------------------------------------------------------------------------


async def test_a_road_gets_its_burst_and_then_its_rate(house):
    async with providers(house, {"rate": 0.5, "burst": 2}) as (a,):
        await enrol(house, *PHONES[:6])
        await house.rest()
        taken = [len(a.took)]
        for _ in range(4):
            await house.advance(house.clock.now() + timedelta(seconds=2, milliseconds=10))
            taken.append(len(a.took))
        assert taken == [2, 3, 4, 5, 6]
        assert "submitting" not in await outbox(house, "state"), "what waits for its rate was not claimed"


async def test_guidance_to_call_119_goes_first(house):
    async with providers(house, {"rate": 0.5, "burst": 1}) as (a,):
        await enrol(house, *PHONES[:4])
        await house.sender.step()
        await house.sender.step()
        await add_text(house, PHONES[3], "emergency")
        await house.advance(house.clock.now() + timedelta(seconds=2, milliseconds=10))
        assert a.texts[1].startswith("emergency")


async def test_a_slow_road_holds_up_no_other(house):
    async with providers(house, {"rate": 0.1, "burst": 1, "prefixes": ("+8190",)}, {}) as (a, b):
        others = [f"+8180111122{number:02}" for number in range(5)]
        await enrol(house, *PHONES, *others)
        await house.rest()
        assert (len(a.took), sorted(b.phones)) == (1, others)


async def test_a_rate_that_is_used_up_sends_texts_elsewhere_only_where_the_operator_says_so(house):
    async with providers(house, {"rate": 0.1, "burst": 2, "overflow": True}, {}) as (a, b):
        await enrol(house, *PHONES[:6])
        await house.rest()
        assert (len(a.took), len(b.took)) == (2, 4)


async def test_several_processes_share_the_rate_of_a_road(house, redis_url):
    async with providers(house, {"rate": 0.1, "burst": 5}) as (a,):
        gateways = list(house.sender._router.gateways.values())
        several = [SharedRates(redis_url) for _ in range(3)]
        await enrol(house, *PHONES)
        for rates in several:
            await sender_of(house, gateways, rates).step()
        assert len(a.took) == 5
        for rates in several:
            await rates.close()


async def test_in_the_quiet_hours_of_a_road_what_the_program_starts_takes_another_or_waits(house):
    quiet = {"quiet_from": time(9), "quiet_until": time(12)}
    async with providers(house, quiet, {**quiet, "kinds": ("answer",)}) as (a, b):
        await enrol(house, PHONE)
        await house.rest()
        assert a.took == b.took == []
        assert await outbox(house, "state", "code") == [("queued", "road_quiet")]
        await house.advance(house.clock.now() + 2 * HOUR)  # noon in Tokyo
        assert a.phones == [PHONE]


async def test_a_text_that_is_tried_again_does_not_go_out_at_night(house):
    async with providers(house, {}) as (a,):
        a.answer = 503
        await enrol(house, PHONE)
        await house.advance(house.clock.now().replace(hour=12, minute=1))  # 21:01 in Tokyo
        a.answer = 200
        await house.advance(house.clock.now() + 10 * HOUR)
        assert a.took == []
        await house.advance(house.clock.now() + 2 * HOUR)
        assert (await outbox(house, "state"))[0] == "accepted"


# -- for how much ----------------------------------------------------------------------------------------------------


async def segments(house, office="main", day=TODAY):
    async with house.service.database.read() as tx:
        return {currency: (found.segments, found.millis) for currency, found in (await spent(tx, office, day)).items()}


async def test_texts_are_counted_at_the_price_of_their_road_until_the_provider_says_more(house):
    async with providers(house, {"price": Decimal("3.3")}) as (_,):
        await enrol(house, PHONE)
        await house.rest()
        (number,) = await outbox(house, "segments")
        assert await segments(house) == {"JPY": (number, 3300 * number)}
        receipt = Receipt("m1", TextState.DELIVERED, segments=1, price="0.05 USD")
        service = house.service
        for _ in range(2):
            await keep_receipts(service.database, "sandbox/a", [receipt], house.clock, service.bells)
        assert await segments(house) == {"JPY": (0, 0), "USD": (1, 50)}


async def test_a_text_in_parts_keeps_the_reckoning(house):
    async with providers(house, {"price": Decimal("3.3")}):
        await enrol(house, PHONE)
        await house.rest()
        before, database = await segments(house), house.service.database
        (text_id,) = await outbox(house, "id")
        async with database.write() as tx:
            row = {"road": "sandbox/a", "message_id": "m1-2", "outbox_id": text_id, "arrived": False}
            await tx.run(tx.t.text_ids.insert(), [row])
        receipts = [Receipt(name, TextState.DELIVERED, segments=1, price="3.30 JPY") for name in ("m1", "m1-2")]
        await keep_receipts(database, "sandbox/a", receipts, house.clock, house.service.bells)
        assert await segments(house) == before


BUDGET = Budget(segments=10, ceiling=200)


async def use(house, number):
    """Count so many segments on today's budget."""
    (text_id, *_) = await outbox(house, "id")
    async with house.service.database.write() as tx:
        await tx.run(tx.t.outbox.update().values(booked=None))
        await book(tx, [Booking(text_id, "main", TODAY, number, 0, "JPY")])


@pytest.mark.parametrize(
    "used, goes",
    [
        (80, {"scheduled", "answer", "staff", "emergency"}),
        (100, {"answer", "staff", "emergency"}),
        (190, {"answer", "staff", "emergency"}),
        (200, {"emergency"}),
    ],
)
async def test_what_goes_when_how_much_of_the_budget_is_used(small_house, used, goes):
    house, numbers = small_house, PHONES[1:5]
    async with providers(house, {}) as (a,):
        await enrol(house, *PHONES[:5])
        await house.rest()
        await tidy(house)
        house.sender = sender_of(house, house.sender._router.gateways.values(), budget=Budget(segments=100))
        await use(house, used)
        a.took.clear()
        for phone, kind in zip(numbers, ("emergency", "answer", "staff", "scheduled"), strict=True):
            await add_text(house, phone, kind)
        await house.rest()
        assert {text.split()[0] for text in a.texts} == goes


async def tidy(house):
    async with house.service.database.write() as tx:
        await tx.run(tx.t.spending.delete())


async def test_what_waits_for_the_budget_goes_next_morning_or_when_a_person_lifts_it(house):
    async with providers(house, {}, budget=BUDGET) as (a,):
        await enrol(house, PHONE, PHONES[1])
        await house.rest()
        await use(house, 10)
        a.took.clear()
        await add_text(house)
        await house.rest()
        assert (await outbox(house, "state", "code"))[-1] == ("queued", "budget")
        await house.service.desk.lift_budget("main", TODAY, "manager")
        await house.rest()
        assert a.phones == [PHONE]
        async with house.service.database.read() as tx:
            assert (await standing(tx, "main", BUDGET, TODAY)).level is Level.LIFTED
            assert await tx.value(select(tx.t.audit.c.action).order_by(tx.t.audit.c.id.desc())) == "budget_lifted"


async def test_a_new_day_has_a_new_budget(house):
    async with providers(house, {}, budget=BUDGET) as (a,):
        await enrol(house, PHONE)
        await house.rest()
        await use(house, 10)
        a.took.clear()
        await add_text(house)
        await house.rest()
        assert a.took == []
        await house.advance(house.clock.now().replace(hour=23, minute=1))  # 08:01 in Tokyo
        assert "scheduled 1" in a.texts
