"""What a batch of turns changes, gathered in memory and written with one statement a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import String, and_, bindparam, or_, select, text, update

from bot.domain.reading import Priority, worst
from bot.domain.states import EscalationState, TextKind, TextState
from bot.storage.outbox import VOID, ended
from bot.storage.text_events import add_queued_events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from bot.domain.reading import Reading
    from bot.engine.effects import CallAdded, CallsAnswered, Escalated, EscalationsClosed, TextsCancelled, TimerSet
    from bot.storage.conversations import Conversation
    from bot.storage.database import Tx, Values


@dataclass
class Changes:
    """Known rows of the batch's conversations, and what is to be written."""

    now: datetime
    reports: dict[tuple[int, date], Values] = field(default_factory=dict)
    escalations: dict[int, list[Values]] = field(default_factory=dict)
    calls: dict[int, list[Values]] = field(default_factory=dict)
    texts: list[Values] = field(default_factory=list)
    again: list[Values] = field(default_factory=list)
    consents: list[Values] = field(default_factory=list)
    timers: dict[tuple[int, str, date], Values] = field(default_factory=dict)
    timers_cancelled: list[Values] = field(default_factory=list)
    texts_cancelled: list[Values] = field(default_factory=list)

    def report(
        self, conversation_id: int, case_id: int, day: date, reading: Reading, priority: Priority, cause: int
    ) -> None:
        """The day's report: the latest values, the worst priority, all that was told."""
        old = self.reports.get((case_id, day), {})
        present = dict.fromkeys([*old.get("present", []), *reading.present])
        absent = [code for code in dict.fromkeys([*old.get("absent", []), *reading.absent]) if code not in present]
        self.reports[case_id, day] = {
            "conversation_id": conversation_id, "case_id": case_id, "local_date": day,
            "temperature": reading.temperature if reading.temperature is not None else old.get("temperature"),
            "spo2": reading.spo2 if reading.spo2 is not None else old.get("spo2"),
            "present": list(present), "absent": absent,
            "priority": worst(priority, Priority(old.get("priority", "none"))),
            "inbox_id": cause, "at": self.now, "dirty": True,
        }  # fmt: skip

    def escalate(self, conversation_id: int, effect: Escalated) -> None:
        """A new task, or one more on the open one of the same kind."""
        known = self.escalations.setdefault(conversation_id, [])
        for row in known:
            same = (row["priority"], row["case_id"]) == (effect.priority, effect.case_id)
            if row["state"] == EscalationState.OPEN and same and (row["reason"] == effect.reason):
                row.update(times=row["times"] + 1, evidence=_joined(row["evidence"], effect.evidence), dirty=True)
                return
        known.append({
            "id": None, "conversation_id": conversation_id, "case_id": effect.case_id, "priority": effect.priority,
            "rank": effect.priority.rank, "reason": effect.reason, "evidence": effect.evidence, "times": 1,
            "state": EscalationState.OPEN, "owner": None, "opened_at": self.now, "closed_at": None, "closed_by": None,
            "outcome": None, "dirty": True,
        })  # fmt: skip

    def own_escalations(self, conversation_id: int, staff: str) -> None:
        for row in self._alive(conversation_id):
            row.update(state=EscalationState.OWNED, owner=staff, dirty=True)

    def return_escalations(self, conversation_id: int) -> None:
        for row in self._alive(conversation_id):
            row.update(state=EscalationState.OPEN, owner=None, dirty=True)

    def close_escalations(self, conversation_id: int, effect: EscalationsClosed) -> None:
        staff, outcome = effect.staff, effect.outcome
        for row in self._alive(conversation_id):
            other = effect.reason and row["reason"] != effect.reason
            if other or (effect.case_id is not None and row["case_id"] != effect.case_id):
                continue
            row.update(state=EscalationState.CLOSED, closed_at=self.now, closed_by=staff, outcome=outcome, dirty=True)

    def _alive(self, conversation_id: int) -> list[Values]:
        known = self.escalations.get(conversation_id, [])
        return [row for row in known if row["state"] != EscalationState.CLOSED]

    def call(self, conversation_id: int, effect: CallAdded) -> None:
        """One open call of a reason for a resident; it can only become more urgent."""
        known = self.calls.setdefault(conversation_id, [])
        for row in known:
            if (row["case_id"], row["reason"], row["state"]) == (effect.case_id, effect.reason, "open"):
                row.update(high=row["high"] or effect.high, due_at=min(row["due_at"], effect.due), dirty=True)
                return
        known.append({
            "id": None, "conversation_id": conversation_id, "case_id": effect.case_id, "reason": effect.reason,
            "high": effect.high, "due_at": effect.due, "state": "open", "created_at": self.now,
            "closed_at": None, "outcome": None, "dirty": True,
        })  # fmt: skip

    def calls_answered(self, conversation_id: int, effect: CallsAnswered) -> None:
        for row in self.calls.get(conversation_id, []):
            if (row["case_id"], row["reason"], row["state"]) == (effect.case_id, effect.reason, "open"):
                row.update(state="done", closed_at=self.now, outcome="replied", dirty=True)

    def set_timer(self, conversation_id: int, effect: TimerSet) -> None:
        self.timers[conversation_id, effect.name, effect.local_date] = {
            "conversation_id": conversation_id, "case_id": effect.case_id, "name": effect.name,
            "local_date": effect.local_date, "due_at": effect.due, "state": "pending", "settings": 1,
            "again": effect.again,
        }  # fmt: skip

    def cancel_timers(self, conversation_id: int, prefix: str) -> None:
        for key in [key for key in self.timers if key[0] == conversation_id and key[1].startswith(prefix)]:
            del self.timers[key]
        self.timers_cancelled.append({"conversation": conversation_id, "prefix": prefix + "%"})

    def send_again(self, conversation: Conversation, text_id: int, cause: int, number: int) -> None:
        """A text of the conversation once more, as a row of its own."""
        about = {"conversation_id": conversation.id, "epoch": conversation.session.epoch, "again_of": text_id}
        self.again.append({**about, "cause": cause, "number": number})

    def cancel_texts(self, conversation_id: int, effect: TextsCancelled) -> None:
        for row in self.texts:
            mine = row["conversation_id"] == conversation_id and effect.key in {"", row["text_key"]}
            mine = mine and (effect.staff_too or row["kind"] != TextKind.STAFF)
            if mine and row["state"] == TextState.QUEUED:
                row.update(state=TextState.CANCELLED, code=effect.reason)
        spared = "" if effect.staff_too else TextKind.STAFF
        cancelled = {"conversation": conversation_id, "why": effect.reason, "key": effect.key, "spared": spared}
        self.texts_cancelled.append(cancelled)


