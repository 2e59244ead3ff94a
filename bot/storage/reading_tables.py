"""Tables of what was read: versions of the rules, marks of wrong readings, and the review of these."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, MetaData, String, Table, UniqueConstraint, text

from bot.storage.types import Moment, RowId, Sealed

_required = partial(Column, nullable=False)


def reading_versions(metadata: MetaData) -> Table:
    """The files of each version of the rules, as a ZIP archive; ``code`` names the program that used it first."""
    return Table(
        "reading_versions",
        metadata,
        Column("version", String(64), primary_key=True),
        _required("files", LargeBinary),
        _required("code", String(60)),
        _required("first_used_at", Moment),
    )


def reading_marks(metadata: MetaData, sealed: Sealed) -> Table:
    """Replies whose reading a colleague called wrong, and the right priority; ``state`` is that of the review."""
    return Table(
        "reading_marks",
        metadata,
        Column("id", RowId, primary_key=True),
        _required("conversation_id", RowId, ForeignKey("conversations.id")),
        _required("inbox_id", RowId, ForeignKey("inbox.id")),
        _required("priority", String(10)),
        _required("staff", String(60)),
        _required("at", Moment),
        _required("state", String(10)),
        _required("changed_at", Moment),
        Column("reason", sealed),
        UniqueConstraint("inbox_id"),
        Index(None, "conversation_id"),
    )


def corrections(metadata: MetaData, sealed: Sealed) -> Table:
    """The review list. ``mark_id`` is forgotten once it is an example: nothing leads from there to a resident."""
    row_id = Column("id", RowId, primary_key=True)
    office = Column("office", String(40), nullable=False)
    undecided = text("state = 'open'")
    return Table(
        "corrections",
        metadata,
        row_id,
        office,
        Column("mark_id", RowId),
        _required("text", sealed),
        _required("context", String(20)),
        _required("language", String(10)),
        _required("reading", sealed),
        _required("wanted", sealed),
        _required("version", String(64)),
        _required("staff", String(60)),
        _required("at", Moment),
        _required("state", String(10)),
        Column("decided_by", String(60)),
        Column("decided_at", Moment),
        Column("reason", sealed),
        Column("example_id", String(40)),
        UniqueConstraint("mark_id"),
        Index("ix_corrections_open", office, row_id, sqlite_where=undecided, postgresql_where=undecided),
    )
