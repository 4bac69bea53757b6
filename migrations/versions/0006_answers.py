"""What a person answered to a reply, and the address that it came from: sealed, so that a stranger can be answered."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add columns only. Older replies have no address of their own; that of their contact point serves."""
    for name, kind in (
        ("sender_enc", sa.LargeBinary()),
        ("answer_by", sa.String(80)),
        ("answer_begun_at", sa.BigInteger()),
        ("answer_result", sa.String(12)),
        ("answer_ref", sa.String(120)),
        ("answer_enc", sa.LargeBinary()),
    ):
        op.add_column("reply", sa.Column(name, kind))
