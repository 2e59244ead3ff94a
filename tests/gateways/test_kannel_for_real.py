"""A real Kannel (Debian's) and a real installation talk on loopback; the carrier is Kannel's own fakesmsc."""

import asyncio
import contextlib
import json
import random
import re
import socket
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from aiohttp import web
from sqlalchemy import select

from bot.residents.roster import NewResident
from bot.service import build, opened, running
from bot.settings import Settings
from bot.storage.conversations import find_conversation
from bot.storage.overview import count_left
from tests.support.child import CHECKOUT
from tests.support.house import _shared
from tests.support.kannel import SHIPPED, Kannel, heard, spoken
from tests.support.smsc import joined, running_smsc
from tests.support.wait import pause, until_async

pytestmark = pytest.mark.slow

START = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
PROGRAM = "covid19-2022-09-07"
CENTER, PHONE, NURSE = "+815012345678", "+819012345678", "nurse"
KEY, PASSWORD = "a-key-between-two-programs", "sendsms-password-1"
LONG = (
    "きのうの夜から熱が下がらず、せきもあります。食事は少しとれています。水分もとれています。" * 2
    + "家族は元気です😷。でも父の具合がよくありません。"
)
RESIDENTS, KILLS, SEED = 500, 6, 20220907
QUIET_SECONDS = 8
STUCK_SECONDS = 60
ANSWER_SECONDS = 15


class RunningClock:
    """Time that begins on a morning of the program and passes as usual, unless a test is in a hurry."""

    def __init__(self):
        self._began = time.monotonic()

    def now(self):
        return START + timedelta(seconds=time.monotonic() - self._began)

    def skip(self, seconds):
        self._began -= seconds


class Door:
    """Stands before our webhook as a proxy does: knows every request of Kannel's and how it was answered."""

    def __init__(self):
        self.answered = []
        self.failures = 0  # requests that are answered with 500 before they reach us
        self.late = ""  # receipts of this type are answered with 500 until another one has come
        self._types = set()

    @web.middleware
    async def middleware(self, request, handler):
        kind = request.query.get("type", "")
        if self.failures:
            self.failures -= 1
            answer = web.Response(status=500)
        elif self.late and kind == self.late and self._types <= {kind}:
            answer = web.Response(status=500)
        else:
            answer = await handler(request)
        self._types |= {kind} - {""}
        self.answered.append((kind, request.query.get("id", ""), answer.status))
        return answer

    def texts(self):
        """(Kannel's id, our answer) of each request that brought a text."""
        return [(id_, status) for kind, id_, status in self.answered if not kind]

    def taken(self):
        """Kannel's ids of texts that were answered with 200."""
        return {id_ for id_, status in self.texts() if status == 200}

    def receipts(self):
        """The types of receipts that were answered with 200, in their order."""
        return [kind for kind, _, status in self.answered if kind and status == 200]


class Center:
    """The installation, its Kannel, and the door between them."""

    def __init__(self, service, kannel, door):
        self.service, self.kannel, self.door = service, kannel, door

    async def enrol(self, phone):
        resident = NewResident("山田 太郎", "ヤマダ タロウ", phone, PROGRAM, day0=date(2022, 9, 9))
        await self.service.roster.enrol(resident)

    async def conversation(self, phone):
        async with self.service.database.read() as tx:
            return await find_conversation(tx, "main", phone)

    async def rows(self, table, *columns, **where):
        async with self.service.database.read() as tx:
            found = tx.t.metadata.tables[table]
            chosen = [found.c[name] for name in columns]
            query = select(*chosen).where(*(found.c[name] == value for name, value in where.items()))
            return await tx.all(query.order_by(found.c.id))

    async def replies(self):
        return [json.loads(row["payload"])["text"] for row in await self.rows("inbox", "payload", kind="reply")]

    async def states(self):
        return Counter(row["state"] for row in await self.rows("outbox", "state"))

    async def is_delivered(self):
        return set(await self.states()) == {"delivered"}

    async def is_idle(self):
        async with self.service.database.read() as tx:
            left = await count_left(tx, self.service.clock.now())
        return not any(left.values())

    async def heard_from(self):
        """How many texts each telephone's conversation holds."""
        async with self.service.database.read() as tx:
            inbox, conversations = tx.t.inbox, tx.t.conversations
            query = select(conversations.c.phone).join(inbox, inbox.c.conversation_id == conversations.c.id)
            return Counter(row["phone"] for row in await tx.all(query.where(inbox.c.kind == "reply")))

    async def sent_texts(self):
        """The outbox: telephone, text as sent, state, attempts."""
        async with self.service.database.read() as tx:
            outbox, conversations = tx.t.outbox, tx.t.conversations
            columns = [conversations.c.phone, *(outbox.c[name] for name in ("text", "written", "state", "attempts"))]
            return await tx.all(select(*columns).join(outbox, outbox.c.conversation_id == conversations.c.id))

    async def until(self, condition, what, seconds=30):
        try:
            await until_async(condition, what, seconds=seconds)
        except AssertionError as error:
            async with self.service.database.read() as tx:
                left = await count_left(tx, self.service.clock.now())
            said = f"{self.door.answered[-20:]}\n{left} {Counter(await self.states())}\n{self.kannel.status()}"
            error.add_note(said)
            raise


