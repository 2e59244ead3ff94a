"""Roads: the life of each text, its ids, pieces of long texts, refused requests, the state of roads, spending."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _widen()
    _life_of_texts()
    _incoming()
    _roads()


def _widen() -> None:
    op.add_column("outbox", sa.Column("road", sa.String(length=80), nullable=True))
    op.add_column("outbox", sa.Column("reason", sa.String(length=20), nullable=True))
    op.add_column("outbox", sa.Column("written", sa.LargeBinary(), nullable=True))
    op.add_column("outbox", sa.Column("held_until", sa.BigInteger(), nullable=True))
    op.add_column("outbox", sa.Column("again_of", ROW_ID, nullable=True))
    op.add_column("outbox", sa.Column("booked", sa.String(length=60), nullable=True))
    for name, length in (("road", 80), ("reference", 120), ("reason", 20), ("price", 20), ("carrier", 40)):
        op.add_column("receipts", sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    op.add_column("receipts", sa.Column("said_at", sa.BigInteger(), nullable=True))
    op.add_column("receipts", sa.Column("segments", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_receipts_reference"), "receipts", ["reference"], unique=False)


def _life_of_texts() -> None:
    op.create_table(
        "text_events",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("outbox_id", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("road", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("price", sa.String(length=20), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_text_events_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_events")),
    )
    op.create_index(op.f("ix_text_events_outbox_id"), "text_events", ["outbox_id"], unique=False)
    op.create_index(op.f("ix_text_events_at"), "text_events", ["at"], unique=False)
    op.create_table(
        "text_ids",
        sa.Column("road", sa.String(length=80), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("outbox_id", ROW_ID, nullable=False),
        sa.Column("series", sa.String(length=120), nullable=True),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_text_ids_outbox_id")),
        sa.PrimaryKeyConstraint("road", "message_id", name=op.f("pk_text_ids")),
    )
    op.create_index(op.f("ix_text_ids_outbox_id"), "text_ids", ["outbox_id"], unique=False)


def _incoming() -> None:
    op.create_table(
        "parts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("gateway", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("series", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parts")),
        sa.UniqueConstraint(
            "gateway", "account", "series", "number", name=op.f("uq_parts_gateway_account_series_number")
        ),
    )
    op.create_index(op.f("ix_parts_series"), "parts", ["series"], unique=False)
    op.create_index(
        op.f("ix_parts_gateway_account_message_id"), "parts", ["gateway", "account", "message_id"], unique=False
    )
    op.create_index(op.f("ix_parts_state"), "parts", ["state"], unique=False)
    op.create_index(op.f("ix_parts_received_at"), "parts", ["received_at"], unique=False)
    op.create_table(
        "refused_requests",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("gateway", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_requests")),
    )
    op.create_index(
        op.f("ix_refused_requests_gateway_account_state"),
        "refused_requests",
        ["gateway", "account", "state"],
        unique=False,
    )


def _roads() -> None:
    op.create_table(
        "roads",
        sa.Column("road", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("looked_back_to", sa.BigInteger(), nullable=True),
        sa.Column("probe_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("road", name=op.f("pk_roads")),
    )
    op.create_table(
        "spending",
        sa.Column("office", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("millis", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("office", "day", "currency", name=op.f("pk_spending")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
