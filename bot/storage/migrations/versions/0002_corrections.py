"""Readings that can be made again, marks of wrong ones, and their review."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("inbox", sa.Column("circumstances", sa.LargeBinary(), nullable=True))
    op.create_table(
        "reading_versions",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_reading_versions")),
    )
    op.create_table(
        "reading_marks",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("inbox_id", ROW_ID, nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("staff", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_reading_marks_conversation_id")
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_reading_marks_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_marks")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_reading_marks_inbox_id")),
    )
    op.create_index(op.f("ix_reading_marks_conversation_id"), "reading_marks", ["conversation_id"], unique=False)
    op.create_table(
        "corrections",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("office", sa.String(length=40), nullable=False),
        sa.Column("mark_id", ROW_ID, nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("context", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("reading", sa.LargeBinary(), nullable=False),
        sa.Column("wanted", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("staff", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("example_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("mark_id", name=op.f("uq_corrections_mark_id")),
    )
    op.create_index(
        "ix_corrections_open",
        "corrections",
        ["office", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
