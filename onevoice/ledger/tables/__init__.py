"""The tables. One row is one fact about what happened.

Times are whole milliseconds since 1970 UTC, so that both databases can count with them on their own clock. Names,
numbers, addresses and texts of people are ciphertext (columns ending in `_enc`); `contact_key` is a keyed hash.
"""

from onevoice.ledger.tables.acting import audit, control, officer, pace
from onevoice.ledger.tables.base import Moment, Serial, metadata
from onevoice.ledger.tables.deliveries import assignment, attempt, audience, delivery, receipt, reply, served
from onevoice.ledger.tables.partners import notice, partner, partner_word, worker
from onevoice.ledger.tables.people import contact, contact_point, opt_out, reached_at
from onevoice.ledger.tables.services import service
from onevoice.ledger.tables.words import alert, approval, override, release, variant

__all__ = [
    "Moment",
    "Serial",
    "alert",
    "approval",
    "assignment",
    "attempt",
    "audience",
    "audit",
    "contact",
    "contact_point",
    "control",
    "delivery",
    "metadata",
    "notice",
    "officer",
    "opt_out",
    "override",
    "pace",
    "partner",
    "partner_word",
    "reached_at",
    "receipt",
    "release",
    "reply",
    "served",
    "service",
    "variant",
    "worker",
]