async def load_changes(tx: Tx, conversation_ids: Sequence[int], since: date, now: datetime) -> Changes:
    """Changes that know the reports since a day, the tasks and the calls of these conversations."""
    changes = Changes(now)
    reports, escalations, calls = tx.t.reports, tx.t.escalations, tx.t.calls
    recent = and_(reports.c.conversation_id.in_(conversation_ids), reports.c.local_date >= since)
    for row in await tx.all(select(reports).where(recent)):
        changes.reports[row["case_id"], row["local_date"]] = dict(row)
    alive = and_(escalations.c.conversation_id.in_(conversation_ids), escalations.c.state != EscalationState.CLOSED)
    for row in await tx.all(select(escalations).where(alive)):
        changes.escalations.setdefault(row["conversation_id"], []).append(dict(row))
    open_calls = and_(calls.c.conversation_id.in_(conversation_ids), calls.c.state == "open")
    for row in await tx.all(select(calls).where(open_calls)):
        changes.calls.setdefault(row["conversation_id"], []).append(dict(row))
    return changes


async def write_changes(tx: Tx, changes: Changes) -> None:
    """All of it, in this transaction; cancellations before what was set after them."""
    await _write_reports(tx, changes)
    await _write_rows(tx, tx.t.escalations, [row for rows in changes.escalations.values() for row in rows])
    await _write_rows(tx, tx.t.calls, [row for rows in changes.calls.values() for row in rows])
    await _write_timers(tx, changes)
    await _write_texts(tx, changes)
    if changes.consents:
        await tx.run(tx.t.consents.insert(), changes.consents)


