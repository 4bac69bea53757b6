"""What is due is read in the order of its index: PostgreSQL sorted all that was due for each claim of a few."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change an index only. A claim reads by the moment from which on a delivery may go, and by its number."""
    op.drop_index("ix_delivery_due", "delivery")
    op.create_index("ix_delivery_due", "delivery", ["release_id", "means", "state", "not_before", "id"])