@contextlib.asynccontextmanager
async def open_center(folder, reaper, *, database_url="", residents=(), **of_kannel):
    """An installation with the settings that we ship, and its Kannel; ``residents`` are enrolled before it runs."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    inbound = f"{url}/webhook/kannel/kannel?key={KEY}&id=%I&at=%T"
    library, reader = _shared()
    async with contextlib.AsyncExitStack() as stack:
        kannel = Kannel(reaper, inbound_url=inbound, password=PASSWORD, **of_kannel)
        stack.callback(kannel.close)
        (folder / "gateways").mkdir()
        (folder / "gateways" / "kannel.toml").write_text(shipped_settings(url, kannel), encoding="utf-8")
        settings = Settings(
            data_dir=folder, database_url=database_url, gateways=folder / "gateways", default_program=PROGRAM
        )
        made = build(settings, RunningClock(), library=library, reader=reader)
        door = Door()
        made.app.middlewares.insert(0, door.middleware)
        service = await stack.enter_async_context(opened(made))
        runner = web.AppRunner(service.app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, sock).start()
        await asyncio.to_thread(kannel.start)
        center = Center(service, kannel, door)
        for phone in residents:
            await center.enrol(phone)
        await stack.enter_async_context(running(service))
        stack.callback(kannel.close)  # first of all, or it would go on calling
        yield center


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("KANNEL_PASSWORD", PASSWORD)
    monkeypatch.setenv("KANNEL_KEY", KEY)


@pytest.fixture
async def center(tmp_path, reaper):
    """With fakesmsc as its carrier."""
    async with open_center(tmp_path, reaper) as center:
        yield center


@pytest.fixture
async def smsc():
    async with running_smsc() as smsc:
        yield smsc


@pytest.fixture
async def center_with_smsc(tmp_path, reaper, smsc):
    """With an SMPP link, as a carrier has it."""
    async with open_center(tmp_path, reaper, smsc_port=smsc.port) as center:
        yield center


def shipped_settings(url, kannel):
    """The example of the settings as it stands, but for addresses, and faster."""
    text = (CHECKOUT / "config" / "gateways" / "kannel.toml").read_text(encoding="utf-8")
    changes = {
        "public_url": f'"{url}"',
        "sendsms_url": f'"{kannel.sendsms_url}"',
        "status_url": f'"{kannel.status_url}"',
        "rate": "1000.0",
        "burst": "1000",
    }
    for name, value in changes.items():
        text, times = re.subn(rf"^{name} = \S+", f"{name} = {value}", text, flags=re.MULTILINE)
        assert times == 1
    return text


async def test_a_conversation_in_japanese_goes_both_ways(center):
    assert "online" in (await center.service.gateway.check())[0], "no carrier is linked yet"
    await center.enrol(PHONE)
    phone = center.kannel.fakesmsc(spoken(PHONE, CENTER, "はい"))
    assert await center.service.gateway.check() == []
    await center.until(lambda: len(heard(phone)) >= 2, "first touch and welcome arrive")
    await asyncio.to_thread(phone.kill)
    phone = center.kannel.fakesmsc(spoken(PHONE, CENTER, "2 37.4 のどがいたいです😷"))
    await center.until(lambda: "37.4" in shown(heard(phone)), "the answer arrives")
    assert {(text.sender, text.receiver) for text in heard(phone)} == {(CENTER, PHONE)}
    assert await center.replies() == ["はい", "2 37.4 のどがいたいです😷"]
    await center.until(center.is_delivered, "all are delivered by Kannel's receipts")


def shown(texts):
    """All that a telephone shows, parts in their order."""
    return "".join(text.text for text in texts)


async def test_by_get_url_texts_arrive_as_they_were_written_too(tmp_path, reaper):
    escapes = "&from=%p&to=%P&coding=%c&charset=%C&udh=%u&text=%b"
    async with open_center(tmp_path, reaper, get_url=escapes) as center:
        await center.enrol(PHONE)
        words = ["はい", "2 37.4　1+1は2&100%😷"]
        for number, text in enumerate(words, start=1):
            phone = center.kannel.fakesmsc(spoken(PHONE, CENTER, text))
            await center.until(lambda number=number: len(center.door.taken()) == number, "it is there")
            await asyncio.to_thread(phone.kill)
        assert await center.replies() == words


async def test_a_long_text_goes_out_in_parts_that_make_one(center):
    await center.enrol(PHONE)
    phone = center.kannel.fakesmsc(spoken(PHONE, CENTER, "はい"))
    await center.until(center.is_delivered, "the first texts are delivered")
    before = len(heard(phone))
    conversation = await center.conversation(PHONE)
    await center.service.desk.take_over(conversation, NURSE)
    words = LONG[:114]
    await center.service.desk.reply(conversation, NURSE, words)
    await center.until(lambda: len(heard(phone)) >= before + 2, "the text arrives")
    first, second = heard(phone)[before:]
    assert [text.udh[-2:] for text in (first, second)] == [b"\x02\x01", b"\x02\x02"]
    assert first.udh[3] == second.udh[3]
    assert shown([first, second]) == words
    await center.until(center.is_delivered, "it is delivered")


async def test_a_text_that_was_answered_with_500_is_brought_again_and_kept_once(center):
    await center.enrol(PHONE)
    center.door.failures = 1
    center.kannel.fakesmsc(spoken(PHONE, CENTER, "はい"))
    await center.until(center.door.taken, "it is taken at the second try")
    first, second = center.door.texts()
    assert (first[1], second[1]) == (500, 200)
    assert first[0] == second[0], "a retry carries the same id"
    assert await center.replies() == ["はい"]


async def test_while_the_database_is_away_kannel_keeps_the_text_for_us(private_postgres, tmp_path, reaper):
    with private_postgres.database() as url:
        async with open_center(tmp_path, reaper, database_url=url) as center:
            await center.enrol(PHONE)
            await asyncio.to_thread(private_postgres.stop)
            center.kannel.fakesmsc(spoken(PHONE, CENTER, "はい"))
            await center.until(center.door.texts, "it came")
            await asyncio.to_thread(private_postgres.start)
            await center.until(center.door.taken, "it is taken when the database is back")
            assert {status for _, status in center.door.texts()} == {503, 200}
            assert len({id_ for id_, _ in center.door.texts()}) == 1
            assert await center.replies() == ["はい"]


@pytest.mark.parametrize("combine", ["true", "false"], ids=["joined by Kannel", "joined by us"])
async def test_a_long_text_from_a_telephone_is_one_text(tmp_path, reaper, smsc, combine):
    changed = {"sms-combine-concatenated-mo": combine}
    async with open_center(tmp_path, reaper, smsc_port=smsc.port, core=changed) as center:
        await center.enrol(PHONE)
        smsc.text(PHONE[1:], CENTER[1:], "はい")
        smsc.text(PHONE[1:], CENTER[1:], LONG[:114])

        async def both():
            return len(await center.replies()) == 2

        await center.until(both, "both are there")
        assert await center.replies() == ["はい", LONG[:114]]
        calls = 2 if combine == "true" else 3
        await center.until(lambda: len(center.door.taken()) == calls, f"Kannel made {calls} calls")
        await center.until(lambda: not smsc.waiting, "the carrier's own receipts are taken too")


async def test_receipts_out_of_order_lead_to_what_became_of_the_text(center_with_smsc, smsc):
    center, gone = center_with_smsc, "+819087654321"
    smsc.behaviour.receipts = "held"
    center.door.late = "8"  # "the carrier has it" comes after "the telephone has it"
    for phone in (PHONE, gone):
        await center.enrol(phone)
    await center.until(lambda: len(joined(smsc.taken)) == 2, "the carrier has both texts, all parts of them")
    for item in smsc.held:
        smsc.deliver(smsc.receipt(item, "UNDELIV" if item["dest"][2] == gone[1:] else "DELIVRD", "001"))
    await center.until(lambda: len(center.door.receipts()) == 4, "all receipts are there")
    assert center.door.receipts()[0] in {"1", "2"}
    assert await state_of(center, PHONE) == ("delivered", "1 DELIVRD 001")
    assert await state_of(center, gone) == ("undelivered", "2 UNDELIV 001")


def test_the_page_for_operators_shows_the_configuration_that_runs_here():
    page = (CHECKOUT / "docs" / "gateways.md").read_text(encoding="utf-8")
    assert SHIPPED.read_text(encoding="utf-8") in re.findall(r"^```conf\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


async def state_of(center, phone):
    (row,) = await center.rows("outbox", "state", "code", conversation_id=await center.conversation(phone))
    return row["state"], row["code"]


PHONES = [f"+8190{number:08}" for number in range(10_000_000, 10_000_000 + RESIDENTS)]


@pytest.mark.slow(seconds=100)
@pytest.mark.timeout(700)
async def test_killed_under_five_hundred_texts_nothing_is_lost_or_doubled_without_a_reason(tmp_path, reaper, smsc):
    """The carrier's log is the judge: what telephones sent and got, against our inbox and outbox."""
    smsc.behaviour.again_after = ANSWER_SECONDS  # bearerbox owes the answers that a killed smsbox was to make
    async with open_center(tmp_path, reaper, residents=PHONES, smsc_port=smsc.port) as center:
        unread, kept = await kill_while_they_text(center, smsc, random.Random(SEED))
        await come_to_rest(center, smsc)
        judge_inbox(await center.heard_from(), center.door.taken(), unread)
        judge_outbox(await center.sent_texts(), joined(smsc.taken), kept)


