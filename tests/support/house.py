"""The real house for tests: real database, webhook and carrier over HTTP; the movers take their steps when told."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy import select

from bot.domain.clock import FixedClock
from bot.domain.reading import Priority
from bot.inbox.worker import Worker
from bot.outbox.sender import Sender
from bot.reading.reader import Reader
from bot.residents.roster import NewResident
from bot.scripts.library import ScriptLibrary
from bot.scripts.stage import DayReport, OpenTask, Resident, Sent, State
from bot.service import Service, build, limits_of, opened
from bot.settings import Settings, shipped
from bot.storage import inbox, outbox, overview, timers
from bot.storage.conversations import find_conversation, load_conversations
from bot.timers.ticker import Ticker
from bot.web.demo.carrier import Carrier, _handed_over

NURSE = "nurse"
START = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)


@dataclass
class House:
    """One installation that stands still until a test moves it; also a stage for dialogues."""

    service: Service
    clock: FixedClock
    carrier: Carrier
    worker: Worker
    sender: Sender
    ticker: Ticker
    http: aiohttp.ClientSession
    url: str
    program: str
    _seen: dict[str, int] = field(default_factory=dict)
    _ids: Any = field(default_factory=itertools.count)

    # -- moving ------------------------------------------------------------------------------------------------------
    async def rest(self) -> None:
        """Until nothing is left to do at this moment."""
        while True:
            done = await self.ticker.step() + await self.worker.step() + await self.sender.step()
            if self.carrier.pending:
                receipts = list(self.carrier._receipts)
                assert await _handed_over(self.http, f"{self.url}/webhook/sandbox/demo/receipts", receipts)
                del self.carrier._receipts[: len(receipts)]
            elif not done and not await self._left():
                return

    async def _left(self) -> int:
        async with self.service.database.read() as tx:
            now = self.clock.now()
            return await timers.count_due(tx, now) + await inbox.count_new(tx) + await outbox.count_due(tx, now)

    async def advance(self, moment: datetime) -> None:
        """Pass time; what falls due on the way happens in order, each at its own time."""
        await self.rest()
        while (due := await self._next_due()) is not None and due <= moment:
            self.clock.set(max(due, self.clock.now()))
            await self.rest()
        self.clock.set(max(moment, self.clock.now()))
        await self.rest()

    async def _next_due(self) -> datetime | None:
        async with self.service.database.read() as tx:
            moments = [await timers.next_due(tx), await outbox.next_due(tx)]
        return min((moment for moment in moments if moment), default=None)

    # -- the stage ---------------------------------------------------------------------------------------------------
    async def enrol(self, resident: Resident) -> int:
        case_id = await self.service.roster.enrol(
            NewResident(
                resident.name,
                resident.kana,
                resident.phone,
                resident.program or self.program,
                birth_date=resident.birth_date,
                language=resident.language,
                day0=resident.day0,
                at_risk=resident.at_risk,
            )
        )
        await self.rest()
        return case_id

    async def post(self, phone: str, text: str, message_id: str | None = None) -> int:
        """A text at the webhook's door; the status of the answer."""
        data = {"id": message_id or f"m{next(self._ids)}", "from": phone, "to": "+815055500100", "text": text}
        async with self.http.post(f"{self.url}/webhook/sandbox/demo", json=data) as answer:
            return answer.status

    async def send(self, phone: str, text: str) -> None:
        assert await self.post(phone, text) == 200
        await self.rest()

    async def staff(self, action: str, phone: str, argument: str) -> None:
        conversation_id = await self.conversation_id(phone)
        desk = self.service.desk
        if action == "confirm-release":
            acts = [desk.confirm_release(conversation_id, NURSE, case) for case in await self._pending(conversation_id)]
        else:
            acts = [
                {
                    "take-over": lambda: desk.take_over(conversation_id, NURSE),
                    "reply": lambda: desk.reply(conversation_id, NURSE, argument),
                    "hand-back": lambda: desk.hand_back(conversation_id, NURSE, argument),
                    "close": lambda: desk.close(conversation_id, NURSE, argument),
                }[action]()
            ]
        for act in acts:
            task = asyncio.ensure_future(act)
            while not task.done():
                await self.worker.step()
                await asyncio.sleep(0)
            await task
        await self.rest()

    async def _pending(self, conversation_id: int) -> list[int]:
        async with self.service.database.read() as tx:
            session = (await load_conversations(tx, [conversation_id]))[conversation_id].session
        return [member.case_id for member in session.members if member.state == "release_pending"]

    async def texts(self) -> Sequence[Sent]:
        """What the carrier took since the last call, in its order."""
        fresh = []
        for phone, messages in self.carrier.messages.items():
            seen = self._seen.get(phone, 0)
            self._seen[phone] = len(messages)
            fresh += [
                (int(m["id"][1:]), Sent(phone, m["text"], datetime.fromisoformat(m["at"]))) for m in messages[seen:]
            ]
        return [sent for _, sent in sorted(fresh, key=lambda pair: pair[0])]

    async def conversation_id(self, phone: str) -> int:
        async with self.service.database.read() as tx:
            found = await find_conversation(tx, "main", phone)
        assert found is not None
        return found

    async def state(self, phone: str) -> State:
        async with self.service.database.read() as tx:
            found = await find_conversation(tx, "main", phone)
            if found is None:
                return State()
            session = (await load_conversations(tx, [found]))[found].session
            reports = await overview.reports_of(tx, found)
            escalations = await overview.escalations_of(tx, "main", found)
            calls = await tx.all(
                select(tx.t.calls).where(tx.t.calls.c.conversation_id == found, tx.t.calls.c.state == "open")
            )
        names = {member.case_id: member.first_name for member in session.members}
        return State(
            session.control,
            session.step,
            session.consent,
            [(member.first_name, member.state) for member in session.members],
            [
                OpenTask(Priority(row["priority"]), row["reason"], row["evidence"])
                for row in escalations
                if row["state"] != "closed"
            ],
            [(row["reason"], row["high"]) for row in calls],
            [
                DayReport(
                    names.get(row["case_id"], ""),
                    row["local_date"],
                    Priority(row["priority"]),
                    row["temperature"],
                    row["spo2"],
                )
                for row in reports
            ],
        )


