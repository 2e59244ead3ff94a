"""The desk: what staff do takes effect before they are told so, or they are told why not."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import select

from bot.domain.errors import InvalidInput, NotFound, Refused
from bot.scripts.stage import Resident
from bot.storage.calls import call_list

PHONE = "+819012345678"


async def consented(house):
    await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", PHONE, "ja", date(2022, 9, 9)))
    await house.send(PHONE, "はい")
    return await house.conversation_id(PHONE)


async def done(house, *actions):
    """The actions side by side, while the worker works."""
    tasks = [asyncio.ensure_future(action) for action in actions]
    while not all(task.done() for task in tasks):
        await house.worker.step()
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def rows(house, table, *columns):
    async with house.service.database.read() as tx:
        found = tx.t.metadata.tables[table]
        return [
            tuple(row.values()) for row in await tx.all(select(*(found.c[name] for name in columns)).order_by("id"))
        ]


async def test_a_takeover_has_taken_effect_when_the_nurse_hears_of_it(house):
    about = await consented(house)
    assert await done(house, house.service.desk.take_over(about, "nurse")) == [None]
    assert (await house.state(PHONE)).control == "human"
    assert await rows(house, "audit", "staff", "action", "conversation_id") == [("nurse", "taken_over", about)]


async def test_two_nurses_at_once_take_over_one_after_the_other(house):
    about = await consented(house)
    desk = house.service.desk
    assert await done(house, desk.take_over(about, "nurse"), desk.take_over(about, "doctor")) == [None, None]
    async with house.service.database.read() as tx:
        owner = await tx.value(select(tx.t.conversations.c.owner))
    other = {"nurse": "doctor", "doctor": "nurse"}[owner]
    (refusal,) = await done(house, desk.reply(about, other, "お電話します"))
    assert isinstance(refusal, Refused)
    assert (refusal.field, refusal.ja) == ("phone", "先に「引き継ぐ」を押してください。")


@pytest.mark.parametrize(
    "action, field",
    [
        (lambda desk, about: desk.reply(about, "nurse", "お電話します"), "phone"),  # nobody has taken over
        (lambda desk, about: desk.hand_back(about, "nurse", "resting"), "phone"),
        (lambda desk, about: desk.confirm_release(about, "nurse", 1), "phone"),
        (lambda desk, about: desk.confirm_number(about, "nurse"), "phone"),
    ],
    ids=["reply", "hand back", "confirm release", "confirm number"],
)
async def test_what_the_present_state_does_not_allow_is_refused_and_changes_nothing(small_house, action, field):
    about = await consented(small_house)
    before, texts = await small_house.state(PHONE), len(small_house.carrier.messages[PHONE])
    (refusal,) = await done(small_house, action(small_house.service.desk, about))
    await small_house.rest()
    assert isinstance(refusal, Refused)
    assert refusal.field == field
    assert await small_house.state(PHONE) == before
    assert len(small_house.carrier.messages[PHONE]) == texts


@pytest.mark.parametrize(
    "action, field",
    [
        (lambda desk, about: desk.reply(about, "nurse", " \n"), "text"),
        (lambda desk, about: desk.reply(about, "nurse", "あ" * 661), "text"),
        (lambda desk, about: desk.reply(about, "nurse", "お電話\x00します"), "text"),
        (lambda desk, about: desk.reply(about, "nurse", "\ud83d"), "text"),
        (lambda desk, about: desk.close(about, "nurse", ""), "outcome"),
        (lambda desk, about: desk.close(about, "nurse", "x" * 61), "outcome"),
        (lambda desk, about: desk.close(about, "nurse", "回復\x00"), "outcome"),
        (lambda desk, about: desk.close(about, "nurse", "\ud800"), "outcome"),
        (lambda desk, _about: desk.call_made(1, "nurse", "shouted", "", finished=True), "outcome"),
    ],
)
async def test_what_can_never_be_right_is_not_even_tried(small_house, action, field):
    about = await consented(small_house)
    with pytest.raises(InvalidInput) as refusal:
        await asyncio.wait_for(action(small_house.service.desk, about), 2)
    assert refusal.value.field == field
    assert await small_house.worker.step() == 0


async def test_a_text_of_660_characters_is_sent_as_it_is(small_house):
    about, desk = await consented(small_house), small_house.service.desk
    await done(small_house, desk.take_over(about, "nurse"))
    assert await done(small_house, desk.reply(about, "nurse", "あ" * 660)) == [None]
    await small_house.rest()
    assert small_house.carrier.messages[PHONE][-1]["text"] == "あ" * 660


async def test_a_call_is_written_down_and_leaves_the_list_when_it_is_finished(house):
    await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", PHONE, "ja", date(2022, 9, 9)))
    await house.send(PHONE, "いいえ")
    desk = house.service.desk
    async with house.service.database.read() as tx:
        (call,) = await call_list(tx, "main", only_open=True)
    assert (call["reason"], call["state"], call["name"]) == ("no_consent", "open", "山田 太郎")
    await desk.call_made(call["id"], "nurse", "no_answer", "留守番電話", finished=False)
    async with house.service.database.read() as tx:
        assert len(await call_list(tx, "main", only_open=True)) == 1
    await desk.call_made(call["id"], "doctor", "reached", "元気です", finished=True)
    await desk.call_made(call["id"], "doctor", "reached", "もう一度", finished=True)
    await house.rest()
    async with house.service.database.read() as tx:
        assert await call_list(tx, "main", only_open=True) == []
    assert await rows(house, "call_attempts", "staff", "outcome", "note") == [
        ("nurse", "no_answer", "留守番電話"), ("doctor", "reached", "元気です"), ("doctor", "reached", "もう一度"),
    ]  # fmt: skip
    assert await rows(house, "calls", "state", "outcome") == [("done", "reached")]


async def test_a_call_that_is_not_there_is_told(small_house):
    with pytest.raises(NotFound):
        await small_house.service.desk.call_made(4711, "nurse", "reached", "", finished=True)


async def test_the_call_list_begins_with_those_at_risk_and_then_goes_by_time(house):
    phones = ["+819012345671", "+819012345672", "+819012345673"]
    for phone, at_risk in zip(phones, [False, True, False], strict=True):
        await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", phone, "ja", date(2022, 9, 9), at_risk=at_risk))
        await house.send(phone, "いいえ")
    async with house.service.database.read() as tx:
        calls = await call_list(tx, "main")
        assert [call["phone"] for call in calls] == [phones[1], phones[0], phones[2]]
        assert await call_list(tx, "another office") == []