async def kill_while_they_text(center, smsc, chance):
    """At the kills: who had texted without the carrier's getting an acknowledgement, and what Kannel had on disk."""
    unread, kept = set(), 0
    for number in range(KILLS):
        for phone in PHONES[number::KILLS]:
            smsc.text(phone[1:], CENTER[1:], "はい")
        await pause(chance.uniform(0.05, 0.4))
        victim = ("smsbox", "bearerbox")[number % 2]
        await asyncio.to_thread(center.kannel.kill, victim)
        unread |= {sender_of(body) for body in smsc.waiting.values()}
        if victim == "bearerbox":
            kept += len(center.kannel.stored())
        await asyncio.to_thread(center.kannel.start)
    return unread, kept


async def come_to_rest(center, smsc):
    """Nothing is under way any more; a text stays accepted where its receipt died with a killed smsbox."""
    seen, since = None, time.monotonic()

    async def is_over():
        nonlocal seen, since
        left = len(smsc.waiting), len(center.kannel.stored())
        now = len(center.door.answered), len(smsc.taken), *left
        if now != seen:
            seen, since = now, time.monotonic()
        states = set(await center.states())
        if not states <= {"delivered", "unknown", "accepted"}:
            center.service.clock.skip(5)  # what was refused meanwhile is tried again later
            return False
        quiet = time.monotonic() - since
        if any(left):  # bearerbox never reads half a file that a killed one was writing; the judges find what is lost
            return quiet > STUCK_SECONDS and await center.is_idle()
        return await center.is_idle() and ("accepted" not in states or quiet > QUIET_SECONDS)

    await center.until(is_over, "everything has come to rest", seconds=400)


