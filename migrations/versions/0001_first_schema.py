"""The first schema. It is a copy of the tables as they were, so that it stays the same when they change.

Longer than a module should be, because it is the whole schema at one moment, and nobody edits it.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table, the one row of control, and the guard of the audit chain."""
    for make in (
        _alert,
        _audit,
        _contact,
        _contact_point,
        _control,
        _officer,
        _opt_out,
        _partner,
        _receipt,
        _reply,
        _worker,
        _notice,
        _partner_word,
        _reached_at,
        _release,
        _approval,
        _assignment,
        _audience,
        _delivery,
        _override,
        _variant,
        _attempt,
        _served,
    ):
        make()
    now = int(time.time() * 1000)
    op.execute(
        sa.text("INSERT INTO control (id, state, generation, at) VALUES (1, 'running', 1, :now)").bindparams(now=now)
    )
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


GUARDS = {
    "sqlite": (
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    ),
    "postgresql": (
        """
        CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$
        """,
        """
        CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_guard()
        """,
    ),
}
"""Rows of the audit chain are only ever added."""


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("incident", sa.String(length=80), nullable=False),
        sa.Column("hazard", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("factset", sa.String(length=80), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("submitted_by", sa.String(length=80)),
        sa.Column("submitted_at", sa.BigInteger()),
        sa.Column("approved_at", sa.BigInteger()),
        sa.Column("released_by", sa.String(length=80)),
        sa.Column("released_at", sa.BigInteger()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("chain", "version", name="uq_alert_chain_version"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("hash", name="uq_audit_hash"),
        sa.UniqueConstraint("previous", name="uq_audit_previous"),
    )


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("name_enc", sa.LargeBinary()),
        sa.Column("language", sa.String(length=20)),
        sa.Column("tier", sa.String(length=2)),
        sa.Column("zone", sa.String(length=60)),
        sa.Column("lat", sa.Float()),
        sa.Column("lon", sa.Float()),
        sa.Column("household", sa.String(length=80)),
        sa.Column("means", sa.String(length=60)),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("lives_alone", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("older", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("mobility", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("hearing", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("sight", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("newcomer", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("few_ties", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("exercise_ok", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("guest", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("consent", sa.String(length=200), nullable=False),
        sa.Column("champion", sa.String(length=80)),
        sa.Column("attributes_enc", sa.LargeBinary()),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("ref", name="uq_contact_ref"),
    )
    op.create_index("ix_contact_zone", "contact", ["zone"], unique=False)


def _contact_point() -> None:
    op.create_table(
        "contact_point",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("contact_key", sa.String(length=64), nullable=False),
        sa.Column("address_enc", sa.LargeBinary(), nullable=False),
        sa.Column("masked", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=20)),
        sa.PrimaryKeyConstraint("id", name="pk_contact_point"),
        sa.UniqueConstraint("means", "contact_key", name="uq_contact_point_means_contact_key"),
    )


def _control() -> None:
    op.create_table(
        "control",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("by", sa.String(length=80)),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("resume_asked_by", sa.String(length=80)),
        sa.PrimaryKeyConstraint("id", name="pk_control"),
    )


def _officer() -> None:
    op.create_table(
        "officer",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("secret_hash", sa.String(length=200), nullable=False),
        sa.Column("mobile_enc", sa.LargeBinary()),
        sa.Column("email_enc", sa.LargeBinary()),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_officer"),
    )


def _opt_out() -> None:
    op.create_table(
        "opt_out",
        sa.Column("contact_key", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=30), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("contact_key", "topic", name="pk_opt_out"),
    )


def _partner() -> None:
    op.create_table(
        "partner",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.Column("tiers", sa.String(length=40), nullable=False),
        sa.Column("zones", sa.String(length=400), nullable=False),
        sa.Column("email_enc", sa.LargeBinary()),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_partner"),
        sa.UniqueConstraint("token_hash", name="uq_partner_token_hash"),
    )


def _receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("attempt_id", SERIAL),
        sa.Column("ref", sa.String(length=120)),
        sa.Column("word", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=40)),
        sa.Column("evidence", sa.String(length=12)),
        sa.Column("permanent", sa.Boolean(), nullable=False),
        sa.Column("opt_out", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("at", sa.BigInteger()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("raw_enc", sa.LargeBinary(), nullable=False),
        sa.Column("folded_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.UniqueConstraint("provider", "digest", name="uq_receipt_provider_digest"),
    )
    op.create_index("ix_receipt_attempt_id", "receipt", ["attempt_id"], unique=False)
    op.create_index("ix_receipt_folded_at", "receipt", ["folded_at"], unique=False)


def _reply() -> None:
    op.create_table(
        "reply",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("contact_key", sa.String(length=64), nullable=False),
        sa.Column("alert_id", sa.String(length=80)),
        sa.Column("word", sa.String(length=12), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=20)),
        sa.Column("text_enc", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
        sa.UniqueConstraint("provider", "ref", name="uq_reply_provider_ref"),
    )
    op.create_index("ix_reply_alert_id", "reply", ["alert_id"], unique=False)
    op.create_index("ix_reply_contact_key", "reply", ["contact_key"], unique=False)


def _worker() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
    )


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(length=80), nullable=False),
        sa.Column("release_id", SERIAL),
        sa.Column("officer", sa.String(length=80)),
        sa.Column("partner_id", sa.String(length=60)),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(length=12)),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_notice_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )


def _partner_word() -> None:
    op.create_table(
        "partner_word",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("partner_id", sa.String(length=60), nullable=False),
        sa.Column("alert_id", sa.String(length=80), nullable=False),
        sa.Column("word", sa.String(length=12), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_partner_word_alert_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_partner_word_partner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_partner_word"),
    )


def _reached_at() -> None:
    op.create_table(
        "reached_at",
        sa.Column("contact_id", SERIAL, nullable=False),
        sa.Column("point_id", SERIAL, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_reached_at_contact_id"),
        sa.ForeignKeyConstraint(["point_id"], ["contact_point.id"], name="fk_reached_at_point_id"),
        sa.PrimaryKeyConstraint("contact_id", "point_id", name="pk_reached_at"),
    )
    op.create_index("ix_reached_at_point_id", "reached_at", ["point_id"], unique=False)


def _release() -> None:
    op.create_table(
        "release",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=False),
        sa.Column("void_at", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("act_by", sa.BigInteger()),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("superseded_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_release_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_release"),
    )
    op.create_index("ix_release_alert_id", "release", ["alert_id"], unique=False)


def _approval() -> None:
    op.create_table(
        "approval",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("release_id", SERIAL, nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_approval_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
    )
    op.create_index("ix_approval_release_id", "approval", ["release_id"], unique=False)


def _assignment() -> None:
    op.create_table(
        "assignment",
        sa.Column("release_id", SERIAL, nullable=False),
        sa.Column("profile_key", sa.String(length=100), nullable=False),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("messenger", sa.String(length=60), nullable=False),
        sa.Column("text_group", sa.String(length=20), nullable=False),
        sa.Column("variant_id", sa.String(length=16)),
        sa.Column("fallback", sa.String(length=30)),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_assignment_release_id"),
        sa.PrimaryKeyConstraint("release_id", "profile_key", "means", "messenger", "text_group", name="pk_assignment"),
    )


def _audience() -> None:
    op.create_table(
        "audience",
        sa.Column("release_id", SERIAL, nullable=False),
        sa.Column("contact_id", SERIAL, nullable=False),
        sa.Column("segment", sa.String(length=60), nullable=False),
        sa.Column("precedence", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("tier", sa.String(length=2), nullable=False),
        sa.Column("needs", sa.String(length=60), nullable=False),
        sa.Column("messenger", sa.String(length=60)),
        sa.Column("text_group", sa.String(length=20), nullable=False),
        sa.Column("means", sa.String(length=60), nullable=False),
        sa.Column("location", sa.String(length=10), nullable=False),
        sa.Column("unreachable", sa.String(length=30)),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_audience_contact_id"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_audience_release_id"),
        sa.PrimaryKeyConstraint("release_id", "contact_id", name="pk_audience"),
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("release_id", SERIAL, nullable=False),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("point_id", SERIAL, nullable=False),
        sa.Column("contact_key", sa.String(length=64), nullable=False),
        sa.Column("masked", sa.String(length=40), nullable=False),
        sa.Column("variant_id", sa.String(length=16), nullable=False),
        sa.Column("segment", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("fallback", sa.String(length=30)),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=60)),
        sa.Column("state_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=60)),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ambiguous", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger()),
        sa.Column("ref", sa.String(length=120)),
        sa.Column("evidence", sa.String(length=12)),
        sa.Column("code", sa.String(length=40)),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["point_id"], ["contact_point.id"], name="fk_delivery_point_id"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_delivery_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("release_id", "point_id", "means", name="uq_delivery_release_id_point_id_means"),
    )
    op.create_index("ix_delivery_contact_key", "delivery", ["contact_key"], unique=False)
    op.create_index("ix_delivery_due", "delivery", ["release_id", "means", "state", "not_before"], unique=False)


def _override() -> None:
    op.create_table(
        "override",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("release_id", SERIAL, nullable=False),
        sa.Column("rule", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_override_release_id"),
        sa.PrimaryKeyConstraint("id", name="pk_override"),
    )
    op.create_index("ix_override_release_id", "override", ["release_id"], unique=False)


def _variant() -> None:
    op.create_table(
        "variant",
        sa.Column("release_id", SERIAL, nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("tier", sa.String(length=2), nullable=False),
        sa.Column("needs", sa.String(length=60), nullable=False),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("messenger", sa.String(length=60)),
        sa.Column("text_group", sa.String(length=20), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_variant_release_id"),
        sa.PrimaryKeyConstraint("release_id", "id", name="pk_variant"),
    )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("delivery_id", SERIAL, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=60), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("intent_at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(length=12)),
        sa.Column("result_at", sa.BigInteger()),
        sa.Column("ref", sa.String(length=120)),
        sa.Column("code", sa.String(length=40)),
        sa.Column("detail", sa.String(length=200)),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_attempt_delivery_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.UniqueConstraint("delivery_id", "fence", name="uq_attempt_delivery_id_fence"),
    )
    op.create_index("ix_attempt_provider_ref", "attempt", ["provider", "ref"], unique=False)


def _served() -> None:
    op.create_table(
        "served",
        sa.Column("delivery_id", SERIAL, nullable=False),
        sa.Column("contact_id", SERIAL, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_served_contact_id"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_served_delivery_id"),
        sa.PrimaryKeyConstraint("delivery_id", "contact_id", name="pk_served"),
    )
    op.create_index("ix_served_contact_id", "served", ["contact_id"], unique=False)
