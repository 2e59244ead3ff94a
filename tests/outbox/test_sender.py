"""The sender against the simulated carrier: nothing twice, nothing that must not go out, and work goes on by itself."""

import asyncio
import contextlib
from collections import Counter
from datetime import date, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from bot.domain.messages import Outcome, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.sandbox import SandboxGateway
from bot.outbox.planner import GIVE_UP
from bot.outbox.receipts import keep_receipts
from bot.outbox.router import Router
from bot.outbox.sender import Sender
from bot.residents.roster import NewResident
from bot.scripts.stage import Resident
from bot.storage.outbox import expired_claims
from tests.support.wait import until_async

PHONES = [f"+8190123456{number:02}" for number in range(12)]
PHONE = PHONES[0]
ROAD = "sandbox/demo"
HOUR = timedelta(hours=1)


def resident(phone):
    return Resident("山田 太郎", "ヤマダ タロウ", phone, "ja", date(2022, 9, 9))


async def consented(house, *phones):
    for phone in phones:
        await house.enrol(resident(phone))
        await house.send(phone, "はい")


def sent(house, phone=PHONE):
    """What reached the carrier."""
    return [message["text"] for message in house.carrier.messages[phone]]


async def outbox(house, *columns):
    async with house.service.database.read() as tx:
        table = tx.t.outbox
        rows = await tx.all(select(*(table.c[name] for name in columns)).order_by(table.c.id))
    return [tuple(row.values()) if len(columns) > 1 else row[columns[0]] for row in rows]


def another_sender(house, gateway=None, *, alone=False):
    service = house.service
    sender = Sender(service.database, Router([gateway or service.gateway]), house.clock, service.bells)
    sender._alone = alone
    return sender


async def answer_while_down(house):
    """A resident whose answer was tried in vain and waits to be tried again."""
    await consented(house, PHONE)
    house.carrier.mode = "down"
    await house.post(PHONE, "1")
    await house.worker.step()
    await house.sender.step()
    assert (await outbox(house, "state"))[-1] == "queued"
    return len(sent(house))


async def act(house, action):
    """What a nurse does, while texts are under way."""
    task = asyncio.ensure_future(action)
    while not task.done():
        await house.worker.step()
        await asyncio.sleep(0)
    await task


async def interrupt(house, then):
    """Something after which nothing from before may go out."""
    about, desk = await house.conversation_id(PHONE), house.service.desk
    if then == "STOP":
        await house.post(PHONE, "STOP")
        await house.worker.step()
    else:
        await act(house, desk.take_over(about, "nurse"))
    if then == "take-over and back":
        await act(house, desk.hand_back(about, "nurse", "resting"))


# -- what must not go out --------------------------------------------------------------------------------------------


async def test_after_a_takeover_nothing_goes_out_that_was_queued_before(house):
    before = await answer_while_down(house)
    await house.staff("take-over", PHONE, "")
    house.carrier.mode = "normal"
    await house.advance(house.clock.now() + HOUR)
    assert len(sent(house)) == before
    assert (await outbox(house, "state", "code"))[-1] == ("cancelled", "taken_over")


async def test_what_was_queued_before_a_takeover_does_not_come_after_the_hand_back(small_house):
    before = await answer_while_down(small_house)
    await small_house.staff("take-over", PHONE, "")
    await small_house.staff("hand-back", PHONE, "resting")
    small_house.carrier.mode = "normal"
    await small_house.advance(small_house.clock.now() + HOUR)
    assert len(sent(small_house)) == before


async def test_after_stop_only_its_confirmation_goes_out(house):
    before = await answer_while_down(house)
    await house.send(PHONE, "STOP")
    house.carrier.mode = "normal"
    await house.advance(house.clock.now() + HOUR)
    assert len(sent(house)) == before + 1
    assert (await outbox(house, "text_key", "state"))[-2:] == [
        ("report_confirm", "cancelled"),
        ("stopped", "delivered"),
    ]


async def test_to_a_wrong_number_nothing_goes_out_that_was_queued_before(small_house):
    before = await answer_while_down(small_house)
    await small_house.send(PHONE, "番号違いです")
    small_house.carrier.mode = "normal"
    await small_house.advance(small_house.clock.now() + HOUR)
    assert len(sent(small_house)) == before


