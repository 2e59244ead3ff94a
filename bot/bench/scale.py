"""What one reply costs with few and with many residents in the database, in one run."""

from __future__ import annotations

import contextlib
import itertools
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.bench.driver import phones
from bot.domain.clock import FixedClock
from bot.domain.states import CaseState, Consent, Control, Language
from bot.inbox.worker import Worker
from bot.service import Service, build, opened
from bot.settings import Settings
from bot.storage.inbox import Arrival, add_arrivals

if TYPE_CHECKING:
    from bot.bench.progress import Told
    from bot.storage.database import Database, Values

PROGRAM = "influenza"
_NOW = datetime(2026, 2, 2, 1, 0, tzinfo=UTC)
_TEXTING, _ROUNDS, _CHUNK = 100, 15, 5000
_serial = itertools.count()


async def measure_scale(few: int, many: int, told: Told) -> dict[str, Any]:
    """Milliseconds of processor time a reply with ``few`` and with ``many`` residents, and their ratio.

    Rounds on the two databases alternate, so that whatever else this machine does disturbs both alike.
    """
    clock = FixedClock(_NOW)
    async with contextlib.AsyncExitStack() as stack:
        houses = []
        for residents in (few, many):
            told(f"{residents} residents")
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mimamori-bench-"))
            settings = Settings(data_dir=Path(folder), default_program=PROGRAM)
            service = await stack.enter_async_context(opened(build(settings, clock)))
            await _fill(service, residents)
            houses.append(service)
        told("replies")
        rounds = [[await _cost(service, clock) for service in houses] for _ in range(_ROUNDS)]
    small, large = (min(costs) for costs in zip(*rounds, strict=True))
    return {
        "residents": [few, many],
        "ms_per_reply": [round(small * 1000, 3), round(large * 1000, 3)],
        "ratio": round(statistics.median(there / here for here, there in rounds), 3),
    }


async def _cost(service: Service, clock: FixedClock) -> float:
    """Seconds of processor time a reply: intake, reading, engine, texts and reports."""
    settings = service.settings
    worker = Worker(
        service.database,
        service.library,
        service.reader,
        settings.office,
        clock,
        service.bells,
        settings.default_program,
    )
    clock.set(clock.now() + timedelta(minutes=3))
    began = time.process_time()
    arrivals = [_reply(number) for number in phones(_TEXTING)]
    async with service.database.write() as tx:
        await add_arrivals(tx, settings.office.code, arrivals, settings.timezone, clock.now())
    while await worker.step():
        pass
    return (time.process_time() - began) / _TEXTING


def _reply(number: str) -> Arrival:
    return Arrival("reply", "sandbox", "bench", str(next(_serial)), number, {"text": "2 37.4 のどが痛い", "to": ""})


async def _fill(service: Service, residents: int) -> None:
    """Monitored residents, each with some days of reports."""
    version = service.library.current(PROGRAM).version
    for first in range(0, residents, _CHUNK):
        numbers = phones(min(_CHUNK, residents - first), first)
        await _insert(service.database, numbers, version)


async def _insert(database: Database, numbers: list[str], version: str) -> None:
    async with database.write() as tx:
        conversations = [_conversation(database.keyring.lookup(number).hex(), number, version) for number in numbers]
        statement = tx.t.conversations.insert().returning(tx.t.conversations.c.id, sort_by_parameter_order=True)
        ids = list((await tx.run(statement, conversations)).scalars())
        cases = tx.t.cases.insert().returning(tx.t.cases.c.id, sort_by_parameter_order=True)
        case_ids = list((await tx.run(cases, [_case(conversation_id) for conversation_id in ids])).scalars())
        pairs = zip(ids, case_ids, strict=True)
        reports = [_report(pair, day) for pair in pairs for day in range(1, 4)]
        await tx.run(tx.t.reports.insert(), reports)


def _conversation(digest: str, number: str, version: str) -> Values:
    return {
        "office": "main", "phone_hash": digest, "phone": number, "language": Language.JA, "timezone": "Asia/Tokyo",
        "control": Control.BOT, "epoch": 0, "consent": Consent.GIVEN, "opted_out": False, "quarantined": False,
        "program": PROGRAM, "script_version": version, "step": "resting",
        "memory": {"tries": {}, "back_to": None}, "created_at": _NOW, "updated_at": _NOW,
    }  # fmt: skip


def _case(conversation_id: int) -> Values:
    return {
        "conversation_id": conversation_id, "program": PROGRAM, "name": "負荷 太郎", "kana": "フカ タロウ",
        "birth_date": None, "day0": date(2026, 1, 31), "day0_assumed": False, "at_risk": False,
        "state": CaseState.MONITORING, "enrolled_at": _NOW,
    }  # fmt: skip


def _report(pair: tuple[int, int], day: int) -> Values:
    conversation_id, case_id = pair
    return {
        "conversation_id": conversation_id, "case_id": case_id, "local_date": date(2026, 1, 20 + day),
        "temperature": 37.2, "spo2": None, "present": ["cough"], "absent": [],
        "priority": "none", "inbox_id": 0, "at": _NOW,
    }  # fmt: skip
