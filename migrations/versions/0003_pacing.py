"""One row of pace for each sender identity; numbers of attempts are never given twice, also on SQLite."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add a table. On SQLite write the attempts anew: it can give a table AUTOINCREMENT in no other way."""
    op.create_table(
        "pace",
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("next_free_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender", name="pk_pace"),
    )
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("attempt", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
