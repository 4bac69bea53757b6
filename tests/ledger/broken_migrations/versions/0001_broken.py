"""Breaks off after its first table."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make one table, then fail."""
    op.create_table("first", sa.Column("id", sa.Integer(), primary_key=True))
    msg = "in the middle"
    raise RuntimeError(msg)
