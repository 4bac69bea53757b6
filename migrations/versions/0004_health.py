"""When a call came into doubt, for good; how long a provider is left alone, and whether it fails, for all workers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add columns only. A call that is in doubt came into doubt when its result was written."""
    op.add_column("attempt", sa.Column("doubted_at", sa.BigInteger()))
    op.execute("UPDATE attempt SET doubted_at = result_at WHERE result = 'unknown'")
    op.add_column("pace", sa.Column("not_before", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("pace", sa.Column("probe_at", sa.BigInteger()))