def sender_of(deliver):
    """The telephone in a deliver_sm; its text stands after service type, and type and plan of the number."""
    return "+" + deliver[3 : deliver.index(b"\0", 3)].decode()


def judge_inbox(heard_from, taken, unread):
    """``unread``: what the carrier had no acknowledgement for when a box was killed, and delivers again."""
    assert sum(heard_from.values()) == len(taken), "what we said 200 to is in the inbox, once"
    assert heard_from.keys() <= set(PHONES)
    missing = set(PHONES) - heard_from.keys()
    assert len(missing) <= KILLS // 2, f"at most what a killed smsbox had in its hands: {missing}"
    doubled = {phone for phone, times in heard_from.items() if times > 1}
    assert doubled <= unread, "a text that came twice was delivered twice by the carrier, with another id of Kannel's"


def judge_outbox(rows, shown, kept):
    """``kept``: what bearerbox had on disk when it was killed, and hands to the carrier again."""
    got = Counter((f"+{number}", words) for number, words in shown)
    sent = {(row["phone"], row["written"] or row["text"]): row for row in rows}
    assert got.keys() <= sent.keys(), "the carrier got nothing that we did not send"
    lost = [row["state"] for text, row in sent.items() if not got[text]]
    assert set(lost) <= {"unknown"}, "what Kannel accepted, the carrier got"
    again_by_us = [text for text, row in sent.items() if got[text] > 1 and row["attempts"] > 1]
    again_by_kannel = [text for text, row in sent.items() if got[text] > 1 and row["attempts"] == 1]
    assert len(again_by_kannel) <= kept, (len(again_by_us), len(again_by_kannel), kept)
    assert len(lost) + len(again_by_us) <= KILLS * 10, "as many as were under way when a box was killed"


async def test_of_a_long_text_kannel_asks_for_the_receipt_of_its_first_part_alone(center_with_smsc, smsc):
    """So one receipt is all that comes, and the page of the gateways says what it is worth."""
    await center_with_smsc.enrol(PHONE)
    await center_with_smsc.until(lambda: len(smsc.taken) >= 3, "the first touch, in three parts")
    asked = [bool(part["registered"]) for part in smsc.taken]
    assert (asked[0], any(asked[1:])) == (True, False)
