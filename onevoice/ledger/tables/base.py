"""What all tables share: how a moment is kept, how columns are named.

Times are whole milliseconds since 1970 UTC, so that both databases can count with them on their own clock. Names,
numbers, addresses and texts of people are ciphertext (columns ending in `_enc`); `contact_key` is a keyed hash.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    TypeDecorator,
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


def flag(name: str) -> Column[bool]:
    """A yes or no that is never unknown."""
    return Column(name, Boolean, nullable=False, default=False, server_default="0")


def ref(name: str, target: str, **more: Any) -> Column[int]:
    """A reference to a row by its number."""
    return Column(name, Serial, ForeignKey(target), **more)
