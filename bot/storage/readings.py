"""What was read of replies, and the versions of the rules that read them."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.domain.errors import ScriptError
from bot.domain.rereading import Circumstances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A reply with its readings as they were stored; ``circumstances`` are None where they were not kept yet."""

    id: int
    conversation_id: int
    text: str
    language: str
    received_at: datetime
    readings: list[dict[str, Any]]
    circumstances: Circumstances | None

    @property
    def version(self) -> str:
        """The version of the rules that read it; empty where nothing was read."""
        return str(self.readings[0]["version"]) if self.readings else ""


async def keep_reading_version(tx: Tx, version: str, files: Mapping[str, bytes], code: str, now: datetime) -> None:
    """Keep the files of a version once."""
    table = tx.t.reading_versions
    if await tx.value(select(table.c.version).where(table.c.version == version)) is None:
        row = {"version": version, "files": _packed(files), "code": code, "first_used_at": now}
        await tx.run(tx.insert(table).on_conflict_do_nothing(), [row])


async def find_reading_version(tx: Tx, version: str) -> dict[str, bytes] | None:
    """The files of a version by name, if it is kept; raises ScriptError where they are damaged."""
    table = tx.t.reading_versions
    packed = await tx.value(select(table.c.files).where(table.c.version == version))
    return None if packed is None else _unpacked(bytes(packed))


async def find_reply(tx: Tx, office: str, conversation_id: int, reply_id: int) -> StoredReply | None:
    """A reply of that conversation of the office."""
    query = _replies(tx, office).where(
        tx.t.inbox.c.id == reply_id, tx.t.inbox.c.conversation_id == conversation_id, tx.t.inbox.c.state == "handled"
    )
    row = await tx.one(query)
    return _reply(row) if row else None


async def latest_replies(tx: Tx, office: str, limit: int, ids: Sequence[int] = ()) -> list[StoredReply]:
    """The latest replies that were read, latest first, or those of ``ids`` alone."""
    inbox = tx.t.inbox
    query = _replies(tx, office).where(inbox.c.state == "handled")
    if ids:
        query = query.where(inbox.c.id.in_(ids))
    return [_reply(row) for row in await tx.all(query.order_by(inbox.c.id.desc()).limit(limit))]


def _replies(tx: Tx, office: str) -> Any:  # noqa: ANN401  # sqlalchemy.Select of these columns
    inbox, conversations = tx.t.inbox, tx.t.conversations
    names = ("id", "conversation_id", "payload", "received_at", "reading", "circumstances")
    return (
        select(*(inbox.c[name] for name in names), conversations.c.language)
        .join(conversations, conversations.c.id == inbox.c.conversation_id)
        .where(inbox.c.kind == "reply", conversations.c.office == office)
    )


def _reply(row: RowMapping) -> StoredReply:
    circumstances = row["circumstances"]
    return StoredReply(
        id=row["id"],
        conversation_id=row["conversation_id"],
        text=json.loads(row["payload"])["text"],
        language=row["language"],
        received_at=row["received_at"],
        readings=json.loads(row["reading"]) if row["reading"] else [],
        circumstances=Circumstances.from_json(circumstances) if circumstances else None,
    )


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _unpacked(packed: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise ScriptError("保存された規則の版が壊れています。", "A stored version of the rules is damaged.") from None
