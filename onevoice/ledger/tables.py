"""The tables. One row is one fact about what happened; what was sent stands alone.

Times are whole milliseconds since 1970 UTC, so that both databases can count with them on their own clock. Names,
numbers, addresses and texts of people are ciphertext (columns ending in `_enc`); `contact_key` is a keyed hash.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as whole milliseconds since 1970 UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse a time without a zone; pass milliseconds through."""
        if value is None or isinstance(value, int):
            return value
        if value.tzinfo is None:
            msg = "a time without a zone cannot be stored"
            raise ValueError(msg)
        return (value - _EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give back an aware UTC datetime."""
        return None if value is None else _EPOCH + timedelta(milliseconds=int(value))


Serial = BigInteger().with_variant(Integer, "sqlite")


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, default=False, server_default="0")


def _ref(name: str, target: str, **more: Any) -> Column[int]:
    return Column(name, Serial, ForeignKey(target), **more)


# --- who acts -------------------------------------------------------------------------------------------------

officer = Table(
    "officer",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("secret_hash", String(200), nullable=False),
    Column("mobile_enc", LargeBinary),
    Column("email_enc", LargeBinary),
    Column("rank", Integer, nullable=False, default=0, server_default="0"),
    Column("added_at", Moment, nullable=False),
    Column("removed_at", Moment),
)

control = Table(
    "control",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", String(10), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("reason", Text),
    Column("by", String(80)),
    Column("at", Moment, nullable=False),
    Column("resume_asked_by", String(80)),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("act", String(60), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("previous", String(64), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),
)

# --- who is written to ----------------------------------------------------------------------------------------

contact = Table(
    "contact",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("ref", String(80), nullable=False, unique=True),
    Column("name_enc", LargeBinary),
    Column("language", String(20)),
    Column("tier", String(2)),
    Column("zone", String(60)),
    Column("lat", Float),
    Column("lon", Float),
    Column("household", String(80)),
    Column("means", String(60)),
    Column("role", String(20), nullable=False, default="resident"),
    _flag("lives_alone"),
    _flag("older"),
    _flag("mobility"),
    _flag("hearing"),
    _flag("sight"),
    _flag("newcomer"),
    _flag("few_ties"),
    _flag("exercise_ok"),
    _flag("guest"),
    Column("consent", String(200), nullable=False, default=""),
    Column("champion", String(80)),
    Column("attributes_enc", LargeBinary),
    Column("imported_at", Moment, nullable=False),
    Column("removed_at", Moment),
    Index("ix_contact_zone", "zone"),
)

contact_point = Table(
    "contact_point",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("means", String(20), nullable=False),
    Column("contact_key", String(64), nullable=False),
    Column("address_enc", LargeBinary, nullable=False),
    Column("masked", String(40), nullable=False),
    Column("language", String(20)),
    UniqueConstraint("means", "contact_key"),
)
"""`means` is sms (a mobile), voice (a landline), email, or a public account (social). `language`: the point's own
preferred language, used where people of several languages share it."""

reached_at = Table(
    "reached_at",
    metadata,
    _ref("contact_id", "contact.id", primary_key=True),
    _ref("point_id", "contact_point.id", primary_key=True),
    Index("ix_reached_at_point_id", "point_id"),
)

opt_out = Table(
    "opt_out",
    metadata,
    Column("contact_key", String(64), primary_key=True),
    Column("topic", String(30), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("source", String(30), nullable=False),
)

# --- what is said ---------------------------------------------------------------------------------------------

alert = Table(
    "alert",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("chain", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("incident", String(80), nullable=False),
    Column("hazard", String(60), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("status", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("body", JSON, nullable=False),
    Column("factset", String(80), nullable=False),
    Column("author", String(80), nullable=False),
    Column("editors", JSON, nullable=False, default=list),
    Column("created_at", Moment, nullable=False),
    Column("submitted_by", String(80)),
    Column("submitted_at", Moment),
    Column("approved_at", Moment),
    Column("released_by", String(80)),
    Column("released_at", Moment),
    Column("closed_at", Moment),
    Column("expires", Moment, nullable=False),
    UniqueConstraint("chain", "version"),
)

release = Table(
    "release",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("alert_id", String(80), ForeignKey("alert.id"), nullable=False, index=True),
    Column("hash", String(80), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("status", String(10), nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("frozen_at", Moment, nullable=False),
    Column("void_at", Moment),
    Column("due_at", Moment),
    Column("act_by", Moment),
    Column("expires", Moment, nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("superseded_at", Moment),
)
"""A frozen version. `due_at` is null until the one compare-and-swap that makes its deliveries due. `summary` holds
the numbers that the approver saw (people, fallback, duration) and the findings of the release."""


variant = Table(
    "variant",
    metadata,
    _ref("release_id", "release.id", primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("hash", String(80), nullable=False),
    Column("language", String(40), nullable=False),
    Column("tier", String(2), nullable=False),
    Column("needs", String(60), nullable=False),
    Column("means", String(20), nullable=False),
    Column("messenger", String(60)),
    Column("text_group", String(20), nullable=False),
    Column("held", Boolean, nullable=False),
    Column("units", Integer, nullable=False),
    Column("body", JSON, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _ref("release_id", "release.id", nullable=False, index=True),
    Column("hash", String(80), nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("by", String(80), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("reason", Text),
    Column("at", Moment, nullable=False),
    Column("signature", String(64), nullable=False),
)

override = Table(
    "override",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _ref("release_id", "release.id", nullable=False, index=True),
    Column("rule", String(10), nullable=False),
    Column("by", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# --- who gets which words -------------------------------------------------------------------------------------

audience = Table(
    "audience",
    metadata,
    _ref("release_id", "release.id", primary_key=True),
    _ref("contact_id", "contact.id", primary_key=True),
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
    _ref("release_id", "release.id", primary_key=True),
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
    _ref("release_id", "release.id", nullable=False),
    Column("means", String(20), nullable=False),
    _ref("point_id", "contact_point.id", nullable=False),
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
    Index("ix_delivery_due", "release_id", "means", "state", "not_before"),
    Index("ix_delivery_contact_key", "contact_key"),
)
"""One variant to one contact point by one means. `not_before` is when something is next due on the row: the call
(planned, retry_wait), a look whether it was taken (unknown), a look for its receipt (accepted, sent). `fence` counts
the claims, `tries` the calls that were made, `ambiguous` the calls made again although one before is in doubt."""


served = Table(
    "served",
    metadata,
    _ref("delivery_id", "delivery.id", primary_key=True),
    _ref("contact_id", "contact.id", primary_key=True),
    Index("ix_served_contact_id", "contact_id"),
)
"""Which contacts a delivery serves: one, or all who share the contact point."""

attempt = Table(
    "attempt",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _ref("delivery_id", "delivery.id", nullable=False),
    Column("fence", Integer, nullable=False),
    Column("worker", String(60), nullable=False),
    Column("provider", String(30), nullable=False),
    Column("intent_at", Moment, nullable=False),
    Column("result", String(12)),
    Column("result_at", Moment),
    Column("ref", String(120)),
    Column("code", String(40)),
    Column("detail", String(200)),
    UniqueConstraint("delivery_id", "fence"),
    Index("ix_attempt_provider_ref", "provider", "ref"),
)
"""One call to a provider. Written before the call; `result` is null while nobody knows."""

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
    _flag("opt_out"),
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
    UniqueConstraint("provider", "ref"),
)

# --- who passes it on -----------------------------------------------------------------------------------------

partner = Table(
    "partner",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("languages", String(200), nullable=False, default=""),
    Column("tiers", String(40), nullable=False, default=""),
    Column("zones", String(400), nullable=False, default=""),
    Column("email_enc", LargeBinary),
    Column("added_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

partner_word = Table(
    "partner_word",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("partner_id", String(60), ForeignKey("partner.id"), nullable=False),
    Column("alert_id", String(80), ForeignKey("alert.id"), nullable=False),
    Column("word", String(12), nullable=False),
    Column("at", Moment, nullable=False),
)
"""What a partner said of a version: received, passing-on."""

notice = Table(
    "notice",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("alert_id", String(80), ForeignKey("alert.id"), nullable=False),
    Column("release_id", Serial),
    Column("officer", String(80)),
    Column("partner_id", String(60)),
    Column("means", String(20), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("result", String(12)),
)
"""What officers and partners were told outside the audience: an approval asked for, a new version."""

worker = Table(
    "worker",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("generation", Integer, nullable=False),
)
