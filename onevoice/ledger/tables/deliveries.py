"""Who gets which words, every call to a provider, and everything that was heard. What was sent stands alone."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from onevoice.ledger.tables.base import Moment, Serial, flag, metadata, ref

audience = Table(
    "audience",
    metadata,
    ref("release_id", "release.id", primary_key=True),
    ref("contact_id", "contact.id", primary_key=True),
    Column("segment", String(60), nullable=False),
    Column("precedence", Integer, nullable=False),
    Column("language", String(20), nullable=False),
    Column("tier", String(2), nullable=False),
    Column("needs", String(60), nullable=False),
    Column("messenger", String(60)),
    Column("text_group", String(20), nullable=False),
    Column("means", String(60), nullable=False),
    Column("location", String(10), nullable=False),
    Column("unreachable", String(30)),
)
"""The snapshot of people: one row a contact. `precedence` is that of the segment then, `means` the person's order,
`location` in-area, outside or unknown, `unreachable` the reason why no delivery could be planned, else null."""

assignment = Table(
    "assignment",
    metadata,
    ref("release_id", "release.id", primary_key=True),
    Column("profile_key", String(100), primary_key=True),
    Column("means", String(20), primary_key=True),
    Column("messenger", String(60), primary_key=True),
    Column("text_group", String(20), primary_key=True),
    Column("variant_id", String(16)),
    Column("fallback", String(30)),
)
"""Which words stand for which readers, frozen at submit for every means in use, so that a next means needs no new
text. `messenger` is empty where the authority speaks alone; `variant_id` is null where the words are held back."""

delivery = Table(
    "delivery",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    ref("release_id", "release.id", nullable=False),
    Column("means", String(20), nullable=False),
    ref("point_id", "contact_point.id", nullable=False),
    Column("contact_key", String(64), nullable=False),
    Column("masked", String(40), nullable=False),
    Column("variant_id", String(16), nullable=False),
    Column("segment", String(60), nullable=False),
    Column("language", String(40), nullable=False),
    Column("fallback", String(30)),
    Column("step", Integer, nullable=False, default=1),
    Column("state", String(12), nullable=False),
    Column("reason", String(60)),
    Column("state_at", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("fence", Integer, nullable=False, default=0),
    Column("worker", String(60)),
    Column("lease_until", Moment),
    Column("tries", Integer, nullable=False, default=0),
    Column("ambiguous", Integer, nullable=False, default=0),
    Column("accepted_at", Moment),
    Column("ref", String(120)),
    Column("evidence", String(12)),
    Column("code", String(40)),
    Column("late", Boolean, nullable=False, default=False),
    UniqueConstraint("release_id", "point_id", "means"),
    Index("ix_delivery_due", "release_id", "means", "state", "not_before", "id"),
    Index("ix_delivery_point_id", "point_id"),
)
"""One variant to one contact point by one means. `not_before` is when something is next due on the row: the call
(planned, retry_wait), a look whether it was taken (unknown), a look for its receipt (accepted, sent). `fence` counts
the claims, `tries` the calls that were made, `ambiguous` the calls made again although one before is in doubt. What
went to an address is looked for by its point, whose numbers a plan writes in their order: an index over keys, which
come in no order, cost more than the rows."""


served = Table(
    "served",
    metadata,
    ref("delivery_id", "delivery.id", primary_key=True),
    ref("contact_id", "contact.id", primary_key=True),
    Index("ix_served_contact_id", "contact_id"),
)
"""Which contacts a delivery serves: one, or all who share the contact point."""

attempt = Table(
    "attempt",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    ref("delivery_id", "delivery.id", nullable=False),
    Column("fence", Integer, nullable=False),
    Column("worker", String(60), nullable=False),
    Column("provider", String(30), nullable=False),
    Column("intent_at", Moment, nullable=False),
    Column("result", String(12)),
    Column("result_at", Moment),
    Column("ref", String(120)),
    Column("code", String(40)),
    Column("detail", String(200)),
    Column("evidence", String(12)),
    Column("reply_to", String(120)),
    Column("doubted_at", Moment),
    UniqueConstraint("delivery_id", "fence"),
    Index("ix_attempt_provider_ref", "provider", "ref"),
    sqlite_autoincrement=True,
)
"""One call to a provider. Written before the call; `result` is null while nobody knows. `evidence`: what an acceptance
proved where it was already the end. `reply_to`: of a post, the ref of the one that it answers. `doubted_at`: when it
first came into doubt; that stays, whatever is heard later, because it is the reason why somebody was called again."""

receipt = Table(
    "receipt",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("provider", String(30), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("attempt_id", Serial, index=True),
    Column("ref", String(120)),
    Column("word", String(12), nullable=False),
    Column("code", String(40)),
    Column("evidence", String(12)),
    Column("permanent", Boolean, nullable=False),
    flag("opt_out"),
    Column("at", Moment),
    Column("received_at", Moment, nullable=False),
    Column("raw_enc", LargeBinary, nullable=False),
    Column("folded_at", Moment),
    UniqueConstraint("provider", "digest"),
    Index("ix_receipt_folded_at", "folded_at"),
)
"""The inbox: everything heard about attempts, append-only but for `folded_at`."""

reply = Table(
    "reply",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("provider", String(30), nullable=False),
    Column("ref", String(120), nullable=False),
    Column("contact_key", String(64), nullable=False, index=True),
    Column("alert_id", String(80), index=True),
    Column("word", String(12), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("language", String(20)),
    Column("text_enc", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("read_at", Moment),
    Column("answered_at", Moment),
    Column("sender_enc", LargeBinary),
    Column("answer_by", String(80)),
    Column("answer_begun_at", Moment),
    Column("answer_result", String(12)),
    Column("answer_ref", String(120)),
    Column("answer_enc", LargeBinary),
    UniqueConstraint("provider", "ref"),
)
"""`answered_at`: when we answered by ourselves. `answer_…`: what a person answered; begun before the call, so that one
whose `answer_result` is null may or may not have gone out."""
