"""Conversations and cases: the session that the engine moves, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update

from bot.domain.names import given_names
from bot.domain.states import OPEN_CASES, CaseState, Consent, Control, Language
from bot.engine.session import Member, Session

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx, Values

_EMPTY_MEMORY: dict[str, Any] = {"tries": {}, "back_to": None}


@dataclass(slots=True)
class Conversation:
    """A conversation row with its session, and the cases of the session's members and before."""

    id: int
    office: str
    phone: str
    program: str | None
    version: str | None
    session: Session
    cases: list[Case]


@dataclass(frozen=True, slots=True)
class Case:
    """One resident's case."""

    id: int
    program: str
    name: str
    kana: str
    day0_assumed: bool
    enrolled_at: datetime


async def ensure_conversations(
    tx: Tx, office: str, phones: Collection[str], timezone: str, now: datetime
) -> dict[str, int]:
    """The conversation id of each phone (E.164); made where there is none. Two first texts at once make one row."""
    table = tx.t.conversations
    hashes = {tx.keyring.lookup(phone).hex(): phone for phone in phones}
    query = select(table.c.id, table.c.phone_hash).where(table.c.office == office, table.c.phone_hash.in_(list(hashes)))
    found = {hashes[row["phone_hash"]]: row["id"] for row in await tx.all(query)}
    missing = [
        _new_row(office, digest, phone, timezone, now) for digest, phone in sorted(hashes.items()) if phone not in found
    ]
    if missing:
        await tx.run(tx.insert(table).on_conflict_do_nothing(index_elements=["office", "phone_hash"]), missing)
        found = {hashes[row["phone_hash"]]: row["id"] for row in await tx.all(query)}
    return found


async def find_conversation(tx: Tx, office: str, phone: str) -> int | None:
    """The id of the conversation with that phone (E.164), if any."""
    table = tx.t.conversations
    digest = tx.keyring.lookup(phone).hex()
    found: int | None = await tx.value(select(table.c.id).where(table.c.office == office, table.c.phone_hash == digest))
    return found


async def load_conversations(tx: Tx, ids: Sequence[int]) -> dict[int, Conversation]:
    """Conversations with their cases, by id."""
    conversations, cases = tx.t.conversations, tx.t.cases
    rows = await tx.all(select(conversations).where(conversations.c.id.in_(ids)))
    case_rows = await tx.all(select(cases).where(cases.c.conversation_id.in_(ids)).order_by(cases.c.id))
    by_conversation: dict[int, list[RowMapping]] = {}
    for row in case_rows:
        by_conversation.setdefault(row["conversation_id"], []).append(row)
    return {row["id"]: _conversation(row, by_conversation.get(row["id"], [])) for row in rows}


async def lock_conversation(tx: Tx, conversation_id: int) -> None:
    """Nobody else changes the conversation until the transaction ends."""
    table = tx.t.conversations
    await tx.run(select(table.c.id).where(table.c.id == conversation_id).with_for_update())


async def all_names(tx: Tx, conversation_id: int) -> list[tuple[str, str]]:
    """Name and reading of everybody who was ever enrolled on this phone."""
    cases = tx.t.cases
    rows = await tx.all(select(cases.c.name, cases.c.kana).where(cases.c.conversation_id == conversation_id))
    return [(row["name"], row["kana"]) for row in rows]


async def find_phone(tx: Tx, conversation_id: int) -> str:
    """The phone (E.164) of a conversation."""
    table = tx.t.conversations
    return str(await tx.value(select(table.c.phone).where(table.c.id == conversation_id)))


async def add_case(tx: Tx, values: Values) -> int:
    """Insert one case; its id."""
    result = await tx.run(tx.t.cases.insert().values(**values).returning(tx.t.cases.c.id))
    return int(result.scalar_one())


async def save_conversations(tx: Tx, conversations: Collection[Conversation], now: datetime) -> None:
    """Write sessions and members back."""
    table, cases = tx.t.conversations, tx.t.cases
    rows = [_session_values(conversation, now) for conversation in conversations]
    members = [_member_values(member, now) for item in conversations for member in item.session.members]
    if rows:
        await tx.run(update(table).where(table.c.id == bindparam("row_id")), rows)
    if members:
        ended = func.coalesce(cases.c.ended_at, bindparam("ended_now", type_=cases.c.ended_at.type))
        await tx.run(update(cases).where(cases.c.id == bindparam("row_id")).values(ended_at=ended), members)


