"""The outbox: texts on their way to the gateway, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, exists, func, literal, or_, select, text, update

from bot.domain.messages import Outbound
from bot.domain.states import GUIDANCE, Control, TextKind, TextState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select, TextClause

    from bot.storage.database import Tx, Values

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When a text is due whose outcome nobody will ever know."""

VOID = -1
"""Epoch of a text that was cancelled while it was under way: if the gateway did not take it, it is not sent again."""

CLAIM = timedelta(seconds=60)
"""How long a submission may take before another process asks what became of it."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A text that this process submits now; the claim (its attempt number) is committed already.

    ``may_have_gone``: an earlier attempt may have arrived. ``resend``: where nobody can be asked it may go once more.
    ``forbidden``: nobody may text there now. ``guidance``: it tells to call 119.
    """

    id: int
    conversation_id: int
    attempts: int
    created_at: datetime
    text: Outbound
    road: str | None = None
    office: str = ""
    segments: int = 1
    resend: bool = False
    message_id: str | None = None
    may_have_gone: bool = False
    guidance: bool = False
    forbidden: bool = False


def waiting(table: str = "outbox") -> TextClause:
    """The condition of the partial indexes, word by word: SQLite uses them only where it stands in the query."""
    return text(f"{table}.state IN ('queued', 'submitting', 'unknown')")


def is_guidance(tx: Tx) -> ColumnElement[bool]:
    """Whether the text tells to call 119, also as the last one before a STOP counts."""
    outbox = tx.t.outbox
    return or_(outbox.c.kind == TextKind.EMERGENCY, outbox.c.text_key == GUIDANCE)


def blocked(tx: Tx) -> ColumnElement[bool]:
    """Whether an older text of the conversation goes first: one that is due too, or that is being tried again.

    Guidance to call 119 waits for nothing.
    """
    outbox = tx.t.outbox
    older = outbox.alias("older")
    again = and_(older.c.state == TextState.QUEUED, older.c.attempts > 0)
    first = or_(older.c.due_at <= outbox.c.due_at, again)
    before = exists().where(
        older.c.conversation_id == outbox.c.conversation_id, older.c.id < outbox.c.id, waiting("older"), first
    )
    return and_(~is_guidance(tx), before)


def not_held(tx: Tx, now: datetime) -> ColumnElement[bool]:
    """Whether no road keeps the text waiting (its rate, or because it is down)."""
    held_until = tx.t.outbox.c.held_until
    return or_(held_until.is_(None), held_until <= now)


def _forbidden(tx: Tx) -> ColumnElement[bool]:
    """What must not go out any more: STOP, wrong number, or a takeover since the text was queued."""
    outbox, conversations = tx.t.outbox, tx.t.conversations
    stopped = or_(conversations.c.quarantined, and_(conversations.c.opted_out, outbox.c.kind != TextKind.FAREWELL))
    taken_over = and_(
        conversations.c.control == Control.HUMAN,
        outbox.c.kind != TextKind.STAFF,
        outbox.c.epoch < conversations.c.epoch,
    )
    return or_(stopped, taken_over, outbox.c.epoch == VOID)


async def cancel_forbidden(tx: Tx, now: datetime) -> None:
    """The last check. A text whose outcome is unknown is asked about first: it may have arrived."""
    outbox, conversations = tx.t.outbox, tx.t.conversations
    forbidden = exists().where(conversations.c.id == outbox.c.conversation_id, _forbidden(tx))
    due = and_(waiting(), outbox.c.state == TextState.QUEUED, outbox.c.due_at <= now)
    await tx.run(update(outbox).where(due, forbidden).values(settled_at=now, code="last_check", **ended(tx)))


def ended(tx: Tx) -> Values:
    """How a queued text ends that must not go out: one that may have arrived already is not called cancelled."""
    outbox = tx.t.outbox
    return {
        "state": case((outbox.c.possible_duplicate, TextState.UNKNOWN), else_=TextState.CANCELLED),
        "due_at": case((outbox.c.possible_duplicate, literal(NEVER, outbox.c.due_at.type)), else_=outbox.c.due_at),
    }


async def _mark_asking(tx: Tx, ids: Sequence[int], now: datetime) -> None:
    outbox = tx.t.outbox
    if ids:
        values = {"state": "submitting", "attempts": outbox.c.attempts + 1, "claimed_until": now + CLAIM}
        await tx.run(update(outbox).where(outbox.c.id.in_(ids)).values(values))


