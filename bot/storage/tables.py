"""Every table. The tables are made for one key ring, because sealed columns hold its ciphers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.storage.reading_tables import corrections, reading_marks, reading_versions
from bot.storage.road_tables import parts, refused_requests, refused_texts, roads, spending, text_events, text_ids
from bot.storage.types import Day, Json, Moment, RowId, Sealed

if TYPE_CHECKING:
    from bot.storage.keys import Keyring

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
_required = partial(Column, nullable=False)


class Tables:
    """The tables of one database."""

    def __init__(self, keyring: Keyring) -> None:
        self.metadata = MetaData(naming_convention=_NAMES)
        sealed = Sealed(keyring)
        self.meta = self._table("meta", Column("key", String(40), primary_key=True), _required("value", sealed))
        self.conversations = self._conversations(sealed)
        self.cases = self._cases(sealed)
        self.inbox = self._inbox(sealed)
        self.outbox = self._outbox(sealed)
        self.receipts = self._receipts()
        self.timers = self._timers()
        self.reports = self._reports()
        self.consents = self._consents()
        self.escalations = self._escalations(sealed)
        self.calls = self._calls()
        self.call_attempts = self._call_attempts(sealed)
        self.staff = self._staff()
        self.audit = self._audit()
        self.script_versions = self._script_versions()
        self.reading_versions = reading_versions(self.metadata)
        self.reading_marks = reading_marks(self.metadata, sealed)
        self.corrections = corrections(self.metadata, sealed)
        self.text_events = text_events(self.metadata)
        self.text_ids = text_ids(self.metadata)
        self.parts = parts(self.metadata, sealed)
        self.refused_requests = refused_requests(self.metadata, sealed)
        self.refused_texts = refused_texts(self.metadata)
        self.roads = roads(self.metadata)
        self.spending = spending(self.metadata)

    def _table(self, name: str, *items: Column[Any] | Index | UniqueConstraint) -> Table:
        return Table(name, self.metadata, *items)

    def _conversations(self, sealed: Sealed) -> Table:
        return self._table(
            "conversations",
            Column("id", RowId, primary_key=True),
            _required("office", String(40)),
            _required("phone_hash", String(64)),
            _required("phone", sealed),
            _required("language", String(10)),
            _required("timezone", String(40)),
            _required("control", String(20)),
            Column("owner", String(60)),
            _required("epoch", Integer),
            _required("consent", String(20)),
            _required("opted_out", Boolean),
            _required("quarantined", Boolean),
            Column("program", String(60)),
            Column("script_version", String(64)),
            Column("step", String(60)),
            Column("asking", RowId),
            Column("asked_on", Day),
            _required("memory", Json),
            _required("created_at", Moment),
            _required("updated_at", Moment),
            UniqueConstraint("office", "phone_hash"),
        )

    def _cases(self, sealed: Sealed) -> Table:
        return self._table(
            "cases",
            Column("id", RowId, primary_key=True),
            _required("conversation_id", RowId, ForeignKey("conversations.id")),
            _required("program", String(60)),
            _required("name", sealed),
            _required("kana", sealed),
            Column("birth_date", sealed),
            _required("day0", Day),
            _required("day0_assumed", Boolean),
            _required("at_risk", Boolean),
            _required("state", String(20)),
            Column("eased_since", Moment),
            Column("fever_free_on", Day),
            Column("asked_on", Day),
            Column("answered_on", Day),
            _required("enrolled_at", Moment),
            Column("ended_at", Moment),
            Index(None, "conversation_id"),
        )

    def _inbox(self, sealed: Sealed) -> Table:
        state = Column("state", String(10), nullable=False)
        conversation = Column("conversation_id", RowId, ForeignKey("conversations.id"), nullable=False)
        row_id = Column("id", RowId, primary_key=True)
        new = text("state = 'new'")
        return self._table(
            "inbox",
            row_id,
            conversation,
            _required("kind", String(20)),
            _required("gateway", String(40)),
            _required("account", String(40)),
            _required("message_id", String(120)),
            _required("payload", sealed),
            Column("raw", sealed),
            _required("received_at", Moment),
            state,
            _required("attempts", Integer),
            Column("handled_at", Moment),
            Column("note", sealed),
            Column("reading", sealed),
            Column("circumstances", sealed),
            UniqueConstraint("gateway", "account", "message_id"),
            Index("ix_inbox_new", conversation, row_id, sqlite_where=new, postgresql_where=new),
            Index("ix_inbox_new_by_id", row_id, sqlite_where=new, postgresql_where=new),
            Index("ix_inbox_conversation_id", conversation, row_id),
        )

    def _outbox(self, sealed: Sealed) -> Table:
        state = Column("state", String(12), nullable=False)
        due_at = Column("due_at", Moment, nullable=False)
        conversation = Column("conversation_id", RowId, ForeignKey("conversations.id"), nullable=False)
        row_id = Column("id", RowId, primary_key=True)
        waiting = text("state IN ('queued', 'submitting', 'unknown')")
        return self._table(
            "outbox",
            row_id,
            conversation,
            Column("case_id", RowId),
            _required("cause", RowId),
            _required("number", Integer),
            Column("step", String(60)),
            _required("text_key", String(60)),
            _required("kind", String(12)),
            _required("text", sealed),
            _required("segments", Integer),
            state,
            due_at,
            _required("epoch", Integer),
            _required("attempts", Integer),
            _required("reference", String(40)),
            Column("claimed_until", Moment),
            Column("message_id", String(120)),
            Column("code", String(60)),
            _required("possible_duplicate", Boolean),
            Column("author", String(60)),
            _required("created_at", Moment),
            Column("submitted_at", Moment),
            Column("settled_at", Moment),
            Column("road", String(80)),
            Column("reason", String(20)),
            Column("written", sealed),
            Column("held_until", Moment),
            Column("again_of", RowId),
            Column("booked", String(60)),
            UniqueConstraint("cause", "number"),
            UniqueConstraint("reference"),
            Index("ix_outbox_waiting", state, due_at, sqlite_where=waiting, postgresql_where=waiting),
            Index("ix_outbox_waiting_of", conversation, row_id, sqlite_where=waiting, postgresql_where=waiting),
            Index("ix_outbox_conversation_id", conversation, row_id),
            Index(None, "message_id"),
        )

    def _receipts(self) -> Table:
        return self._table(
            "receipts",
            Column("id", RowId, primary_key=True),
            _required("road", String(80)),
            _required("message_id", String(120)),
            _required("reference", String(120)),
            _required("state", String(12)),
            _required("code", String(60)),
            _required("reason", String(20)),
            _required("at", Moment),
            Column("said_at", Moment),
            Column("segments", Integer),
            _required("price", String(20)),
            _required("carrier", String(40)),
            Index(None, "message_id"),
            Index(None, "reference"),
        )

    def _timers(self) -> Table:
        state = Column("state", String(10), nullable=False)
        due_at = Column("due_at", Moment, nullable=False)
        pending = text("state = 'pending'")
        return self._table(
            "timers",
            Column("id", RowId, primary_key=True),
            _required("conversation_id", RowId, ForeignKey("conversations.id")),
            Column("case_id", RowId),
            _required("name", String(80)),
            _required("local_date", Day),
            due_at,
            state,
            _required("settings", Integer),
            UniqueConstraint("conversation_id", "name", "local_date"),
            Index("ix_timers_pending", due_at, sqlite_where=pending, postgresql_where=pending),
        )

    def _reports(self) -> Table:
        return self._table(
            "reports",
            Column("id", RowId, primary_key=True),
            _required("conversation_id", RowId, ForeignKey("conversations.id")),
            _required("case_id", RowId, ForeignKey("cases.id")),
            _required("local_date", Day),
            Column("temperature", Float),
            Column("spo2", Integer),
            _required("present", Json),
            _required("absent", Json),
            _required("priority", String(10)),
            _required("inbox_id", RowId),
            _required("at", Moment),
            UniqueConstraint("case_id", "local_date"),
            Index(None, "conversation_id", "local_date"),
        )

    def _consents(self) -> Table:
        return self._table(
            "consents",
            Column("id", RowId, primary_key=True),
            _required("conversation_id", RowId, ForeignKey("conversations.id")),
            _required("consent", String(20)),
            _required("wording", String(80)),
            _required("inbox_id", RowId),
            _required("at", Moment),
            Index(None, "conversation_id"),
        )

    def _escalations(self, sealed: Sealed) -> Table:
        state = Column("state", String(10), nullable=False)
        rank = Column("rank", Integer, nullable=False)
        opened_at = Column("opened_at", Moment, nullable=False)
        alive = state != "closed"
        return self._table(
            "escalations",
            Column("id", RowId, primary_key=True),
            _required("conversation_id", RowId, ForeignKey("conversations.id")),
            Column("case_id", RowId),
            _required("priority", String(10)),
            rank,
            _required("reason", String(40)),
            _required("evidence", sealed),
            _required("times", Integer),
            state,
            Column("owner", String(60)),
            opened_at,
            Column("closed_at", Moment),
            Column("closed_by", String(60)),
            Column("outcome", String(60)),
            Index(None, "conversation_id"),
            Index("ix_escalations_alive", rank, opened_at, sqlite_where=alive, postgresql_where=alive),
        )

    def _calls(self) -> Table:
        state = Column("state", String(10), nullable=False)
        return self._table(
            "calls",
            Column("id", RowId, primary_key=True),
            _required("conversation_id", RowId, ForeignKey("conversations.id")),
            Column("case_id", RowId),
            _required("reason", String(40)),
            _required("high", Boolean),
            _required("due_at", Moment),
            state,
            _required("created_at", Moment),
            Column("closed_at", Moment),
            Column("outcome", String(40)),
            Index(None, "conversation_id"),
            Index("ix_calls_state_due_at", state, "due_at"),
        )

    def _call_attempts(self, sealed: Sealed) -> Table:
        return self._table(
            "call_attempts",
            Column("id", RowId, primary_key=True),
            _required("call_id", RowId, ForeignKey("calls.id")),
            _required("at", Moment),
            _required("staff", String(60)),
            _required("outcome", String(40)),
            _required("note", sealed),
            Index(None, "call_id"),
        )

    def _staff(self) -> Table:
        return self._table(
            "staff",
            Column("id", RowId, primary_key=True),
            _required("login", String(60), unique=True),
            _required("name", String(60)),
            _required("role", String(10)),
            _required("password_hash", Text),
            _required("active", Boolean),
            _required("session_epoch", Integer),
            _required("created_at", Moment),
        )

    def _audit(self) -> Table:
        return self._table(
            "audit",
            Column("id", RowId, primary_key=True),
            _required("at", Moment),
            _required("staff", String(60)),
            _required("action", String(40)),
            Column("conversation_id", RowId),
            Index(None, "conversation_id"),
        )

    def _script_versions(self) -> Table:
        return self._table(
            "script_versions",
            Column("program", String(60), primary_key=True),
            Column("version", String(64), primary_key=True),
            _required("sources", Json),
            _required("taken_at", Moment),
        )