def _new_row(office: str, digest: str, phone: str, timezone: str, now: datetime) -> Values:
    return {
        "office": office, "phone_hash": digest, "phone": phone, "language": Language.JA, "timezone": timezone,
        "control": Control.BOT, "epoch": 0, "consent": Consent.NONE, "opted_out": False, "quarantined": False,
        "memory": _EMPTY_MEMORY, "created_at": now, "updated_at": now,
    }  # fmt: skip


def _conversation(row: RowMapping, cases: list[RowMapping]) -> Conversation:
    memory, cases = row["memory"], _present(cases)
    session = Session(
        step=row["step"],
        control=Control(row["control"]),
        epoch=row["epoch"],
        owner=row["owner"],
        consent=Consent(row["consent"]),
        opted_out=row["opted_out"],
        quarantined=row["quarantined"],
        language=Language(row["language"]),
        timezone=row["timezone"],
        members=[],
        asking=row["asking"],
        asked_on=row["asked_on"],
        tries=memory["tries"],
        back_to=memory["back_to"],
        alarmed=memory.get("alarmed", False),
        asks_from=_moment(memory.get("asks_from")),
        unreachable=memory.get("unreachable", ""),
        texted_at=[datetime.fromisoformat(moment) for moment in memory.get("texted_at", [])],
        guided_at=_moment(memory.get("guided_at")),
    )
    held = [Case(c["id"], c["program"], c["name"], c["kana"], c["day0_assumed"], c["enrolled_at"]) for c in cases]
    first_names = given_names([case.name for case in held])
    zone = ZoneInfo(session.timezone)
    session.members = [_member(case, name, zone) for case, name in zip(cases, first_names, strict=True)]
    return Conversation(row["id"], row["office"], row["phone"], row["program"], row["script_version"], session, held)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _present(cases: list[RowMapping]) -> list[RowMapping]:
    """The open cases (or the last one where all have ended), and those whose care overlapped with theirs."""
    anchors = [case for case in cases if case["state"] in OPEN_CASES] or cases[-1:]
    since = min((case["enrolled_at"] for case in anchors), default=None)
    return [case for case in cases if case["ended_at"] is None or case["ended_at"] >= since]


def _member(row: RowMapping, first_name: str, zone: ZoneInfo) -> Member:
    return Member(
        case_id=row["id"],
        first_name=first_name,
        state=CaseState(row["state"]),
        day0=row["day0"],
        at_risk=row["at_risk"],
        birth_date=date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
        eased_since=row["eased_since"],
        fever_free_on=row["fever_free_on"],
        asked_on=row["asked_on"],
        answered_on=row["answered_on"],
        since=row["enrolled_at"].astimezone(zone).date(),
    )


def _session_values(conversation: Conversation, now: datetime) -> Values:
    session = conversation.session
    return {
        "row_id": conversation.id, "language": session.language, "timezone": session.timezone,
        "control": session.control, "owner": session.owner, "epoch": session.epoch,
        "consent": session.consent, "opted_out": session.opted_out,
        "quarantined": session.quarantined, "program": conversation.program, "script_version": conversation.version,
        "step": session.step, "asking": session.asking, "asked_on": session.asked_on, "updated_at": now,
        "memory": {
            "tries": session.tries, "back_to": session.back_to, "alarmed": session.alarmed,
            "asks_from": session.asks_from.isoformat() if session.asks_from else None,
            "unreachable": session.unreachable,
            "texted_at": [moment.isoformat() for moment in session.texted_at],
            "guided_at": session.guided_at.isoformat() if session.guided_at else None,
        },
    }  # fmt: skip


def _member_values(member: Member, now: datetime) -> Values:
    ended = member.state in {CaseState.RELEASED, CaseState.CLOSED}
    return {
        "row_id": member.case_id, "state": member.state, "eased_since": member.eased_since,
        "fever_free_on": member.fever_free_on, "asked_on": member.asked_on, "answered_on": member.answered_on,
        "ended_now": now if ended else None,
    }  # fmt: skip