@pytest.mark.parametrize("then", ["take-over", "take-over and back", "STOP"])
async def test_a_text_that_was_under_way_at_a_takeover_and_was_not_taken_is_not_tried_again(small_house, then):
    house = small_house
    await consented(house, PHONE)
    before = len(sent(house))
    house.carrier.mode = "down"
    await house.post(PHONE, "1")
    await house.worker.step()
    _, due = await house.sender._claim()
    outcomes = [await house.sender._submit(claimed) for claimed in due]
    await interrupt(house, then)
    await house.sender._record(outcomes)
    house.carrier.mode = "normal"
    await house.advance(house.clock.now() + HOUR)
    assert len(sent(house)) == before + (then == "STOP"), "nothing but the confirmation of STOP"


@pytest.mark.parametrize("then", ["take-over", "take-over and back", "STOP"])
async def test_a_text_of_which_nobody_knows_is_not_sent_after_a_takeover(small_house, then):
    """The process died at the claim; while its successor asks what became of the text, a nurse takes over."""
    house = small_house
    await consented(house, PHONE)
    before = len(sent(house))
    await house.post(PHONE, "1")
    await house.worker.step()
    await house.sender._claim()
    successor = another_sender(house, alone=True)
    (unknown,), _ = await successor._claim()
    await interrupt(house, then)
    await successor._record([await successor._find_out(unknown)])
    await house.advance(house.clock.now() + HOUR)
    assert len(sent(house)) == before + (then == "STOP"), "nothing but the confirmation of STOP"


@pytest.mark.parametrize("then", ["take-over", "STOP"])
async def test_a_text_that_did_arrive_is_shown_as_such_whatever_came_after(small_house, then):
    """The carrier took it, the process died; then a nurse takes over or the resident stops."""
    house = small_house
    await consented(house, PHONE)
    await house.post(PHONE, "1")
    await house.worker.step()
    _, (claimed,) = await house.sender._claim()
    await house.sender._submit(claimed)
    house.sender = another_sender(house, alone=True)
    await rows_of_a_dead_sender_become_unknown(house)
    await interrupt(house, then)
    await house.rest()
    assert ("report_confirm", "delivered") in await outbox(house, "text_key", "state")
    assert set(references(house).values()) == {1}, "and was not sent again"


async def rows_of_a_dead_sender_become_unknown(house):
    async with house.service.database.write() as tx:
        await expired_claims(tx, house.clock.now(), restarted=True)


@pytest.mark.parametrize("then", ["take-over", "STOP"])
async def test_where_nobody_can_be_asked_nothing_is_sent_again_after_a_takeover(small_house, then):
    house = small_house
    await consented(house, PHONE)
    async with moody_carrier(house, {PHONE: "hangs up"}, Mute) as carrier:
        await house.post(PHONE, "1")
        await house.worker.step()
        await house.sender.step()
        assert (await outbox(house, "state"))[-1] == "unknown"
        taken = list(carrier.took)
        await interrupt(house, then)
        carrier.moods = {}
        await house.advance(house.clock.now() + HOUR)
        assert carrier.took.count(taken[-1]) == 1


async def test_the_nurses_own_text_goes_out_under_her_takeover(small_house):
    await answer_while_down(small_house)
    await small_house.staff("take-over", PHONE, "")
    await small_house.staff("reply", PHONE, "お電話します")
    small_house.carrier.mode = "normal"
    await small_house.advance(small_house.clock.now() + HOUR)
    assert sent(small_house)[-1] == "お電話します"


# -- carriers that misbehave -----------------------------------------------------------------------------------------


async def enrol_all(house):
    for phone in PHONES:
        await house.service.roster.enrol(house_resident(phone))


def house_resident(phone):
    return NewResident("山田 太郎", "ヤマダ タロウ", phone, "covid19-2022-09-07", day0=date(2022, 9, 9))


def references(house):
    return Counter(message["reference"] for texts in house.carrier.messages.values() for message in texts)


async def test_a_carrier_that_was_down_gets_everything_once_it_is_back(house):
    house.carrier.mode = "down"
    await enrol_all(house)
    await house.rest()
    await house.advance(house.clock.now() + timedelta(minutes=10))
    assert not references(house)
    house.carrier.mode = "normal"
    await house.advance(house.clock.now() + timedelta(minutes=20))
    assert sorted(references(house).values()) == [1] * len(PHONES)
    assert set(await outbox(house, "state")) == {"delivered"}


