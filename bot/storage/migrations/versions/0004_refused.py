"""Refused requests: found again by a hash, and settled by themselves when their texts came by another request."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "refused_requests"


def upgrade() -> None:
    """Of requests held so far the hash is not known: one of them that comes again is held twice."""
    op.add_column(TABLE, sa.Column("identity", sa.String(length=32), nullable=False, server_default=""))
    op.drop_index(op.f("ix_refused_requests_gateway_account_state"), table_name=TABLE)
    for columns in (["gateway", "account", "identity"], ["gateway", "account", "state", "size"], ["state"]):
        op.create_index(op.f("_".join(["ix", TABLE, *columns])), TABLE, columns, unique=False)
    op.create_table(
        "refused_texts",
        sa.Column("refused_id", ROW_ID, nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("gateway", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["refused_id"], ["refused_requests.id"], name=op.f("fk_refused_texts_refused_id_refused_requests")
        ),
        sa.PrimaryKeyConstraint("refused_id", "message_id", name=op.f("pk_refused_texts")),
    )
