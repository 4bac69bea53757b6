"""The content id of a record: CIDv1 of its DAG-CBOR (https://ipld.io/specs/codecs/dag-cbor/spec/, read 2026-11-22)."""

import base64
import hashlib
from typing import Any

# CID version 1, codec dag-cbor, hash sha2-256 of 32 bytes.
PREFIX = bytes([0x01, 0x71, 0x12, 0x20])
UNSIGNED, NEGATIVE, TEXT, LIST, MAP = 0, 1, 3, 4, 5
SMALL = 24
"""Numbers below this stand in the first byte."""


def cid_of(record: Any) -> str:
    """The content id, as `bafyrei…`. Raises ValueError for what a record cannot hold."""
    found = hashlib.sha256(encoded(record)).digest()
    return "b" + base64.b32encode(PREFIX + found).decode().lower().rstrip("=")


def encoded(value: Any) -> bytes:
    """DAG-CBOR: one way only to write each value."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(UNSIGNED, value) if value >= 0 else _head(NEGATIVE, -1 - value)
        case str():
            return _text(value)
        case list():
            return _head(LIST, len(value)) + b"".join(map(encoded, value))
        case dict():
            return _map(value)
    raise ValueError(f"a record holds no {type(value).__name__}")


def _map(value: dict[str, Any]) -> bytes:
    keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
    return _head(MAP, len(keys)) + b"".join(_text(key) + encoded(value[key]) for key in keys)


def _text(value: str) -> bytes:
    raw = value.encode()
    return _head(TEXT, len(raw)) + raw


def _head(kind: int, number: int) -> bytes:
    if number < SMALL:
        return bytes([kind << 5 | number])
    for extra, size in enumerate((1, 2, 4, 8)):
        if number < 1 << 8 * size:
            return bytes([kind << 5 | SMALL + extra]) + number.to_bytes(size)
    raise ValueError("a record holds no number of more than 64 bits")