async def test_a_lossy_carrier_gets_nothing_twice_and_what_it_loses_is_called(house):
    house.carrier.mode = "lossy"
    await enrol_all(house)
    await house.rest()
    await house.advance(house.clock.now() + timedelta(minutes=20))
    assert sorted(references(house).values()) == [1] * len(PHONES)
    states = await outbox(house, "state")
    assert Counter(states) == {"delivered": 9, "undelivered": 3}
    assert not any(await outbox(house, "possible_duplicate"))
    calls = [(await house.state(phone)).calls for phone in PHONES]
    assert sorted(calls) == [[]] * 9 + [[("undelivered", False)]] * 3


@pytest.mark.slow
async def test_a_slow_carrier_is_waited_for_by_all_texts_at_once(small_house):
    small_house.carrier.mode = "slow"
    await enrol_all(small_house)
    await small_house.worker.step()
    started = asyncio.get_running_loop().time()
    await small_house.sender.step()
    assert 3 <= asyncio.get_running_loop().time() - started < 3 * len(PHONES) / 2
    await small_house.rest()
    assert set(await outbox(small_house, "state")) == {"delivered"}
    assert sorted(references(small_house).values()) == [1] * len(PHONES)


async def test_a_text_that_is_not_taken_for_a_day_goes_to_the_call_list(small_house):
    small_house.carrier.mode = "down"
    await small_house.enrol(resident(PHONE))
    await small_house.advance(small_house.clock.now() + GIVE_UP + timedelta(minutes=20))
    assert (await outbox(small_house, "text_key", "state"))[0] == ("first_touch", "undelivered")
    assert ("undelivered", False) in (await small_house.state(PHONE)).calls


class Moody:
    """A carrier over HTTP whose mood depends on the number that a text goes to."""

    def __init__(self, moods):
        self.moods = moods
        self.took = []

    async def take(self, request):
        data = await request.json()
        mood = self.moods.get(data["to"], "fine")
        if isinstance(mood, int):
            return web.Response(status=mood)
        if isinstance(mood, asyncio.Event):
            await mood.wait()
        self.took.append(data["reference"])
        if mood == "hangs up":
            request.transport.abort()
        return web.json_response({"id": f"m{len(self.took)}"})

    async def tell(self, request):
        if request.match_info["reference"] in self.took:
            return web.json_response({"id": f"m{1 + self.took.index(request.match_info['reference'])}"})
        raise web.HTTPNotFound


class Mute(SandboxGateway):
    """A gateway whose provider cannot be asked about earlier texts."""

    async def ask(self, _text, _message_id):
        return None


@contextlib.asynccontextmanager
async def moody_carrier(house, moods, gateway=SandboxGateway):
    """Let the house send by such a carrier."""
    carrier, app = Moody(moods), web.Application()
    app.router.add_post("/messages", carrier.take)
    app.router.add_get("/messages/{reference}", carrier.tell)
    server = TestServer(app)
    await server.start_server()
    reach = gateway.at(str(server.make_url("/")))
    house.sender = another_sender(house, reach)
    try:
        yield carrier
    finally:
        await reach.close()
        await server.close()


async def test_a_number_that_the_carrier_refuses_goes_to_the_call_list_and_stops_nobody(house):
    async with moody_carrier(house, {PHONES[3]: 400}) as carrier:
        await enrol_all(house)
        await house.rest()
        assert len(carrier.took) == len(PHONES) - 1
    assert Counter(await outbox(house, "state")) == {"accepted": len(PHONES) - 1, "rejected": 1}
    calls = {phone: (await house.state(phone)).calls for phone in PHONES}
    assert {phone: found for phone, found in calls.items() if found} == {PHONES[3]: [("undelivered", False)]}


async def test_each_mood_of_a_carrier_ends_with_one_text_or_a_call(small_house):
    house = small_house
    moods = dict(zip(PHONES, [429, 500, 502, 503, 504, "hangs up", 404, 403, 599, 400, "fine", "fine"], strict=True))
    async with moody_carrier(house, moods) as carrier:
        await enrol_all(house)
        await house.rest()
        assert len(carrier.took) == 3
        await house.advance(house.clock.now() + timedelta(minutes=5))
        carrier.moods = dict.fromkeys(PHONES[:5], "hangs up")
        await house.advance(house.clock.now() + HOUR)
        first_texts = {about for key, about in await outbox(house, "text_key", "reference") if key == "first_touch"}
        assert sorted(carrier.took) == sorted(set(carrier.took)), "nothing is taken twice"
        states = dict(zip(PHONES, await outbox(house, "state"), strict=False))
        assert states == {**dict.fromkeys(PHONES, "accepted"), PHONES[9]: "rejected"}
        assert set(carrier.took) == first_texts - {(await outbox(house, "reference"))[9]}