async def expired_claims(tx: Tx, now: datetime, *, restarted: bool = False, held: Sequence[int] = ()) -> int:
    """Submissions that nobody finished become ``unknown``: late ones, or (``restarted``: no other process sends) all.

    ``held`` are those that this process is still about. Each keeps the moment that it was due, and so its place.
    """
    outbox = tx.t.outbox
    left = and_(waiting(), outbox.c.state == "submitting", outbox.c.id.not_in(held))
    if not restarted:
        left = and_(left, outbox.c.claimed_until < now)
    result = await tx.run(update(outbox).where(left).values(state=TextState.UNKNOWN, code="claim_expired"))
    return int(result.rowcount)


async def claim_unknown(tx: Tx, limit: int, now: datetime) -> list[Claimed]:
    """Texts of which nobody knows whether they were taken; the claim to find out is committed by the attempt number."""
    outbox, conversations = tx.t.outbox, tx.t.conversations
    told = or_(outbox.c.message_id.is_not(None), exists().where(tx.t.text_ids.c.outbox_id == outbox.c.id))
    about = (_forbidden(tx).label("forbidden"), is_guidance(tx).label("guidance"), told.label("told_of"))
    query = (
        select(outbox, conversations.c.phone, conversations.c.office, *about)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(waiting(), outbox.c.state == TextState.UNKNOWN, outbox.c.due_at <= now)
        .order_by(outbox.c.due_at)
        .limit(limit)
        .with_for_update(of=outbox, skip_locked=True)
    )
    rows = await tx.all(query)
    await _mark_asking(tx, [row["id"] for row in rows], now)
    return [
        Claimed(
            row["id"], row["conversation_id"], row["attempts"] + 1, row["created_at"],
            Outbound(
                row["reference"], row["phone"], row["written"] or row["text"], submitted_at=row["submitted_at"]
            ),
            row["road"], row["office"], row["segments"],
            not (row["possible_duplicate"] or row["forbidden"] or row["told_of"]), row["message_id"],
            guidance=row["guidance"], forbidden=row["forbidden"],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class FailedText:
    """What is told of a text that failed; ``first_at`` is when it was first tried, ``again``: it was a second try.

    ``unknown``: nobody knows whether it arrived.
    """

    id: int
    conversation_id: int
    key: str
    kind: str
    step: str
    first_at: datetime | None
    again: bool
    unknown: bool
    attempts: int


async def failed_texts(tx: Tx, outbox_ids: Sequence[int]) -> dict[int, FailedText]:
    """These texts, by id."""
    outbox, events = tx.t.outbox, tx.t.text_events
    tried = select(events.c.outbox_id, func.min(events.c.at).label("at")).where(
        events.c.outbox_id.in_(outbox_ids), events.c.state == TextState.SUBMITTING
    )
    first = {row["outbox_id"]: row["at"] for row in await tx.all(tried.group_by(events.c.outbox_id))}
    names = ("id", "conversation_id", "text_key", "kind", "step", "submitted_at", "again_of", "state", "attempts")
    rows = await tx.all(select(*(outbox.c[name] for name in names)).where(outbox.c.id.in_(outbox_ids)))
    return {
        row["id"]: FailedText(
            row["id"], row["conversation_id"], row["text_key"], row["kind"], row["step"] or "",
            first.get(row["id"], row["submitted_at"]), row["again_of"] is not None,
            row["state"] == TextState.UNKNOWN, row["attempts"],
        )
        for row in rows
    }  # fmt: skip


async def next_due(tx: Tx) -> datetime | None:
    """When the next text that waits for its time, or for a road, is due."""
    outbox = tx.t.outbox
    free = and_(waiting(), outbox.c.state.in_((TextState.QUEUED, TextState.UNKNOWN)), ~blocked(tx))
    later = case((outbox.c.held_until > outbox.c.due_at, outbox.c.held_until), else_=outbox.c.due_at)
    due: datetime | None = await tx.value(select(func.min(later, type_=outbox.c.due_at.type)).where(free))
    return due


def due_texts(tx: Tx, now: datetime) -> Select[int]:
    """The number of texts that are due, and not behind another one, or under way."""
    outbox = tx.t.outbox
    open_to = and_(outbox.c.state.in_((TextState.QUEUED, TextState.UNKNOWN)), not_held(tx, now))
    due = and_(open_to, outbox.c.due_at <= now, ~blocked(tx))
    under_way = or_(outbox.c.state == TextState.SUBMITTING, due)
    return select(func.count()).select_from(outbox).where(waiting(), under_way)


async def count_due(tx: Tx, now: datetime) -> int:
    """Texts that are due or under way."""
    return int(await tx.value(due_texts(tx, now)))
