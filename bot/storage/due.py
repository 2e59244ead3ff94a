"""Texts that are due: found with all that decides about them, then sent on their way, held, put off or ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, case, exists, or_, select, update

from bot.domain.messages import Outbound, Reason
from bot.domain.states import OPEN_CASES, CaseState, TextKind, TextState
from bot.storage.outbox import CLAIM, NEVER, Claimed, blocked, is_guidance, not_held, waiting
from bot.storage.text_events import TextEvent, add_text_events

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx

_ANSWERING = (TextKind.ANSWER, TextKind.EMERGENCY, TextKind.FAREWELL)


@dataclass(frozen=True, slots=True)
class Due:
    """A text that is due; ``kind`` is a TextKind, EMERGENCY for all guidance to call 119.

    ``in_care``: the text was begun while a case on the number was open. ``was_in_care``: there is or was a case.
    ``answers``: it answers a text from the number.
    """

    id: int
    conversation_id: int
    office: str
    language: str
    timezone: str
    phone: str
    kind: str
    text: str
    segments: int
    reference: str
    attempts: int
    created_at: datetime
    road: str | None
    code: str | None
    possible_duplicate: bool
    in_care: bool
    was_in_care: bool
    answers: bool


@dataclass(frozen=True, slots=True)
class Take:
    """Submit it now by that road; ``written`` is the text as the road carries it, None where it is the same."""

    due: Due
    road: str
    written: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Not now. ``held``: it keeps its place before newer texts of the conversation (a road makes it wait)."""

    due: Due
    until: datetime
    code: str
    held: bool


@dataclass(frozen=True, slots=True)
class End:
    """It will not be sent."""

    due: Due
    state: TextState
    code: str
    reason: Reason | None = None


@dataclass(slots=True)
class Plan:
    """What becomes of the texts that are due."""

    takes: list[Take] = field(default_factory=list)
    laters: list[Later] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)