@functools.cache
def _shared() -> tuple[ScriptLibrary, Reader]:
    """The shipped scripts and rules, loaded once for all tests of a process."""
    library = ScriptLibrary(shipped("conversations"))
    library.reload()
    return library, Reader.load(shipped("conversations") / "reading")


@contextlib.asynccontextmanager
async def open_house(
    database_url: str, folder: Path, program: str = "covid19-2022-09-07", start: datetime = START, **settings: Any
) -> AsyncIterator[House]:
    """A house on that database, its carrier's log in ``folder``."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    library, reader = (None, None) if "conversations" in settings else _shared()
    clock = FixedClock(start)
    made = Settings(
        data_dir=folder,
        database_url=database_url,
        carrier_url=f"{url}/demo/carrier",
        default_program=program,
        **settings,
    )
    async with contextlib.AsyncExitStack() as stack:
        service = await stack.enter_async_context(opened(build(made, clock, library=library, reader=reader)))
        carrier = Carrier(folder / "carrier.log", service.database.keyring, clock)
        stack.callback(carrier.close)
        carrier.setup(service.app)
        runner = web.AppRunner(service.app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, sock).start()
        http = await stack.enter_async_context(aiohttp.ClientSession())
        worker = Worker(
            service.database, service.library, service.reader, made.office, clock, service.bells, made.default_program
        )
        sender = Sender(service.database, service.router, clock, service.bells, limits_of(made))
        ticker = Ticker(service.database, clock, service.bells)
        yield House(service, clock, carrier, worker, sender, ticker, http, url, program)
