"""What runs for every text costs the same however many texts there have been: no statement reads a whole table."""

import re
from datetime import date, timedelta

from sqlalchemy import event

from bot.corrections.labels import Labels
from bot.scripts.stage import Resident
from bot.storage.corrections import open_correction_count
from bot.storage.readings import latest_replies
from bot.storage.timeline import load_history

PHONE = "+819012345678"
LARGE = (
    "inbox", "outbox", "timers", "conversations", "cases", "reports", "consents", "escalations", "calls",
    "reading_marks", "corrections",
)  # fmt: skip


async def statements_of(house):
    """Every statement of some turns: a reply, an answer, a receipt, a check, a reminder and idle rounds."""
    seen = {}

    def note(_conn, _cursor, statement, parameters, _context, _many):
        seen.setdefault(statement, parameters[0] if isinstance(parameters, list) else parameters)

    engine = house.service.database._opened._engine
    event.listen(engine, "before_cursor_execute", note)
    await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", PHONE, "ja", date(2022, 9, 9)))
    await house.send(PHONE, "はい")
    await house.send(PHONE, "2 37.9")
    await house.send(PHONE, "息が苦しい")
    await house.staff("take-over", PHONE, "")
    await house.staff("hand-back", PHONE, "resting")
    await house.advance(house.clock.now() + timedelta(days=1, hours=8))
    for mover in (house.ticker, house.worker, house.sender):
        await mover.step()
    await look_and_mark(house)
    event.remove(engine, "before_cursor_execute", note)
    return seen


async def look_and_mark(house):
    """What a person's page of a conversation asks for, and a mark on it."""
    corrections, found = house.service.corrections, await house.conversation_id(PHONE)
    async with house.service.database.read() as tx:
        (reply, *_) = await latest_replies(tx, "main", 1)
        await open_correction_count(tx, "main")
        await load_history(tx, found)
    await corrections.marking.mark(found, reply.id, "nurse", Labels(("none",), ("other",)))
    await corrections.marking.unmark(found, reply.id, "nurse")


def whole_tables(plan):
    """Tables that a plan reads from end to end."""
    return [match[1] for match in re.finditer(r"SCAN (\w+)(?! USING)", plan) if match[1] in LARGE]


async def test_no_statement_of_a_turn_reads_a_whole_table(small_house):
    seen = await statements_of(small_house)
    assert len(seen) > 30
    engine = small_house.service.database._opened._engine
    guilty = {}
    with engine.connect() as connection:
        for statement, parameters in seen.items():
            if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plan = "\n".join(str(row[-1]) for row in rows)
                if whole_tables(plan):
                    guilty[statement] = plan
    assert guilty == {}


def test_a_plan_that_reads_a_whole_table_is_seen():
    assert whole_tables("SEARCH inbox USING INDEX x\nSCAN outbox") == ["outbox"]
    assert whole_tables("SCAN outbox USING COVERING INDEX ix_outbox_waiting") == []