async def test_where_nobody_can_be_asked_a_text_is_sent_at_most_twice_and_marked(small_house):
    async with moody_carrier(small_house, {PHONE: "hangs up"}, Mute) as carrier:
        await small_house.enrol(resident(PHONE))
        await small_house.advance(small_house.clock.now() + 3 * HOUR)
        assert len(carrier.took) == 2
        assert len(set(carrier.took)) == 1, "both times under our one reference"
    assert await outbox(small_house, "state", "possible_duplicate") == [("unknown", True)]


async def test_a_text_of_unknown_fate_does_not_hold_up_the_next_for_ever(small_house):
    async with moody_carrier(small_house, {PHONE: "hangs up"}, Mute) as carrier:
        await small_house.enrol(resident(PHONE))
        carrier.moods = {}
        await small_house.send(PHONE, "はい")
    assert await outbox(small_house, "text_key", "state") == [("first_touch", "unknown"), ("welcome", "accepted")]


async def test_a_text_that_is_tried_again_is_not_overtaken_by_the_next_one(small_house):
    house = small_house
    await consented(house, PHONE)
    house.carrier.mode = "down"
    await house.send(PHONE, "2 37.1")
    house.carrier.mode = "normal"
    await house.send(PHONE, "2 37.2")
    await house.advance(house.clock.now() + timedelta(minutes=1))
    told = [text for text in sent(house) if "37." in text]
    assert ["37.1" in text for text in told] == [True, False]


async def test_a_text_whose_answer_never_came_back_is_asked_about_before_the_next_one_goes(small_house):
    """The next one was due while the first was under way."""
    house = small_house
    await consented(house, PHONE)
    await house.post(PHONE, "2 37.1")
    await house.worker.step()
    _, (first,) = await house.sender._claim()
    house.clock.set(house.clock.now() + timedelta(seconds=1))
    await house.post(PHONE, "2 37.2")
    await house.worker.step()
    house.clock.set(house.clock.now() + timedelta(seconds=9))
    await house.sender._record([house.sender._told(first, Submitted(Outcome.UNKNOWN), asked=False)])
    await house.rest()
    assert ["37.1" in text for text in sent(house) if "37." in text] == [True, False]


async def test_a_place_is_free_only_when_the_outcome_is_written_down_and_nothing_is_put_off_for_it(house, monkeypatch):
    monkeypatch.setattr("bot.outbox.sender.AT_ONCE", 2)
    monkeypatch.setattr("bot.outbox.planner.AT_ONCE", 2)
    await enrol_all(house)
    await house.worker.step()
    await house.sender._round()
    await until_async(lambda: not house.sender._busy, "both are answered for")
    await house.sender._claim()
    assert set(await outbox(house, "held_until")) == {None}
    await house.rest()
    assert sorted(references(house).values()) == [1] * len(PHONES)


async def test_one_slow_text_holds_up_no_other(small_house):
    house, slow = small_house, asyncio.Event()
    async with moody_carrier(house, {PHONE: slow}) as carrier:
        await enrol_all(house)
        await house.worker.step()
        running = asyncio.create_task(house.sender.run(only_process=True))
        await until_async(lambda: len(carrier.took) == len(PHONES) - 1, "all others were taken")
        assert "submitting" in await outbox(house, "state")
        await house.post(PHONES[1], "はい")
        await house.worker.step()
        await until_async(lambda: len(carrier.took) == len(PHONES), "the answer goes out meanwhile")
        slow.set()

        async def all_taken():
            return set(await outbox(house, "state")) == {"accepted"}

        await until_async(all_taken, "the slow one too")
        running.cancel()


# -- crashes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reached", [False, True], ids=["before the gateway was called", "after the gateway was called"]
)
async def test_a_text_whose_sender_died_goes_out_once(house, reached):
    await house.service.roster.enrol(house_resident(PHONE))
    await house.worker.step()
    _, (claimed,) = await house.sender._claim()
    if reached:
        await house.sender._submit(claimed)
    assert len(sent(house)) == int(reached)
    house.sender = another_sender(house)
    assert await house.sender.step() == 0, "the claim still runs"
    house.sender = another_sender(house, alone=True)
    await house.rest()
    assert len(sent(house)) == 1
    assert await outbox(house, "state", "possible_duplicate") == [("delivered", False)]


