"""Posts: public accounts among the contact points, what an answer proves, and which post another one answers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns only: each is null for everything that was there before, on both databases without a rewrite."""
    op.add_column("contact_point", sa.Column("via", sa.String(length=30)))
    op.add_column("contact_point", sa.Column("handle", sa.String(length=300)))
    op.add_column("attempt", sa.Column("evidence", sa.String(length=12)))
    op.add_column("attempt", sa.Column("reply_to", sa.String(length=120)))