async def find_due(tx: Tx, limit: int, now: datetime) -> list[Due]:
    """Up to ``limit`` due texts, at most one of a conversation, each the oldest there; guidance to call 119 first."""
    outbox, conversations = tx.t.outbox, tx.t.conversations
    names = ("id", "conversation_id", "text", "segments", "reference", "attempts", "created_at", "road", "code",
             "possible_duplicate")  # fmt: skip
    about = (conversations.c.office, conversations.c.language, conversations.c.timezone, conversations.c.phone)
    kind = case((is_guidance(tx), TextKind.EMERGENCY.value), else_=outbox.c.kind).label("kind")
    query = (
        select(*(outbox.c[name] for name in names), kind, *about, *_roster(tx))
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(waiting(), outbox.c.state == "queued", outbox.c.due_at <= now, not_held(tx, now), ~blocked(tx))
        .order_by(case((is_guidance(tx), 0), else_=1), outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(of=outbox, skip_locked=True)
    )
    return [_due(row) for row in await tx.all(query)]


def _roster(tx: Tx) -> tuple[ColumnElement[bool], ...]:
    """What decides about who is texted. The notice of a release is begun while the case is still open."""
    outbox, cases, inbox = tx.t.outbox, tx.t.cases, tx.t.inbox
    mine = cases.c.conversation_id == outbox.c.conversation_id
    second_try = outbox.c.again_of.is_not(None)
    told_at_the_end = and_(
        cases.c.state == CaseState.RELEASED, or_(cases.c.ended_at >= outbox.c.created_at, second_try)
    )
    wrote = exists().where(
        inbox.c.id == outbox.c.cause, inbox.c.conversation_id == outbox.c.conversation_id, inbox.c.kind == "reply"
    )
    return (
        exists().where(mine, or_(cases.c.state.in_(sorted(OPEN_CASES)), told_at_the_end)).label("in_care"),
        exists().where(mine).label("was_in_care"),
        and_(outbox.c.kind.in_(_ANSWERING), or_(wrote, second_try)).label("answers"),
    )


async def carry_out(tx: Tx, plan: Plan, now: datetime) -> list[Claimed]:
    """Write the plan down; the texts that are submitted now."""
    await _take(tx, plan.takes, now)
    await _put_off(tx, [later for later in plan.laters if later.held], "held_until")
    await _put_off(tx, [later for later in plan.laters if not later.held], "due_at")
    await _end(tx, plan.ends, now)
    events = [TextEvent(take.due.id, TextState.SUBMITTING, take.road) for take in plan.takes]
    events += [TextEvent(take.due.id, "written", take.road) for take in plan.takes if take.written is not None]
    events += [
        TextEvent(end.due.id, end.state, end.due.road or "", end.code, end.reason or "")
        for end in plan.ends
    ]  # fmt: skip
    await add_text_events(tx, events, now)
    return [_claimed(take) for take in plan.takes]


async def release_held(tx: Tx, now: datetime) -> None:
    """A road is up again: nobody waits for it any more."""
    outbox = tx.t.outbox
    held = and_(waiting(), outbox.c.state == TextState.QUEUED, outbox.c.held_until > now)
    await tx.run(update(outbox).where(held, outbox.c.code == "road_down").values(held_until=None))


async def release_put_off(tx: Tx, office: str, code: str, now: datetime) -> None:
    """What an office's texts waited for under that code is over: they are due now."""
    outbox, conversations = tx.t.outbox, tx.t.conversations
    mine = select(conversations.c.id).where(conversations.c.office == office)
    waits = and_(waiting(), outbox.c.state == TextState.QUEUED, outbox.c.due_at > now, outbox.c.code == code)
    await tx.run(update(outbox).where(waits, outbox.c.conversation_id.in_(mine)).values(due_at=now, code=None))


async def send_by(tx: Tx, outbox_id: int, conversation_id: int, road: str, now: datetime) -> bool:
    """A person's word: a text of unknown fate goes out once more, by that road and no other; whether it will.

    Not after STOP or to a wrong number, and not while its road is being asked.
    """
    outbox, conversations = tx.t.outbox, tx.t.conversations
    which = outbox.c.id == outbox_id, outbox.c.conversation_id == conversation_id, outbox.c.state == TextState.UNKNOWN
    text_able = conversations.c.opted_out.is_(False), conversations.c.quarantined.is_(False)
    epoch = select(conversations.c.epoch).where(conversations.c.id == conversation_id, *text_able)
    values = {
        "state": TextState.QUEUED, "due_at": now, "held_until": None, "road": road, "possible_duplicate": True,
        "code": "by_hand", "reason": None, "epoch": epoch.scalar_subquery(),
    }  # fmt: skip
    done = await tx.run(update(outbox).where(*which, epoch.exists()).values(**values))
    if done.rowcount:
        await add_text_events(tx, [TextEvent(outbox_id, TextState.QUEUED, road, "by_hand")], now)
    return bool(done.rowcount)


@dataclass(slots=True)
class SentTo:
    """When texts were submitted to a phone, the oldest first, and when the last guidance to call 119 among them."""

    at: list[datetime] = field(default_factory=list)
    guided: datetime | None = None

    def add(self, moment: datetime, *, guidance: bool) -> None:
        """One more."""
        self.at.append(moment)
        self.guided = moment if guidance else self.guided


async def sent_since(tx: Tx, conversation_ids: Sequence[int], since: datetime) -> dict[int, SentTo]:
    """What was submitted to these phones since then, by conversation."""
    outbox = tx.t.outbox
    guidance = is_guidance(tx).label("guidance")
    query = select(outbox.c.conversation_id, outbox.c.submitted_at, guidance).where(
        outbox.c.conversation_id.in_(conversation_ids),
        outbox.c.submitted_at > since,
        outbox.c.state.not_in((TextState.CANCELLED, TextState.REJECTED, TextState.QUEUED)),
    )
    found: dict[int, SentTo] = {}
    for row in await tx.all(query.order_by(outbox.c.submitted_at)):
        found.setdefault(row["conversation_id"], SentTo()).add(row["submitted_at"], guidance=row["guidance"])
    return found


async def _take(tx: Tx, takes: Sequence[Take], now: datetime) -> None:
    outbox = tx.t.outbox
    rows = [{"row_id": take.due.id, "by": take.road, "as_written": take.written} for take in takes]
    if rows:
        values = {
            "state": TextState.SUBMITTING, "attempts": outbox.c.attempts + 1, "submitted_at": now,
            "claimed_until": now + CLAIM, "held_until": None, "road": bindparam("by"),
            "written": bindparam("as_written", type_=outbox.c.written.type),
        }  # fmt: skip
        await tx.run(update(outbox).where(outbox.c.id == bindparam("row_id")).values(**values), rows)


async def _put_off(tx: Tx, laters: Sequence[Later], column: str) -> None:
    outbox = tx.t.outbox
    rows = [{"row_id": later.due.id, "at": later.until, "why": later.code} for later in laters]
    if rows:
        moment = bindparam("at", type_=outbox.c.due_at.type)
        values = {column: moment, "code": bindparam("why")}
        await tx.run(update(outbox).where(outbox.c.id == bindparam("row_id")).values(**values), rows)


async def _end(tx: Tx, ends: Sequence[End], now: datetime) -> None:
    outbox = tx.t.outbox
    rows = [
        {"row_id": end.due.id, "new_state": end.state, "why": end.code, "because": end.reason, "never": NEVER}
        for end in ends
    ]
    if rows:
        never = bindparam("never", type_=outbox.c.due_at.type)
        values = {
            "state": bindparam("new_state"), "code": bindparam("why"), "reason": bindparam("because"),
            "settled_at": now, "due_at": case((bindparam("new_state") == TextState.UNKNOWN, never),
                                              else_=outbox.c.due_at),
        }  # fmt: skip
        await tx.run(update(outbox).where(outbox.c.id == bindparam("row_id")).values(**values), rows)


def _due(row: RowMapping) -> Due:
    return Due(**{name: row[name] for name in Due.__slots__})


def _claimed(take: Take) -> Claimed:
    due = take.due
    outbound = Outbound(due.reference, due.phone, take.written if take.written is not None else due.text)
    about = due.conversation_id, due.attempts + 1, due.created_at
    return Claimed(due.id, *about, outbound, take.road, due.office, due.segments,
                   may_have_gone=due.possible_duplicate, guidance=due.kind == TextKind.EMERGENCY)  # fmt: skip
