"""``mimamori gateway send-test``: only to numbers that may be texted, after a confirmation, and followed to its end."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import date

import pytest
from aiohttp import web

from bot.domain.clock import SystemClock
from bot.domain.errors import Refused
from bot.domain.gateway import Parsed
from bot.domain.messages import Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.sandbox import SandboxGateway
from bot.inbox.intake import Intake
from bot.residents.roster import NewResident, Roster
from bot.roads.sending import Sending, offer
from bot.settings import Settings
from bot.storage.bells import Bells
from bot.web.webhook.reception import Reception
from tests.gateways.kit import provider, says

PHONE = "+819012345678"
DIGITS = "12345678"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data", staff_phones="+819000000009")


def made(settings, url="http://127.0.0.1:1", **given):
    gateway = SandboxGateway.at(url)
    gateway.mine = gateway.mine.model_copy(update=given)
    return gateway, Sending(settings, gateway)


async def enrol(sending, settings):
    roster = Roster(sending._database, settings.office, SystemClock(), Bells())
    resident = NewResident("山田 太郎", "ヤマダ タロウ", PHONE, "influenza", day0=date(2026, 11, 20))
    await roster.enrol(resident)


async def test_a_number_on_no_roster_needs_the_word_that_it_is_of_staff(settings):
    _, sending = made(settings)
    async with sending.opened():
        with pytest.raises(Refused, match="--staff"):
            await sending.check_number(PHONE, staff=False)
        await sending.check_number(PHONE, staff=True)
        await sending.check_number("+819000000009", staff=False)


async def test_a_number_on_the_roster_may_be_texted_until_it_sends_stop(settings):
    _, sending = made(settings)
    async with sending.opened():
        await enrol(sending, settings)
        await sending.check_number(PHONE, staff=False)
        async with sending._database.write() as tx:
            await tx.run(tx.t.conversations.update().values(opted_out=True))
        for staff in (False, True):
            with pytest.raises(Refused, match="STOP"):
                await sending.check_number(PHONE, staff=staff)


async def test_each_step_is_told_until_the_carrier_says_that_it_arrived(settings):
    said = []
    gateway, sending = made(settings)
    reception = Reception(
        Intake(sending._database, settings.office, SystemClock(), Bells()), sending._database, SystemClock(), Bells()
    )

    async def take(request):
        """The provider takes the text, and tells what became of it as it likes."""
        reference = json.loads(await request.read())["reference"]
        told = [
            Receipt("c1", TextState.ACCEPTED, "on-its-way"),
            Receipt("", TextState.DELIVERED, "ok", reference=reference, price="3.30 JPY", carrier="KDDI"),
        ]
        for receipt in told:
            await reception.take(gateway, Parsed(receipts=(receipt,)))
        return web.json_response({"id": "c1"})

    async with provider(take) as (url, _):
        gateway.mine = gateway.mine.model_copy(update={"url": url})
        async with sending.opened():
            assert await sending.send(PHONE, "テスト", 10, said.append)
    assert isinstance(said[0], Submitted)
    assert [(item.state, item.code) for item in said[1:]] == [("accepted", "on-its-way"), ("delivered", "ok")]
    assert said[2].carrier == "KDDI"


@pytest.mark.parametrize(
    "answer, receipts, arrived",
    [
        (says(200, b'{"id": "c1"}'), False, True),
        (says(200, b'{"id": "c1"}'), True, False),
        (says(503), True, False),
        (says(400), True, False),
    ],
)
async def test_without_a_receipt_it_arrived_only_where_the_road_gives_none(settings, answer, receipts, arrived):
    async with provider(answer) as (url, there):
        gateway, sending = made(settings, url)
        gateway.abilities = replace(gateway.abilities, receipts=receipts)
        async with sending.opened():
            assert await sending.send(PHONE, "テスト", 0, lambda _: None) is arrived
            async with sending._database.read() as tx:
                (row,) = await tx.all(tx.t.audit.select())
    assert row["action"] == "gateway_tested"
    assert len(there.seen) == 1


def test_that_no_receipt_came_is_said_and_is_no_success(put, gateway):
    async def run():
        async with provider(says(200, b'{"id": "c1"}')) as (url, _):
            put("main", kind="sandbox", sender="+815055550100", url=url)
            return await asyncio.to_thread(gateway, "send-test", "main", PHONE, "--staff", "--yes", "--wait", "0")

    code, told = asyncio.run(run())
    assert code == 1
    assert "結果が来ませんでした" in told
    assert "No receipt tells" in told


def test_what_the_road_cannot_carry_is_refused_before_anything_is_asked():
    gateway = SandboxGateway.at("http://127.0.0.1:1")
    gateway.mine = gateway.mine.model_copy(update={"charset": "shift_jis", "longest": 40, "price": 3})
    assert offer(gateway, "あ" * 40).cost == 3
    assert offer(gateway, "㈱～").changes
    for text in ("한글", "あ" * 41):
        with pytest.raises(Refused):
            offer(gateway, text)


def test_the_number_is_asked_for_twice_and_another_one_sends_nothing(put, gateway, tmp_path):
    put("main", kind="sandbox", sender="+815055550100", url="http://127.0.0.1:1", price=3)
    code, told = gateway("send-test", "main", "--staff", input="090-1234-5678\n090-1234-5679\n")
    assert code == 1
    assert "何も送っていません" in told
    assert re.search(r"料金 cost: [36] JPY", told)


def test_the_number_is_said_nowhere(put, gateway, tmp_path):
    put("main", kind="sandbox", sender="+815055550100", url="http://127.0.0.1:1")
    code, told = gateway("send-test", "main", "090-1234-5678", "--staff", "--yes", "--wait", "0")
    assert code == 1
    assert "no_connection" in told
    assert "テストは送り直しません" in told
    assert "to be tried again" not in told
    assert DIGITS not in told.replace("-", "").replace(" ", "")


def test_a_road_that_only_receives_says_so():
    gateway = SandboxGateway.at("http://127.0.0.1:1")
    gateway.abilities = type(gateway.abilities)(sends=False)
    with pytest.raises(Refused, match="送れません"):
        offer(gateway, "テスト")
