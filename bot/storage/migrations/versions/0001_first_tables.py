"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_conversation_id"), "audit", ["conversation_id"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("office", sa.String(length=40), nullable=False),
        sa.Column("phone_hash", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("control", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("consent", sa.String(length=20), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.Column("program", sa.String(length=60), nullable=True),
        sa.Column("script_version", sa.String(length=64), nullable=True),
        sa.Column("step", sa.String(length=60), nullable=True),
        sa.Column("asking", ROW_ID, nullable=True),
        sa.Column("asked_on", sa.String(length=10), nullable=True),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("office", "phone_hash", name=op.f("uq_conversations_office_phone_hash")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "receipts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_message_id"), "receipts", ["message_id"], unique=False)
    op.create_table(
        "script_versions",
        sa.Column("program", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("program", "version", name=op.f("pk_script_versions")),
    )
    op.create_table(
        "staff",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "calls",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("high", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_calls_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_conversation_id"), "calls", ["conversation_id"], unique=False)
    op.create_index("ix_calls_state_due_at", "calls", ["state", "due_at"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("program", sa.String(length=60), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("kana", sa.LargeBinary(), nullable=False),
        sa.Column("birth_date", sa.LargeBinary(), nullable=True),
        sa.Column("day0", sa.String(length=10), nullable=False),
        sa.Column("day0_assumed", sa.Boolean(), nullable=False),
        sa.Column("at_risk", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("eased_since", sa.BigInteger(), nullable=True),
        sa.Column("fever_free_on", sa.String(length=10), nullable=True),
        sa.Column("asked_on", sa.String(length=10), nullable=True),
        sa.Column("answered_on", sa.String(length=10), nullable=True),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_cases_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_conversation_id"), "cases", ["conversation_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("consent", sa.String(length=20), nullable=False),
        sa.Column("wording", sa.String(length=80), nullable=False),
        sa.Column("inbox_id", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_consents_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_conversation_id"), "consents", ["conversation_id"], unique=False)
    op.create_table(
        "escalations",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=True),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_escalations_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
    )
    op.create_index(
        "ix_escalations_alive",
        "escalations",
        ["rank", "opened_at"],
        unique=False,
        sqlite_where=sa.text("state != 'closed'"),
        postgresql_where=sa.text("state != 'closed'"),
    )
    op.create_index(op.f("ix_escalations_conversation_id"), "escalations", ["conversation_id"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("gateway", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handled_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("reading", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_inbox_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("gateway", "account", "message_id", name=op.f("uq_inbox_gateway_account_message_id")),
    )
    op.create_index("ix_inbox_conversation_id", "inbox", ["conversation_id", "id"], unique=False)
    op.create_index(
        "ix_inbox_new",
        "inbox",
        ["conversation_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index(
        "ix_inbox_new_by_id",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=True),
        sa.Column("cause", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=60), nullable=True),
        sa.Column("text_key", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("possible_duplicate", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_outbox_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("cause", "number", name=op.f("uq_outbox_cause_number")),
        sa.UniqueConstraint("reference", name=op.f("uq_outbox_reference")),
    )
    op.create_index("ix_outbox_conversation_id", "outbox", ["conversation_id", "id"], unique=False)
    op.create_index(op.f("ix_outbox_message_id"), "outbox", ["message_id"], unique=False)
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["state", "due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'submitting', 'unknown')"),
        postgresql_where=sa.text("state IN ('queued', 'submitting', 'unknown')"),
    )
    op.create_index(
        "ix_outbox_waiting_of",
        "outbox",
        ["conversation_id", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'submitting', 'unknown')"),
        postgresql_where=sa.text("state IN ('queued', 'submitting', 'unknown')"),
    )
    op.create_table(
        "timers",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("local_date", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settings", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_timers_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
        sa.UniqueConstraint(
            "conversation_id", "name", "local_date", name=op.f("uq_timers_conversation_id_name_local_date")
        ),
    )
    op.create_index(
        "ix_timers_pending",
        "timers",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "call_attempts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("call_id", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_attempts_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempts")),
    )
    op.create_index(op.f("ix_call_attempts_call_id"), "call_attempts", ["call_id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("local_date", sa.String(length=10), nullable=False),
        sa.Column("temperature", sa.Float(), nullable=True),
        sa.Column("spo2", sa.Integer(), nullable=True),
        sa.Column("present", sa.Text(), nullable=False),
        sa.Column("absent", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("inbox_id", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reports_case_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_reports_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("case_id", "local_date", name=op.f("uq_reports_case_id_local_date")),
    )
    op.create_index(
        op.f("ix_reports_conversation_id_local_date"), "reports", ["conversation_id", "local_date"], unique=False
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
