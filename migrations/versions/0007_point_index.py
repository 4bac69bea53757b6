"""What went to an address is found by its contact point: an index that a plan writes in order, and a smaller one."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Change indexes only. A delivery's point stays as long as the delivery, and has the same key."""
    op.drop_index("ix_delivery_contact_key", "delivery")
    op.create_index("ix_delivery_point_id", "delivery", ["point_id"])