async def test_a_text_whose_sender_died_still_goes_before_the_next_one(small_house):
    house = small_house
    await consented(house, PHONE)
    await house.post(PHONE, "2 37.1")
    await house.worker.step()
    await house.sender._claim()
    house.clock.set(house.clock.now() + timedelta(seconds=1))
    await house.post(PHONE, "2 37.2")
    await house.worker.step()
    house.clock.set(house.clock.now() + timedelta(seconds=1))
    house.sender = another_sender(house, alone=True)
    await house.rest()
    assert ["37.1" in text for text in sent(house) if "37." in text] == [True, False]


async def test_a_claim_that_nobody_finished_runs_out(small_house):
    house = small_house
    await house.service.roster.enrol(house_resident(PHONE))
    await house.worker.step()
    await house.sender._claim()
    house.sender = another_sender(house)
    house.clock.set(house.clock.now() + timedelta(seconds=61))
    await house.rest()
    assert len(sent(house)) == 1


async def test_a_sender_that_froze_past_its_claim_records_nothing(house):
    await house.service.roster.enrol(house_resident(PHONE))
    await house.worker.step()
    frozen = house.sender
    _, (claimed,) = await frozen._claim()
    outcome = await frozen._submit(claimed)
    house.sender = another_sender(house)
    house.clock.set(house.clock.now() + timedelta(seconds=61))
    await house.rest()
    assert await outbox(house, "state", "attempts") == [("delivered", 2)]
    await frozen._record([outcome])
    assert await outbox(house, "state", "attempts") == [("delivered", 2)]
    assert len(sent(house)) == 1


async def test_several_senders_at_once_send_each_text_once(house):
    await enrol_all(house)
    await house.worker.step()
    await asyncio.gather(*(another_sender(house).step() for _ in range(4)))
    await house.rest()
    assert sorted(references(house).values()) == [1] * len(PHONES)


# -- receipts and hours ----------------------------------------------------------------------------------------------


async def test_a_receipt_that_comes_before_its_outcome_is_joined(house):
    await house.service.roster.enrol(house_resident(PHONE))
    await house.worker.step()
    _, (claimed,) = await house.sender._claim()
    outcome = await house.sender._submit(claimed)
    receipt = Receipt(outcome.settled.message_id, TextState.UNDELIVERED, "absent")
    await keep_receipts(house.service.database, ROAD, [receipt, receipt], house.clock, house.service.bells)
    assert await outbox(house, "state") == ["submitting"]
    await house.sender._record([outcome])
    assert await outbox(house, "state", "code") == [("undelivered", "absent")]
    await house.worker.step()
    assert (await house.state(PHONE)).calls == [("undelivered", False)]


async def test_a_text_that_failed_is_called_once_however_often_that_is_told(house):
    house.carrier.mode = "lossy"
    await enrol_all(house)
    await house.rest()
    (lost, *_) = [
        message for texts in house.carrier.messages.values() for message in texts if message["state"] == "undelivered"
    ]
    for _ in range(3):
        told = Receipt(lost["id"], TextState.UNDELIVERED, "undelivered")
        await keep_receipts(house.service.database, ROAD, [told, told], house.clock, house.service.bells)
        await house.rest()
    assert (await house.state(lost["to"])).calls == [("undelivered", False)]
    arrived = Receipt(lost["id"], TextState.DELIVERED)
    await keep_receipts(house.service.database, ROAD, [arrived], house.clock, house.service.bells)
    assert Counter(await outbox(house, "state")) == {"delivered": 10, "undelivered": 2}


async def test_only_what_the_program_sends_by_itself_waits_for_the_morning(small_house):
    house = small_house
    night = house.clock.now().replace(hour=13)  # 22:00 in Tokyo
    await consented(house, PHONE)
    await house.advance(night)
    before = len(sent(house))
    await house.enrol(resident(PHONES[1]))
    await house.send(PHONE, "2 37.5")
    assert len(sent(house)) == before + 1, "an answer does not wait"
    assert sent(house, PHONES[1]) == []
    await house.advance(night + timedelta(hours=9, minutes=59, seconds=59))
    assert sent(house, PHONES[1]) == []
    await house.advance(night + timedelta(hours=10))
    assert len(sent(house, PHONES[1])) == 1