async def _write_reports(tx: Tx, changes: Changes) -> None:
    rows = [_clean(row) for row in changes.reports.values() if row.get("dirty")]
    if rows:
        statement = tx.insert(tx.t.reports)
        fresh = ("temperature", "spo2", "present", "absent", "priority", "inbox_id", "at")
        update_to = {name: statement.excluded[name] for name in fresh}
        await tx.run(statement.on_conflict_do_update(index_elements=["case_id", "local_date"], set_=update_to), rows)


async def _write_rows(tx: Tx, table: Any, rows: Sequence[Values]) -> None:  # noqa: ANN401  # sqlalchemy.Table
    dirty = [row for row in rows if row.get("dirty")]
    new = [_clean(row) for row in dirty if row["id"] is None]
    changed = [{("row_id" if key == "id" else key): value for key, value in row.items() if key != "dirty"}
               for row in dirty if row["id"] is not None]  # fmt: skip
    if new:
        await tx.run(table.insert(), new)
    if changed:
        await tx.run(update(table).where(table.c.id == bindparam("row_id")), changed)


async def _write_timers(tx: Tx, changes: Changes) -> None:
    timers = tx.t.timers
    if changes.timers_cancelled:
        which = and_(
            timers.c.conversation_id == bindparam("conversation"),
            timers.c.state == "pending",
            timers.c.name.like(bindparam("prefix")),
        )
        await tx.run(update(timers).where(which).values(state="cancelled"), changes.timers_cancelled)
    for again in (True, False):
        rows = [{key: value for key, value in row.items() if key != "again"}
                for row in changes.timers.values() if row["again"] is again]  # fmt: skip
        if rows:
            statement = tx.insert(timers)
            update_to = {"due_at": statement.excluded.due_at, "state": "pending", "settings": timers.c.settings + 1}
            key = ["conversation_id", "name", "local_date"]
            where = None if again else timers.c.state != "fallen"
            await tx.run(statement.on_conflict_do_update(index_elements=key, set_=update_to, where=where), rows)


async def _write_texts(tx: Tx, changes: Changes) -> None:
    outbox = tx.t.outbox
    if changes.texts_cancelled:
        mine = and_(
            text("outbox.state IN ('queued', 'submitting', 'unknown')"),  # the partial index's own words
            outbox.c.conversation_id == bindparam("conversation"),
            or_(bindparam("key", type_=String) == "", outbox.c.text_key == bindparam("key", type_=String)),
            outbox.c.kind != bindparam("spared"),
        )
        values = {"code": bindparam("why"), "settled_at": changes.now, **ended(tx)}
        await tx.run(
            update(outbox).where(mine, outbox.c.state == TextState.QUEUED).values(values), changes.texts_cancelled
        )
        about = [{key: value for key, value in row.items() if key != "why"} for row in changes.texts_cancelled]
        # no IN here: it cannot be executed for many rows at once
        under_way = or_(outbox.c.state == TextState.SUBMITTING, outbox.c.state == TextState.UNKNOWN)
        await tx.run(update(outbox).where(mine, under_way).values(epoch=VOID), about)
    if changes.texts:
        await tx.run(outbox.insert(), changes.texts)
    again = [row for values in changes.again if (row := await _once_more(tx, values, changes.now))]
    if again:
        await tx.run(outbox.insert(), again)
    causes = {row["cause"] for row in (*changes.texts, *again)}
    if causes:
        await add_queued_events(tx, causes)


async def _once_more(tx: Tx, values: Values, now: datetime) -> Values | None:
    """The row of a text that is sent again; None where there is no such text in the conversation."""
    outbox = tx.t.outbox
    which = outbox.c.id == values["again_of"], outbox.c.conversation_id == values["conversation_id"]
    old = await tx.one(select(*(outbox.c[name] for name in _SAME_AGAIN)).where(*which))
    if old is None:
        return None
    new = {"state": TextState.QUEUED, "due_at": now, "attempts": 0, "possible_duplicate": False, "created_at": now}
    return {**old, **values, **new, "reference": uuid4().hex}


_SAME_AGAIN = ("case_id", "step", "text_key", "kind", "text", "segments", "author")


def _clean(row: Values) -> Values:
    return {key: value for key, value in row.items() if key not in {"id", "dirty"}}


def _joined(old: str, new: str) -> str:
    return old if not new or new in old else f"{old}、{new}"[:500]
